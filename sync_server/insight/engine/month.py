"""One month's figures from counts: the path that the product, `insight from-counts` and the tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.declines import Declines, find_declines
from sync_server.insight.engine.effects import Plan, PlanVerdict, judge_plans
from sync_server.insight.engine.fusion import FusedRates, WindowCounts, calibrate, fuse
from sync_server.insight.engine.parameters import SOURCES, Parameters

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CountsCube:
    """Counts of a network: dealers × items × months × sources (order of SOURCES), months without gaps."""

    successes: NDArray[np.int32]
    trials: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.trials.ndim != 4 or self.trials.shape[3] != len(SOURCES):
            raise ValueError(f"counts must be dealers × items × months × {len(SOURCES)} sources")
        if self.successes.shape != self.trials.shape:
            raise ValueError("successes and trials have different shapes")
        if (self.successes < 0).any() or (self.successes > self.trials).any():
            raise ValueError("successes must lie between 0 and trials")

    def window(self, months: slice) -> WindowCounts:
        """Pooled counts of some months, a row for every dealer × item, sorted by item."""
        dealers, items = self.trials.shape[:2]
        k, n = (
            x[:, :, months].sum(axis=2, dtype=np.float64).transpose(1, 0, 2).reshape(-1, len(SOURCES))
            for x in (self.successes, self.trials)
        )
        return WindowCounts(np.tile(np.arange(dealers), items), np.repeat(np.arange(items), dealers), k, n)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """Everything computed for the last month of the counts."""

    window: WindowCounts
    rates: FusedRates
    declines: Declines
    verdicts: tuple[PlanVerdict, ...]


def compute_month(
    cube: CountsCube,
    plans: Sequence[Plan],
    parameters: Parameters,
    *,
    regions: NDArray[np.int64] | None = None,
    targets: FloatArray | None = None,
    importance: FloatArray | None = None,
) -> MonthFigures:
    """Rates, weak list and priorities of the last window, declines over all months, verdicts on the plans.

    Args:
        regions: per dealer. targets, importance: per item.

    Raises:
        ValueError: fewer months than the window, counts of the wrong shape.
    """
    months = cube.trials.shape[2]
    if months < parameters.window:
        raise ValueError(f"the window is {parameters.window} months, the counts have {months}")
    with single_thread():
        everything = cube.window(slice(0, months))
        calibrations = calibrate(everything.successes, everything.trials, parameters)
        window = cube.window(slice(months - parameters.window, months))
        rates = fuse(window, parameters, calibrations=calibrations, targets=targets, importance=importance)
        declines = find_declines(cube.successes, cube.trials, parameters)
        verdicts = judge_plans(
            cube.successes,
            cube.trials,
            plans,
            parameters,
            regions=regions,
            calibrations=calibrations,
            targets=targets,
        )
        return MonthFigures(window, rates, declines, tuple(verdicts))
