"""Causes: what stands behind weak items by category, what was seen before, and what worked elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.insight.wire import Verdict
from shared_models.insight.wire_engine import CauseSuggestions, Pareto, ParetoLine, SeenCause, TriedMeasure
from shared_models.plans.tables import Action, Cause, Plan, PlanItem
from sync_server.insight import repository
from sync_server.insight.rates import rounded_percent
from sync_server.insight.statistics import wilson_interval
from sync_server.insight.tables import WHOLE, Observation
from sync_server.people.scope import Scope

_plan, _item = sql_table(Plan), sql_table(PlanItem)
_cause, _action = sql_table(Cause), sql_table(Action)
_o = sql_table(Observation).c


LEAST_DEALERS = 3
"""A dealer's words are shown to others once so many dealers have written the same."""


def suggestions(session: Session, scope: Scope, item_id: str) -> CauseSuggestions:
    """Causes and measures of every published plan on an item, of the whole network; no dealer is named.

    Words that only one or two dealers wrote might name a person or a place: who may not read those dealers'
    plans anyway gets the category or the method with its numbers instead.
    """
    p, i, c = _plan.c, _item.c, _cause.c
    published = (i.item_id == item_id) & p.published_at.is_not(None)
    known = _typical(session)
    rows = session.execute(
        select(c.category, c.code, c.text, p.id, p.dealer_id)
        .select_from(_cause.join(_item, c.plan_item_id == i.id).join(_plan, i.plan_id == p.id))
        .where(published)
        .order_by(c.id)
    )
    written: dict[tuple[str, str, str], _Seen] = {}
    for row in rows:
        key = (row.category, row.code, "" if row.code else _normal(row.text))
        if not row.code and not key[2]:
            continue
        wording = known.get(row.code) or (row.text.strip(), row.text.strip())
        one = written.setdefault(key, _Seen(row.category, row.code, *wording))
        one.plans.add(row.id)
        one.dealers.add(row.dealer_id)
    seen: dict[tuple[str, str, str], _Seen] = {}
    for key, one in written.items():
        if one.code not in known and not _may_show(scope, one.dealers):
            key, one = (one.category, "", ""), _Seen(one.category, "", "", "", one.plans, one.dealers)
        whole = seen.setdefault(key, _Seen(one.category, one.code, one.text, one.text_en))
        whole.plans |= one.plans
        whole.dealers |= one.dealers
    causes = [
        SeenCause(
            category=one.category,
            code=one.code,
            text=one.text,
            text_en=one.text_en,
            plans=len(one.plans),
            dealers=len(one.dealers),
        )
        for one in seen.values()
    ]
    causes.sort(key=lambda one: (-one.plans, one.category, one.text))
    return CauseSuggestions(
        item_id=item_id,
        least_dealers=LEAST_DEALERS,
        causes=tuple(causes),
        measures=_measures(session, scope, published),
    )


@dataclass
class _Seen:
    category: str
    code: str
    text: str
    text_en: str
    plans: set[str] = field(default_factory=set[str])
    dealers: set[str] = field(default_factory=set[str])


def _may_show(scope: Scope, dealers: Collection[str]) -> bool:
    return scope.everything or len(dealers) >= LEAST_DEALERS or not scope.dealers.isdisjoint(dealers)


@dataclass
class _Tried:
    measure: str
    method: str
    verdicts: dict[str, str] = field(default_factory=dict[str, str])
    """By plan item."""
    dealers: set[str] = field(default_factory=set[str])


def _measures(session: Session, scope: Scope, published: Any) -> tuple[TriedMeasure, ...]:
    p, i, a = _plan.c, _item.c, _action.c
    tried: dict[str, _Tried] = {}
    rows = session.execute(
        select(a.measure, a.method, i.id, i.verdict, p.dealer_id)
        .select_from(_action.join(_item, a.plan_item_id == i.id).join(_plan, i.plan_id == p.id))
        .where(published)
        .order_by(a.id)
    )
    for row in rows:
        key = _normal(row.measure)
        if key:
            one = tried.setdefault(key, _Tried(row.measure.strip(), row.method))
            one.verdicts[row.id] = row.verdict
            one.dealers.add(row.dealer_id)
    shown: list[_Tried] = []
    by_method: dict[str, _Tried] = {}
    for one in tried.values():
        if _may_show(scope, one.dealers):
            shown.append(one)
        else:
            by_method.setdefault(one.method, _Tried("", one.method)).verdicts |= one.verdicts
    found = [_counted(one) for one in (*shown, *by_method.values())]
    found.sort(key=lambda one: (-_proof(one), -(one.plans - one.open), -one.plans, one.measure, one.method))
    return tuple(found)


