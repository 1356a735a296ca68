"""Checklists as headquarters writes them: drafts, published versions, differences, retirement."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from shared_models.checklists.diff import Difference, differences
from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.languages import untranslated
from shared_models.checklists.stages import Source
from shared_models.ids import new_id
from shared_models.problems import Code, Place, Problem
from shared_models.visits.manifest import canonical
from sync_server.checklists import repository
from sync_server.sync.journal import delete_row, write_row

if TYPE_CHECKING:
    from sync_server.checklists.xlsform import Finding

DRAFT = 0
"""Number of a version that is not published yet; a template has one draft at most."""


@dataclass(frozen=True)
class Draft:
    """A draft as it was written, with what its workbook says beyond it."""

    version_id: str
    template: str
    findings: tuple[Finding, ...] = ()


def import_xlsform(
    session: Session, data: bytes, *, code: str | None = None, source: Source = Source.SHOP
) -> Draft:
    """A workbook as the draft of its template (``code`` instead of the form's own).

    Raises CHECKLIST_INVALID with every fault and its cell; nothing is written then.
    """
    from sync_server.checklists.xlsform import read_xlsform  # workbooks are rare, and their reader is large

    items = frozenset(repository.item_ids(session))
    read = read_xlsform(data, items=items, source=source)
    document = read.document if code is None else read.document.model_copy(update={"code": code})
    return Draft(save_draft(session, document), document.code, read.findings)


def save_draft(session: Session, document: TemplateDocument, *, over: str | None = None) -> str:
    """Write a document as the draft of its template, instead of the one before; the version's id.

    ``over`` is the SHA-256 of the draft that the writer has read ("": none); CONFLICT where another stands.
    Raises CHECKLIST_INVALID where it names an item that the ledger has not.
    """
    document = TemplateDocument.model_validate(document.to_json())
    _need_items(session, document)
    if over is not None and draft_sha256(session, document.code) not in {over, _sha256(document)}:
        raise Problem(Code.CONFLICT)
    template_id = repository.template_ids(session).get(document.code)
    if template_id is None:
        template_id = new_id()
        write_row(session, "template", template_id, _heading(document))
    known = repository.version_numbered(session, template_id, DRAFT)
    version_id = known or new_id()
    values = {
        "template_id": template_id,
        "number": DRAFT,
        "status": "draft",
        "document": document.to_json(),
        "sha256": _sha256(document),
    }
    write_row(session, "template_version", version_id, values)
    return version_id


def draft_sha256(session: Session, code: str) -> str:
    """SHA-256 of the draft of a template as it stands; "" without one."""
    lines = repository.version_lines(session, code)
    return next((line["sha256"] for line in lines if line["number"] == DRAFT), "")


def discard_draft(session: Session, code: str) -> None:
    """Delete the draft of a template. NOT_FOUND without one."""
    _, version_id = _draft_of(session, code)
    delete_row(session, "template_version", version_id)


def publish_draft(
    session: Session, code: str, *, now: datetime, untranslated_too: bool = False
) -> tuple[str, int]:
    """Publish the draft of a template as its next version: (version id, number). NOT_FOUND without a draft,
    CHECKLIST_UNTRANSLATED with every place where one language stands in for the other, unless
    ``untranslated_too``.

    A published version never changes; visits that have begun keep the version they began with.
    """
    template_id, version_id = _draft_of(session, code)
    document = read_version(session, version_id)
    _need_items(session, document)
    missing = [] if untranslated_too else untranslated(document)
    if missing:
        places = [Place(one.where or document.code, f"{one.field}.{one.language}") for one in missing]
        raise Problem(Code.CHECKLIST_UNTRANSLATED, {"count": len(missing)}, places)
    number = repository.highest_number(session, template_id) + 1
    write_row(session, "template", template_id, {**_heading(document), "retired": False})
    values = {"number": number, "status": "published", "published_at": now}
    write_row(session, "template_version", version_id, values)
    return version_id, number


def retire(session: Session, code: str, *, retired: bool = True) -> None:
    """Offer a template no more (or again). What was recorded with it stays as it is."""
    template_id = repository.template_ids(session).get(code)
    if template_id is None:
        raise Problem(Code.NOT_FOUND, {"what": "template"})
    write_row(session, "template", template_id, {"retired": retired})


def versions(session: Session, code: str | None = None) -> list[dict[str, Any]]:
    """All versions of all templates (or of one), drafts first, the newest before the older ones."""
    return repository.version_lines(session, code)


def find_version(session: Session, code: str, number: int | None = None) -> str:
    """Id of a version by number (0: the draft; None: the newest published one); NOT_FOUND without one."""
    if number is None:
        newest = repository.newest_versions(session).get(code)
        found = newest[0] if newest else None
    else:
        template_id = repository.template_ids(session).get(code, "")
        found = repository.version_numbered(session, template_id, number)
    if found is None:
        raise Problem(Code.NOT_FOUND, {"what": "template_version"})
    return found


def read_version(session: Session, version_id: str) -> TemplateDocument:
    """The document of a version, drafts included; NOT_FOUND if there is none."""
    plain = repository.document_json(session, version_id)
    if plain is None:
        raise Problem(Code.NOT_FOUND, {"what": "template_version"})
    return TemplateDocument.model_validate(plain)


def compare(session: Session, old: str, new: str) -> Sequence[Difference]:
    """What differs between two versions."""
    return differences(read_version(session, old), read_version(session, new))


def _draft_of(session: Session, code: str) -> tuple[str, str]:
    template_id = repository.template_ids(session).get(code, "")
    version_id = repository.version_numbered(session, template_id, DRAFT)
    if version_id is None:
        raise Problem(Code.NOT_FOUND, {"what": "draft"})
    return template_id, version_id


def _heading(document: TemplateDocument) -> dict[str, Any]:
    return {
        "code": document.code,
        "title": document.title.zh,
        "title_en": document.title.en,
        "source": document.source.value,
    }


def _sha256(document: TemplateDocument) -> str:
    return hashlib.sha256(canonical(document.to_json())).hexdigest()


def _need_items(session: Session, document: TemplateDocument) -> None:
    known = repository.item_ids(session)
    places = [
        Place(question.code, f"unknown item {question.item}")
        for question in document.questions()
        if question.item and question.item not in known
    ]
    if places:
        raise Problem(Code.CHECKLIST_INVALID, {"count": len(places)}, places)
