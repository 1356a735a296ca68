"""Accounts of the tablet: sign in once online, then work offline; signing out hides and deletes nothing."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from field_app.appeals.workflow import Appeals
from field_app.desk.workflow import Desk
from field_app.imports.workflow import Imports
from field_app.insight.workflow import Insight
from field_app.people.directory import Directory
from field_app.people.ports import Ports, platform_ports
from field_app.plans.workflow import MyActions, Plans
from field_app.plans.workflow_requests import ActionRequests
from field_app.rescue.export import rescue_zip
from field_app.store import Account, Device, Store
from field_app.store.device import OwnBlobs, grants_from
from field_app.store.typed import Typed
from field_app.sync import Api, SyncEngine
from field_app.sync.lines import SETTING, FilePolicy, waits_for
from field_app.visits.workflow import History, Review, ReviewSession, Today, VisitSession
from field_app.visits.workflow_planning import Planning
from shared_models.clock import to_text
from shared_models.messages import DEFAULT_LANGUAGE, match_language
from shared_models.people import Access
from shared_models.problems import Code, Problem

if TYPE_CHECKING:
    from field_app.calls.workflow import Calls
    from field_app.checklists.workflow import Checklists
    from field_app.visits.workflow_observing import Observing

__all__ = ["Account", "Accounts", "Ports", "Workspace", "platform_ports"]

DEVICE_DATABASE = "device"


class Workspace:
    """All that one signed-in account works with. ``store`` and ``sync`` are its own."""

    def __init__(self, account: Account, store: Store, api: Api, ports: Ports) -> None:
        self.account = account
        self.access: Access = account.access
        self.store = store
        self.api = api
        self.sync = SyncEngine(store, api, account.person_id)
        ports.on_online(self.sync.nudge)
        self.today = Today(store, account.person_id, ports.free_bytes)
        self.history = History(store, account.person_id)
        self.review = Review(store, self.access)
        self.planning = Planning(store, api, self.access)
        self.plans = Plans(store, self.access)
        self.actions = MyActions(store, self.access, ports.free_bytes)
        self.requests = ActionRequests(store, self.access)
        self.insight = Insight(store, api)
        self.desk = Desk(store, api)
        self.appeals = Appeals(store, api, self.access, ports.free_bytes)
        self.directory = Directory(store, api)
        self.imports = Imports(store, api)
        self.typed = Typed(store)
        self._calls: Calls | None = None
        self._checklists: Checklists | None = None
        self._observing: Observing | None = None
        self._ports = ports

    @property
    def calls(self) -> Calls:
        """A caller's telephone calls; loaded when first used."""
        if self._calls is None:
            from field_app.calls.workflow import Calls

            self._calls = Calls(self.store, self.account.person_id, self.today)
        return self._calls

    @property
    def checklists(self) -> Checklists:
        """Checklists as headquarters writes them; loaded when first used, few people do."""
        if self._checklists is None:
            from field_app.checklists.workflow import Checklists

            self._checklists = Checklists(self.store, self.api)
        return self._checklists

    @property
    def observing(self) -> Observing:
        """A desk's own observations; loaded when first used."""
        if self._observing is None:
            from field_app.visits.workflow_observing import Observing

            self._observing = Observing(self.store, self.today, self.access)
        return self._observing

    async def open_visit(self, visit_id: str) -> VisitSession:
        """Open a visit that is on this device."""
        return await self.today.open(visit_id)

    async def open_review(self, visit_id: str) -> ReviewSession:
        """Open a visit for review."""
        return await self.review.open(visit_id)

    async def close(self) -> None:
        """Stop syncing and give the files back."""
        await self.sync.stop()
        await self.api.close()
        self.typed.write()
        await self.store.close()


