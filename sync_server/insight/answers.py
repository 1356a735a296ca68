"""The answers that a figure of any kind was counted from: observations, ratings, calls.

A row of every table names its questions (`behind` of GET /insight/tables/{name}); rates, the fused figure and
a plan's verdict are asked for by dealer, item, source and months. The same people read the answers as the
figure, and nobody in them can be recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.columns import sql_table
from shared_models.insight.wire import Evidence, EvidenceKind
from shared_models.insight.wire_engine import AnswersPage
from shared_models.surveys import Disposition
from shared_models.visits.tables import Visit
from sync_server.insight import repository
from sync_server.insight.evidence import OBSERVED, anonymous, dressed
from sync_server.insight.tables import Observation
from sync_server.people.scope import Scope
from sync_server.surveys.tables import Customer, Response, ResponseAnswer, SurveyQuestion, Vehicle

What = Literal["observations", "ratings", "calls"]
_o, _visit = sql_table(Observation).c, sql_table(Visit).c
_response, _answer = sql_table(Response), sql_table(ResponseAnswer)
_customer, _vehicle, _question = sql_table(Customer), sql_table(Vehicle), sql_table(SurveyQuestion)
_r, _a = _response.c, _answer.c


@dataclass(frozen=True)
class Behind:
    """Which answers; None and empty: no restriction (beyond the scope)."""

    months: Sequence[str]
    dealers: Collection[str] | None = None
    items: Collection[str] | None = None
    source: Source | None = None
    survey: str | None = None
    questions: Collection[str] | None = None
    """Codes of a survey's questions (ratings)."""
    employee: str | None = None
    visitor_id: str | None = None
    counted: bool = False
    """Only what enters a rate: executed and not (observations)."""
    failures: bool = False
    """Only "not executed" (observations)."""


def answers(
    session: Session, scope: Scope, what: What, behind: Behind, *, limit: int = 100, offset: int = 0
) -> AnswersPage:
    """A page of answers: failures and low marks first, then newest first."""
    read = {"observations": _observations, "ratings": _ratings, "calls": _calls}[what]
    total, found = read(session, scope, behind, limit, offset)
    return AnswersPage(what=what, months=tuple(behind.months), total=total, answers=tuple(found))


_Found = tuple[int, list[Evidence]]


def _observations(session: Session, scope: Scope, behind: Behind, limit: int, offset: int) -> _Found:
    where: list[ColumnElement[bool]] = [
        repository.as_of(None),
        repository.readable_by(scope),
        _o.month.in_(list(behind.months)),
    ]
    for column, wanted in ((_o.dealer_id, behind.dealers), (_o.item_id, behind.items)):
        if wanted is not None:
            where.append(column.in_(sorted(wanted)))
    if behind.source is not None:
        where.append(_o.source == behind.source.value)
    if behind.employee is not None:
        where.append(_o.employee == behind.employee)
    if behind.visitor_id is not None:
        mine = select(_visit.id).where(_visit.person_id == behind.visitor_id)
        where += [_o.kind == "visit", _o.origin_id.in_(mine)]
    if behind.failures:
        where.append(_o.state == "not")
    elif behind.counted:
        where.append(_o.state.in_(("executed", "not")))
    total = session.scalar(select(func.count()).select_from(_o.id.table).where(*where)) or 0
    rank = case({"not": 0, "executed": 1, "unobserved": 2}, value=_o.state, else_=3)
    query = select(*OBSERVED).where(*where).order_by(rank, _o.day.desc(), _o.id).limit(limit).offset(offset)
    rows = session.execute(query).all()
    place = {f"o{row.id}": row for row in rows}
    names = _Names(session, scope)
    shown = [
        one.model_copy(update=names.of(place[one.id].dealer_id, place[one.id].item_id))
        for one in dressed(session, scope, rows)
        if one.id in place
    ]
    return total, shown


