"""The tables of the domain's own report, T1 to T10: given their inputs the program prints their figures."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sync_server.insight.statistics import (
    Dispositions,
    Trend,
    Verdict,
    WeakReason,
    aapor_rates,
    callback_dispositions,
    complaint_balance,
    effect_verdict,
    first_service_retention,
    fix_first_visit,
    percentage,
    round_half_up,
    trend_label,
    weak_reasons,
    weighted_mean,
    wilson_interval,
)

SEED = Path(__file__).parent / "seed"
TEST_DRIVE, HAND_OVER, FUEL = "试乘试驾", "服务对接", "新车加油"


def rows(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rates(table: str) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for row in rows("exec_rate.csv"):
        if row["table"] == table:
            found.setdefault(row["item"], {})[int(row["month"])] = int(row["rate_pct"]) / 100
    return found


@pytest.mark.parametrize("target", [0.82, 0.85, 0.90])
def test_september_shows_the_decks_weak_items_and_only_those(target: float):
    table = rates("T1")
    weak = {item: weak_reasons(r[9], r[8], target=target) for item, r in table.items()}
    assert weak == {
        TEST_DRIVE: (WeakReason.LOW,),
        HAND_OVER: (WeakReason.LOW, WeakReason.FELL),
        FUEL: (),
    }


def test_a_month_to_month_fall_alone_makes_an_item_weak():
    assert weak_reasons(0.90, 0.95) == (WeakReason.FELL,)
    assert weak_reasons(0.90, 0.94) == ()


def test_the_effect_page_gets_the_decks_conclusion_per_item():
    words = {"improving_keep": Trend.IMPROVING, "not_improved_focus": Trend.NOT_IMPROVED}
    table = rates("T2")
    for row in rows("exec_verdict.csv"):
        months = table[row["item"]]
        series = [months[m] for m in sorted(months)]
        assert trend_label(series) is words[row["deck_verdict"]]
        assert (series[0], series[-1]) == (int(row["first"]) / 100, int(row["last"]) / 100)
        assert round_half_up(series[-1] - series[0]) * 100 == int(row["delta_pp"])


def test_the_interval_verdict_agrees_with_the_deck_once_there_are_enough_answers():
    def verdict(first: int, last: int, n: int) -> Verdict:
        return effect_verdict(n * first / 100, n, n * last / 100, n).verdict

    assert verdict(90, 96, 150) is Verdict.IMPROVED
    assert verdict(86, 92, 300) is Verdict.IMPROVED
    assert verdict(86, 92, 200) is Verdict.NOT_IMPROVED
    assert {verdict(88, 86, n) for n in (50, 100, 200, 300, 500, 1000)} == {Verdict.NOT_IMPROVED}


def test_the_interval_of_86_to_92_from_200_answers_reaches_just_below_zero():
    effect = effect_verdict(172, 200, 184, 200)
    assert (round(effect.low * 100, 1), round(effect.high * 100, 1)) == (-0.2, 12.3)


def test_callback_success_and_coverage_are_the_printed_percentages():
    coverage = {7: "88.16", 8: "97.09", 9: "93.08"}
    for row in rows("callback.csv"):
        month, success = int(row["month"]), row["success"]
        if not success:
            continue
        called = int(row["called"])
        assert percentage(int(success), called) == Decimal(row["success_pct"])
        assert called - int(success) == int(row["failed"])
        if row["due"]:
            assert percentage(called, int(row["due"])) == Decimal(coverage[month])


def test_june_allows_six_integer_solutions_and_may_one():
    def solutions(failed: int, printed: str) -> list[int]:
        return [n for n in range(failed + 1, 5000) if percentage(n - failed, n) == Decimal(printed)]

    assert solutions(16, "98.38") == [985, 986, 987, 988, 989, 990]
    assert solutions(172, "85.64") == [1198]


def test_failure_reasons_have_the_printed_shares_and_add_up():
    callbacks = {int(r["month"]): int(r["failed"]) for r in rows("callback.csv")}
    table: dict[int, list[tuple[int, str]]] = {}
    for row in rows("callback_fail.csv"):
        table.setdefault(int(row["month"]), []).append((int(row["n"]), row["share_pct"]))
    assert {month: sum(n for n, _ in cells) for month, cells in table.items()} == callbacks
    for month, cells in table.items():
        for n, printed in cells:
            assert percentage(n, callbacks[month]) == Decimal(printed)


def test_satisfaction_is_not_the_mean_of_the_stations_items():
    """The deck's inconsistency 1: another question stands behind 满意度, 4 to 13 points lower."""
    printed = {5: "96.48", 6: "94.40", 7: "90.93", 8: "93.55", 9: "93.35"}
    for row in rows("csi_items.csv"):
        items = [Decimal(row[name]) for name in ("服务态度", "及时接待", "预先报价", "解释账单")]
        mean = round_half_up(sum(items, Decimal(0)) / 4)
        assert mean == Decimal(printed[int(row["month"])])
        assert Decimal(3) < mean - Decimal(row["满意度"]) < Decimal(13)


def test_an_advisers_satisfaction_is_the_mean_of_the_four_items():
    for row in rows("advisors_sep.csv"):
        items = [int(row[name]) for name in ("服务态度", "及时接待", "预先报价", "解释账单")]
        assert weighted_mean(items) == float(row["满意度"])


