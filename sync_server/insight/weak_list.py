"""From the month's figures of the whole network to the weak list of a scope. Pure.

Two levels. *listed*: surely weak, the list of the false-discovery rule over the whole network, and confirmed
declines; never of fewer answers than a figure needs to be shown at all. *watch*: the month's own figure is
low or fell (the trade's rule), or there is an early warning; that alone may be chance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shared_models.checklists.stages import Source
from shared_models.insight.wire import (
    GREY_BELOW,
    DeclineSigns,
    FusedRate,
    FusedSource,
    ReasonKind,
    SourceConflict,
    WeakReason,
)
from sync_server.insight import frames as pl
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.network_month import NetworkMonth
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import newcombe_difference, wilson_interval

Cell = dict[str, Any]


@dataclass(frozen=True)
class WeakCells:
    """The weak cells of a scope, most urgent first: those listed, then those to watch."""

    rows: Sequence[Cell]
    listed: int
    cells: int
    """Dealers × items of the scope with any answer in the window."""


def weak_cells(
    month: NetworkMonth,
    dealers: Collection[str] | None,
    item_id: str | None,
    *,
    dealers_known: Collection[str],
) -> WeakCells:
    """Rows of the month that are weak; of all dealers, or of some. ``dealers_known``: those of the scope."""
    wanted = pl.col("dealer").is_in(sorted(dealers if dealers is not None else dealers_known))
    if item_id is not None:
        wanted &= pl.col("item") == item_id
    mine = month.cells.filter(wanted)
    enough = pl.sum_horizontal(f"n_{source}" for source in SOURCES) >= GREY_BELOW
    sure = (pl.col("listed") & enough) | pl.col("confirmed")
    found = (
        mine.filter(sure | pl.col("listed") | pl.col("deck") | pl.col("warning").is_not_null())
        .with_columns(sure=sure)
        .sort(["sure", "priority", "dealer", "item"], descending=[True, True, False, False])
    )
    return WeakCells(found.to_dicts(), int(found["sure"].sum()), mine.height)


def level_of(cell: Cell) -> Literal["listed", "watch"]:
    """How sure it is that the cell is weak."""
    enough = sum(cell[f"n_{source}"] for source in SOURCES) >= GREY_BELOW
    return "listed" if (cell["listed"] and enough) or cell["confirmed"] else "watch"


def engine_reasons(month: NetworkMonth, cell: Cell, target: float) -> tuple[WeakReason, ...]:
    """What the month engine has to say (``target`` in percent), strongest first."""
    rate = rounded_percent(cell["mean"])
    found: list[WeakReason] = []
    if cell["listed"]:
        found.append(
            WeakReason(
                kind=ReasonKind.BELOW_TARGET,
                rate=rate,
                target=target,
                probability=rounded_percent(cell["p_below"]),
                false_share=rounded_percent(month.expected_false_share),
            )
        )
    if cell["confirmed"]:
        found.append(
            WeakReason(kind=ReasonKind.CONFIRMED_DECLINE, rate=rate, drop=rounded_percent(cell["drop"]))
        )
    if cell["warning"] is not None:
        found.append(WeakReason(kind=ReasonKind.WARNING, rate=rate, previous_month=cell["warning"]))
    return tuple(found)


def fused_rate(month: NetworkMonth, cell: Cell) -> FusedRate:
    """The fused rate of a cell with what each source says."""
    executed = sum(cell[f"k_{source}"] for source in SOURCES)
    applicable = sum(cell[f"n_{source}"] for source in SOURCES)
    return FusedRate(
        months=month.window,
        rate=rounded_percent(cell["mean"]),
        low=rounded_percent(cell["low"]),
        high=rounded_percent(cell["high"]),
        p_below=rounded_percent(cell["p_below"]),
        executed=round(executed, 6),
        applicable=applicable,
        raw_rate=rounded_percent(executed / applicable) if applicable else None,
        listed=cell["listed"],
        false_share=rounded_percent(month.expected_false_share),
        sources=tuple(
            _source(month, cell, place) for place, source in enumerate(SOURCES) if cell[f"n_{source}"]
        ),
    )


def _source(month: NetworkMonth, cell: Cell, place: int) -> FusedSource:
    source = SOURCES[place]
    k, n = float(cell[f"k_{source}"]), float(cell[f"n_{source}"])
    bounds = wilson_interval(k, n)
    return FusedSource(
        source=Source(source),
        executed=round(k, 6),
        applicable=n,
        rate=rounded_percent(k / n) if n else None,
        low=rounded_percent(bounds.low) if n else None,
        high=rounded_percent(bounds.high) if n else None,
        weight=cell[f"weight_{source}"],
        calibrated=month.calibrations[place].calibrated,
    )


def decline_signs(month: NetworkMonth, cell: Cell) -> DeclineSigns:
    """Warning and confirmed decline, or how many months are still missing."""
    drop = cell["drop"]
    return DeclineSigns(
        months=len(month.history),
        needed=month.parameters.baseline_months + 1,
        warning_month=cell["warning"],
        confirmed=cell["confirmed"],
        drop=None if drop is None or math.isnan(drop) else rounded_percent(drop),
    )


def conflicts(
    month: NetworkMonth, cell: Cell, reviewed: Collection[tuple[str, str]]
) -> tuple[SourceConflict, ...]:
    """Sources that say something else than the rest, on this item or over all of the dealer's items."""
    flagged = month.flagged_sources.get(cell["dealer"], frozenset())
    found: list[SourceConflict] = []
    for place, source in enumerate(SOURCES):
        whole = source in flagged
        if not cell[f"n_{source}"] or not (whole or cell[f"gap_{source}"]):
            continue
        others = [one for one in SOURCES if one != source]
        rho: dict[str, float] = dict(zip(SOURCES, month.parameters.rho, strict=True))
        k, n = float(cell[f"k_{source}"]), float(cell[f"n_{source}"])
        k_rest, n_rest = (sum(float(cell[f"{sign}_{one}"]) for one in others) for sign in "kn")
        if not n_rest:
            continue
        own = 1 + max(n - 1, 0) * rho[source]
        parts = [(float(cell[f"k_{one}"]), float(cell[f"n_{one}"]), rho[one]) for one in others]
        k_eff = sum(a / (1 + max(b - 1, 0) * r) for a, b, r in parts)
        n_eff = sum(b / (1 + max(b - 1, 0) * r) for _, b, r in parts)
        gap = newcombe_difference(k / own, n / own, k_eff, n_eff)
        bounds = wilson_interval(k_rest, n_rest)
        found.append(
            SourceConflict(
                source=Source(source),
                own=_source(month, cell, place),
                others_executed=round(k_rest, 6),
                others_applicable=n_rest,
                others_rate=rounded_percent(k_rest / n_rest),
                others_low=rounded_percent(bounds.low),
                others_high=rounded_percent(bounds.high),
                gap=_points(gap.estimate),
                gap_low=_points(gap.low),
                gap_high=_points(gap.high),
                whole_dealer=whole,
                reviewed=(cell["dealer"], source) in reviewed,
            )
        )
    return tuple(found)


def _points(fraction: float) -> float:
    return math.copysign(rounded_percent(abs(fraction)), fraction)


def management_score(month: NetworkMonth, cell: Cell) -> float | None:
    """The house's fixed weights over the sources present, percent; None without any answer."""
    weights = np.array(month.parameters.management_weights)
    n = np.array([cell[f"n_{source}"] for source in SOURCES], dtype=float)
    k = np.array([cell[f"k_{source}"] for source in SOURCES], dtype=float)
    some = n > 0
    total = float(weights[some].sum())
    if total == 0:
        return None
    return rounded_percent(float((weights[some] * k[some] / n[some]).sum()) / total)
