"""From a plan's rows to the plan on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.orm import Session

from shared_models.insight.wire import EffectCell, RateCell, TrendPoint, WeakItem
from shared_models.insight.wire import Evaluation as Effect
from shared_models.insight.words import look_text, reason_text
from shared_models.messages import words
from shared_models.people.access import Access
from sync_server.insight.statistics import wilson_interval
from sync_server.plans import repository, service
from sync_server.plans.repository import Line, PlanRows
from sync_server.reports import (
    CauseLine,
    Evaluation,
    Finding,
    ItemReport,
    Language,
    Measure,
    Phrase,
    PlanReport,
    ProgressLine,
    Rate,
    RequestLine,
    SourceRates,
)


def build(
    session: Session, access: Access, plan_id: str, *, now: datetime, zone: str = service.ZONE
) -> PlanReport:
    """The report of a plan (by id or number); NOT_FOUND if this access may not see it."""
    return of_rows(session, service.readable_rows(session, access, plan_id), now=now, zone=zone)


def file_name(report: PlanReport, language: Language) -> str:
    """A file name for the PDF: the plan's number (a draft: its dealer's code) and the language."""
    stem = report.number or f"{report.dealer_code}-draft"
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', stem)}-{language}.pdf"


def of_rows(session: Session, rows: PlanRows, *, now: datetime, zone: str) -> PlanReport:
    """The report of rows that the reader may see."""
    plan = rows.plan
    dealer = repository.dealer_of(session, plan["dealer_id"]) or {}
    people = {plan["author_id"], plan["approved_by"], *(entry["author_id"] for entry in rows.progress)}
    people |= {one[field] for one in rows.requests for field in ("author_id", "decided_by")}
    people |= {action[field] for action in rows.actions for field in ("owner_id", "supervisor_id")}
    names = repository.names_on_paper(session, (one for one in people if one))
    ledger = repository.ledger_items(session, (item["item_id"] for item in rows.items))
    local = _Local(ZoneInfo(zone))
    numbered = _numbered(rows)
    latest = {entry["action_id"]: entry["percent"] for entry in rows.progress}

    def measures(plan_item_id: str | None) -> tuple[Measure, ...]:
        return tuple(
            Measure(
                numbered[action["id"]],
                action["measure"],
                action["method"],
                names.get(action["owner_id"], ""),
                names.get(action["supervisor_id"], ""),
                action["starts_on"],
                action["due_on"],
                action["status"],
                100 if action["status"] in {"done", "verified"} else latest.get(action["id"], 0),
            )
            for action in rows.actions
            if action["plan_item_id"] == plan_item_id
        )

    def progress(plan_item_id: str | None) -> tuple[ProgressLine, ...]:
        actions = {action["id"] for action in rows.actions if action["plan_item_id"] == plan_item_id}
        return tuple(
            ProgressLine(
                local(entry["at"]) or now,
                numbered[entry["action_id"]],
                names.get(entry["author_id"], ""),
                entry["percent"],
                entry["text"],
            )
            for entry in rows.progress
            if entry["action_id"] in actions
        )

    def requests(plan_item_id: str | None) -> tuple[RequestLine, ...]:
        actions = {action["id"] for action in rows.actions if action["plan_item_id"] == plan_item_id}
        return tuple(
            RequestLine(
                local(one["at"]) or now,
                numbered[one["action_id"]],
                one["kind"],
                one["status"],
                names.get(one["author_id"], ""),
                one["reason"],
                one["due_before"],
                one["due_wanted"],
                one["due_granted"],
                names.get(one["decided_by"], ""),
                one["decision"],
            )
            for one in rows.requests
            if one["action_id"] in actions
        )

    author = names.get(plan["author_id"], "")
    return PlanReport(
        number=plan["number"],
        title=plan["title"],
        status=plan["status"],
        dealer=Phrase(dealer.get("name", ""), dealer.get("name_en", "")),
        dealer_code=dealer.get("code", ""),
        region=Phrase(dealer.get("region_name", ""), dealer.get("region_name_en", "")),
        city=Phrase(dealer.get("city", ""), dealer.get("city_en", "")),
        trigger_month=plan["trigger_month"],
        author=author,
        created_at=local(plan["created_at"]),
        published_at=local(plan["published_at"]),
        closed_at=local(plan["closed_at"]),
        summary=plan["summary"],
        items=tuple(
            replace(
                _item(
                    item,
                    ledger.get(item["item_id"], {}),
                    rows.causes,
                    measures(item["id"]),
                    progress(item["id"]),
                ),
                requests=requests(item["id"]),
            )
            for item in rows.items
        ),
        general_measures=measures(None),
        general_progress=progress(None),
        general_requests=requests(None),
        managers=(author,) if author else (),
        data_cut=", ".join(_cuts(rows.items)),
        generated_at=now.astimezone(local.zone),
        zone=zone,
        author_role=repository.desk_role(session, plan["author_id"], dealer),
        approved_by=names.get(plan["approved_by"], ""),
    )


class _Local:
    """Instants in the zone of the network's calendar."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def __call__(self, instant: datetime | None) -> datetime | None:
        return instant.astimezone(self.zone) if instant else None


