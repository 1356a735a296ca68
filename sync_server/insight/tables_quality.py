"""How far sources and visitors can be relied on: calibration, conflicts, and visitors in a funnel."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from scipy import special
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.tables import Person
from shared_models.visits.tables import Visit
from sync_server.insight import frames as pl
from sync_server.insight import repository
from sync_server.insight.engine.parameters import REFERENCE, SOURCES
from sync_server.insight.figures import figures_of
from sync_server.insight.statistics import benjamini_hochberg
from sync_server.insight.tables import WHOLE, Observation
from sync_server.insight.tables_network import Asked, Question, Row, Table, percent, question, table_of

_o = sql_table(Observation).c
_visit, _person = sql_table(Visit).c, sql_table(Person).c
_LEAST = 30
"""Fewer observations of a visitor are listed and never flagged."""


def sources(session: Session, asked: Asked) -> Table:
    """Every source of the month's window: answers, its scale against the mystery shop, conflicts at dealers.

    ``slope`` and ``shift`` are those of logit q = shift + slope·logit θ; ``at_85`` is what the source is
    expected to report where the mystery shop finds 85 %. Not calibrated: taken in its own scale.
    """
    month = figures_of(session).month(session, asked.months[-1])
    cells, dealers = month.cells, month.dealers
    if not asked.scope.everything or asked.dealers is not None:
        mine = sorted(asked.scope.dealers if asked.dealers is None else asked.dealers)
        cells, dealers = (
            cells.filter(pl.col("dealer").is_in(mine)),
            dealers.filter(pl.col("dealer").is_in(mine)),
        )
    columns = (
        "source", "answers", "rate", "calibrated", "slope", "shift", "at_85",
        "dealers", "dealers_in_conflict", "cells_in_conflict",
    )  # fmt: skip
    lines: list[tuple[Row, list[Question]]] = []
    for place, source in enumerate(SOURCES):
        n, k = float(cells[f"n_{source}"].sum()), float(cells[f"k_{source}"].sum())
        if n == 0:
            continue
        fit = month.calibrations[place]
        reference = source == REFERENCE
        flagged = dealers.filter((pl.col("source") == source) & pl.col("flagged"))
        row: Row = {
            "source": source,
            "answers": round(n, 3),
            "rate": percent(k / n),
            "calibrated": fit.calibrated or reference,
            "slope": round(fit.slope, 3),
            "shift": round(fit.intercept, 3),
            "at_85": percent(float(special.expit(fit.intercept + fit.slope * special.logit(0.85)))),
            "dealers": cells.filter(pl.col(f"n_{source}") > 0)["dealer"].n_unique(),
            "dealers_in_conflict": flagged.height,
            "cells_in_conflict": int(cells[f"gap_{source}"].sum()),
        }
        lines.append((row, [question(asked, "observations", month.window, source=source, counted="true")]))
    return table_of(columns, lines)


def visitors(session: Session, asked: Asked) -> Table:
    """Each visitor's share of steps found carried out against what the network's items let expect.

    z = (k − Σp)/√(Σp(1−p)·(1+(m−1)ρ)) over the visitor's observations, p the network's rate of the item in
    the same source, m observations a visit, ρ .03 for what one visit has in common; Benjamini-Hochberg .10
    over all visitors. Different dealers are visited, so a flag asks for a second look and proves nothing;
    real agreement needs two visitors on one visit.
    """
    rate = _item_rates(session, asked)
    query = (
        select(
            _visit.person_id,
            _o.source,
            _o.item_id,
            func.sum(_o.earned).label("earned"),
            func.sum(_o.weight).label("weight"),
        )
        .join_from(Observation, Visit, _visit.id == _o.origin_id)
        .where(*_counted(asked), _o.kind == "visit")
        .group_by(_visit.person_id, _o.source, _o.item_id)
    )
    executed: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for row in session.execute(query):
        n, p = int(row.weight) / WHOLE, rate[row.source, row.item_id]
        one = executed[row.person_id, row.source]
        for place, value in enumerate((int(row.earned) / WHOLE, n, n * p, n * p * (1 - p))):
            one[place] += value
    visits = _visits(session, asked)
    names = {row.id: row.name for row in session.execute(select(_person.id, _person.name))}
    columns = ("visitor", "source", "visits", "n", "rate", "expected", "z", "p", "flagged")
    rows: list[Row] = []
    behind: list[list[Question]] = []
    p_values: list[float] = []
    for (person, source), (k, n, mean, variance) in sorted(executed.items()):
        made = visits.get((person, source), 1)
        spread = math.sqrt(variance * (1 + max(n / made - 1, 0) * 0.03))
        z = (k - mean) / spread if spread > 0 else 0.0
        p_values.append(2 * float(special.ndtr(-abs(z))) if n >= _LEAST else math.nan)
        rows.append(
            {
                "visitor": names.get(person, person),
                "source": source,
                "visits": made,
                "n": round(n, 3),
                "rate": percent(k / n) if n else None,
                "expected": percent(mean / n) if n else None,
                "z": round(z, 2),
            }
        )
        behind.append([question(asked, "observations", visitor_id=person, source=source, counted="true")])
    found = benjamini_hochberg(np.array(p_values), 0.10)
    for row, adjusted, hit in zip(rows, found.adjusted.tolist(), found.rejected.tolist(), strict=True):
        row |= {"p": None if math.isnan(adjusted) else round(adjusted, 4), "flagged": hit}
    lines = sorted(
        zip(rows, behind, strict=True), key=lambda one: (not one[0]["flagged"], -abs(float(one[0]["z"] or 0)))
    )
    return table_of(columns, lines)


def _counted(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        repository.as_of(None),
        repository.readable_by(asked.scope),
        _o.month.in_(list(asked.months)),
        _o.state.in_(("executed", "not")),
        true() if asked.dealers is None else _o.dealer_id.in_(sorted(asked.dealers)),
    ]


def _item_rates(session: Session, asked: Asked) -> dict[tuple[str, str], float]:
    """The scope's rate of each item in each source, from visits."""
    query = (
        select(_o.source, _o.item_id, func.sum(_o.earned), func.sum(_o.weight))
        .where(*_counted(asked), _o.kind == "visit")
        .group_by(_o.source, _o.item_id)
    )
    return {(source, item): int(k) / int(n) for source, item, k, n in session.execute(query) if n}


def _visits(session: Session, asked: Asked) -> dict[tuple[str, str], int]:
    query = (
        select(_visit.person_id, _o.source, func.count(_o.origin_id.distinct()))
        .join_from(Observation, Visit, _visit.id == _o.origin_id)
        .where(*_counted(asked), _o.kind == "visit")
        .group_by(_visit.person_id, _o.source)
    )
    return {(person, source): int(n) for person, source, n in session.execute(query)}
