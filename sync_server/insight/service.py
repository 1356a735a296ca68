"""Figures of a scope: months, rates, weak items, evaluations of plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
from sync_server.insight.figures import figures_of, inputs_of
from sync_server.insight.looks import due_looks, looks_of
from sync_server.insight.network_month import NetworkMonth
from sync_server.insight.rates import CellKey, Pooled, merged_and_sources, pool, rounded_percent
from sync_server.insight.repository import Question
from sync_server.insight.results import reviewed
from sync_server.insight.weak_list import (
    Cell,
    conflicts,
    decline_signs,
    engine_reasons,
    fused_rate,
    level_of,
    management_score,
    weak_cells,
)
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
    found = repository.months(session, scope, dealers)
    return InsightMonths(
        data_cut=repository.newest_cut(session),
        default_month=default_month([row.month for row in found], today),
        months=tuple(
            MonthFigures(
                month=row.month,
                final=is_final(row.month, today),
                observations=row.observations,
                dealers=row.dealers,
                items=row.items,
                by_source={source: n for source in Source if (n := sources[row.month].get(source))},
            )
            for row in found
        ),
    )


def default_month(months: Sequence[str], today: date) -> str:
    """The newest closed month; the newest of all where none is closed; "" where there is none."""
    newest_first = sorted(months, reverse=True)
    return next((one for one in newest_first if is_final(one, today)), next(iter(newest_first), ""))


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


def weak_items(
    session: Session,
    scope: Scope,
    chosen: Filter,
    *,
    today: date,
    month: str | None = None,
    limit: int | None = None,
    cut: int | None = None,
) -> WeakItems:
    """Weak items of a month (none: the newest closed one of the scope), the surely weak first, then by
    priority."""
    dealers = dealer_ids(session, scope, chosen)
    if not month:
        known = [row.month for row in repository.months_by_source(session, scope, dealers)]
        month = default_month(known, today)
    if not month:
        return WeakItems(
            month="",
            data_cut=cut or repository.newest_cut(session),
            final=False,
            parameters=Parameters(),
            items=(),
            total=0,
        )
    figures = figures_of(session).month(session, month, cut=cut)
    parameters = wire_parameters(figures)
    names = repository.dealers(session, scope)
    found = weak_cells(figures, dealers, chosen.item_id, dealers_known=names)
    shown = found.rows if limit is None else found.rows[:limit]
    return WeakItems(
        month=month,
        data_cut=figures.data_cut,
        final=is_final(month, today),
        parameters=parameters,
        items=tuple(_dressed(session, scope, figures, shown, names, parameters)),
        total=len(found.rows),
        listed=found.listed,
        cells=found.cells,
    )


def wire_parameters(figures: NetworkMonth) -> Parameters:
    """What an answer says of the parameters it was computed with."""
    return Parameters(
        default_target=rounded_percent(figures.parameters.target),
        method_version=figures.parameters.method_version,
        digest=figures.parameters.digest,
    )


def weak_item(
    session: Session, scope: Scope, *, dealer_id: str, item_id: str, month: str, today: date
) -> WeakItem | None:
    """One weak item, for a plan that takes it up; None where the item is not weak."""
    chosen = Filter(dealer_id=dealer_id, item_id=item_id)
    return next(iter(weak_items(session, scope, chosen, today=today, month=month).items), None)


def _dressed(
    session: Session,
    scope: Scope,
    figures: NetworkMonth,
    weak: Sequence[Cell],
    dealers: Mapping[str, Any],
    parameters: Parameters,
) -> list[WeakItem]:
    """Names, the months' own counts, trend and running plans to the cells that are shown."""
    items = repository.items(session)
    months = months_up_to(figures.month, max(parameters.trend_months, 2))
    question = Question(
        months=months,
        dealers={one["dealer"] for one in weak},
        items={one["item"] for one in weak},
        cut=figures.data_cut,
    )
    counted = pool(repository.counts(session, scope, question)) if weak else {}
    plans = repository.running_plans(session, scope, {one["dealer"] for one in weak})
    reviews = reviewed(session, figures.month)
    wanted = [
        key
        for one in weak
        for key in ((one["dealer"], one["item"], month) for month in months)
        if key in counted
    ]
    codes = {item.id: item.code for item in items.values()}
    rated = dict(zip(wanted, merged_and_sources([counted[key] for key in wanted], codes), strict=True))
    return [
        _weak_item(
            figures,
            one,
            counted,
            rated,
            dealers[one["dealer"]],
            items[one["item"]],
            months,
            parameters,
            running_plan_id=plans.get((one["dealer"], one["item"])),
            conflicts=conflicts(figures, one, reviews),
        )
        for one in weak
    ]