def test_the_stations_satisfaction_depends_on_the_weights_and_the_deck_took_none():
    table = rows("advisors_sep.csv")
    scores = [float(r["满意度"]) for r in table]
    phone, cars, face = (np.array([float(r[c]) for r in table]) for c in ("电访台次", "接车台次", "面访台次"))
    expected = {r["statistic"]: float(r["value"]) for r in rows("advisors_sep_expected.csv")}
    assert weighted_mean(scores) == expected["mean of advisors (printed station 满意度)"]
    assert weighted_mean(scores, phone) == expected["weighted by 电访台次"]
    assert weighted_mean(scores, cars) == expected["weighted by 接车台次"]
    assert weighted_mean(scores, phone + face) == pytest.approx(expected["weighted by 电访+面访"], abs=5e-5)


def test_technicians_are_compared_by_the_share_not_fixed_and_the_station_is_pooled():
    table = rows("ffv_sep.csv")
    station, technicians = table[-1], table[:-1]
    result = fix_first_visit(
        [int(r["not_fixed"]) for r in technicians], [int(r["jobs"]) for r in technicians]
    )
    assert round_half_up(100 * result.fixed_rate) == Decimal(station["ffv_pct"])
    assert round_half_up(100 * result.not_fixed_rate) == Decimal(station["not_fixed_pct"])
    for row, rate in zip(technicians, result.not_fixed.rate, strict=True):
        assert percentage(int(row["not_fixed"]), int(row["jobs"])) == Decimal(row["not_fixed_pct"])
        assert round_half_up(100 * (1 - float(rate))) == Decimal(row["ffv_pct"])
    assert round(100 * float(np.mean(result.not_fixed.rate)), 2) != 2.91
    assert not result.not_fixed.flagged.any()
    assert sum(int(r["n"]) for r in rows("ffv_reasons_sep.csv")) == int(station["not_fixed"])


def test_complaints_balance():
    v = {r["metric"]: int(r["value"]) for r in rows("complaints_sep.csv")}
    balance = complaint_balance(
        v["carried_in"], v["opened_this_month"], v["opened_closed_this_month"], v["carried_closed"]
    )
    assert (balance.open_end, balance.closed) == (v["open_end"], v["closed_total"])
    assert percentage(v["satisfied"], balance.closed) == 80
    assert v["satisfied"] + v["reserved"] == balance.closed


def test_first_service_retention_gives_the_printed_cells_and_no_data_for_the_blank_months():
    table = rows("first_service.csv")
    sales = [float(r["new_car_sales"] or "nan") for r in table]
    services = [float(r["first_services"] or "nan") for r in table]
    rate = first_service_retention(sales, services)
    for row, value in zip(table, rate, strict=True):
        if row["product_should_show"] in ("", "no data"):
            assert np.isnan(value)
        else:
            assert round_half_up(100 * float(value)) == Decimal(row["product_should_show"])


def test_months_left_blank_would_print_the_decks_zeros_if_they_were_counted():
    """The deck computed blank months as 0; so does the formula when it is told that they are 0."""
    table = rows("first_service.csv")
    rate = first_service_retention(
        [float(r["new_car_sales"] or 0) for r in table], [float(r["first_services"] or 0) for r in table]
    )
    printed = [r["printed_rate_pct"] for r in table[-4:]]
    assert printed == ["0.00", "0.00", "0.00", "#DIV/0!"]
    assert rate[-4:-1].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(rate[-1])


@pytest.mark.parametrize("row", rows("aapor_sep.csv"), ids=lambda r: r["mapping"])
def test_september_callbacks_have_their_aapor_rates(row: dict[str, str]):
    dispositions = callback_dispositions(
        1289,
        refused=20,
        broken_off=10,
        unreachable=20,
        wrong_number=37,
        not_the_customer=10,
        never_dialled=103 if "never dialled" in row["mapping"] else 0,
        wrong_number_as="unknown" if row["mapping"].endswith("UO") else "noncontact",
    )
    assert dispositions == Dispositions(
        complete=int(row["I"]),
        partial=int(row["P"]),
        refusal=int(row["R"]),
        noncontact=int(row["NC"]),
        unknown_other=int(row["UO"]),
        not_eligible=int(row["NE"]),
    )
    found = aapor_rates(dispositions)
    for name in ("RR1", "RR3", "COOP1", "REF1", "CON1"):
        assert getattr(found, name.lower()) == pytest.approx(float(row[name]), abs=5e-7)


def test_the_loyal_customers_profit_adds_up():
    v = {r["item"]: int(r["yuan"]) for r in rows("loyal_profit.csv")}
    first = v["新车利润"] + v["附加销售"] + v["索赔"] + v["维修配件"]
    assert first == v["第一年直接利润"]
    assert first + v["推荐消费利润"] == v["第一年利润合计"]
    assert abs(Fraction(v["推荐消费利润"]) / first - Fraction(3, 2)) < Fraction(1, 1000)


def test_one_complaint_in_26_is_about_four_percent():
    assert percentage(1, 26) == Decimal("3.85")
    assert percentage(1, 26, places=0) == 4
    assert wilson_interval(1, 26).estimate == pytest.approx(1 / 26)
