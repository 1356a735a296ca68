"""Advisers, technicians and dealers in a funnel: who differs from the whole by more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, func, select, true
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
    keys = (_o.dealer_id, _o.employee)
    found = list(session.execute(_counts(asked, keys).where(_o.employee != "")))
    codes = _codes(session, asked)
    named: list[Row] = [{"dealer": codes[row.dealer_id], "employee": row.employee} for row in found]
    behind = [_behind(asked, dealer_id=row.dealer_id, employee=row.employee) for row in found]
    return _compared(("dealer", "employee"), named, behind, found, overdispersed=False)


def dealers(session: Session, asked: Asked) -> Table:
    """Dealers in a funnel: share executed of each against the pooled share of all.

    Dealers differ by more than chance, so the limits are widened by how far they usually spread; who lies
    outside differs from what is usual between dealers, Benjamini-Hochberg at .10.
    """
    found = list(session.execute(_counts(asked, (_o.dealer_id,))))
    codes = _codes(session, asked)
    named: list[Row] = [{"dealer": codes[row.dealer_id]} for row in found]
    behind = [_behind(asked, dealer_id=row.dealer_id) for row in found]
    return _compared(("dealer",), named, behind, found, overdispersed=True)


def _counts(asked: Asked, keys: Sequence[ColumnElement[str]]) -> Select[Any]:
    return (
        select(*keys, func.sum(_o.earned).label("earned"), func.sum(_o.weight).label("weight"))
        .where(
            repository.as_of(None),
            repository.readable_by(asked.scope),
            _o.month.in_(list(asked.months)),
            _o.state.in_(("executed", "not")),
            true() if asked.dealers is None else _o.dealer_id.in_(sorted(asked.dealers)),
            true() if asked.item_id is None else _o.item_id == asked.item_id,
            true() if asked.source is None else _o.source == asked.source.value,
        )
        .group_by(*keys)
        .order_by(*keys)
    )


def _codes(session: Session, asked: Asked) -> dict[str, str]:
    return {one.id: one.code for one in repository.dealers(session, asked.scope).values()}


def _behind(asked: Asked, **named: str) -> Question:
    if asked.item_id is not None:
        named["item_id"] = asked.item_id
    if asked.source is not None:
        named["source"] = asked.source.value
    return question(asked, "observations", counted="true", **named)


def _compared(
    heads: tuple[str, ...],
    named: Sequence[Row],
    behind: Sequence[Question],
    found: Sequence[Any],
    *,
    overdispersed: bool,
) -> Table:
    columns = (*heads, "n", "rate", "pooled", "limit_low", "limit_high", "p", "flagged")
    if not found:
        return Table(columns, ())
    trials = np.array([round(int(row.weight) / WHOLE) for row in found], float)
    # half a step done is half a success: the exact test needs whole ones
    successes = np.minimum(np.floor(np.array([int(row.earned) / WHOLE for row in found]) + 0.5), trials)
    funnel = funnel_comparison(successes, trials, overdispersed=overdispersed)
    # the limits that part the flagged from the others, as they are drawn
    limits = funnel_limits(
        np.maximum(trials, 1), 0.0 if math.isnan(funnel.pooled) else funnel.pooled, funnel.cutoff,
        dispersion=funnel.dispersion,
    )  # fmt: skip
    lines: list[tuple[Row, list[Question]]] = [
        (
            one
            | {
                "n": int(trials[place]),
                "rate": percent(float(funnel.rate[place])),
                "pooled": percent(funnel.pooled),
                "limit_low": percent(float(limits.low[place])) if trials[place] else None,
                "limit_high": percent(float(limits.high[place])) if trials[place] else None,
                "p": None if math.isnan(funnel.adjusted[place]) else round(float(funnel.adjusted[place]), 4),
                "flagged": bool(funnel.flagged[place]),
            },
            [behind[place]],
        )
        for place, one in enumerate(named)
    ]
    lines.sort(key=lambda one: (not one[0]["flagged"], 101 if one[0]["rate"] is None else one[0]["rate"]))
    return replace(table_of(columns, lines), funnel=_drawn(trials, funnel) if trials.max() >= 1 else None)


def _drawn(trials: NDArray[np.float64], found: FunnelComparison) -> Funnel:
    """Limits from the fewest to the most answers, closer together where they bend."""
    ends = max(float(trials.min()), 1.0), float(trials.max())
    sizes = np.unique(np.round(np.geomspace(*ends, _FUNNEL_POINTS)))
    alone = funnel_limits(sizes, found.pooled, 0.05, dispersion=found.dispersion)
    all_of_them = funnel_limits(sizes, found.pooled, found.cutoff, dispersion=found.dispersion)
    limits = [
        FunnelLimit(n=int(n), low95=100 * one[0], high95=100 * one[1], low=100 * one[2], high=100 * one[3])
        for n, *one in zip(sizes, alone.low, alone.high, all_of_them.low, all_of_them.high, strict=True)
    ]
    return Funnel(centre=100 * found.pooled, limits=tuple(limits), dispersion=round(found.dispersion, 2))
