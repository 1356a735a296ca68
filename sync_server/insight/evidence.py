"""The answers behind a figure. Never who the shopper was, never which customer spoke."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, cast

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.checklists.tables import TemplateVersion
from shared_models.columns import sql_table
from shared_models.insight.wire import Evidence, EvidenceKind, EvidencePage
from shared_models.people.tables import Person
from shared_models.problems import Code, Problem
from shared_models.surveys import mask_name, mask_numbers, mask_plate
from shared_models.visits.tables import Answer, Attachment, Visit
from sync_server.insight import repository
from sync_server.insight.tables import Observation
from sync_server.people.scope import Scope
from sync_server.surveys.tables import Customer, Response, SurveyQuestion, Vehicle

_o = sql_table(Observation).c
_answer, _attachment = sql_table(Answer).c, sql_table(Attachment).c
_visit, _version, _person = sql_table(Visit), sql_table(TemplateVersion), sql_table(Person)
_response, _customer, _vehicle = sql_table(Response), sql_table(Customer), sql_table(Vehicle)
_question = sql_table(SurveyQuestion).c
State = Literal["executed", "not", "na", "unobserved"]


def evidence(
    session: Session,
    scope: Scope,
    *,
    dealer_id: str,
    item_id: str,
    month: str,
    source: Source | None = None,
    failures_only: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> EvidencePage:
    """Answers on one item at one dealer in one month: failures first, then newest first.

    OUT_OF_SCOPE for a dealer outside the scope. Readers at the dealer get no provenance and no photos, which
    would lead them to the visit.
    """
    if dealer_id not in repository.dealers(session, scope):
        raise Problem(Code.OUT_OF_SCOPE)
    where = [
        _o.dealer_id == dealer_id,
        _o.item_id == item_id,
        _o.month == month,
        repository.as_of(None),
        repository.readable_by(scope),
    ]
    if source is not None:
        where.append(_o.source == source.value)
    if failures_only:
        where.append(_o.state == "not")
    total = session.scalar(select(func.count()).select_from(_o.id.table).where(*where)) or 0
    rank = case({"not": 0, "executed": 1, "unobserved": 2}, value=_o.state, else_=3)
    rows = session.execute(
        select(*OBSERVED).where(*where).order_by(rank, _o.day.desc(), _o.id).limit(limit).offset(offset)
    ).all()
    shown = dressed(session, scope, rows)
    return EvidencePage(dealer_id=dealer_id, item_id=item_id, month=month, total=total, evidence=tuple(shown))


OBSERVED = (
    _o.id, _o.dealer_id, _o.item_id, _o.day, _o.source, _o.state, _o.kind, _o.origin_id, _o.question,
    _o.repeat, _o.employee,
)  # fmt: skip
"""What :func:`dressed` needs of an observation."""


def dressed(session: Session, scope: Scope, rows: Sequence[Any]) -> list[Evidence]:
    """Observations (of OBSERVED, in their order) with what was asked, said and shown; complaints at the end.

    Nobody in it can be recognised; provenance and photos only of dealers that the scope has a desk over.
    """
    shown: list[Evidence] = []
    for desk in (True, False):
        mine = [row for row in rows if (scope.everything or row.dealer_id in scope.desk_dealers) is desk]
        shown += [*_of_visits(session, mine, desk=desk), *_of_responses(session, mine, desk=desk)]
    order = {f"o{row.id}": i for i, row in enumerate(rows)}
    shown.sort(key=lambda one: order.get(one.id, len(order)))
    return shown


def _of_visits(session: Session, rows: Iterable[Any], *, desk: bool) -> list[Evidence]:
    mine = [row for row in rows if row.kind == "visit"]
    visits = {row.origin_id for row in mine}
    texts = _checklist_texts(session, visits)
    visitors = _visitors(session, visits)
    comments: dict[tuple[str, str, int], str] = {}
    found = session.execute(
        select(_answer.visit_id, _answer.question, _answer.repeat, _answer.comment).where(
            _answer.visit_id.in_(visits), _answer.comment != ""
        )
    )
    for visit_id, question, repeat, comment in found:
        name = visitors.get(visit_id, "")
        words = comment.replace(name, "**") if name else comment
        comments[visit_id, question, repeat] = mask_numbers(words)
    photos = _photos(session, visits) if desk else {}
    return [
        Evidence(
            kind=EvidenceKind.ANSWER,
            id=f"o{row.id}",
            day=row.day.isoformat(),
            source=Source(row.source),
            executed=_executed(row.state),
            state=cast(State, row.state),
            question_code=row.question,
            question=texts.get((row.origin_id, row.question), ("", ""))[0],
            question_en=texts.get((row.origin_id, row.question), ("", ""))[1],
            comment=comments.get((row.origin_id, row.question, row.repeat), ""),
            employee=row.employee,
            photos=tuple(photos.get((row.origin_id, row.question, row.repeat), ())),
            provenance_id=row.origin_id if desk else None,
        )
        for row in mine
    ]


def _visitors(session: Session, visits: Collection[str]) -> dict[str, str]:
    """The visitor's name by visit: it may stand in the own remarks, which dealers read."""
    rows = session.execute(
        select(_visit.c.id, _person.c.name)
        .join(_person, _person.c.id == _visit.c.person_id)
        .where(_visit.c.id.in_(visits))
    )
    return {row.id: row.name for row in rows}


