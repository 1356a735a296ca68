"""Sealing a visit: its manifest against what arrived, its score computed again, its evidence counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.evaluating import Evaluator, evaluated
from shared_models.checklists.logic import AnswerValue
from shared_models.checklists.repeats import key_of, overfull, row_key
from shared_models.problems import Code, Place, Problem
from shared_models.sync.codec import encode_row
from shared_models.visits.completeness import completeness
from shared_models.visits.corrections import corrected_by_key
from shared_models.visits.manifest import verify_manifest
from shared_models.visits.scoring import score_visit
from shared_models.visits.validation import answer_fault
from sync_server.checklists.service import document_of
from sync_server.sync.journal import Values, write_row, write_rows
from sync_server.visits import repository
from sync_server.visits.rules import rules_of
from sync_server.visits.sealing import is_sealed

_SEALED = ("answer", "test_drive", "test_drive_event")


@dataclass(frozen=True)
class Arrived:
    """A visit's content as it stands on the server."""

    rows: list[tuple[str, str, dict[str, Any]]]
    """(entity, row id, plain fields) of answers and test drive."""
    attachments: list[dict[str, Any]]
    """Plain fields of the attachments that were not removed."""
    answers: dict[str, AnswerValue]


def arrived(session: Session, visit_id: str) -> Arrived:
    """Everything of a visit that a manifest lists."""
    rows = {entity: repository.rows_of(session, entity, visit_id) for entity in _SEALED}
    attachments = repository.rows_of(session, "attachment", visit_id)
    return _content(rows, [row for row in attachments if not row["removed"]])


def _content(rows: Mapping[str, Sequence[Values]], attachments: Sequence[Values]) -> Arrived:
    return Arrived(
        [(entity, row["id"], encode_row(entity, row)) for entity, found in rows.items() for row in found],
        [{"id": row["id"], **encode_row("attachment", row)} for row in attachments],
        _answers(rows["answer"]),
    )


def _answers(rows: Sequence[Values]) -> dict[str, AnswerValue]:
    return {
        row_key(row) if row["repeat"] else row["question"]: AnswerValue(row["state"], row["value"])
        for row in rows
        if row["state"] != "cleared"
    }


def check_submission(
    session: Session,
    visit: Values,
    manifest: Mapping[str, Any],
    rows_in: Callable[[str, str], list[Values]],
) -> Decimal | None:
    """The score as the server computes it; ``rows_in`` gives rows of an entity in the visit.

    Raises MANIFEST_MISMATCH where the sealed list and what arrived differ, ANSWERS_MISSING or
    EVIDENCE_MISSING where the checklist asks for more, INVALID_FIELD where a section repeats too often.
    """
    rows = {entity: rows_in(entity, visit["id"]) for entity in _SEALED}
    attachments = [row for row in rows_in("attachment", visit["id"]) if not row["removed"]]
    if not is_sealed(manifest, rows, attachments):
        content = _content(rows, attachments)
        verify_manifest(manifest, content.rows, content.attachments)
    answers = _answers(rows["answer"])
    template = document_of(session, visit["template_version_id"])
    counts = Counter((row_key(one), one["kind"]) for one in attachments)
    rules = rules_of(visit["template_version_id"], template)
    plain = None if rules is None else rules.scored(answers, counts)
    if plain is not None:
        return plain.percent
    for code in overfull(template, answers):
        raise _invalid(code, "too many")
    document, answers = evaluated(template, answers)
    lacking = completeness(document, answers, counts)
    if lacking.unanswered:
        places = [Place(code, "unanswered") for code in lacking.unanswered]
        raise Problem(Code.ANSWERS_MISSING, {"count": len(places)}, places)
    if lacking.missing_evidence:
        places = [Place(one.question, one.kind) for one in lacking.missing_evidence]
        count = sum(one.count for one in lacking.missing_evidence)
        raise Problem(Code.EVIDENCE_MISSING, {"count": count}, places)
    return score_visit(document, answers).percent


@dataclass(frozen=True)
class Counting:
    """A sealed visit's answers as recorded and as they count after its corrections."""

    document: TemplateDocument
    """The checklist as the answers that count lay it out."""
    recorded: Mapping[str, AnswerValue]
    now: Mapping[str, AnswerValue]


def counting(session: Session, visit: Mapping[str, Any]) -> Counting:
    """What counts of a visit, by key, with what is computed from it."""
    rows = arrived(session, visit["id"]).answers
    made = repository.rows_of(session, "correction", visit["id"])
    evaluate = Evaluator(document_of(session, visit["template_version_id"]))
    now = evaluate(corrected_by_key(rows, made, visit["revision"]))
    return Counting(now.document, evaluate(rows).answers, now.answers)


def score_with(session: Session, visit: Values, answers: Mapping[str, AnswerValue]) -> Decimal | None:
    """The visit's total in percent if these were its answers."""
    return score_visit(*evaluated(document_of(session, visit["template_version_id"]), answers)).percent


def check_correction(session: Session, visit: Values, change: Values) -> Values:
    """What the server adds to a correction: what counted before, and the score before and after.

    Raises INVALID_FIELD where the checklist has no such question, the value does not fit it, or nothing
    would change.
    """
    code = key_of(str(change["question"]), change["repeat"])
    found = counting(session, visit)
    question = next((one for one in found.document.questions() if one.code == code), None)
    if question is None:
        raise _invalid(code, "not in this checklist")
    if question.calculation is not None:
        raise _invalid(code, "computed")
    fault = answer_fault(question, change["state"], change["value"])
    if fault is not None or change["state"] == "cleared":
        raise _invalid(code, fault or "state")
    before = found.now
    given = AnswerValue(change["state"], change["value"] if change["state"] == "answered" else None)
    if given.state == "answered" and given.value is None:
        raise _invalid(code, "value")
    if before.get(code) == given:
        raise _invalid(code, "the same")
    was = before.get(code)
    return {
        "value": given.value,
        "before_state": was.state if was else "",
        "before_value": was.value if was else None,
        "score_before": score_with(session, visit, before),
        "score_after": score_with(session, visit, {**before, code: given}),
    }


def _invalid(code: str, reason: str) -> Problem:
    return Problem(Code.INVALID_FIELD, {"field": code}, [Place(f"answer.{code}", reason)])


def evidence_complete(session: Session, manifest: Mapping[str, Any] | None) -> bool:
    """Whether every file of a manifest is stored with its hash."""
    hashes = sorted({str(one[1]) for one in (manifest or {}).get("media", [])})
    return len(repository.stored_at(session, hashes)) == len(hashes)


def note_stored(session: Session, sha256: str, at: datetime) -> None:
    """A file has arrived: every attachment with this hash gets the receipt; visits may be complete now."""
    attachments = repository.attachments_with(session, sha256)
    write_rows(session, "attachment", [{"id": row["id"], "stored_at": at} for row in attachments])
    visits = sorted({row["visit_id"] for row in attachments if row["visit_id"]})
    for row in repository.incomplete_visits(session, visits):
        if evidence_complete(session, row["manifest"]):
            write_row(session, "visit", row["id"], {"evidence_complete": True})
