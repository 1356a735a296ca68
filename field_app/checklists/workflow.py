"""Checklists of the server as headquarters works on them, and drafts that lie on this device."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from field_app.checklists.drafting import Drafting
from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync.api import Api
from shared_models.checklists.document import TemplateDocument
from shared_models.problems import Code, Problem


class VersionLine(BaseModel):
    """A version of a checklist; number 0 is the draft."""

    id: str
    code: str
    number: int
    status: str
    title: str
    title_en: str
    source: str
    retired: bool
    sha256: str

    def name(self, language: str) -> str:
        """The checklist's name."""
        return self.title if language.startswith("zh") else self.title_en


class FindingLine(BaseModel):
    """Something of a workbook that a checklist cannot say."""

    at: str
    what: str
    value: str


class Imported(BaseModel):
    """A workbook that became a draft."""

    id: str
    code: str
    findings: list[FindingLine] = []


@dataclass(frozen=True)
class TemplateLine:
    """A checklist with its draft and its newest published version, as far as it has them."""

    code: str
    draft: VersionLine | None
    newest: VersionLine | None
    here: bool
    """Whether changes of the draft lie on this device only."""

    @property
    def any(self) -> VersionLine:
        """A line that names it."""
        found = self.newest or self.draft
        assert found is not None
        return found


_VERSIONS = TypeAdapter(list[VersionLine])
Versions = Fetched[list[VersionLine]]


@dataclass
class Desktop:
    """A draft on the desk: its document, what it is based on, and whether the server has it."""

    code: str
    drafting: Drafting
    base: str
    """SHA-256 of the server's draft that it goes over; "" for none."""
    sent: bool
    published: TemplateDocument | None
    """The newest published version, to compare with."""


