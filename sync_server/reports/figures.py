"""The figures of scorecards and regional summaries: read once for many dealers, cut per report.

Rates and weak items are those of the insight slice, unchanged; only the pooling over all items is made here.
"""

from __future__ import annotations

import gc
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Stage
from shared_models.insight.wire import GREY_BELOW, RateCell, WeakItem
from shared_models.people.access import DESK_ROLES, Access
from shared_models.plans import SETTLED, TO_DO, ActionStatus, PlanStatus
from shared_models.problems import Code, Problem
from shared_models.reports import (
    STALE_AFTER_DAYS,
    DealerFreshness,
    DealerScore,
    Freshness,
    ItemScore,
    Overall,
    PlanScore,
    RegionSummary,
    ReportDealer,
    ReportItem,
    Scorecard,
    SourceScore,
    VisitScore,
)
from sync_server.insight import service as insight
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import wilson_interval
from sync_server.people.scope import Scope
from sync_server.plans import repository as plans
from sync_server.reports import repository
from sync_server.reports.importance import Weights
from sync_server.reports.repository import Line
from sync_server.targets.service import targets_in_force

MONTHS = 6
"""So many months a scorecard looks back."""
_STAGES = {stage.value: place for place, stage in enumerate(Stage)}


@dataclass
class Figures:
    """Everything that the reports of some dealers need."""

    month: str
    months: tuple[str, ...]
    today: date
    data_cut: int
    dealers: Sequence[Line]
    items: Sequence[ReportItem]
    merged: Mapping[tuple[str, str, str], RateCell]
    """By dealer, item and month."""
    by_source: Mapping[tuple[str, str], tuple[RateCell, ...]]
    """Cells of the newest month by dealer and item."""
    pooled: Mapping[tuple[str, str], RateCell]
    """Merged over the dealers, by item and month."""
    pooled_by_source: Mapping[str, tuple[RateCell, ...]]
    weak: Mapping[str, Mapping[str, WeakItem]]
    """By dealer and item."""
    plans: Mapping[str, Sequence[PlanScore]]
    visits: Mapping[str, Sequence[VisitScore]]
    newest: Mapping[str, date]
    region: Line = field(default_factory=dict[str, Any])
    compared: str = ""
    """The month of comparison; "" where there is none."""


def collect(
    session: Session,
    access: Access,
    *,
    today: date,
    month: str | None = None,
    dealer_id: str | None = None,
    region_id: str | None = None,
    compare: str | None = None,
    history: int = MONTHS,
) -> Figures:
    """Read the figures of a dealer, of a region, or of the whole scope.

    ``compare``: the month of comparison; none: the month before. ``history``: months of each dealer's own
    rates; a summary needs its month alone, which is most of its time.

    Raises NOT_ALLOWED for roles that read no figures, OUT_OF_SCOPE for a dealer or region outside the scope,
    NOT_FOUND where nothing has been observed yet.
    """
    with _keeping_everything():
        return _collect(session, access, today, month, dealer_id, region_id, compare, history)


