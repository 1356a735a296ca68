"""The administration's routes. Nothing of it is kept on the device: it is read anew each time."""

from __future__ import annotations

from typing import Any

import httpx

from field_app.sync.api import Api
from shared_models.audit.wire import AuditPage
from shared_models.company.wire import WebhookMade
from shared_models.people.admin_wire import (
    BulkReport,
    DealerLine,
    DealerList,
    InvitationOut,
    NewTerm,
    PersonDetail,
    PersonList,
    Sheet,
)
from shared_models.people.wire import DirectoryEntry
from shared_models.problems import Code, Problem

PAGE = 30
"""Lines of a list at a time."""


class Admin:
    """What desks may look up and headquarters may change; the server decides, the screens only ask."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def dealers(self, *, offset: int = 0, limit: int = PAGE, **query: str) -> DealerList:
        """Dealers of the scope; query: text, state, region_id."""
        got = await self._api.get("/people/dealers", limit=limit, offset=offset, **_given(query))
        return DealerList.model_validate(got)

    async def dealer(self, dealer_id: str) -> DealerLine:
        """One dealer; NOT_FOUND outside the scope."""
        got = await self._api.get("/people/dealers", dealer_id=dealer_id, state="all", limit=1)
        found = DealerList.model_validate(got).dealers
        if not found:
            raise Problem(Code.NOT_FOUND)
        return found[0]

    async def change_dealer(self, dealer_id: str, values: dict[str, Any]) -> None:
        """Change, close or open a dealer."""
        await self._api.call("PATCH", f"/people/dealers/{dealer_id}", body=values)

    async def add_dealer(self, values: dict[str, Any]) -> str:
        """A new dealer; its id."""
        return str((await self._api.post("/people/dealers", values))["id"])

    async def candidates(self, dealer_id: str) -> list[DirectoryEntry]:
        """Who may keep a dealer's data up to date."""
        got = await self._api.get("/people/directory", dealer_id=dealer_id)
        return [DirectoryEntry.model_validate(one) for one in got]

    async def name_maintainer(self, dealer_id: str, person_id: str) -> None:
        """Name the data maintainer; "" for nobody."""
        body = {"person_id": person_id or None}
        await self._api.call("PUT", f"/people/dealers/{dealer_id}/maintainer", body=body)

    async def people(self, *, offset: int = 0, **query: str) -> PersonList:
        """People of the scope; query: text, state, role, dealer_id."""
        got = await self._api.get("/people/list", limit=PAGE, offset=offset, **_given(query))
        return PersonList.model_validate(got)

    async def person(self, person_id: str) -> PersonDetail:
        """One person in full."""
        return PersonDetail.model_validate(await self._api.get(f"/people/persons/{person_id}"))

    async def add_person(self, values: dict[str, Any]) -> str:
        """A new person without password; its id."""
        got = await self._api.post("/people/persons", {**values, "invite": True})
        return str(got["person_id"])

    async def change_person(self, person_id: str, values: dict[str, Any]) -> None:
        """Change, deactivate or restore a person."""
        await self._api.call("PATCH", f"/people/persons/{person_id}", body=values)

    async def put_mail(self, person_id: str, email: str) -> None:
        """Set the mail address."""
        await self._api.call("PUT", f"/reminders/contacts/{person_id}", body={"email": email})

    async def invite(self, person_id: str) -> InvitationOut:
        """A new one-time code, told this once."""
        return InvitationOut.model_validate(
            await self._api.post(f"/people/persons/{person_id}/invitation", None)
        )

    async def end_sign_ins(self, person_id: str, session_id: str = "") -> None:
        """End one sign-in, or all."""
        path = f"/people/persons/{person_id}/sessions"
        await self._api.call("DELETE", path, params={"session_id": session_id} if session_id else None)

    async def give_role(self, person_id: str, term: NewTerm) -> None:
        """Give a role."""
        await self._api.post(f"/people/persons/{person_id}/grants", term.model_dump(mode="json"))

    async def take_role(self, grant_id: str) -> None:
        """Withdraw a role."""
        await self._api.call("DELETE", f"/people/grants/{grant_id}")

    async def template(self, sheet: Sheet) -> bytes:
        """The workbook to fill."""
        return (await self._api.call("GET", "/people/template", params={"sheet": sheet})).content

    async def bulk(
        self, sheet: Sheet, name: str, data: bytes, *, apply: bool, invite: bool = False
    ) -> BulkReport:
        """What a file would do, or, with ``apply``, did."""
        form = httpx.Request(
            "POST",
            "http://form",
            data={"sheet": sheet, **({"invite": "true"} if invite else {})},
            files={"file": (name, data, "application/octet-stream")},
        )
        answer = await self._api.call(
            "POST",
            f"/people/import/{'apply' if apply else 'preview'}",
            content=form.read(),
            headers={"Content-Type": form.headers["Content-Type"]},
        )
        return BulkReport.model_validate(answer.json())

    async def trail(self, query: dict[str, str], *, offset: int = 0, limit: int = PAGE) -> AuditPage:
        """Entries of the audit trail; query: text, action, dealer_id, row_id, since, until."""
        got = await self._api.get("/audit/entries", limit=limit, offset=offset, **_given(query))
        return AuditPage.model_validate(got)

    async def trail_file(self, kind: str, query: dict[str, str]) -> bytes:
        """The same as CSV or XLSX."""
        params = {"format": kind, **_given(query)}
        return (await self._api.call("GET", "/audit/entries/file", params=params)).content

    async def read(self, path: str) -> Any:
        """A rule of the company as plain data."""
        return await self._api.get(path)

    async def write(self, path: str, body: Any) -> Any:
        """Change a rule of the company."""
        answer = await self._api.call("PUT", path, body=body)
        return answer.json() if answer.content else None

    async def remove(self, path: str) -> None:
        """Take back something of the company's rules."""
        await self._api.call("DELETE", path)

    async def run_retention(self) -> None:
        """Remove what the rules of retention let go."""
        await self._api.call("POST", "/retention/run")

    async def add_webhook(self, url: str, note: str) -> WebhookMade:
        """A new endpoint with its secret, told this once."""
        return WebhookMade.model_validate(await self._api.post("/webhooks", {"url": url, "note": note}))


def _given(query: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}
