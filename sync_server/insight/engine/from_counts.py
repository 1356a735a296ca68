"""`revisit insight from-counts`: a table of counts in, the month's figures as CSV out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sync_server.insight import frames as pl
from sync_server.insight.engine.counts_file import (
    MOST,
    Axis,
    axis_of,
    column_of,
    counts_of,
    months_of,
    read_table,
)
from sync_server.insight.engine.effects import Plan
from sync_server.insight.engine.month import CountsCube, MonthFigures, compute_month
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.statistics import SourceCalibration, Verdict

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "phone": ("phone",),
    "shop": ("shop", "mystery"),
    "callback": ("callback",),
    "inspection": ("inspection", "onsite"),
    "audit": ("audit", "supervision"),
}
"""How a source may be called in the k_… and n_… columns."""
_MOST_MONTHS = 1200
_MOST_CELLS = 150_000_000
"""Dealers × items × months that are laid out in memory at most (6 GB)."""
_START_NAMES = ("start_month", "start month", "start", "plan_month", "month")


@dataclass(frozen=True, slots=True)
class CountsTable:
    """A counts file as a cube with its labels; months count from the first, gaps are filled with nothing."""

    cube: CountsCube
    dealers: Axis
    items: Axis
    first_month: int
    month_form: str
    """How the file writes months, see `Months`."""

    def month_label(self, position: int) -> str | int:
        """The month at a position as the file writes it."""
        month = self.first_month + position
        written = {"%Y-%m": f"{month // 12:04d}-{month % 12 + 1:02d}"}
        return written.get(self.month_form, month // 12 * 100 + month % 12 + 1 if self.month_form else month)


@dataclass(frozen=True, slots=True)
class FromCountsResult:
    """What was written, for the command line to say."""

    out: Path
    month: str | int
    cells: int
    flagged: int
    expected_false_share: float
    warnings: int
    confirmed_declines: int
    verdicts: dict[str, int]
    calibrations: tuple[SourceCalibration, ...]
    parameters_digest: str


def from_counts(
    counts: Path,
    plans: Path | None,
    target: float,
    window: int,
    out: Path,
    *,
    parameters: Parameters | None = None,
) -> FromCountsResult:
    """Read counts (and plans), compute the last month, write cells.csv, declines.csv, verdicts.csv,
    parameters.json.

    Args:
        counts: CSV or CSV.gz with dealer, item, month and k_/n_ per source; a row that occurs twice is added
            up.
        plans: CSV with dealer, item, start month; None writes a verdicts.csv with its header only.
        target: rate below which an item is weak, 0..1.
        window: months of the last window.
        out: directory, made if missing; its four files are replaced.
        parameters: everything else; `target` and `window` win over it.

    Raises:
        ValueError: a missing column, a cell that is no number, k > n, an unknown dealer or item in the plans;
        the
            message names file, row and column.
        OSError: a file that cannot be read or written.
    """
    chosen = replace(parameters or Parameters(), target=target, window=window)
    table = read_counts(counts)
    todo = read_plans(plans, table) if plans is not None else []
    figures = compute_month(table.cube, todo, chosen)
    out.mkdir(parents=True, exist_ok=True)
    last = table.cube.trials.shape[2] - 1
    _cells(table, figures, last).write_csv(out / "cells.csv", float_precision=6)
    declines = _declines(table, figures)
    declines.write_csv(out / "declines.csv")
    _verdicts(table, figures).write_csv(out / "verdicts.csv", float_precision=6)
    calibrations = figures.rates.calibrations
    record = {
        "parameters": json.loads(chosen.to_json()),
        "parameters_digest": chosen.digest,
        "counts_sha256": _digest(counts),
        "plans_sha256": _digest(plans) if plans is not None else None,
        "calibrations": {s: asdict(c) for s, c in zip(SOURCES, calibrations, strict=True)},
    }
    (out / "parameters.json").write_text(
        json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    words = [v.fused.verdict.value for v in figures.verdicts]
    return FromCountsResult(
        out=out,
        month=table.month_label(last),
        cells=int(figures.window.items.size),
        flagged=int(figures.rates.flagged.sum()),
        expected_false_share=figures.rates.expected_false_share,
        warnings=int((figures.declines.first_alarm >= 0).sum()),
        confirmed_declines=int((figures.declines.first_confirmed >= 0).sum()),
        verdicts={v.value: words.count(v.value) for v in Verdict},
        calibrations=calibrations,
        parameters_digest=chosen.digest,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_counts(path: Path) -> CountsTable:
    """A counts file as a cube (see `from_counts` for the layout and the errors)."""
    frame = read_table(path)
    for name in ("dealer", "item", "month"):
        column_of(frame, path, (name,))
    if frame.height == 0:
        raise ValueError(f"{path.name} has no rows")
    dealers, d = axis_of(frame, path, "dealer")
    items, i = axis_of(frame, path, "item")
    months = months_of(frame["month"], path)
    first = int(months.numbers.min())
    t = months.numbers - first
    shape = (len(dealers.labels), len(items.labels), int(t.max()) + 1, len(SOURCES))
    if shape[2] > _MOST_MONTHS:
        row = int(np.argmax(t))
        raise ValueError(
            f"{path.name} row {row + 2}: month {frame['month'][row]!r} lies {shape[2] - 1:,} months "
            "after the first"
        )
    if math.prod(shape[:3]) > _MOST_CELLS:
        raise ValueError(
            f"{path.name}: {shape[0]:,} dealers × {shape[1]:,} items × {shape[2]:,} months are more than "
            f"{_MOST_CELLS:,} cells; give fewer months or a part of the dealers"
        )
    k, n = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for s, source in enumerate(SOURCES):
        columns = [
            counts_of(column_of(frame, path, [prefix + alias for alias in COLUMN_NAMES[source]]), path)
            for prefix in ("k_", "n_")
        ]
        over = np.flatnonzero(columns[0] > columns[1])
        if over.size:
            row = int(over[0])
            k_row, n_row = (int(column[row]) for column in columns)
            raise ValueError(f"{path.name} row {row + 2}: k_{source} {k_row} exceeds n_{source} {n_row}")
        if float(columns[1].sum(dtype=np.float64)) > MOST:
            raise ValueError(f"{path.name}: n_{source} adds up to more than {MOST:,}")
        for cube, column in zip((k, n), columns, strict=True):
            np.add.at(cube[..., s], (d, i, t), column.astype(np.int32))
    return CountsTable(CountsCube(k, n), dealers, items, first, months.form)


def read_plans(path: Path, table: CountsTable) -> list[Plan]:
    """A plans file as positions on the cube's axes, in the order of the file.

    A plan that began before the first month has nothing to compare with and is judged as not enough data.
    """
    frame = read_table(path)
    dealer, item = (column_of(frame, path, (name,)) for name in ("dealer", "item"))
    column = column_of(frame, path, _START_NAMES)
    if frame.height == 0:
        return []
    months = months_of(column, path)
    if months.form != table.month_form:
        raise ValueError(f"{path.name}: {column.name} is written otherwise than month in the counts")
    at = [axis.positions(values, path) for axis, values in ((table.dealers, dealer), (table.items, item))]
    start = np.maximum(months.numbers - table.first_month, 0)
    return [Plan(int(d), int(i), int(m)) for d, i, m in zip(*at, start, strict=True)]


def _labels(axis: Axis, positions: NDArray[np.int64]) -> pl.Series:
    return pl.Series(axis.labels).gather(positions)


def _cells(table: CountsTable, figures: MonthFigures, last: int) -> pl.DataFrame:
    window, rates = figures.window, figures.rates
    order = np.lexsort((window.items, window.dealers))
    return pl.DataFrame(
        {
            "dealer": _labels(table.dealers, window.dealers[order]),
            "item": _labels(table.items, window.items[order]),
            "month": [table.month_label(last)] * order.size,
            "raw_k": window.successes.sum(axis=1)[order].astype(np.int64),
            "raw_n": window.trials.sum(axis=1)[order].astype(np.int64),
            "mean": rates.mean[order],
            "low90": rates.low[order],
            "high90": rates.high[order],
            "p_below_target": rates.p_below[order],
            "flagged": rates.flagged[order].astype(np.int8),
            "priority": rates.priority[order],
        }
    )


def _month_kind(table: CountsTable) -> type[pl.String] | type[pl.Int64]:
    return pl.String if table.month_form == "%Y-%m" else pl.Int64


def _declines(table: CountsTable, figures: MonthFigures) -> pl.DataFrame:
    alarm, confirmed = figures.declines.first_alarm, figures.declines.first_confirmed
    d, i = np.nonzero((alarm >= 0) | (confirmed >= 0))

    def months(first: NDArray[np.int64]) -> list[str | int | None]:
        return [table.month_label(int(m)) if m >= 0 else None for m in first[d, i]]

    kind = _month_kind(table)
    return pl.DataFrame(
        {
            "dealer": _labels(table.dealers, d.astype(np.int64)),
            "item": _labels(table.items, i.astype(np.int64)),
            "first_alarm_month": pl.Series(months(alarm), dtype=kind),
            "confirmed_month": pl.Series(months(confirmed), dtype=kind),
        }
    )


def _verdicts(table: CountsTable, figures: MonthFigures) -> pl.DataFrame:
    found = figures.verdicts
    return pl.DataFrame(
        {
            "dealer": _labels(table.dealers, np.array([v.plan.dealer for v in found], np.int64)),
            "item": _labels(table.items, np.array([v.plan.item for v in found], np.int64)),
            "start_month": pl.Series(
                [table.month_label(v.plan.start) for v in found],
                dtype=_month_kind(table),
            ),
            "verdict": pl.Series([v.fused.verdict.value for v in found], dtype=pl.String),
            "difference": pl.Series([_known(v.fused.difference) for v in found], dtype=pl.Float64),
            "low": pl.Series([_known(v.fused.low) for v in found], dtype=pl.Float64),
            "high": pl.Series([_known(v.fused.high) for v in found], dtype=pl.Float64),
        }
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
