"""Tables of the network beyond the weak list: outcomes of calls, satisfaction, drivers, interviewers.

Every table is columns and rows, so that the command line, the API and Parquet files give the same. Rates and
shares are percent; None where there is too little to say anything.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.columns import sql_table
from shared_models.insight.wire_engine import Funnel
from shared_models.surveys import Disposition
from sync_server.insight import frames as pl
from sync_server.insight import repository
from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.figures import figures_of
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import (
    aapor_rates,
    benjamini_hochberg,
    bootstrap_importance,
    bottom_box,
    callback_dispositions,
    interviewer_effect,
    t_interval,
    top_box,
)
from sync_server.people.scope import Scope
from sync_server.surveys.tables import Response, ResponseAnswer

_response, _answer = sql_table(Response), sql_table(ResponseAnswer)
_r, _a = _response.c, _answer.c
Value = str | float | int | bool | None
HIDDEN_BELOW, GREY_BELOW = 10, 30
"""Fewer respondents: no figure; fewer: the figure is marked as of a small base."""
_LMG_UP_TO = 12


@dataclass(frozen=True)
class Asked:
    """What a table is of."""

    scope: Scope
    months: Sequence[str]
    dealers: Collection[str] | None = None
    item_id: str | None = None
    survey: str | None = None
    source: Source | None = None
    """Tables that compare people or dealers: of one source only."""


Question = dict[str, str]
"""A question of GET /insight/answers."""
Row = dict[str, Value]


@dataclass(frozen=True)
class Table:
    """Columns in order and rows by column."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    behind: tuple[tuple[Question, ...], ...] = ()
    """Per row, the questions that give the answers behind its figures."""
    funnel: Funnel | None = None


def table_of(columns: tuple[str, ...], lines: Sequence[tuple[Row, Sequence[Question]]]) -> Table:
    """Rows, each with the questions to the answers behind it."""
    return Table(columns, tuple(row for row, _ in lines), tuple(tuple(behind) for _, behind in lines))


def question(asked: Asked, what: str, months: Sequence[str] | None = None, **named: str) -> Question:
    """What GET /insight/answers is to be asked; of the table's months unless others are given."""
    of = months or asked.months
    return {"what": what, "month": of[-1], "months": str(len(of)), **named}


def outcomes(session: Session, asked: Asked) -> Table:
    """AAPOR rates per month and source; a call put off to another time counts as not reached yet."""
    calls: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    keys = (_r.month, _r.source, _r.disposition)
    query = select(*keys, func.count().label("calls")).where(*_responses(asked)).group_by(*keys)
    for row in session.execute(query.order_by(*keys)):
        calls[row.month, row.source][row.disposition] = row.calls
    columns = ("month", "source", "called", "completed", "rr1", "rr3", "coop1", "ref1", "con1")
    lines: list[tuple[Row, list[Question]]] = []
    for (month, source), found in sorted(calls.items()):
        count: Callable[[Disposition], int] = lambda one, of=found: of.get(one.value, 0)  # noqa: E731
        rates = aapor_rates(
            callback_dispositions(
                count(Disposition.COMPLETED),
                refused=count(Disposition.REFUSED),
                broken_off=count(Disposition.BROKEN_OFF),
                unreachable=count(Disposition.UNREACHABLE),
                wrong_number=count(Disposition.WRONG_NUMBER),
                not_the_customer=count(Disposition.NOT_THE_PERSON),
                never_dialled=count(Disposition.CALL_LATER),
            )
        )
        names = ("rr1", "rr3", "coop1", "ref1", "con1")
        line: Row = {
            "month": month,
            "source": source,
            "called": sum(found.values()),
            "completed": count(Disposition.COMPLETED),
            **{name: percent(getattr(rates, name)) for name in names},
        }
        lines.append((line, [question(asked, "calls", [month], source=source)]))
    return table_of(columns, lines)