def _counted(one: _Tried) -> TriedMeasure:
    verdicts = list(one.verdicts.values())
    judged = {v: verdicts.count(v.value) for v in (Verdict.IMPROVED, Verdict.NOT_IMPROVED, Verdict.WORSE)}
    return TriedMeasure(
        measure=one.measure,
        method=one.method,
        plans=len(verdicts),
        improved=judged[Verdict.IMPROVED],
        not_improved=judged[Verdict.NOT_IMPROVED],
        worse=judged[Verdict.WORSE],
        open=len(verdicts) - sum(judged.values()),
    )


def _proof(one: TriedMeasure) -> float:
    """One success of one proves less than eight of ten: ranked by Wilson's lower end."""
    judged = one.plans - one.open
    return wilson_interval(one.improved, judged).low if judged else -1.0


def pareto(session: Session, scope: Scope, dealers: Collection[str] | None) -> Pareto:
    """Causes of the scope's published plans by the failed answers behind their items."""
    p, i, c = _plan.c, _item.c, _cause.c
    inside = [] if dealers is None and scope.everything else [p.dealer_id.in_(_ids(scope, dealers))]
    rows = list(
        session.execute(
            select(
                c.category,
                c.code,
                c.text,
                i.id.label("plan_item"),
                i.item_id,
                p.id.label("plan"),
                p.dealer_id,
                p.trigger_month,
            )
            .select_from(_cause.join(_item, c.plan_item_id == i.id).join(_plan, i.plan_id == p.id))
            .where(p.published_at.is_not(None), *inside)
            .order_by(c.id)
        )
    )
    failed = _failed(session, {(row.dealer_id, row.item_id, row.trigger_month) for row in rows})
    causes_of: dict[str, int] = defaultdict(int)
    for row in rows:
        causes_of[row.plan_item] += 1
    lines: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    wording: dict[tuple[str, str, str], tuple[str, str]] = {}
    known = _typical(session)
    for row in rows:
        answers = failed.get((row.dealer_id, row.item_id, row.trigger_month), 0.0) / causes_of[row.plan_item]
        key = (row.category, row.code, "" if row.code else _normal(row.text))
        wording.setdefault(key, known.get(row.code) or (row.text.strip(), row.text.strip()))
        lines[key].append(answers)
    total = sum(sum(values) for values in lines.values())
    return Pareto(
        plans=len({row.plan for row in rows}),
        failed=round(total, 2),
        categories=_categories(lines, total),
        causes=tuple(
            sorted(
                (_line(key[0], key[1], wording[key], values, total) for key, values in lines.items()),
                key=lambda one: (-one.failed, -one.causes, one.category, one.text),
            )
        ),
    )


def _categories(lines: Mapping[tuple[str, str, str], list[float]], total: float) -> tuple[ParetoLine, ...]:
    whole: dict[str, list[float]] = defaultdict(list)
    for (category, _, _), values in lines.items():
        whole[category] += values
    ordered = sorted(whole.items(), key=lambda one: (-sum(one[1]), -len(one[1]), one[0]))
    found: list[ParetoLine] = []
    running = 0.0
    for category, values in ordered:
        running += sum(values)
        line = _line(category, "", ("", ""), values, total)
        found.append(line.model_copy(update={"cumulative": _percent(running, total)}))
    return tuple(found)


def _line(category: str, code: str, text: tuple[str, str], values: list[float], total: float) -> ParetoLine:
    return ParetoLine(
        category=category,
        code=code,
        text=text[0],
        text_en=text[1],
        causes=len(values),
        failed=round(sum(values), 2),
        share=_percent(sum(values), total),
        cumulative=None,
    )


def _percent(part: float, whole: float) -> float:
    return rounded_percent(part / whole) if whole else 0.0


def _failed(session: Session, cells: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], float]:
    """Answers "not executed" (whole observations) per dealer, item and month."""
    wanted = set(cells)
    query = (
        select(_o.dealer_id, _o.item_id, _o.month, func.sum(_o.weight - _o.earned).label("failed"))
        .where(
            repository.as_of(None),
            _o.state.in_(("executed", "not")),
            _o.dealer_id.in_(sorted({one[0] for one in wanted})),
            _o.item_id.in_(sorted({one[1] for one in wanted})),
            _o.month.in_(sorted({one[2] for one in wanted})),
        )
        .group_by(_o.dealer_id, _o.item_id, _o.month)
    )
    return {
        (row.dealer_id, row.item_id, row.month): int(row.failed) / WHOLE
        for row in session.execute(query)
        if (row.dealer_id, row.item_id, row.month) in wanted
    }


def _ids(scope: Scope, dealers: Collection[str] | None) -> list[str]:
    return sorted(scope.dealers if dealers is None else dealers)


def _typical(session: Session) -> dict[str, tuple[str, str]]:
    """Wording of the known causes by code."""
    return {
        cause["code"]: (cause["zh"], cause["en"])
        for item in repository.items(session).values()
        for cause in item.causes or ()
    }


def _normal(text: str) -> str:
    """The same words written with other spaces and marks are the same."""
    return re.sub(r"[\W_]+", "", text).casefold()