def _ratings(session: Session, scope: Scope, behind: Behind, limit: int, offset: int) -> _Found:
    names = _Names(session, scope)
    where = [
        *_responses(scope, behind),
        _a.kind == "rating",
        _a.state == "rated",
        _r.disposition == Disposition.COMPLETED.value,
    ]
    if behind.questions is not None:
        where.append(_a.code.in_(sorted(behind.questions)))
    if behind.items is not None:
        where.append(_a.item_code.in_(sorted(names.codes[one] for one in behind.items if one in names.codes)))
    joined = _response.join(_answer, _a.response_id == _r.id)
    total = session.scalar(select(func.count()).select_from(joined).where(*where)) or 0
    query = (
        select(*_SAID, _a.code, _a.value, _a.item_code, _question.c.text, _question.c.text_en)
        .select_from(
            _with_customer(joined).join(
                _question, and_(_question.c.survey == _r.survey, _question.c.code == _a.code), isouter=True
            )
        )
        .where(*where)
        # marks are kept as texts: 10 comes after 9 by its length
        .order_by(func.length(_a.value), _a.value, _r.day.desc(), _r.id, _a.code)
        .limit(limit)
        .offset(offset)
    )
    by_code = {code: item for item, code in names.codes.items()}
    return total, [
        _said(scope, row, EvidenceKind.RATING, f"r{row.id}.{row.code}").model_copy(
            update={
                "value": row.value,
                "question_code": row.code,
                "question": row.text or "",
                "question_en": row.text_en or "",
                **names.of(row.dealer_id, by_code.get(row.item_code or "")),
            }
        )
        for row in session.execute(query)
    ]


def _calls(session: Session, scope: Scope, behind: Behind, limit: int, offset: int) -> _Found:
    names = _Names(session, scope)
    where = _responses(scope, behind)
    total = session.scalar(select(func.count()).select_from(_response).where(*where)) or 0
    done = case((_r.disposition == Disposition.COMPLETED.value, 1), else_=0)
    query = (
        select(*_SAID, _r.disposition)
        .select_from(_with_customer(_response))
        .where(*where)
        .order_by(done, _r.day.desc(), _r.id)
        .limit(limit)
        .offset(offset)
    )
    return total, [
        _said(scope, row, EvidenceKind.CALL, f"k{row.id}").model_copy(
            update={"value": row.disposition, **names.of(row.dealer_id, None)}
        )
        for row in session.execute(query)
    ]


_SAID = (
    _r.id, _r.day, _r.source, _r.dealer_id, _r.agent, _r.employee, _r.verbatim, _customer.c.name,
    _customer.c.phone, _vehicle.c.plate,
)  # fmt: skip


def _with_customer(of: Any) -> Any:
    return of.join(_customer, _customer.c.id == _r.customer_id, isouter=True).join(
        _vehicle, _vehicle.c.id == _r.vehicle_id, isouter=True
    )


def _responses(scope: Scope, behind: Behind) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [_r.month.in_(list(behind.months))]
    if not scope.everything:
        where.append(_r.dealer_id.in_(sorted(scope.dealers)))
    if behind.dealers is not None:
        where.append(_r.dealer_id.in_(sorted(behind.dealers)))
    if behind.survey is not None:
        where.append(_r.survey == behind.survey)
    if behind.source is not None:
        where.append(_r.source == behind.source.value)
    if behind.employee is not None:
        where.append(_r.employee == behind.employee)
    return where


def _said(scope: Scope, row: Any, kind: EvidenceKind, row_id: str) -> Evidence:
    """Of one interview; who asked and which interview it was only for the dealer's desks."""
    desk = scope.everything or row.dealer_id in scope.desk_dealers
    return Evidence(
        kind=kind,
        id=row_id if desk else "",
        day=row.day.isoformat(),
        source=Source(row.source),
        executed=None,
        comment=anonymous(row.verbatim, row),
        employee=row.employee,
        agent=row.agent if desk else "",
        provenance_id=row.id if desk else None,
    )


class _Names:
    """Names of the scope's dealers and of all items."""

    def __init__(self, session: Session, scope: Scope) -> None:
        self._dealers = repository.dealers(session, scope)
        self._items = repository.items(session)
        self.codes: dict[str, str] = {one.id: one.code for one in self._items.values()}

    def of(self, dealer_id: str, item_id: str | None) -> dict[str, str]:
        """Fields of :class:`Evidence`."""
        dealer, item = self._dealers[dealer_id], self._items.get(item_id or "")
        return {
            "dealer_code": dealer.code,
            "dealer_name": dealer.name,
            "dealer_name_en": dealer.name_en,
            "item_name": item.name if item else "",
            "item_name_en": item.name_en if item else "",
        }