def indices(session: Session, asked: Asked) -> Table:
    """Per survey and rating question: mean with its 95 % t interval, top-2-box, bottom box, 0–100 scale."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in session.execute(ratings(asked)):
        value = number(row.value)
        if value is not None:
            values[row.survey, row.code].append(value)
    columns = ("survey", "question", "n", "mean", "low", "high", "top2", "bottom", "scaled", "small")
    lines: list[tuple[Row, list[Question]]] = []
    for (survey, code), found in sorted(values.items()):
        line: Row = dict.fromkeys(columns)
        line |= {"survey": survey, "question": code, "n": len(found), "small": len(found) < GREY_BELOW}
        if len(found) >= HIDDEN_BELOW:
            mean = t_interval(found)
            line |= {
                "mean": round(mean.estimate, 2),
                "low": round(mean.low, 2),
                "high": round(mean.high, 2),
                "top2": percent(top_box(found).estimate),
                "bottom": percent(bottom_box(found).estimate),
                "scaled": percent((mean.estimate - 1) / 9),
            }
        lines.append((line, [question(asked, "ratings", survey=survey, question=code)]))
    return table_of(columns, lines)


def drivers(session: Session, asked: Asked) -> Table:
    """How much each question about a step goes along with the overall rating, of the whole network only.

    Shares of explained variance: LMG up to 12 questions, else Johnson's weights; 90 % intervals by 500
    bootstrap samples of respondents. Below 600 respondents equal shares, `enough` false.
    """
    answers: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    overall: dict[str, set[str]] = defaultdict(set)
    for row in session.execute(ratings(asked)):
        value = number(row.value)
        if value is None:
            continue
        answers[row.survey][row.response_id][row.code] = value
        if row.item_code is None:
            overall[row.survey].add(row.code)
    columns = ("survey", "overall", "question", "share", "low", "high", "respondents", "enough", "method")
    lines: list[tuple[Row, list[Question]]] = []
    for survey, people in sorted(answers.items()):
        asked_codes = sorted({code for one in people.values() for code in one} - overall[survey])
        for outcome in sorted(overall[survey]):
            whole = [one for one in people.values() if {outcome, *asked_codes} <= one.keys()]
            if len(asked_codes) < 2 or len(whole) <= len(asked_codes) + 1:
                continue
            x = np.array([[one[code] for code in asked_codes] for one in whole])
            y = np.array([one[outcome] for one in whole])
            varies = x.std(axis=0) > 0
            if y.std() == 0 or varies.sum() < 2:
                continue
            method = "lmg" if int(varies.sum()) <= _LMG_UP_TO else "johnson"
            with single_thread():
                found = bootstrap_importance(x[:, varies], y, method=method)
            named = [code for code, use in zip(asked_codes, varies, strict=True) if use]
            for place in np.argsort(-found.share, kind="stable").tolist():
                line: Row = {
                    "survey": survey,
                    "overall": outcome,
                    "question": named[place],
                    "share": percent(float(found.share[place])),
                    "low": percent(float(found.low[place])),
                    "high": percent(float(found.high[place])),
                    "respondents": found.respondents,
                    "enough": found.enough,
                    "method": method,
                }
                codes = f"{named[place]},{outcome}"
                lines.append((line, [question(asked, "ratings", survey=survey, question=codes)]))
    return table_of(columns, lines)


def interviewers(session: Session, asked: Asked) -> Table:
    """Per rating question: do answers depend on who asked? ρ, design effect, Benjamini-Hochberg over all."""
    by_question: dict[tuple[str, str], tuple[list[float], list[str]]] = defaultdict(lambda: ([], []))
    for row in session.execute(ratings(asked).where(_r.agent != "")):
        value = number(row.value)
        if value is not None:
            values, agents = by_question[row.survey, row.code]
            values.append(value)
            agents.append(row.agent)
    found: list[dict[str, Value]] = []
    p_values: list[float] = []
    for (survey, code), (values, agents) in sorted(by_question.items()):
        if len(set(agents)) < 2 or len(values) <= len(set(agents)):
            continue
        effect = interviewer_effect(values, agents)
        p_values.append(effect.p_value)
        found.append(
            {
                "survey": survey,
                "question": code,
                "interviewers": effect.interviewers,
                "n": effect.answers,
                "rho": None if math.isnan(effect.rho) else round(effect.rho, 4),
                "design_effect": None if math.isnan(effect.design_effect) else round(effect.design_effect, 2),
            }
        )
    rejected = benjamini_hochberg(p_values, 0.05).rejected if p_values else []
    columns = ("survey", "question", "interviewers", "n", "rho", "design_effect", "flagged")
    lines = [
        (
            row | {"flagged": bool(hit) and isinstance(row["rho"], float) and row["rho"] > 0.02},
            [question(asked, "ratings", survey=str(row["survey"]), question=str(row["question"]))],
        )
        for row, hit in zip(found, rejected, strict=True)
    ]
    return table_of(columns, lines)


def fused(session: Session, asked: Asked) -> Table:
    """Every dealer × item of the last month asked for: what the month engine says of it."""
    month = figures_of(session).month(session, asked.months[-1])
    found = month.cells
    mine = asked.scope.dealers if asked.dealers is None else asked.dealers
    dealers = {one.id: one.code for one in repository.dealers(session, asked.scope).values()}
    items = {one.id: one.code for one in repository.items(session).values()}
    if not (asked.scope.everything and asked.dealers is None):
        found = found.filter(pl.col("dealer").is_in(sorted(mine)))
    if asked.item_id is not None:
        found = found.filter(pl.col("item") == asked.item_id)
    columns = (
        "dealer", "item", "k", "n", "rate", "low", "high", "p_below", "listed", "priority",
        "warning", "confirmed", "drop",
    )  # fmt: skip
    lines: list[tuple[Row, list[Question]]] = []
    for cell in found.sort(["priority", "dealer", "item"], descending=[True, False, False]).to_dicts():
        drop = cell["drop"]
        row: Row = {
            "dealer": dealers[cell["dealer"]],
            "item": items[cell["item"]],
            "k": round(sum(cell[f"k_{source}"] for source in SOURCES), 6),
            "n": sum(cell[f"n_{source}"] for source in SOURCES),
            "rate": percent(cell["mean"]),
            "low": percent(cell["low"]),
            "high": percent(cell["high"]),
            "p_below": percent(cell["p_below"]),
            "listed": cell["listed"],
            "priority": round(cell["priority"], 1),
            "warning": cell["warning"],
            "confirmed": cell["confirmed"],
            "drop": None if drop is None else percent(drop),
        }
        at = {"dealer_id": cell["dealer"], "item_id": cell["item"], "counted": "true"}
        lines.append((row, [question(asked, "observations", month.window, **at)]))
    return table_of(columns, lines)


def _responses(asked: Asked) -> list[Any]:
    where: list[Any] = [_r.month.in_(list(asked.months))]
    if not asked.scope.everything:
        where.append(_r.dealer_id.in_(sorted(asked.scope.dealers)))
    if asked.dealers is not None:
        where.append(_r.dealer_id.in_(sorted(asked.dealers)))
    if asked.survey is not None:
        where.append(_r.survey == asked.survey)
    return where


def ratings(asked: Asked) -> Any:
    """The rating answers of completed interviews, in a fixed order."""
    return (
        select(_r.survey, _a.response_id, _a.code, _a.value, _a.item_code, _r.agent, _r.dealer_id)
        .select_from(_response.join(_answer, _a.response_id == _r.id))
        .where(
            _a.kind == "rating",
            _a.state == "rated",
            _r.disposition == Disposition.COMPLETED.value,
            *_responses(asked),
        )
        .order_by(_r.survey, _a.code, _a.response_id)
    )


def number(text: str) -> float | None:
    """A rating as a number; None where the file has no number."""
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return None


def percent(fraction: float) -> float | None:
    """Percent, rounded half up to two decimals; None for NaN."""
    if math.isnan(fraction):
        return None
    return -rounded_percent(-fraction) if fraction < 0 else rounded_percent(fraction)