def _numbered(rows: PlanRows) -> dict[str, str]:
    """Measures by number: 2.1 is the first one of the second item, G.1 serves the whole plan."""
    place = {item["id"]: str(index) for index, item in enumerate(rows.items, 1)}
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}
    for action in rows.actions:
        group = place.get(action["plan_item_id"], "G")
        counts[group] = counts.get(group, 0) + 1
        numbers[action["id"]] = f"{group}.{counts[group]}"
    return numbers


def _cuts(items: Iterable[Line]) -> list[str]:
    """The states of the observations behind the findings, each once."""
    cuts = {item["finding"]["data_cut"] for item in items if "data_cut" in (item["finding"] or {})}
    return [f"#{cut}" for cut in sorted(cuts, key=str)]


def _item(
    item: Line,
    ledger: Mapping[str, Any],
    causes: Iterable[Line],
    measures: tuple[Measure, ...],
    progress: tuple[ProgressLine, ...],
) -> ItemReport:
    effect = _effect(item["evaluation"])
    typical = {cause["code"]: cause for cause in ledger.get("causes") or ()}
    return ItemReport(
        name=Phrase(ledger.get("name", ""), ledger.get("name_en", "")),
        stage=ledger.get("stage", ""),
        rater=ledger.get("rater", ""),
        finding=finding_of(item["finding"] or {}),
        causes=tuple(_cause(cause, typical) for cause in causes if cause["plan_item_id"] == item["id"]),
        measures=measures,
        progress=progress,
        verdict=item["verdict"],
        evaluations=tuple(_compared(one) for one in (effect.merged, *effect.by_source)) if effect else (),
        before_months=effect.before_months if effect else (),
        after_months=effect.after_months if effect else (),
        excluded_months=effect.excluded_months if effect else (),
        target_reached=effect.target_reached if effect else False,
        looks=tuple(
            Phrase(*(look_text(look, words(language)) for language in ("zh_CN", "en")))
            for look in (effect.looks if effect else ())
        ),
    )


def _cause(cause: Line, typical: Mapping[str, Mapping[str, str]]) -> CauseLine:
    """A known cause speaks both languages; what was typed beside it is added as typed."""
    known = typical.get(cause["code"])
    text = cause["text"].strip()
    if known is None:
        phrase = Phrase(text)
    elif text and text not in {known["zh"], known["en"]}:
        phrase = Phrase(f"{known['zh']}（{text}）", f"{known['en']} ({text})")
    else:
        phrase = Phrase(known["zh"], known["en"])
    labels = tuple(one["label"] for one in cause["evidence"] or () if one.get("label"))
    return CauseLine(cause["category"], phrase, labels)


def finding_of(data: Mapping[str, Any]) -> Finding:
    """The finding of a stored weak item; an empty one where it holds no figures."""
    try:
        weak = WeakItem.model_validate(data)
    except ValidationError:
        return Finding()
    trend = weak.trend or (TrendPoint(month=weak.month, merged=weak.merged, by_source=weak.by_source),)
    sources = dict.fromkeys(cell.source for point in trend for cell in point.by_source if cell.source)
    return Finding(
        months=tuple(point.month for point in trend),
        merged=SourceRates("", tuple(_rate(point.merged) for point in trend)),
        sources=tuple(
            SourceRates(source.value, tuple(_of_source(point, source) for point in trend))
            for source in sources
        ),
        target=weak.target,
        reasons=tuple(
            Phrase(*(reason_text(reason, words(language)) for language in ("zh_CN", "en")))
            for reason in weak.all_reasons
        ),
    )


def _of_source(point: TrendPoint, source: str) -> Rate | None:
    return next((_rate(cell) for cell in point.by_source if cell.source == source), None)


def _rate(cell: RateCell) -> Rate:
    return Rate(cell.rate, cell.low, cell.high, cell.applicable)


def _effect(data: Mapping[str, Any] | None) -> Effect | None:
    if not data:
        return None
    try:
        return Effect.model_validate(data)
    except ValidationError:
        return None


def _compared(cell: EffectCell) -> Evaluation:
    return Evaluation(
        cell.source.value if cell.source else "",
        _with_interval(cell.before_executed, cell.before_applicable),
        _with_interval(cell.after_executed, cell.after_applicable),
        cell.difference,
        cell.low,
        cell.high,
        cell.trend.value,
        cell.verdict.value,
    )


def _with_interval(executed: float, applicable: float) -> Rate:
    if applicable <= 0:
        return Rate(None, None, None, 0)
    band = wilson_interval(executed, applicable)
    return Rate(100 * executed / applicable, 100 * band.low, 100 * band.high, applicable)