def _weak_item(
    figures: NetworkMonth,
    cell: Cell,
    counted: Mapping[CellKey, Pooled],
    rated: Mapping[CellKey, tuple[RateCell, tuple[RateCell, ...]]],
    dealer: Any,
    item: Any,
    months: Sequence[str],
    parameters: Parameters,
    **more: Any,
) -> WeakItem:
    """``more``: fields of the weak item that do not follow from these."""
    month, target = figures.month, rounded_percent(cell["target"])
    key = (dealer.id, item.id, month)
    deck: tuple[WeakReason, ...] = ()
    if cell["deck"] and key in counted:
        before = shifted(month, -1)
        deck = weakness.reasons(
            counted[key],
            counted.get((dealer.id, item.id, before)),
            target=target,
            parameters=parameters,
            previous_month=before,
        )
    signs = engine_reasons(figures, cell, target)
    merged, by_source = rated.get(key) or (_nothing(item, dealer, month), ())
    points = [(one, rated[dealer.id, item.id, one]) for one in months if (dealer.id, item.id, one) in rated]
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
        target=target,
        merged=merged,
        by_source=by_source,
        trend=tuple(TrendPoint(month=one, merged=found[0], by_source=found[1]) for one, found in points),
        reasons=deck or signs,
        signs=signs,
        priority=round(cell["priority"], 1),
        importance=round(cell["importance"], 2),
        data_cut=figures.data_cut,
        level=level_of(cell),
        fused=fused_rate(figures, cell),
        decline=decline_signs(figures, cell),
        management_score=management_score(figures, cell),
        **more,
    )


def _nothing(item: Any, dealer: Any, month: str) -> RateCell:
    """The month itself has no answer: the window's earlier months say that the item is weak."""
    return RateCell(
        item_id=item.id,
        item_code=item.code,
        month=month,
        dealer_id=dealer.id,
        executed=0,
        applicable=0,
        not_applicable=0,
        not_observed=0,
        rate=None,
        low=None,
        high=None,
        small=True,
        sources=0,
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
    everything = Scope(person_id="", everything=True)
    question = Question(
        months=window.months, dealers=[frame.dealer_id], items=[item_id for _, item_id in frame.items]
    )
    cells = pool(repository.counts(session, everything, question))
    stored = repository.stored_evaluations(session, plan_id)
    inputs = inputs_of(session, window.after[-1])
    wanted = inputs.at_dealer(frame.dealer_id)
    looks = looks_of(
        session,
        window,
        frame.dealer_id,
        [item_id for _, item_id in frame.items],
        targets=wanted,
        parameters=inputs.parameters,
        today=business_day(now),
    )
    results: dict[str, Evaluation] = {}
    for plan_item_id, item_id in frame.items:
        evaluation = effects.evaluate(
            window,
            {month: pooled for (_, item, month), pooled in cells.items() if item == item_id},
            target=rounded_percent(wanted.get(item_id, inputs.parameters.target)),
            data_cut=repository.newest_cut(session),
            evaluated_on=business_day(now),
        )
        # with enough dealers to compare with, the change net of theirs decides; else the dealer's own
        compared = [look.verdict for look in looks[item_id] if look.complete and look.controls]
        verdict = compared[-1] if compared else evaluation.verdict
        evaluation = evaluation.model_copy(update={"looks": looks[item_id], "verdict": verdict})
        results[plan_item_id] = evaluation
        if not _same_figures(stored.get(plan_item_id), evaluation):
            values = {"verdict": evaluation.verdict.value, "evaluation": evaluation.model_dump(mode="json")}
            write_row(cast(JournalSession, session), "plan_item", plan_item_id, values)
    return results


def evaluate_due(session: Session, *, now: Now = utc_now) -> int:
    """Judge every plan whose newest look has become complete since it was last judged; gives how many."""
    judged = 0
    for plan_id in repository.plans_begun(session):
        before = repository.stored_evaluations(session, plan_id)
        window = effects.window_of(frame) if (frame := repository.plan_frame(session, plan_id)) else None
        if window is None or not before:
            continue
        due = due_looks(window, business_day(now))
        if any(len(_complete(stored)) < due for stored in before.values()):
            evaluate_plan(session, plan_id, now=now)
            judged += 1
    return judged


def _complete(stored: dict[str, Any] | None) -> list[Any]:
    return [look for look in (stored or {}).get("looks", ()) if look["complete"]]


def _same_figures(stored: dict[str, Any] | None, evaluation: Evaluation) -> bool:
    """Whether the stored evaluation says the same; when it was computed does not matter."""
    if stored is None:
        return False
    dated = {"data_cut", "evaluated_on"}
    fresh = evaluation.model_dump(mode="json")
    return {k: v for k, v in stored.items() if k not in dated} == {
        k: v for k, v in fresh.items() if k not in dated
    }


def known_items(session: Session) -> Collection[str]:
    """Ids of all items of the ledger."""
    return repository.items(session).keys()


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
