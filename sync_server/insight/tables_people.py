"""Advisers and technicians in a funnel: who differs from the whole by more than chance."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.insight.wire_engine import Funnel, FunnelLimit
from sync_server.insight import repository
from sync_server.insight.statistics import FunnelComparison, funnel_comparison, funnel_limits
from sync_server.insight.tables import WHOLE, Observation
from sync_server.insight.tables_network import Asked, Question, Row, Table, percent, question, table_of

_o = sql_table(Observation).c
_FUNNEL_POINTS = 60
"""So many sizes the limits of a funnel are drawn at."""


def people(session: Session, asked: Asked) -> Table:
    """Advisers and technicians in a funnel: share executed of each against the pooled share of all.

    Exact binomial, Benjamini-Hochberg at .10 over everybody compared; limits at 95 and 99.8 % for drawing. A
    small number of answers gives wide limits, so nobody is flagged for three of five.
    """
    query = (
        select(
            _o.dealer_id,
            _o.employee,
            func.sum(_o.earned).label("earned"),
            func.sum(_o.weight).label("weight"),
        )
        .where(
            repository.as_of(None),
            repository.readable_by(asked.scope),
            _o.month.in_(list(asked.months)),
            _o.state.in_(("executed", "not")),
            _o.employee != "",
            true() if asked.dealers is None else _o.dealer_id.in_(sorted(asked.dealers)),
            true() if asked.item_id is None else _o.item_id == asked.item_id,
        )
        .group_by(_o.dealer_id, _o.employee)
        .order_by(_o.dealer_id, _o.employee)
    )
    found = list(session.execute(query))
    columns = ("dealer", "employee", "n", "rate", "pooled", "limit_low", "limit_high", "p", "flagged")
    if not found:
        return Table(columns, ())
    trials = np.array([round(int(row.weight) / WHOLE) for row in found], float)
    # half a step done is half a success: the exact test needs whole ones
    successes = np.minimum(np.floor(np.array([int(row.earned) / WHOLE for row in found]) + 0.5), trials)
    funnel = funnel_comparison(successes, trials)
    codes = {one.id: one.code for one in repository.dealers(session, asked.scope).values()}
    lines: list[tuple[Row, list[Question]]] = [
        (
            {
                "dealer": codes[row.dealer_id],
                "employee": row.employee,
                "n": int(trials[place]),
                "rate": percent(float(funnel.rate[place])),
                "pooled": percent(funnel.pooled),
                "limit_low": percent(float(funnel.low[place])),
                "limit_high": percent(float(funnel.high[place])),
                "p": None if math.isnan(funnel.adjusted[place]) else round(float(funnel.adjusted[place]), 4),
                "flagged": bool(funnel.flagged[place]),
            },
            [_of_person(asked, row.dealer_id, row.employee)],
        )
        for place, row in enumerate(found)
    ]
    lines.sort(key=lambda one: (not one[0]["flagged"], 101 if one[0]["rate"] is None else one[0]["rate"]))
    return replace(table_of(columns, lines), funnel=_drawn(trials, funnel) if trials.max() >= 1 else None)


def _of_person(asked: Asked, dealer_id: str, employee: str) -> Question:
    items = {} if asked.item_id is None else {"item_id": asked.item_id}
    return question(asked, "observations", dealer_id=dealer_id, employee=employee, counted="true", **items)


def _drawn(trials: NDArray[np.float64], found: FunnelComparison) -> Funnel:
    """Limits from the fewest to the most answers, closer together where they bend."""
    ends = max(float(trials.min()), 1.0), float(trials.max())
    sizes = np.unique(np.round(np.geomspace(*ends, _FUNNEL_POINTS)))
    alone = funnel_limits(sizes, found.pooled, 0.05)
    all_of_them = funnel_limits(sizes, found.pooled, found.cutoff)
    limits = [
        FunnelLimit(n=int(n), low95=100 * one[0], high95=100 * one[1], low=100 * one[2], high=100 * one[3])
        for n, *one in zip(sizes, alone.low, alone.high, all_of_them.low, all_of_them.high, strict=True)
    ]
    return Funnel(centre=100 * found.pooled, limits=tuple(limits))
