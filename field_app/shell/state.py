"""What outlives a rendering: accounts, the file picker, the open visit, and the app's own settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from field_app.people.workflow import Accounts, Workspace
from field_app.platform import Platform
from field_app.shell.picking import Picking
from field_app.sync.status import SyncStatus
from field_app.visits.live import Shelf
from shared_models.messages import match_language
from shared_models.people import Role

BRIGHTNESS = ("system", "light", "dark")
TEXT_SIZES = (1.0, 1.25, 1.5, 2.0)


def _nothing() -> None:
    """Nothing is drawn yet."""


@dataclass(eq=False, repr=False)  # flet puts arguments of components into debug texts, used or not
class AppState:
    """Made once per start."""

    accounts: Accounts
    platform: Platform
    redraw: Callable[[], None] = _nothing
    """Draw everything anew: account, language or look are different."""
    picking: Picking = field(default_factory=Picking)
    shelf: Shelf = field(default_factory=Shelf)
    _fetching: asyncio.Task[bool] | None = None

    @property
    def language(self) -> str:
        """The language chosen here, else the one nearest to what the device prefers."""
        if self.accounts.current is not None or self.accounts.setting("language"):
            return self.accounts.language
        return match_language(next(iter(self.platform.languages()), None))

    @property
    def brightness(self) -> str:
        """system, light or dark."""
        value = self.accounts.setting("brightness", "system")
        return value if value in BRIGHTNESS else "system"

    @property
    def text_size(self) -> float:
        """Factor of the text's size."""
        value = self.accounts.setting("text_size", 1.0)
        return value if value in TEXT_SIZES else 1.0

    def begin(self) -> None:
        """Let the current account sync in the background."""
        current = self.accounts.current
        if current is None:
            return
        current.sync.start()
        if current.access.has(Role.AUDITOR):
            self._keep_paper_after_sync(current)

    def _keep_paper_after_sync(self, work: Workspace) -> None:
        """Fetch what draws the record of an inspection: whoever inspects hands it over without network."""

        def look(status: SyncStatus) -> None:
            if status.last_success and not status.sending:
                stop()
                self._fetching = asyncio.create_task(self.platform.keep_paper())

        stop = work.sync.watch(look)
        look(work.sync.status)

    async def set_language(self, language: str) -> None:
        """Change the language everywhere."""
        await self.accounts.set_language(language)
        self.redraw()

    async def set_brightness(self, brightness: str) -> None:
        """Change between light, dark and the device's own."""
        await self.accounts.set_setting("brightness", brightness)
        self.redraw()

    async def set_text_size(self, factor: float) -> None:
        """Change the size of text."""
        await self.accounts.set_setting("text_size", factor)
        self.redraw()

    async def sign_in(
        self, server: str, login: str, password: str, language: str, *, invitation: str = ""
    ) -> None:
        """Sign in online and begin to work; with an invitation, ``password`` is the new one."""
        await self.accounts.sign_in(server, login, password, language, invitation=invitation)
        self.begin()
        self.redraw()

    async def enter(self, account_id: str) -> None:
        """Go on as an account of this tablet that is signed in."""
        self.shelf.clear()
        await self.accounts.enter(account_id)
        self.begin()
        self.redraw()

    async def sign_out(self) -> None:
        """Hide the current account until its password is given again."""
        self.shelf.clear()
        await self.accounts.sign_out()
        self.redraw()
