"""The ledger and the templates as reference rows: publishing the built-in ones, reading documents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from sqlalchemy.orm import Session

from shared_models.checklists.document import Question, TemplateDocument
from shared_models.checklists.repeats import naming_question
from shared_models.clock import utc_now
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from shared_models.visits.manifest import canonical
from sync_server.checklists import repository
from sync_server.checklists.builtin import ItemDefinition, load_items, load_templates
from sync_server.sync.journal import write_row, write_rows

_documents: dict[str, TemplateDocument] = {}
_questions: dict[str, dict[str, Question]] = {}
_repeating: dict[str, frozenset[str]] = {}
_lock = Lock()


def publish_builtin(
    session: Session, *, now: datetime | None = None, folder: Path | None = None
) -> dict[str, str]:
    """Write the built-in ledger and publish the built-in templates; version ids by template code.

    Done again it changes only what differs in the files: an item is updated, a changed template gets its next
    version, an unchanged one keeps the version it has.
    """
    publish_items(session, load_items(folder))
    return {
        document.code: publish_template(session, document, now=now or utc_now())
        for document in load_templates(folder)
    }


def publish_items(session: Session, items: Sequence[ItemDefinition]) -> None:
    """Write items of the ledger by their code."""
    known = repository.item_ids(session)
    rows = [
        {
            "id": known.get(one.code) or new_id(),
            "code": one.code,
            "name": one.name.zh,
            "name_en": one.name.en,
            "short": one.short_name.zh,
            "short_en": one.short_name.en,
            "stage": one.stage.value,
            "rater": one.rater.value,
            "target": one.target,
            "causes": [cause.model_dump() for cause in one.cause_codes],
        }
        for one in items
    ]
    write_rows(session, "item", rows)


def publish_template(session: Session, document: TemplateDocument, *, now: datetime) -> str:
    """Publish a document as the next version of its template, unless it equals the newest; its id."""
    plain = document.to_json()
    sha256 = hashlib.sha256(canonical(plain)).hexdigest()
    newest = repository.newest_versions(session).get(document.code)
    if newest is not None and newest[2] == sha256:
        return newest[0]
    template_id = repository.template_ids(session).get(document.code)
    if template_id is None:
        template_id = new_id()
        write_row(
            session,
            "template",
            template_id,
            {
                "code": document.code,
                "title": document.title.zh,
                "title_en": document.title.en,
                "source": document.source.value,
            },
        )
    version_id = new_id()
    write_row(
        session,
        "template_version",
        version_id,
        {
            "template_id": template_id,
            "number": newest[1] + 1 if newest else 1,
            "status": "published",
            "document": plain,
            "sha256": sha256,
            "published_at": now,
        },
    )
    return version_id


def document_of(session: Session, version_id: str) -> TemplateDocument:
    """The document of a template version (parsed once: it never changes); NOT_FOUND if there is none."""
    found = _documents.get(version_id)
    if found is None:
        plain = repository.document_json(session, version_id)
        if plain is None:
            raise Problem(Code.NOT_FOUND)
        found = TemplateDocument.model_validate(plain)
        with _lock:
            if len(_documents) > 200:
                _documents.clear()
                _questions.clear()
                _repeating.clear()
            _questions[version_id] = _by_code(found)
            _documents[version_id] = found
    return found


def questions_of(session: Session, version_id: str) -> dict[str, Question]:
    """The questions of a template version by code, and under the code of a repeating section the question
    that names its instances; NOT_FOUND if there is none."""
    found = _questions.get(version_id)
    if found is None:
        found = _by_code(document_of(session, version_id))
    return found


def repeating_of(session: Session, version_id: str) -> frozenset[str]:
    """Codes of a template version that are answered once per instance; NOT_FOUND if there is none."""
    found = _repeating.get(version_id)
    if found is None:
        document = document_of(session, version_id)
        found = _repeating[version_id] = frozenset(
            code
            for section in document.sections
            if section.repeat is not None
            for code in (section.code, *(question.code for question in section.questions))
        )
    return found


def _by_code(document: TemplateDocument) -> dict[str, Question]:
    naming = {one.code: naming_question(one) for one in document.sections if one.repeat is not None}
    return naming | {question.code: question for question in document.questions()}
