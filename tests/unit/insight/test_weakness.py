"""When the month's own figure makes an item weak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.insight import Parameters, ReasonKind, WeakReason
from sync_server.insight.engine import SOURCES
from sync_server.insight.rates import Counts, Pooled, merged_and_sources, percent
from sync_server.insight.tables import WHOLE
from sync_server.insight.weakness import deck_rule, reasons


def counts(executed: float, applicable: float, source: str = "phone", na: float = 0) -> Counts:
    return Counts(
        "d", "i", "2026-10", source, int(executed * WHOLE), int(applicable * WHOLE), int(na * WHOLE), 0
    )


def cell(*parts: Counts) -> Pooled:
    return Pooled(parts)


def why(now: Pooled, before: Pooled | None = None, target: float = 85) -> tuple[WeakReason, ...]:
    return reasons(now, before, target=target, parameters=Parameters(), previous_month="2026-09")


def kinds(now: Pooled, before: Pooled | None = None, target: float = 85) -> list[ReasonKind]:
    return [reason.kind for reason in why(now, before, target)]


def test_a_rate_below_the_target_is_weak_and_one_at_the_target_is_not() -> None:
    assert kinds(cell(counts(84, 100))) == [ReasonKind.LOW_RATE]
    assert kinds(cell(counts(85, 100))) == []


def test_an_item_has_its_own_target() -> None:
    assert kinds(cell(counts(90, 100)), target=95) == [ReasonKind.LOW_RATE]


def test_a_fall_of_five_points_is_a_reason_and_one_of_four_is_not() -> None:
    before = cell(counts(98, 100))
    assert kinds(cell(counts(93, 100)), before) == [ReasonKind.DECLINE]
    assert kinds(cell(counts(94, 100)), before) == []


def test_too_few_observations_raise_no_flag() -> None:
    assert kinds(cell(counts(0, 4))) == []
    assert kinds(cell(counts(0, 5))) == [ReasonKind.LOW_RATE]


def test_a_small_sample_must_show_its_fall_beyond_chance() -> None:
    assert kinds(cell(counts(18, 20)), cell(counts(19.5, 20))) == []
    assert ReasonKind.DECLINE in kinds(cell(counts(10, 20)), cell(counts(20, 20)))


def test_a_source_that_appears_or_vanishes_is_not_read_as_a_fall() -> None:
    before = cell(counts(97, 100))
    assert kinds(cell(counts(97, 100), counts(150, 200, "shop")), before, target=10) == []
    both = cell(counts(97, 100), counts(100, 100, "callback"))
    assert kinds(cell(counts(97, 100)), both, target=10) == []


def test_a_changed_mix_of_sources_is_not_read_as_a_fall() -> None:
    before = cell(counts(720, 900), counts(100, 100, "callback"))
    now = cell(counts(80, 100), counts(900, 900, "callback"))
    assert kinds(before, now, target=10) == []
    assert kinds(now, before, target=10) == []


def test_a_fall_names_its_figures_and_sources() -> None:
    before = cell(counts(94, 100), counts(40, 40, "callback"))
    now = cell(counts(78, 100), counts(2, 2, "callback"))
    fall = why(now, before, target=10)[0]
    assert (fall.previous_rate, fall.rate, fall.drop, fall.previous_month) == (94, 78, 16, "2026-09")
    assert [source.value for source in fall.sources] == ["phone"]


def test_the_merged_rate_pools_and_stands_beside_the_mean_of_sources() -> None:
    merged, by_source = merged_and_sources([cell(counts(90, 100), counts(1, 2, "shop"))], {"i": "code"})[0]
    assert (merged.executed, merged.applicable, merged.rate) == (91, 102, 89.22)
    assert (merged.equal_source_rate, merged.sources) == (70, 2)
    assert [one.rate for one in by_source] == [90, 50]
    assert [one.small for one in by_source] == [False, True]


@pytest.mark.parametrize(
    ("executed", "applicable", "low", "high"),
    [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0, 16.11), (1, 29, 0.61, 17.18)],
)
def test_the_interval_of_a_rate_is_wilsons(executed: int, applicable: int, low: float, high: float) -> None:
    merged, _ = merged_and_sources([cell(counts(executed, applicable))], {"i": "code"})[0]
    assert (merged.low, merged.high) == (low, high)


def test_a_cell_where_nothing_applied_has_no_rate_at_all() -> None:
    merged, _ = merged_and_sources([cell(counts(0, 0, na=3))], {"i": "code"})[0]
    assert (merged.rate, merged.low, merged.high, merged.equal_source_rate) == (None, None, None, None)
    assert merged.not_applicable == 3
    assert merged.small


def test_percentages_are_rounded_half_up_in_exact_arithmetic() -> None:
    assert percent(1, 800) == 0.13  # 0.125
    assert percent(13, 447) == 2.91
    assert percent(1, 0) is None


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=5),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=5),
    st.sampled_from([80.0, 85.0, 95.0]),
)
def test_the_rule_for_many_cells_says_the_same_as_the_rule_for_one(
    now: list[tuple[int, int]], before: list[tuple[int, int]], target: float
) -> None:
    def one(pairs: list[tuple[int, int]]) -> tuple[Pooled, np.ndarray, np.ndarray]:
        k = np.array([min(pair) for pair in pairs], float)
        n = np.array([max(pair) for pair in pairs], float)
        cells = [counts(int(a), int(b), source) for a, b, source in zip(k, n, SOURCES, strict=True)]
        return Pooled(tuple(cells)), k[None], n[None]

    (now_pooled, k, n), (before_pooled, k_before, n_before) = one(now), one(before)
    many = deck_rule(k, n, k_before, n_before, np.array([target / 100]))
    assert bool(many[0]) == bool(why(now_pooled, before_pooled, target=target))