def _checklist_texts(session: Session, visits: Collection[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Wording by visit and question, out of the version that the visit was made with."""
    versions = session.execute(
        select(_visit.c.id, _visit.c.template_version_id).where(_visit.c.id.in_(visits))
    ).all()
    documents = {
        row.id: row.document
        for row in session.execute(
            select(_version.c.id, _version.c.document).where(
                _version.c.id.in_({row.template_version_id for row in versions})
            )
        )
    }
    return {
        (visit.id, question["code"]): (question["text"]["zh"], question["text"]["en"])
        for visit in versions
        for section in documents[visit.template_version_id]["sections"]
        for question in section["questions"]
    }


def _photos(session: Session, visits: Collection[str]) -> dict[tuple[str, str, int], list[str]]:
    found: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    rows = session.execute(
        select(_attachment.visit_id, _attachment.question, _attachment.repeat, _attachment.sha256)
        .where(
            _attachment.visit_id.in_(visits),
            _attachment.kind == "photo",
            _attachment.removed.is_(False),
            _attachment.stored_at.is_not(None),
        )
        .order_by(_attachment.taken_at, _attachment.id)
    )
    for visit_id, question, repeat, sha256 in rows:
        found[visit_id, question, repeat].append(sha256)
    return found


def _of_responses(session: Session, rows: Iterable[Any], *, desk: bool) -> list[Evidence]:
    mine = [row for row in rows if row.kind == "response"]
    if not mine:
        return []
    r, c, v = _response.c, _customer.c, _vehicle.c
    said = {
        row.id: row
        for row in session.execute(
            select(r.id, r.survey, r.verbatim, r.complaint, c.name, c.phone, v.plate)
            .select_from(_response)
            .join(_customer, c.id == r.customer_id, isouter=True)
            .join(_vehicle, v.id == r.vehicle_id, isouter=True)
            .where(r.id.in_({row.origin_id for row in mine}))
        )
    }
    texts = {
        (row.survey, row.code): (row.text, row.text_en)
        for row in session.execute(
            select(_question.survey, _question.code, _question.text, _question.text_en).where(
                or_(*(_question.survey == survey for survey in {one.survey for one in said.values()}))
            )
        )
    }
    shown: list[Evidence] = []
    for row in mine:
        response = said[row.origin_id]
        text, text_en = texts.get((response.survey, row.question), ("", ""))
        answer = Evidence(
            kind=EvidenceKind.RESPONSE,
            id=f"o{row.id}",
            day=row.day.isoformat(),
            source=Source(row.source),
            executed=_executed(row.state),
            state=cast(State, row.state),
            question_code=row.question,
            question=text,
            question_en=text_en,
            comment=anonymous(response.verbatim, response),
            employee=row.employee,
            provenance_id=row.origin_id if desk else None,
        )
        shown.append(answer)
        if response.complaint:
            shown.append(
                answer.model_copy(
                    update={
                        "kind": EvidenceKind.VERBATIM,
                        "id": f"c{row.id}",
                        "executed": None,
                        "state": "",
                        "question_code": "",
                        "question": "",
                        "question_en": "",
                        "comment": anonymous(response.complaint, response),
                    }
                )
            )
    return shown


def anonymous(text: str, response: Any) -> str:
    """Words of a customer without the name, plate and numbers that would tell who it was."""
    if response.name:
        text = text.replace(response.name, mask_name(response.name))
    if response.plate:
        text = text.replace(response.plate, mask_plate(response.plate))
    if response.phone:
        text = text.replace(response.phone, "****")
    return mask_numbers(text)


def _executed(state: str) -> bool | None:
    return {"executed": True, "not": False}.get(state)
