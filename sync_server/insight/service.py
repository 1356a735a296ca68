"""Figures of a scope: months, rates, weak items, evaluations of plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy.orm import Session
from sqlmodel import Session as JournalSession

from shared_models.checklists.stages import Source, Stage
from shared_models.clock import Now, utc_now
from shared_models.insight.wire import (
    Evaluation,
    InsightMonths,
    MonthFigures,
    Parameters,
    RateCell,
    Rates,
    TrendPoint,
    WeakItem,
    WeakItems,
    WeakReason,
)
from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.problems import Code, Problem
from sync_server.insight import effects, repository, weakness
from sync_server.insight.calendar import is_final, months_up_to, shifted
from sync_server.insight.rates import CellKey, Pooled, merged_and_sources, pool
from sync_server.insight.repository import Question
from sync_server.people.scope import Scope, resolve
from sync_server.sync.journal import write_row

READERS = DESK_ROLES | {Role.OWNER}
"""Roles that see figures, each of its own dealers."""


@dataclass(frozen=True)
class Filter:
    """What of the scope is asked for."""

    dealer_id: str | None = None
    region_id: str | None = None
    item_id: str | None = None


def scope_of(session: Session, access: Access) -> Scope:
    """The scope in which a person reads figures; NOT_ALLOWED for roles that read none."""
    if not access.has(*READERS):
        raise Problem(Code.NOT_ALLOWED)
    return resolve(cast(JournalSession, session), access)


def business_day(now: Now) -> date:
    """Today where the dealers are (UTC+8)."""
    return (now() + timedelta(hours=8)).date()


def months(session: Session, scope: Scope, chosen: Filter, today: date) -> InsightMonths:
    """Months that have observations, newest first."""
    dealers = dealer_ids(session, scope, chosen)
    sources: dict[str, dict[Source, int]] = {}
    for row in repository.months_by_source(session, scope, dealers):
        sources.setdefault(row.month, {})[Source(row.source)] = row.observations
    return InsightMonths(
        data_cut=repository.newest_cut(session),
        months=tuple(
            MonthFigures(
                month=row.month,
                final=is_final(row.month, today),
                observations=row.observations,
                dealers=row.dealers,
                items=row.items,
                by_source={source: n for source in Source if (n := sources[row.month].get(source))},
            )
            for row in repository.months(session, scope, dealers)
        ),
    )


def rates(
    session: Session,
    scope: Scope,
    chosen: Filter,
    *,
    month: str | None = None,
    count: int = 3,
    source: Source | None = None,
    by_dealer: bool = False,
    cut: int | None = None,
) -> Rates:
    """Rates per item and month, merged first and then per source; of each dealer, or of all pooled.

    ``month`` (none: the newest) is the last of ``count`` months. With a source only its own cells are given.
    """
    dealers = dealer_ids(session, scope, chosen)
    last = month or repository.newest_month(session, scope, dealers)
    wanted = months_up_to(last, count) if last else ()
    question = Question(
        months=wanted,
        dealers=dealers,
        items=[chosen.item_id] if chosen.item_id else None,
        sources=[source.value] if source else None,
        by_dealer=by_dealer,
        cut=cut,
    )
    codes = {item.id: item.code for item in repository.items(session).values()}
    found = pool(repository.counts(session, scope, question))
    cells: list[RateCell] = []
    for merged, by_source in merged_and_sources(list(found.values()), codes):
        cells += [*([] if source else [merged]), *by_source]
    if chosen.dealer_id and not by_dealer:
        cells = [cell.model_copy(update={"dealer_id": chosen.dealer_id}) for cell in cells]
    return Rates(
        months=wanted,
        data_cut=cut or repository.newest_cut(session),
        parameters=Parameters(),
        cells=tuple(cells),
    )


@dataclass(frozen=True)
class _Found:
    """A weak cell before it is dressed with names and trend."""

    key: CellKey
    reasons: tuple[WeakReason, ...]
    target: float
    priority: float


def weak_items(
    session: Session,
    scope: Scope,
    chosen: Filter,
    *,
    today: date,
    month: str | None = None,
    limit: int | None = None,
    parameters: Parameters | None = None,
    cut: int | None = None,
) -> WeakItems:
    """Weak items of a month (none: the newest of the scope), highest priority first."""
    parameters = parameters or Parameters()
    dealers = dealer_ids(session, scope, chosen)
    month = month or repository.newest_month(session, scope, dealers) or ""
    data_cut = cut or repository.newest_cut(session)
    if not month:
        return WeakItems(month="", data_cut=data_cut, final=False, parameters=parameters, items=(), total=0)
    question = Question(
        months=months_up_to(month, max(parameters.trend_months, 2)),
        dealers=dealers,
        items=[chosen.item_id] if chosen.item_id else None,
        cut=cut,
    )
    cells = pool(repository.counts(session, scope, question))
    items = repository.items(session)
    found = _weak_cells(cells, month, items, parameters)
    shown = found if limit is None else found[:limit]
    return WeakItems(
        month=month,
        data_cut=data_cut,
        final=is_final(month, today),
        parameters=parameters,
        items=tuple(_dressed(session, scope, shown, cells, items, question.months, data_cut)),
        total=len(found),
    )


def weak_item(
    session: Session, scope: Scope, *, dealer_id: str, item_id: str, month: str, today: date
) -> WeakItem | None:
    """One weak item, for a plan that takes it up; None where the item is not weak."""
    chosen = Filter(dealer_id=dealer_id, item_id=item_id)
    return next(iter(weak_items(session, scope, chosen, today=today, month=month).items), None)


def target_of(item: Any, parameters: Parameters) -> float:
    """The item's own target, else the network's, in percent."""
    return float(item.target) if item.target is not None else parameters.default_target


def _weak_cells(
    cells: Mapping[CellKey, Pooled], month: str, items: Mapping[str, Any], parameters: Parameters
) -> list[_Found]:
    before = shifted(month, -1)
    weak: list[_Found] = []
    for (dealer_id, item_id, cell_month), pooled in cells.items():
        if cell_month != month:
            continue
        target = target_of(items[item_id], parameters)
        why = weakness.reasons(
            pooled,
            cells.get((dealer_id, item_id, before)),
            target=target,
            parameters=parameters,
            previous_month=before,
        )
        if why:
            weak.append(_Found((dealer_id, item_id, month), why, target, 0.0))
    ranks = weakness.priorities([cells[one.key] for one in weak], [one.target for one in weak])
    weak = [replace(one, priority=rank) for one, rank in zip(weak, ranks, strict=True)]
    return sorted(weak, key=lambda one: (-one.priority, one.key[0] or "", one.key[1]))


def _dressed(
    session: Session,
    scope: Scope,
    weak: list[_Found],
    cells: Mapping[CellKey, Pooled],
    items: Mapping[str, Any],
    trend_months: Collection[str],
    data_cut: int,
) -> list[WeakItem]:
    dealers = repository.dealers(session, scope)
    plans = repository.running_plans(session, scope, {str(one.key[0]) for one in weak})
    wanted = [
        key
        for one in weak
        for key in ((one.key[0], one.key[1], month) for month in trend_months)
        if key in cells
    ]
    codes = {item.id: item.code for item in items.values()}
    rated = dict(zip(wanted, merged_and_sources([cells[key] for key in wanted], codes), strict=True))
    return [_weak_item(one, rated, dealers, items, plans, trend_months, data_cut) for one in weak]


def _weak_item(
    one: _Found,
    rated: Mapping[CellKey, tuple[RateCell, tuple[RateCell, ...]]],
    dealers: Mapping[str, Any],
    items: Mapping[str, Any],
    plans: Mapping[tuple[str, str], str],
    trend_months: Collection[str],
    data_cut: int,
) -> WeakItem:
    dealer_id, item_id, month = one.key
    dealer, item = dealers[str(dealer_id)], items[item_id]
    keys = [(dealer_id, item_id, trend_month) for trend_month in trend_months]
    merged, by_source = rated[one.key]
    return WeakItem(
        dealer_id=dealer.id,
        dealer_code=dealer.code,
        dealer_name=dealer.name,
        dealer_name_en=dealer.name_en,
        item_id=item.id,
        item_code=item.code,
        item_name=item.name,
        item_name_en=item.name_en,
        item_short=item.short,
        item_short_en=item.short_en,
        stage=Stage(item.stage),
        month=month,
        target=one.target,
        merged=merged,
        by_source=by_source,
        trend=tuple(
            TrendPoint(month=key[2], merged=rated[key][0], by_source=rated[key][1])
            for key in keys
            if key in rated
        ),
        reasons=one.reasons,
        priority=one.priority,
        data_cut=data_cut,
        running_plan_id=plans.get((dealer.id, item.id)),
    )


def evaluate_plan(session: Session, plan_id: str, *, now: Now = utc_now) -> dict[str, Evaluation]:
    """Compute and store the verdict of every item of a plan; gives the evaluations by plan item.

    Empty for a plan that has not begun. NOT_FOUND if there is no such plan. Writing an evaluation that is
    already stored changes nothing.
    """
    frame = repository.plan_frame(session, plan_id)
    if frame is None:
        raise Problem(Code.NOT_FOUND)
    window = effects.window_of(frame)
    if window is None:
        return {}
    items = repository.items(session)
    everything = Scope(person_id="", everything=True)
    question = Question(
        months=window.months, dealers=[frame.dealer_id], items=[item_id for _, item_id in frame.items]
    )
    cells = pool(repository.counts(session, everything, question))
    stored = repository.stored_evaluations(session, plan_id)
    results: dict[str, Evaluation] = {}
    for plan_item_id, item_id in frame.items:
        evaluation = effects.evaluate(
            window,
            {month: pooled for (_, item, month), pooled in cells.items() if item == item_id},
            target=target_of(items[item_id], Parameters()),
            data_cut=repository.newest_cut(session),
            evaluated_on=business_day(now),
        )
        results[plan_item_id] = evaluation
        if not _same_figures(stored.get(plan_item_id), evaluation):
            values = {"verdict": evaluation.verdict.value, "evaluation": evaluation.model_dump(mode="json")}
            write_row(cast(JournalSession, session), "plan_item", plan_item_id, values)
    return results


def _same_figures(stored: dict[str, Any] | None, evaluation: Evaluation) -> bool:
    """Whether the stored evaluation says the same; when it was computed does not matter."""
    if stored is None:
        return False
    dated = {"data_cut", "evaluated_on"}
    fresh = evaluation.model_dump(mode="json")
    return {k: v for k, v in stored.items() if k not in dated} == {
        k: v for k, v in fresh.items() if k not in dated
    }


def dealer_ids(session: Session, scope: Scope, chosen: Filter) -> list[str] | None:
    """Dealers asked for; None: all of the scope. OUT_OF_SCOPE for a dealer or region outside it."""
    if chosen.dealer_id is None and chosen.region_id is None:
        return None
    dealers = repository.dealers(session, scope)
    if chosen.dealer_id is not None:
        if chosen.dealer_id not in dealers:
            raise Problem(Code.OUT_OF_SCOPE)
        return [chosen.dealer_id]
    inside = [dealer.id for dealer in dealers.values() if dealer.region_id == chosen.region_id]
    if not inside:
        raise Problem(Code.OUT_OF_SCOPE)
    return inside