@contextmanager
def _keeping_everything() -> Generator[None]:
    """Reading makes tens of thousands of cells that all stay; looking through them for garbage again and
    again took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _collect(
    session: Session,
    access: Access,
    today: date,
    month: str | None,
    dealer_id: str | None,
    region_id: str | None,
    compare: str | None,
    history: int,
) -> Figures:
    scope = insight.scope_of(session, access)
    chosen = insight.Filter(dealer_id=dealer_id, region_id=region_id)
    ids = insight.dealer_ids(session, scope, chosen)
    weak = insight.weak_items(session, scope, chosen, today=today, month=month)
    if not weak.month:
        raise Problem(Code.NOT_FOUND, {"what": "month"})
    rates = insight.rates(session, scope, chosen, month=weak.month, count=history, by_dealer=True)
    whole = insight.rates(session, scope, chosen, month=weak.month, count=MONTHS)
    compared = compare or (whole.months[-2] if len(whole.months) > 1 else "")
    over, cells = list(whole.cells), list(rates.cells)
    if compared:
        if compared not in whole.months:
            over += insight.rates(session, scope, chosen, month=compared, count=1).cells
        if compared not in rates.months:
            then = insight.rates(session, scope, chosen, month=compared, count=1, by_dealer=True)
            cells += then.cells
    dealers = repository.dealers(session, scope, ids)
    seen = {cell.item_id for cell in whole.cells}
    by_dealer: dict[str, dict[str, WeakItem]] = defaultdict(dict)
    for one in weak.items:
        by_dealer[one.dealer_id][one.item_id] = one
    last = monthrange(int(weak.month[:4]), int(weak.month[5:]))[1]
    days = date.fromisoformat(f"{min(whole.months)}-01"), date.fromisoformat(f"{weak.month}-{last:02d}")
    return Figures(
        month=weak.month,
        months=whole.months,
        today=today,
        data_cut=weak.data_cut,
        dealers=dealers,
        items=items_seen(
            session, seen, weak.parameters.default_target, weak.month, [one["id"] for one in dealers]
        ),
        merged={(c.dealer_id or "", c.item_id, c.month): c for c in cells if c.source is None},
        by_source=_sources(
            (c for c in rates.cells if c.month == weak.month), lambda c: (c.dealer_id or "", c.item_id)
        ),
        pooled={(c.item_id, c.month): c for c in over if c.source is None},
        pooled_by_source=_sources((c for c in over if c.month == weak.month), lambda c: c.item_id),
        weak=by_dealer,
        plans=_plans(session, scope, {one["id"] for one in dealers}, today),
        visits=_visits(session, [one["id"] for one in dealers], *days),
        newest=repository.newest_days(session, scope),
        region=(repository.region(session, region_id) or {}) if region_id else {},
        compared=compared,
    )


def _sources(cells: Iterable[RateCell], key: Any) -> dict[Any, tuple[RateCell, ...]]:
    found: dict[Any, list[RateCell]] = defaultdict(list)
    for cell in cells:
        if cell.source is not None:
            found[key(cell)].append(cell)
    return {name: tuple(group) for name, group in found.items()}


def items_seen(
    session: Session, seen: Collection[str], default: float, month: str, dealers: Collection[str] = ()
) -> list[ReportItem]:
    """Items that were observed, in the order of the buying journey.

    Each has the target that its dealers share this month; where they have several, the company's.
    """
    wanted = targets_in_force(session, month)

    def target(item_id: str) -> float:
        shared = {wanted.at(item_id, dealer) for dealer in dealers}
        value = shared.pop() if len(shared) == 1 else wanted.items.get(item_id)
        return default if value is None else rounded_percent(value)

    found = [
        ReportItem(
            id=row["id"],
            name=row["name"],
            name_en=row["name_en"],
            short=row["short"] or row["name"],
            short_en=row["short_en"] or row["name_en"],
            stage=Stage(row["stage"]),
            target=target(row["id"]),
        )
        for row in repository.items(session)
        if row["id"] in seen
    ]
    return sorted(found, key=lambda one: _STAGES[one.stage.value])


def _plans(session: Session, scope: Scope, dealers: set[str], today: date) -> dict[str, list[PlanScore]]:
    rows = [row for row in plans.readable_plans(session, scope) if row["dealer_id"] in dealers]
    actions: dict[str, list[Line]] = defaultdict(list)
    for action in plans.actions_of(session, [row["id"] for row in rows]):
        actions[action["plan_id"]].append(action)
    verdicts = plans.verdicts_of(session, [row["id"] for row in rows])
    found: dict[str, list[PlanScore]] = defaultdict(list)
    for row in rows:
        own = [one for one in actions[row["id"]] if one["status"] != ActionStatus.DROPPED]
        published = row["status"] == PlanStatus.PUBLISHED
        found[row["dealer_id"]].append(
            PlanScore(
                id=row["id"],
                number=row["number"],
                title=row["title"],
                status=row["status"],
                published_on=row["published_at"].date().isoformat() if row["published_at"] else "",
                actions=len(own),
                verified=sum(one["status"] in SETTLED for one in own),
                overdue=sum(
                    published and one["status"] in TO_DO and bool(one["due_on"]) and one["due_on"] < today
                    for one in own
                ),
                verdicts=tuple(verdicts.get(row["id"], ())),
            )
        )
    return found


def _visits(session: Session, dealers: Sequence[str], first: date, last: date) -> dict[str, list[VisitScore]]:
    found: dict[str, list[VisitScore]] = defaultdict(list)
    for row in repository.accepted_visits(session, dealers, first, last):
        score = row["final_score"] if row["final_score"] is not None else row["score"]
        found[row["dealer_id"]].append(
            VisitScore(
                id=row["id"],
                day=row["visit_date"].isoformat(),
                source=row["source"],
                title=row["title"],
                title_en=row["title_en"],
                score=score,
            )
        )
    return found


def overall(cells: Iterable[RateCell], month: str) -> Overall:
    """All items pooled: every observation counts the same."""
    executed = applicable = 0.0
    for cell in cells:
        executed += cell.executed
        applicable += cell.applicable
    if applicable <= 0:
        return Overall(month=month, executed=0, applicable=0, rate=None, low=None, high=None, small=True)
    band = wilson_interval(executed, applicable)
    return Overall(
        month=month,
        executed=round(executed, 6),
        applicable=round(applicable, 6),
        rate=rounded_percent(executed / applicable),
        low=rounded_percent(float(band.low)),
        high=rounded_percent(float(band.high)),
        small=applicable < GREY_BELOW,
    )


def dealer_of(line: Line) -> ReportDealer:
    """A dealer as reports name it."""
    names = ("id", "code", "name", "name_en", "city", "city_en", "latitude", "longitude")
    return ReportDealer(**{name: line[name] for name in names})


def scorecard(figures: Figures, dealer_id: str) -> Scorecard:
    """One dealer's report; NOT_FOUND for a dealer that is not among the figures."""
    line = next((one for one in figures.dealers if one["id"] == dealer_id), None)
    if line is None:
        raise Problem(Code.NOT_FOUND, {"what": "dealer"})
    weak = figures.weak.get(dealer_id, {})
    scores = [
        ItemScore(
            item=item,
            months=tuple(figures.merged.get((dealer_id, item.id, month)) for month in figures.months),
            by_source=figures.by_source.get((dealer_id, item.id), ()),
            weak=weak.get(item.id),
        )
        for item in figures.items
    ]
    newest = figures.newest.get(dealer_id)
    return Scorecard(
        dealer=dealer_of(line),
        region=line["region"],
        region_en=line["region_en"],
        month=figures.month,
        months=figures.months,
        overall=tuple(_overall_of(figures, dealer_id, month) for month in figures.months),
        items=tuple(one for one in scores if any(one.months)),
        plans=tuple(figures.plans.get(dealer_id, ())),
        visits=tuple(figures.visits.get(dealer_id, ())),
        newest_day=newest.isoformat() if newest else None,
        data_cut=figures.data_cut,
    )