class Checklists:
    """Routes /checklists. Reading has a kept copy; a draft is kept here at once and sent when it is whole."""

    def __init__(self, store: Store, api: Api) -> None:
        self._store = store
        self._api = api
        self._reader = CachedReader(store, api)

    # -- reading -------------------------------------------------------------------------------------------

    async def versions(self, *, kept_first: bool = False) -> Versions:
        """All versions of all checklists."""
        got = await self._reader.read("/checklists", kept_first=kept_first)
        return Fetched(_VERSIONS.validate_python(got.value), got.fetched_at, got.live)

    def templates(self, versions: list[VersionLine]) -> list[TemplateLine]:
        """The checklists among the versions, by name; retired ones last."""
        found: list[TemplateLine] = []
        for code in dict.fromkeys(one.code for one in versions):
            lines = [one for one in versions if one.code == code]
            draft = next((one for one in lines if one.status == "draft"), None)
            published = [one for one in lines if one.status != "draft"]
            newest = max(published, key=lambda one: one.number, default=None)
            found.append(TemplateLine(code, draft, newest, self._unsent(code)))
        return sorted(found, key=lambda one: (one.any.retired, one.any.title_en, one.code))

    def only_here(self, versions: list[VersionLine]) -> list[str]:
        """Codes of new checklists of which the server knows nothing yet."""
        known = {one.code for one in versions}
        kept = self._store.cached(_NEW)
        return [code for code in (kept[0] if kept else []) if code not in known and self._kept(code)]

    async def document(self, version_id: str) -> dict[str, Any]:
        """The document of a version: the synced row, else the server's answer."""
        row = self._store.row("template_version", version_id)
        if row is not None and row["status"] != "draft":
            return copy.deepcopy(row["document"])
        got = await self._reader.read(f"/checklists/versions/{version_id}")
        return copy.deepcopy(got.value["document"])

    def items(self, language: str) -> dict[str, str]:
        """Names of the ledger's items by code."""
        zh = language.startswith("zh")
        rows = self._store.by("item")
        rows.sort(key=lambda row: (row["stage"], row["code"]))
        return {row["code"]: row["name" if zh else "name_en"] for row in rows if row["active"]}

    # -- drafts --------------------------------------------------------------------------------------------

    async def open(self, code: str) -> Desktop:
        """The draft of a checklist: what lies here unsent, else the server's, else the newest version.

        NOT_FOUND for a checklist of which there is nothing here and nothing there.
        """
        try:
            lines = (await self.versions()).value
        except Problem:
            if self._kept(code) is None:
                raise
            lines = []
        draft = next((one for one in lines if one.code == code and one.status == "draft"), None)
        own = [one for one in lines if one.code == code and one.status != "draft"]
        newest = max(own, key=lambda one: one.number, default=None)
        published = TemplateDocument.model_validate(await self.document(newest.id)) if newest else None
        kept = self._kept(code)
        if kept is not None and not kept["sent"]:
            return Desktop(code, Drafting(kept["document"]), kept["base"], False, published)
        if draft is not None:
            return Desktop(code, Drafting(await self.document(draft.id)), draft.sha256, True, published)
        if published is not None and newest is not None:
            return Desktop(code, Drafting(await self.document(newest.id)), "", True, published)
        if kept is not None:
            return Desktop(code, Drafting(kept["document"]), kept["base"], False, published)
        raise Problem(Code.NOT_FOUND, {"what": "template"})

    async def begin(self, code: str, source: str, zh: str, en: str) -> None:
        """A new checklist on this device. CONFLICT where the code is taken."""
        lines = (await self.versions()).value
        if any(one.code == code for one in lines) or code in self.only_here(lines):
            raise Problem(Code.CONFLICT)
        texts = {"zh": zh, "en": en}
        document = {"code": code, "title": texts, "description": dict(texts), "source": source}
        fresh = self.only_here(lines)
        self._store.cache(_NEW, [*fresh, code])
        self._keep(code, document, "", sent=False)
        await self._store.durable()

    async def keep(self, desk: Desktop) -> None:
        """Keep the draft on this device; durable on return."""
        desk.sent = False
        self._keep(desk.code, desk.drafting.plain(), desk.base, sent=False)
        await self._store.durable()

    async def send(self, desk: Desktop) -> None:
        """Give the server the draft. CHECKLIST_INVALID while it has faults, CONFLICT where another wrote."""
        document = desk.drafting.plain()
        try:
            plain = TemplateDocument.model_validate(document).to_json()
        except ValidationError as error:
            raise Problem(Code.CHECKLIST_INVALID, {"count": error.error_count()}) from None
        answer = await self._api.call("PUT", "/checklists/drafts", body=plain, params={"over": desk.base})
        desk.base = answer.json()["sha256"]
        if desk.drafting.plain() == document:  # nothing was typed while it was on its way
            desk.sent = True
        self._keep(desk.code, desk.drafting.plain(), desk.base, sent=desk.sent)
        await self._store.durable()

    async def take_over(self, desk: Desktop) -> None:
        """Base the draft on the server's newest one, so that sending it replaces that."""
        lines = (await self.versions()).value
        draft = next((one for one in lines if one.code == desk.code and one.status == "draft"), None)
        desk.base = draft.sha256 if draft else ""
        await self.keep(desk)

    async def discard(self, code: str) -> None:
        """Throw the draft away, here and on the server; published versions stay."""
        try:
            await self._api.call("DELETE", f"/checklists/drafts/{code}")
        except Problem as problem:
            if problem.code is not Code.NOT_FOUND:
                raise
        self._forget(code)
        await self._store.durable()

    async def publish(self, desk: Desktop, *, untranslated: bool = False) -> int:
        """Send the draft and make it the next version; its number. ``untranslated``: also where a text
        stands in one language for both, else CHECKLIST_UNTRANSLATED."""
        await self.send(desk)
        answer = await self._api.call(
            "POST", f"/checklists/{desk.code}/publish", params={"untranslated": untranslated}
        )
        self._forget(desk.code)
        await self._store.durable()
        return int(answer.json()["number"])

    async def retire(self, code: str, *, back: bool = False) -> None:
        """Offer a checklist no more, or again."""
        await self._api.call("POST", f"/checklists/{code}/retire", params={"back": back})

    # -- workbooks -----------------------------------------------------------------------------------------

    async def import_file(self, name: str, data: bytes) -> Imported:
        """A workbook as the draft of its checklist, on the server; what it says beyond is listed."""
        form = httpx.Request("POST", "http://form", files={"file": (name, data, "application/octet-stream")})
        answer = await self._api.call(
            "POST",
            "/checklists/xlsform",
            content=form.read(),
            headers={"Content-Type": form.headers["Content-Type"]},
        )
        made = Imported.model_validate(answer.json())
        self._forget(made.code)
        await self._store.durable()
        return made

    async def export_file(self, version_id: str) -> bytes:
        """A version as XLSForm workbook."""
        return (await self._api.call("GET", f"/checklists/versions/{version_id}/xlsform")).content

    # -- what lies here ------------------------------------------------------------------------------------

    def _kept(self, code: str) -> dict[str, Any] | None:
        found = self._store.cached(_DRAFT + code)
        return copy.deepcopy(found[0]) if found and found[0] else None

    def _unsent(self, code: str) -> bool:
        kept = self._kept(code)
        return kept is not None and not kept["sent"]

    def _keep(self, code: str, document: dict[str, Any], base: str, *, sent: bool) -> None:
        self._store.cache(_DRAFT + code, {"document": document, "base": base, "sent": sent})

    def _forget(self, code: str) -> None:
        self._store.cache(_DRAFT + code, {})


_DRAFT = "checklist-draft:"
_NEW = "checklists-begun"
"""Keys of what lies on the device."""
