"""Before and after a plan: the months compared, the label, the verdict."""

from __future__ import annotations

from datetime import date

import pytest

from shared_models.insight import Evaluation, Trend, Verdict
from sync_server.insight.calendar import is_final, months_up_to, shifted
from sync_server.insight.effects import evaluate, window_of
from sync_server.insight.rates import Counts, Pooled
from sync_server.insight.repository import PlanFrame
from sync_server.insight.tables import WHOLE


def plan(trigger: str = "2026-05", starts: date | None = date(2026, 5, 20)) -> PlanFrame:
    return PlanFrame("p", "d", trigger, date(2026, 6, 2), starts, (("pi", "i"),))


def cells(**months: tuple[int, int]) -> dict[str, Pooled]:
    """m2026_02=(executed, applicable) of the telephone survey."""
    return {
        (month := name[1:].replace("_", "-")): Pooled(
            (Counts("d", "i", month, "phone", k * WHOLE, n * WHOLE, 0, 0),)
        )
        for name, (k, n) in months.items()
    }


def effect(on: date = date(2026, 11, 22), **months: tuple[int, int]) -> Evaluation:
    window = window_of(plan())
    assert window is not None
    return evaluate(window, cells(**months), target=85, data_cut=3, evaluated_on=on)


def test_the_month_that_raised_the_flag_and_the_months_of_carrying_out_are_compared_with_nothing() -> None:
    window = window_of(plan())
    assert window is not None
    assert window.before == ("2026-02", "2026-03", "2026-04")
    assert window.excluded == ("2026-05", "2026-06")
    assert window.after == ("2026-07", "2026-08", "2026-09")
    late = window_of(plan(trigger="2026-04"))
    assert late is not None
    assert late.before == ("2026-01", "2026-02", "2026-03")
    assert late.excluded == ("2026-04", "2026-05", "2026-06")


def test_a_plan_without_a_started_action_counts_from_its_publication() -> None:
    window = window_of(plan(starts=None))
    assert window is not None
    assert window.excluded == ("2026-05", "2026-06", "2026-07")


def test_a_plan_that_has_not_begun_has_no_window() -> None:
    assert window_of(PlanFrame("p", "d", "2026-05", None, None, ())) is None


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((60, 100), (90, 100), Verdict.IMPROVED),
        ((80, 100), (82, 100), Verdict.NOT_IMPROVED),
        ((90, 100), (60, 100), Verdict.WORSE),
        ((6, 10), (90, 100), Verdict.NOT_ENOUGH_DATA),
        ((60, 100), (19, 19), Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_the_verdict_follows_newcombes_interval(
    before: tuple[int, int], after: tuple[int, int], verdict: Verdict
) -> None:
    found = effect(m2026_03=before, m2026_08=after)
    assert found.verdict is verdict
    assert found.merged.before_applicable == before[1]
    assert found.target_reached == (after[0] / after[1] >= 0.85)


def test_there_is_no_verdict_before_the_last_of_the_three_months_is_final() -> None:
    figures = {"m2026_03": (60, 100), "m2026_07": (90, 100)}
    early, late = effect(date(2026, 10, 5), **figures), effect(date(2026, 10, 6), **figures)
    assert (early.verdict, late.verdict) == (Verdict.NOT_ENOUGH_DATA, Verdict.IMPROVED)
    assert early.merged.difference == late.merged.difference == 30


def test_swapping_before_and_after_turns_the_verdict_round() -> None:
    better = effect(m2026_03=(60, 100), m2026_08=(90, 100)).merged
    worse = effect(m2026_03=(90, 100), m2026_08=(60, 100)).merged
    assert (better.difference, better.low, better.high) == (
        -(worse.difference or 0),
        -(worse.high or 0),
        -(worse.low or 0),
    )


def test_figures_of_the_excluded_months_change_nothing() -> None:
    plain = effect(m2026_03=(60, 100), m2026_08=(90, 100))
    assert effect(m2026_03=(60, 100), m2026_05=(0, 500), m2026_06=(0, 500), m2026_08=(90, 100)) == plain


def test_without_any_figures_there_is_no_verdict_and_no_trend() -> None:
    found = effect()
    assert (found.verdict, found.trend) == (Verdict.NOT_ENOUGH_DATA, Trend.NO_DATA)
    assert found.merged.difference is None
    assert found.by_source == ()


def test_months_count_over_the_turn_of_the_year_and_close_five_days_after_their_end() -> None:
    assert shifted("2026-01", -1) == "2025-12"
    assert months_up_to("2026-02", 4) == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert not is_final("2026-12", date(2027, 1, 5))
    assert is_final("2026-12", date(2027, 1, 6))
