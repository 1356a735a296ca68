"""Intervals of rates and their differences: limits, edges, metamorphic properties, scipy as a second
opinion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sync_server.insight.statistics import (
    Interval,
    Verdict,
    bootstrap_mean_interval,
    clopper_pearson_interval,
    difference_in_differences,
    effect_verdict,
    effective_counts,
    kish_design_effect,
    kish_effective_size,
    mover_difference,
    newcombe_difference,
    round_half_up,
    t_interval,
    two_proportion_decline,
    wilson_interval,
)

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
@settings(deadline=None)
def test_wilson_and_the_exact_interval_agree_with_scipy(pair: tuple[int, int]):
    k, n = pair
    test = stats.binomtest(k, n)
    for method, ours in (("wilson", wilson_interval(k, n)), ("exact", clopper_pearson_interval(k, n))):
        theirs = test.proportion_ci(method=method)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(counts)
@settings(deadline=None)
def test_four_times_the_answers_halve_a_middling_interval(pair: tuple[int, int]):
    k, n = pair[0] + 30, pair[1] + 60  # away from 0 and 1, where the score interval is shaped by the edge
    ratio = wilson_interval(4 * k, 4 * n).half_width / wilson_interval(k, n).half_width
    assert ratio == pytest.approx(0.5, rel=0.05)


@given(counts, counts)
@settings(deadline=None)
def test_swapping_before_and_after_mirrors_the_difference(a: tuple[int, int], b: tuple[int, int]):
    one, other = newcombe_difference(*a, *b), newcombe_difference(*b, *a)
    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low))


@given(counts, counts)
@settings(deadline=None)
def test_swapping_before_and_after_flips_the_verdict(a: tuple[int, int], b: tuple[int, int]):
    flip = {Verdict.IMPROVED: Verdict.WORSE, Verdict.WORSE: Verdict.IMPROVED}
    verdict = effect_verdict(*a, *b).verdict
    assert effect_verdict(*b, *a).verdict is flip.get(verdict, verdict)


@given(st.lists(counts, min_size=1, max_size=20))
@settings(deadline=None)
def test_arrays_give_what_their_elements_give(pairs: list[tuple[int, int]]):
    k, n = np.array(pairs).T
    whole = wilson_interval(k, n)
    for position, (a, b) in enumerate(pairs):
        single = wilson_interval(a, b)
        assert (whole.low[position], whole.high[position]) == (single.low, single.high)


def test_nothing_counted_says_nothing_and_all_or_none_ends_at_the_edge():
    empty = wilson_interval(0, 0)
    assert np.isnan(empty.estimate)
    assert (empty.low, empty.high) == (0.0, 1.0)
    assert wilson_interval(0, 20).low == 0.0
    assert wilson_interval(20, 20).high == 1.0
    exact = clopper_pearson_interval([0, 20, 0], [20, 20, 0])
    assert (exact.low[0], exact.high[1], exact.low[2], exact.high[2]) == (0.0, 1.0, 0.0, 1.0)
    nothing = newcombe_difference(0, 0, 3, 5)
    assert np.isnan(nothing.estimate)
    assert (nothing.low, nothing.high) == (-1.0, 1.0)
    assert wilson_interval([], []).low.size == 0


@pytest.mark.parametrize(
    ("k", "n", "words"),
    [
        (3, 2, "successes 3 exceed trials 2"),
        (-1, 2, "negative"),
        (float("nan"), 2, "successes contains nan"),
        (1, float("inf"), "trials contains inf"),
        ([1, 2], [1, 2, 3], "do not fit together"),
        ("many", 2, "successes must be numbers"),
    ],
)
def test_bad_counts_are_refused_in_words(k: object, n: object, words: str):
    with pytest.raises(ValueError, match=words):
        wilson_interval(k, n)  # pyright: ignore


def test_a_confidence_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1, got 95"):
        wilson_interval(1, 2, confidence=95)


def test_clustered_answers_count_less():
    assert kish_design_effect(11, 0.1) == pytest.approx(2.0)
    assert kish_design_effect(0, 0.1) == 1.0
    k, n = effective_counts([8.0, 0.0], [11.0, 0.0], 0.1)
    assert (k.tolist(), n.tolist()) == ([4.0, 0.0], [5.5, 0.0])
    assert kish_effective_size([1, 1, 1, 1]) == 4
    assert kish_effective_size([3, 1]) == pytest.approx(1.6)
    assert kish_effective_size([]) == 0


@given(st.lists(st.floats(1, 10), min_size=2, max_size=40))
@settings(deadline=None)
def test_the_t_interval_agrees_with_scipy(values: list[float]):
    ours = t_interval(values)
    spread = stats.sem(values)
    if spread > 1e-12:
        theirs = stats.t.interval(0.95, len(values) - 1, np.mean(values), spread)
        assert (ours.low, ours.high) == pytest.approx(theirs)


def test_means_of_little_data_are_honest():
    one = t_interval([7.0, float("nan")])
    assert (one.estimate, one.low, one.high) == (7.0, float("-inf"), float("inf"))
    assert np.isnan(t_interval([]).estimate)
    draw = bootstrap_mean_interval([1, 2, 3, 10], seed=3)
    assert draw == bootstrap_mean_interval([1, 2, 3, 10], seed=3)
    assert draw.low < 4 < draw.high
    assert np.isnan(bootstrap_mean_interval([]).low)


def test_few_answers_or_a_wide_interval_are_not_enough_data():
    assert effect_verdict(5, 19, 19, 19).verdict is Verdict.NOT_ENOUGH_DATA
    assert effect_verdict(10, 20, 10, 20).verdict is Verdict.NOT_ENOUGH_DATA
    assert effect_verdict(40, 100, 40, 100).verdict is Verdict.NOT_IMPROVED
    assert effect_verdict(0, 0, 0, 0).verdict is Verdict.NOT_ENOUGH_DATA


def test_a_change_that_the_controls_share_is_no_effect_of_the_plan():
    alone = effect_verdict(140, 200, 165, 200)
    beside = effect_verdict(140, 200, 165, 200, control_change=Interval(0.10, 0.08, 0.12))
    assert alone.verdict is Verdict.IMPROVED
    assert beside.verdict is Verdict.NOT_IMPROVED
    assert beside.difference == pytest.approx(alone.difference - 0.10)


def test_subtracting_a_certain_interval_only_moves_the_other():
    moved = mover_difference(Interval(0.2, 0.1, 0.4), Interval(0.05, 0.05, 0.05))
    assert (moved.estimate, moved.low, moved.high) == pytest.approx((0.15, 0.05, 0.35))


def test_a_decline_is_tested_net_of_what_the_network_did():
    plain = two_proportion_decline(270, 300, 120, 150, rho=0.0)
    pooled = 390 / 450
    z = 0.1 / (pooled * (1 - pooled) * (1 / 300 + 1 / 150)) ** 0.5
    assert float(plain.z) == pytest.approx(z)
    assert float(plain.p_value) == pytest.approx(stats.norm.sf(z))
    shared = two_proportion_decline(270, 300, 120, 150, rho=0.0, shift=np.log(4) - np.log(9))
    assert float(shared.drop) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(two_proportion_decline(0, 0, 5, 9).p_value)
    assert float(two_proportion_decline(9, 9, 9, 9).p_value) == 0.5


def test_difference_in_differences_is_the_four_means_and_seeded():
    rng = np.random.default_rng(5)
    dealer = np.repeat(np.arange(40), 50)
    treated = (dealer < 15).astype(int)
    after = np.tile(np.repeat([0, 1], 25), 40)
    answer = rng.random(2000) < 0.6 + 0.05 * after + 0.15 * treated * after
    found = difference_in_differences(answer, treated, after, cluster=dealer, seed=1)
    assert found == difference_in_differences(answer, treated, after, cluster=dealer, seed=1)
    means = [answer[(treated == d) & (after == t)].mean() for d in (0, 1) for t in (0, 1)]
    assert found.estimate == pytest.approx(means[3] - means[2] - means[1] + means[0])
    assert found.low < 0.15 < found.high
    assert found.clusters == 40
    plain = difference_in_differences(answer, treated, after)
    assert plain.estimate == found.estimate
    assert plain.standard_error == pytest.approx(found.standard_error, rel=0.4)


def test_difference_in_differences_refuses_an_empty_group_and_mixed_clusters():
    with pytest.raises(ValueError, match="no answer in the group treated after"):
        difference_in_differences([1, 0, 1], [0, 0, 1], [0, 1, 0])
    with pytest.raises(ValueError, match="both treated and control"):
        difference_in_differences([1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1], cluster=[7, 7, 7, 7])
    with pytest.raises(ValueError, match="treated must be 0 or 1"):
        difference_in_differences([1], [2], [0])


def test_half_up_rounding_is_decimal():
    assert str(round_half_up(2.005)) == "2.01"
    assert str(round_half_up(2.675)) == "2.68"
    assert str(round_half_up(-0.125)) == "-0.13"
    assert str(round_half_up(96.475, 1)) == "96.5"
    with pytest.raises(ValueError, match="cannot be rounded"):
        round_half_up(float("nan"))
    with pytest.raises(ValueError, match="is not a number"):
        round_half_up("n/a")
