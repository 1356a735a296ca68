"""From stored rows to the plan on paper: what the figures of a finding become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared_models.checklists.stages import Source, Stage
from shared_models.insight.wire import RateCell, ReasonKind, TrendPoint, WeakItem, WeakReason
from sync_server.plans.report import file_name, finding_of
from tests.factories.plan_reports import plan


def cell(month: str, rate: float | None, applicable: float, source: Source | None = None) -> RateCell:
    """A rate as insight gives it."""
    return RateCell(
        item_id="i", item_code="service_handover", month=month, source=source,
        executed=(rate or 0) * applicable / 100, applicable=applicable, not_applicable=0, not_observed=0,
        rate=rate, low=None if rate is None else rate - 5, high=None if rate is None else rate + 5,
        small=applicable < 5,
    )  # fmt: skip


def weak() -> WeakItem:
    """Two months; the shopper came in the second one only."""
    phone = [cell("2026-09", 78.0, 40, Source.PHONE), cell("2026-10", 80.0, 40, Source.PHONE)]
    shop = cell("2026-10", 66.67, 4.5, Source.SHOP)
    trend = (
        TrendPoint(month="2026-09", merged=cell("2026-09", 78.0, 40), by_source=(phone[0],)),
        TrendPoint(month="2026-10", merged=cell("2026-10", 78.65, 44.5), by_source=(phone[1], shop)),
    )
    return WeakItem(
        dealer_id="d", dealer_code="N01", dealer_name="", dealer_name_en="", item_id="i",
        item_code="service_handover", item_name="", item_name_en="", item_short="", item_short_en="",
        stage=Stage.DELIVERY, month="2026-10", target=85.0, merged=trend[1].merged,
        by_source=trend[1].by_source, trend=trend,
        reasons=(WeakReason(kind=ReasonKind.LOW_RATE, rate=78.65, target=85.0),), priority=1.0, data_cut=3,
    )  # fmt: skip


def test_a_stored_weak_item_becomes_a_finding_with_every_source_in_its_months() -> None:
    finding = finding_of(weak().model_dump(mode="json"))
    assert finding.months == ("2026-09", "2026-10")
    assert [one.rate for one in finding.merged.rates if one] == [78.0, 78.65]
    assert [one.source for one in finding.sources] == ["phone", "shop"]
    missing, seen = finding.sources[1].rates
    assert missing is None
    assert seen is not None
    assert (seen.n, seen.too_few) == (4.5, True)
    assert finding.target == 85.0
    assert finding.reasons[0].zh != finding.reasons[0].en
    assert "85" in finding.reasons[0].zh


def test_a_finding_without_figures_is_empty_and_never_a_crash() -> None:
    broken: list[dict[str, Any]] = [{}, {"note": "typed by hand"}, {**weak().model_dump(), "merged": None}]
    for data in broken:
        assert finding_of(data).months == ()


def test_the_file_name_holds_number_and_language_and_nothing_that_hurts_a_file_system() -> None:
    assert file_name(plan(), "both") == "A1001-202611-01-both.pdf"
    assert file_name(replace(plan(), number="", dealer_code="A/1 店"), "zh") == "A_1_-draft-zh.pdf"
