"""SQL of surveys: outcomes and ratings of a scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.surveys import Disposition
from sync_server.people.scope import Scope
from sync_server.surveys.tables import Customer, Response, ResponseAnswer, SurveyQuestion

_response, _answer = sql_table(Response), sql_table(ResponseAnswer)
_customer = sql_table(Customer)
_r, _a, _q = _response.c, _answer.c, sql_table(SurveyQuestion).c


def readable_by(scope: Scope) -> ColumnElement[bool]:
    """Responses that this scope may see figures of: those of its dealers."""
    return true() if scope.everything else _r.dealer_id.in_(sorted(scope.dealers))


def _asked_for(
    scope: Scope, months: Sequence[str], dealers: Collection[str] | None
) -> list[ColumnElement[bool]]:
    where = [readable_by(scope), _r.month.in_(list(months))]
    return where if dealers is None else [*where, _r.dealer_id.in_(sorted(dealers))]


def outcomes(
    session: Session, scope: Scope, months: Sequence[str], dealers: Collection[str] | None = None
) -> list[Any]:
    """Calls by month, source and disposition."""
    keys = (_r.month, _r.source, _r.disposition)
    query = select(*keys, func.count().label("calls")).where(*_asked_for(scope, months, dealers))
    return list(session.execute(query.group_by(*keys).order_by(*keys)))


def interviews(
    session: Session,
    scope: Scope,
    survey: str,
    months: Sequence[str],
    key: str | None,
    dealers: Collection[str] | None = None,
) -> dict[str, int]:
    """Completed interviews by employee or month (``key`` names the column); "" for all together."""
    group = [_r[key]] if key else []
    query = (
        select(*group, func.count())
        .where(_r.survey == survey, _completed(), *_asked_for(scope, months, dealers))
        .group_by(*group)
    )
    return {str(row[0]) if key else "": int(row[-1]) for row in map(tuple, session.execute(query))}


def ratings(
    session: Session,
    scope: Scope,
    survey: str,
    months: Sequence[str],
    key: str | None,
    dealers: Collection[str] | None = None,
) -> list[Any]:
    """How often each value was given: rows of (group, code, state, value, times)."""
    group: ColumnElement[Any] = _r[key] if key else func.coalesce("", "")
    columns = (_a.code, _a.state, _a.value)
    query = (
        select(group.label("key"), *columns, func.count().label("times"))
        .select_from(_response.join(_answer, _a.response_id == _r.id))
        .where(
            _a.kind == "rating",
            _r.survey == survey,
            _completed(),
            *_asked_for(scope, months, dealers),
        )
        .group_by(*([group] if key else []), *columns)
    )
    return list(session.execute(query))


def rating_questions(session: Session, survey: str) -> list[Any]:
    """The rating questions of a survey, by code."""
    query = select(_q.code, _q.text, _q.text_en, _q.item_code)
    return list(session.execute(query.where(_q.survey == survey, _q.kind == "rating").order_by(_q.code)))


def newest_month(session: Session, scope: Scope, dealers: Collection[str] | None = None) -> str | None:
    """The newest month with any call."""
    query = select(func.max(_r.month)).where(readable_by(scope))
    return session.scalar(query if dealers is None else query.where(_r.dealer_id.in_(sorted(dealers))))


def contact(session: Session, scope: Scope, response_id: str) -> dict[str, Any] | None:
    """Dealer, name and number of a respondent; None outside the desk's scope or without customer."""
    mine = true() if scope.everything else _r.dealer_id.in_(sorted(scope.desk_dealers))
    query = (
        select(_r.dealer_id, _customer.c.name, _customer.c.phone)
        .select_from(_response.join(_customer, _customer.c.id == _r.customer_id))
        .where(_r.id == response_id, mine)
    )
    row = session.execute(query).mappings().first()
    return dict(row) if row else None


def _completed() -> ColumnElement[bool]:
    return _r.disposition == Disposition.COMPLETED.value
