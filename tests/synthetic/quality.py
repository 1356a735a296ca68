"""What the month's figures find and miss in a network whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sync_server.insight.engine import CountsCube, MonthFigures, Parameters, Plan, compute_month
from sync_server.insight.statistics import Verdict, bayesian_fdr
from tests.synthetic.network import Network

CLEARLY_WEAK = 0.80
FLAT = 0.03
BINS = 10
MIN_BIN = 200


@dataclass(frozen=True)
class ListQuality:
    """Of the weak-item list and the estimates behind it; `truth` is the mean true rate of the window."""

    precision: float
    recall: float
    coverage: float
    mean_error: float
    brier: float
    pooled_precision: float
    pooled_recall: float
    pooled_error: float
    worst_bin: float
    """Largest |stated − realised| share below target over tenths of P(below target) with >= 200 cells."""
    realised_fdr: tuple[tuple[float, float], ...]
    """(nominal, realised) of lists at .05, .10, .20."""


@dataclass(frozen=True)
class AlarmQuality:
    """Of the CUSUM: share of falls warned of within five months, false alarms per 1000 item-months, months
    waited."""

    recall: float
    false_per_1000: float
    delay: float
    confirmed: int
    confirmed_true: int


@dataclass(frozen=True)
class EffectQuality:
    """Of the verdicts: share "improved" of plans that changed nothing (|Δ| <= 3 points) and of those that
    helped."""

    flat: int
    flat_improved: float
    helped: int
    helped_improved: float


def figures_of(network: Network, *, plans: bool = True) -> MonthFigures:
    """The product's computation on the network's counts, with or without judging its plans."""
    return compute_month(
        CountsCube(network.successes, network.trials),
        [Plan(*p) for p in network.plans] if plans else [],
        Parameters(),
        regions=network.region,
    )


def list_quality(
    figures: MonthFigures, theta: NDArray[np.float64], parameters: Parameters | None = None
) -> ListQuality:
    """Compare the last window with the truth (dealer × item × month)."""
    p = parameters or Parameters()
    truth = theta[:, :, -p.window :].mean(axis=2).T.ravel()
    rates, window = figures.rates, figures.window
    below = truth < p.target
    n = window.trials.sum(axis=1)
    pooled = np.divide(window.successes.sum(axis=1), n, out=np.ones(n.size), where=n > 0)
    naive = pooled < p.target
    errors: list[float] = []
    tenth = np.minimum((rates.p_below * BINS).astype(int), BINS - 1)
    for b in range(BINS):
        inside = tenth == b
        if int(inside.sum()) >= MIN_BIN:
            errors.append(abs(float(rates.p_below[inside].mean() - below[inside].mean())))
    realised = []
    for q in (0.05, 0.10, 0.20):
        listed = bayesian_fdr(1 - rates.p_below, q).flagged
        realised.append((q, float((~below[listed]).mean()) if listed.any() else 0.0))
    return ListQuality(
        precision=float(below[rates.flagged].mean()),
        recall=float(rates.flagged[truth <= CLEARLY_WEAK].mean()),
        coverage=float(((rates.low <= truth) & (truth <= rates.high)).mean()),
        mean_error=float(np.abs(rates.mean - truth).mean()),
        brier=float(((rates.p_below - below) ** 2).mean()),
        pooled_precision=float(below[naive].mean()),
        pooled_recall=float(naive[truth <= CLEARLY_WEAK].mean()),
        pooled_error=float(np.abs(pooled - truth).mean()),
        worst_bin=max(errors),
        realised_fdr=tuple(realised),
    )


def alarm_quality(
    figures: MonthFigures, network: Network, parameters: Parameters | None = None, within: int = 5
) -> AlarmQuality:
    """Compare the warnings with the falls that were built in and had `within` months to be seen."""
    baseline = (parameters or Parameters()).baseline_months
    alarm, fall = figures.declines.alarm, network.decline_month
    months = np.arange(alarm.shape[2])
    since = months - fall[..., None]
    seen = alarm & (since >= 0) & (since < within)
    fair = (fall >= 0) & (fall <= alarm.shape[2] - within)
    good = (fall[..., None] < 0) | (since < 0)
    good[..., :baseline] = False
    caught = fair & seen.any(axis=2)
    confirmed = figures.declines.first_confirmed
    return AlarmQuality(
        recall=float(caught.sum() / fair.sum()),
        false_per_1000=float(1000 * (alarm & good).sum() / good.sum()),
        delay=float((seen.argmax(axis=2) - fall)[caught].mean()),
        confirmed=int((confirmed >= 0).sum()),
        confirmed_true=int(((confirmed >= 0) & (fall >= 0) & (confirmed >= fall)).sum()),
    )


def effect_quality(
    figures: MonthFigures, network: Network, parameters: Parameters | None = None
) -> EffectQuality:
    """Compare the verdicts with the true change between the months before and after that were compared."""
    p = parameters or Parameters()
    flat: list[bool] = []
    helped: list[bool] = []
    for verdict in figures.verdicts:
        plan = verdict.plan
        end = plan.start - p.effect_skip_before
        first = plan.start + p.effect_wash_in
        theta = network.theta[plan.dealer, plan.item]
        before = theta[max(0, end - p.effect_months) : max(0, end)]
        after = theta[first : first + p.effect_months]
        if before.size == 0 or after.size == 0:
            continue
        change = float(after.mean() - before.mean())
        improved = verdict.fused.verdict is Verdict.IMPROVED
        if abs(change) <= FLAT:
            flat.append(improved)
        elif change >= 0.08:
            helped.append(improved)
    return EffectQuality(
        len(flat), float(np.mean(flat or [False])), len(helped), float(np.mean(helped or [False]))
    )