class Accounts:
    """Who has signed in on this tablet, and who works now (``current``)."""

    def __init__(self, device: Device, ports: Ports) -> None:
        self._device = device
        self._ports = ports
        self.current: Workspace | None = None

    @classmethod
    async def open(cls, ports: Ports) -> Accounts:
        """Open the tablet's own database."""
        return cls(Device(await ports.open_store(DEVICE_DATABASE)), ports)

    def accounts(self) -> list[Account]:
        """All accounts ever signed in here, the last used first, signed-out ones included."""
        return self._device.accounts()

    # -- settings ------------------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """Language of the current account, else the tablet's."""
        if self.current is not None:
            return self.current.account.language
        return self._device.setting("language", DEFAULT_LANGUAGE)

    async def set_language(self, language: str) -> None:
        """Change the language of the tablet and of the current account."""
        language = match_language(language)
        self._device.set_setting("language", language)
        if self.current is not None:
            self.current.account = replace(self.current.account, language=language)
            self.current.api.language = language
            self._device.save(self.current.account)
        await self._device.durable()

    @property
    def server(self) -> str:
        """The server last signed in to, for the sign-in form; "" at first."""
        return self._device.setting("server", "")

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of this tablet (plain JSON data)."""
        return self._device.setting(key, default)

    async def set_setting(self, key: str, value: Any) -> None:
        """Write a setting of this tablet."""
        self._device.set_setting(key, value)
        await self._device.durable()

    # -- coming and going ----------------------------------------------------------------------------------

    async def sign_in(
        self, server: str, login: str, password: str, language: str, *, invitation: str = ""
    ) -> Workspace:
        """Sign in online; raises SIGN_IN_FAILED, SERVER_UNREACHABLE and other problems of the server.

        With an ``invitation`` the password is the one that the person chooses now (INVITATION_INVALID,
        PASSWORD_TOO_SHORT). A person who was here before finds everything as it was left, also what was never
        sent.
        """
        language = match_language(language)
        api = self._api(server, "", language)
        body = {"login": login.strip(), "password": password, "device_name": self._ports.device_name}
        try:
            if invitation:
                answer = await api.post("/session/invitation", {**body, "code": invitation})
            else:
                answer = await api.post("/session", body)
        finally:
            await api.close()
        person = answer["person"]
        known = next(
            (a for a in self.accounts() if (a.server, a.person_id) == (api.server, person["id"])), None
        )
        name = hashlib.sha256(f"{api.server} {person['id']}".encode()).hexdigest()[:16]
        account = Account(
            id=known.id if known else self._ports.context.new_id(),
            server=api.server,
            login=login.strip(),
            person_id=person["id"],
            name=person.get("name", ""),
            token=answer["token"],
            grants=grants_from(answer["grants"]),
            language=language,
            database=known.database if known else f"account-{name}",
            signed_in=True,
            used_at=to_text(self._ports.context.now()),
        )
        self._device.save(account)
        self._device.set_setting("server", api.server)
        self._device.set_setting("language", language)
        await self._device.durable()
        return await self._enter(account)

    async def enter(self, account_id: str) -> Workspace:
        """Work as an account that is signed in, without network; SIGNED_OUT if it must sign in first."""
        account = self._device.account(account_id)
        if account is None:
            raise Problem(Code.NOT_FOUND, {"what": "account"})
        if not account.signed_in:
            raise Problem(Code.SIGNED_OUT)
        account = replace(account, used_at=to_text(self._ports.context.now()))
        self._device.save(account)
        await self._device.durable()
        return await self._enter(account)

    async def resume(self) -> Workspace | None:
        """Open the account last used, if it is still signed in (the app's start)."""
        last = next(iter(self.accounts()), None)
        return await self.enter(last.id) if last is not None and last.signed_in else None

    async def _enter(self, account: Account) -> Workspace:
        await self._leave()
        store = await self._open_store(account)
        account = self._with_newest_grants(account, store)
        api = self._api(account.server, account.token, account.language)
        self.current = Workspace(account, store, api, self._ports)
        self.current.sync.files_wait = self._files_wait
        return self.current

    def _files_wait(self, waiting: int) -> str:
        """What so many bytes of files wait for, by this tablet's setting and line."""
        return waits_for(self.setting(SETTING, FilePolicy.ALWAYS), self._ports.metered(), waiting)

    def _with_newest_grants(self, account: Account, store: Store) -> Account:
        """The account with the grants that the last pull brought: they may have changed since sign-in."""
        grants = grants_from(store.by("role_grant", person_id=account.person_id))
        if not grants or grants == account.grants:
            return account
        account = replace(account, grants=grants)
        self._device.save(account)
        return account

    async def _open_store(self, account: Account) -> Store:
        blobs = OwnBlobs(self._ports.blobs, self._device, account.database)
        return Store(await self._ports.open_store(account.database), blobs, self._ports.context)

    def _api(self, server: str, token: str, language: str) -> Api:
        return Api(
            server,
            self._ports.transport(),
            token=token,
            language=language,
            client=self._ports.client,
            compress=self._ports.compress,
        )

    async def _leave(self) -> None:
        current, self.current = self.current, None
        if current is not None:
            await current.close()

    async def sign_out(self) -> None:
        """Hide the current account until its password is given again; nothing of it is deleted.

        The server is told if it can be reached; records that were not sent stay and go out after the next
        sign-in.
        """
        current = self.current
        if current is None:
            return
        self._device.save(replace(current.account, signed_in=False, token=""))
        await self._device.durable()
        with contextlib.suppress(Problem):  # offline: the token ends by itself on the server
            await current.api.call("DELETE", "/session")
        await self._leave()

    # -- rescue --------------------------------------------------------------------------------------------

    async def rescue(self, account_id: str) -> bytes:
        """The rescue file of an account, signed in or not (docs/sync-protocol.md, "Rescue")."""
        account = self._device.account(account_id)
        if account is None:
            raise Problem(Code.NOT_FOUND, {"what": "account"})
        if self.current is not None and self.current.account.id == account_id:
            return await rescue_zip(account, self.current.store)
        store = await self._open_store(account)
        try:
            return await rescue_zip(account, store)
        finally:
            await store.close()

    async def close(self) -> None:
        """Give all files back (the app ends)."""
        await self._leave()
        await self._device.close()