def _overall_of(figures: Figures, dealer_id: str, month: str) -> Overall:
    cells = (figures.merged.get((dealer_id, item.id, month)) for item in figures.items)
    return overall((cell for cell in cells if cell is not None), month)


def summary(figures: Figures, weights: Weights | None = None) -> RegionSummary:
    """All dealers side by side; ``weights``: what each item weighs, where that is shown."""
    before = figures.compared
    seen = {item.id for item in figures.items}
    totals = {one["id"]: _overall_of(figures, one["id"], figures.month) for one in figures.dealers}
    places = ranks(totals)
    lines = [
        DealerScore(
            dealer=dealer_of(one),
            overall=totals[one["id"]],
            before=_overall_of(figures, one["id"], before),
            best_place=places[one["id"]][0],
            worst_place=places[one["id"]][1],
            cells=tuple(figures.merged.get((one["id"], item.id, figures.month)) for item in figures.items),
            weak=len(figures.weak.get(one["id"], {})),
            plans_running=sum(p.status == PlanStatus.PUBLISHED for p in figures.plans.get(one["id"], ())),
            actions_overdue=sum(plan.overdue for plan in figures.plans.get(one["id"], ())),
            newest_day=str(figures.newest[one["id"]]) if one["id"] in figures.newest else None,
        )
        for one in figures.dealers
    ]
    lines.sort(key=lambda one: (-(one.overall.rate if one.overall.rate is not None else -1), one.dealer.code))
    return RegionSummary(
        region_id=figures.region.get("id"),
        region=figures.region.get("name", ""),
        region_en=figures.region.get("name_en", ""),
        month=figures.month,
        previous_month=before,
        items=tuple(figures.items),
        dealers=tuple(lines),
        sources=tuple(
            SourceScore(
                item=item,
                merged=figures.pooled.get((item.id, figures.month)),
                before=figures.pooled.get((item.id, before)),
                by_source=figures.pooled_by_source.get(item.id, ()),
                weak=sum(item.id in weak for weak in figures.weak.values()),
            )
            for item in figures.items
        ),
        data_cut=figures.data_cut,
        trend=tuple(
            overall((cell for key, cell in figures.pooled.items() if key[1] == month), month)
            for month in figures.months
        ),
        importance=tuple(one for one in weights.shares if one.item_id in seen) if weights else (),
        importance_basis=weights.basis if weights else "",
    )


def ranks(totals: Mapping[str, Overall]) -> dict[str, tuple[int | None, int | None]]:
    """Best and worst place that each interval leaves open; small samples are not ranked.

    A dealer is surely behind those whose whole interval lies above its own, and surely ahead of those whose
    whole interval lies below.
    """
    known = {
        key: (one.low, one.high) for key, one in totals.items() if not one.small and one.rate is not None
    }
    bands = {key: (low, high) for key, (low, high) in known.items() if low is not None and high is not None}
    places: dict[str, tuple[int | None, int | None]] = dict.fromkeys(totals, (None, None))
    for key, (low, high) in bands.items():
        ahead = sum(other_low > high for other_low, _ in bands.values())
        behind = sum(other_high < low for _, other_high in bands.values())
        places[key] = (1 + ahead, len(bands) - behind)
    return places


def need_desk(access: Access) -> None:
    """Dealers side by side are for desks."""
    if not access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)


def freshness(session: Session, access: Access, *, today: date) -> Freshness:
    """How old each dealer's newest observation is, the stalest first."""
    scope = insight.scope_of(session, access)
    newest = repository.newest_days(session, scope)
    found: list[DealerFreshness] = []
    for line in repository.dealers(session, scope, None):
        day = newest.get(line["id"])
        days = (today - day).days if day else None
        found.append(
            DealerFreshness(
                dealer_id=line["id"],
                dealer_code=line["code"],
                dealer_name=line["name"],
                dealer_name_en=line["name_en"],
                newest_day=day.isoformat() if day else None,
                days=days,
                stale=days is None or days > STALE_AFTER_DAYS,
            )
        )
    found.sort(key=lambda one: (one.days is not None, -(one.days or 0), one.dealer_code))
    return Freshness(as_of=today.isoformat(), dealers=tuple(found))
