"""Did a plan help, compared with dealers like it that had none: looks three and six months later.

The month engine judges (engine/effects.py); here its months are laid out. Before: as in :mod:`.effects`,
without the month that raised the flag. After: three months following the month of carrying out and the next,
and the three after those. A look counts only when all its months are closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.insight.wire import Look, SourceVerdict, Verdict
from sync_server.insight import repository
from sync_server.insight.calendar import is_final, shifted
from sync_server.insight.effects import AFTER_MONTHS, Window
from sync_server.insight.engine.effects import Plan, PlanVerdict, judge_plans
from sync_server.insight.engine.fusion import calibrate
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.month_counts import MonthCounts, NetworkCounts, network_of_ledger
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import Effect

LOOKS = (3, 6)
"""Months after the carrying out at whose end a look is taken."""
_START = 4
"""Where the plan's month stands: three months before, the one left out, then it and the next."""


def looks_of(
    session: Session,
    window: Window,
    dealer_id: str,
    items: Sequence[str],
    *,
    targets: Mapping[str, float],
    parameters: Parameters,
    today: date,
) -> dict[str, tuple[Look, ...]]:
    """The looks at every item of a plan, by item id."""
    spans = {look: tuple(shifted(month, look - AFTER_MONTHS) for month in window.after) for look in LOOKS}
    known = {*window.before, *(month for span in spans.values() for month in span)}
    months = tuple(sorted(known))
    network = network_of_ledger(session, months, None, items=list(items))
    regions = repository.region_of_dealers(session)
    found: dict[str, list[Look]] = {item: [] for item in items}
    for look, after in spans.items():
        treated = repository.treated(session, items, window.before[0], after[-1])
        verdicts = _judge(
            _laid_out(network, window.before, after), dealer_id, treated, regions, targets, parameters
        )
        for item in items:
            complete = is_final(after[-1], today)
            found[item].append(_look(look, after, verdicts.get(item), complete=complete))
    return {item: tuple(looks) for item, looks in found.items()}


def due_looks(window: Window, today: date) -> int:
    """How many looks can be taken by now."""
    return sum(is_final(shifted(window.after[-1], look - AFTER_MONTHS), today) for look in LOOKS)


def _laid_out(network: NetworkCounts, before: Sequence[str], after: Sequence[str]) -> NetworkCounts:
    """The months of one look on the engine's time axis; the months between them say nothing."""
    nothing = MonthCounts(*(np.zeros(0, np.int64) for _ in range(6)))
    counts = dict(zip(network.months, network.counts, strict=True))
    axis = (*before, "", "", "", *after)
    return NetworkCounts(
        network.dealers, network.items, axis, tuple(counts.get(month, nothing) for month in axis)
    )


def _judge(
    network: NetworkCounts,
    dealer_id: str,
    treated: Mapping[str, frozenset[str]],
    regions: Mapping[str, str],
    targets: Mapping[str, float],
    parameters: Parameters,
) -> dict[str, PlanVerdict]:
    if dealer_id not in network.dealers:
        return {}
    executed, applicable = network.cube(slice(0, None))
    place = {one: at for at, one in enumerate(network.dealers)}
    named = sorted(set(regions.values()))
    region = np.array([named.index(regions[one]) for one in network.dealers], np.int64)
    plans = [Plan(place[dealer_id], at, _START) for at in range(len(network.items))]
    others = [
        Plan(place[one], at, _START)
        for at, item in enumerate(network.items)
        for one in sorted(treated.get(item, frozenset()) - {dealer_id})
        if one in place
    ]
    width = len(SOURCES)
    pooled_executed, pooled_applicable = (x.sum(axis=2).reshape(-1, width) for x in (executed, applicable))
    found = judge_plans(
        executed,
        applicable,
        [*plans, *others],
        parameters,
        regions=region,
        calibrations=calibrate(pooled_executed, pooled_applicable, parameters),
        targets=np.array([targets.get(one, parameters.target) for one in network.items]),
    )
    return dict(zip(network.items, found, strict=False))


def _look(months: int, after: tuple[str, ...], found: PlanVerdict | None, *, complete: bool) -> Look:
    known = found is not None and complete and not np.isnan(found.fused.difference)
    return Look(
        months_after=months,
        after_months=after,
        complete=complete,
        verdict=Verdict(found.fused.verdict.value) if found and complete else Verdict.NOT_ENOUGH_DATA,
        difference=_points(found.fused.difference) if found and known else None,
        low=_points(found.fused.low) if found and known else None,
        high=_points(found.fused.high) if found and known else None,
        before_applicable=found.fused.before_trials if found else 0.0,
        after_applicable=found.fused.after_trials if found else 0.0,
        controls=found.controls if found else 0,
        matched=found.matched if found else False,
        on_target=bool(found and complete and found.on_target),
        conflict=bool(found and complete and found.conflict),
        by_source=_sources(found) if found and complete else (),
    )


def _sources(found: PlanVerdict) -> tuple[SourceVerdict, ...]:
    return tuple(
        _source(Source(source), effect)
        for source, effect in zip(SOURCES, found.by_source, strict=True)
        if effect.before_trials or effect.after_trials
    )


def _source(source: Source, effect: Effect) -> SourceVerdict:
    known = not np.isnan(effect.difference)
    return SourceVerdict(
        source=source,
        verdict=Verdict(effect.verdict.value),
        difference=_points(effect.difference) if known else None,
        low=_points(effect.low) if known else None,
        high=_points(effect.high) if known else None,
    )


def _points(fraction: float) -> float:
    points = rounded_percent(abs(fraction))
    return -points if fraction < 0 else points
