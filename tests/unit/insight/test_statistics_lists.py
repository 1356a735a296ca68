"""Lists under multiplicity, priors over dealers, posteriors on the grid, calibration of sources."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from sync_server.insight.statistics import (
    bayesian_fdr,
    benjamini_hochberg,
    beta_binomial_fit,
    binomial_cusum,
    calibrate_source,
    fit_mixing_distribution,
    funnel_comparison,
    funnel_limits,
    grid_posterior,
    log_likelihood,
    p_chart,
    rate_grid,
    shrunken_rate,
    target_terms,
)

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=50)


@given(p_values)
@settings(deadline=None)
def test_benjamini_hochberg_agrees_with_scipy(p: list[float]):
    assert benjamini_hochberg(p).adjusted == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


@given(p_values, st.randoms())
@settings(deadline=None)
def test_the_order_of_the_tests_does_not_matter(p: list[float], rng):
    order = list(range(len(p)))
    rng.shuffle(order)
    straight, mixed = benjamini_hochberg(p), benjamini_hochberg([p[i] for i in order])
    assert mixed.adjusted.tolist() == straight.adjusted[order].tolist()


@given(st.integers(0, 500), st.floats(0.001, 0.999))
@settings(deadline=None)
def test_p_values_that_are_all_one_reject_nothing_at_any_level(size: int, q: float):
    found = benjamini_hochberg(np.ones(size), q)
    assert not found.rejected.any()
    assert (found.adjusted == 1).all()


def test_tests_without_evidence_reject_nothing_and_unmade_tests_do_not_count():
    assert not benjamini_hochberg(np.ones(1000)).rejected.any()
    found = benjamini_hochberg([0.04, float("nan"), 0.2], q=0.10)
    assert found.adjusted[0] == pytest.approx(0.08)
    assert np.isnan(found.adjusted[1])
    assert found.rejected.tolist() == [True, False, False]
    assert benjamini_hochberg([]).adjusted.size == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([1.2])


@given(p_values, st.floats(0.01, 0.5))
@settings(deadline=None)
def test_a_bayesian_list_is_the_longest_that_keeps_its_promise(p: list[float], q: float):
    found = bayesian_fdr(p, q)
    listed = np.sort(np.array(p)[found.flagged])
    rest = np.sort(np.array(p)[~found.flagged])
    if listed.size:
        assert found.expected_false_share == pytest.approx(listed.mean())
        assert listed.mean() <= q + 1e-12
    if rest.size:
        assert np.append(listed, rest[0]).mean() > q - 1e-12
        assert not listed.size or listed[-1] <= rest[0]


def test_unknown_cells_are_never_listed():
    assert bayesian_fdr([float("nan"), 0.01]).flagged.tolist() == [False, True]
    assert not bayesian_fdr([]).flagged.size


def test_funnel_p_values_are_exact_and_double_the_smaller_tail():
    found = funnel_comparison([9, 0, 3, 0], [10, 30, 10, 0], centre=0.3)
    upper = stats.binom.sf(8, 10, 0.3)
    lower = stats.binom.cdf(0, 30, 0.3)
    assert found.p_value[:3] == pytest.approx([2 * upper, 2 * lower, 1.0])
    assert np.isnan(found.p_value[3])
    assert found.flagged.tolist() == [True, True, False, False]
    assert funnel_comparison([0, 0], [5, 6]).p_value.tolist() == [1.0, 1.0]
    assert np.isnan(funnel_comparison([], []).pooled)


@given(st.permutations(range(12)))
@settings(max_examples=20, deadline=None)
def test_relabelled_dealers_have_the_same_prior(order: list[int]):
    k = np.array([8, 9, 3, 17, 20, 6, 11, 19, 2, 14, 10, 5])
    n = np.array([10, 10, 9, 20, 20, 11, 12, 20, 9, 15, 10, 9])
    one, other = beta_binomial_fit(k, n), beta_binomial_fit(k[order], n[order])
    assert (one.alpha, one.beta) == pytest.approx((other.alpha, other.beta), rel=1e-6)


def test_groups_without_answers_do_not_move_the_prior():
    with_them = beta_binomial_fit([8, 2, 0, 5], [10, 10, 0, 10])
    assert with_them == beta_binomial_fit([8, 2, 5], [10, 10, 10])
    with pytest.raises(ValueError, match="at least two groups"):
        beta_binomial_fit([3, 0], [5, 0])


def test_equal_groups_give_a_point_and_say_so():
    assert beta_binomial_fit([9] * 30, [10] * 30).at_boundary
    same = beta_binomial_fit([10] * 30, [10] * 30)
    assert same.at_boundary
    assert same.mean > 0.99


def test_a_known_beta_is_found_again():
    rng = np.random.default_rng(11)
    n = rng.integers(5, 60, 3000)
    fit = beta_binomial_fit(rng.binomial(n, rng.beta(18, 2, 3000)), n)
    assert fit.mean == pytest.approx(0.9, abs=0.005)
    assert fit.alpha + fit.beta == pytest.approx(20, rel=0.12)


def test_a_prior_of_dealers_that_hardly_differ_is_the_likeliest_of_all_precisions():
    rng = np.random.default_rng(5)
    n = rng.poisson(2.0, 3000)
    k = rng.binomial(n, rng.beta(36, 1.1, 3000))
    fit = beta_binomial_fit(k, n)
    asked = n > 0

    def likelihood(precision: float) -> float:
        a, b = fit.mean * precision, (1 - fit.mean) * precision
        return float(stats.betabinom.logpmf(k[asked], n[asked], a, b).sum())

    assert max(likelihood(x) for x in np.geomspace(2, 1e5, 60)) <= fit.log_likelihood + 1e-6
    assert fit.alpha + fit.beta == pytest.approx(58.24, abs=0.01)


def test_shrinking_pulls_small_cells_to_the_prior():
    shrunk = shrunken_rate([2, 200, 0], [2, 200, 0], 9, 1)
    assert shrunk == pytest.approx([11 / 12, 209 / 210, 0.9])
    with pytest.raises(ValueError, match="positive"):
        shrunken_rate(1, 2, 0, 1)


@pytest.mark.parametrize(("alpha", "beta"), [(9, 1), (18, 2), (4, 3)])
@pytest.mark.parametrize(("k", "n"), [(0, 0), (2, 2), (17, 20), (40, 60), (200, 200), (0, 5)])
def test_one_uncalibrated_source_under_a_beta_prior_has_the_closed_form_posterior(k, n, alpha, beta):
    grid = rate_grid()
    edges = np.arange(98) / 97
    prior = np.diff(stats.beta(alpha, beta).cdf(edges))
    table = log_likelihood([[k]], [[n]], grid)
    found = grid_posterior(np.exp(table - table.max()), prior, grid, 0.85)
    exact = stats.beta(k + alpha, n - k + beta)
    assert float(found.mean[0]) == pytest.approx(exact.mean(), abs=0.003)
    assert float(found.low[0]) == pytest.approx(exact.ppf(0.05), abs=0.006)
    assert float(found.high[0]) == pytest.approx(exact.ppf(0.95), abs=0.006)
    assert float(found.p_below[0]) == pytest.approx(exact.cdf(0.85), abs=0.02)
    shortfall = exact.expect(lambda x: 0.85 - x, lb=0, ub=0.85)
    assert float(found.shortfall[0]) == pytest.approx(shortfall, abs=0.003)


def test_a_cell_of_the_grid_is_shared_out_by_the_target():
    below, shortfall = target_terms(rate_grid(10), 0.25)
    assert below.tolist() == pytest.approx([1, 1, 0.5, *[0] * 7])
    assert shortfall[:4].tolist() == pytest.approx([0.20, 0.10, 0.0125, 0.0])


def test_clustering_and_calibration_enter_the_likelihood():
    grid = rate_grid()
    plain = log_likelihood([[10.0]], [[11.0]], grid)
    halved = log_likelihood([[10.0]], [[11.0]], grid, rho=0.1)
    assert halved == pytest.approx(plain / 2)
    flattering = log_likelihood([[10.0]], [[11.0]], grid, intercepts=0.6)
    assert grid[int(flattering.argmax())] < grid[int(plain.argmax())]
    assert not log_likelihood([[0.0]], [[0.0]], grid).any()


def test_one_upload_or_two_give_the_same_prior():
    rng = np.random.default_rng(2)
    k = rng.binomial(20, 0.9, (200, 1)).astype(float)
    grid = rate_grid()
    table = np.exp(log_likelihood(k, np.full((200, 1), 20.0), grid))
    rows, repeats = np.unique(table, axis=0, return_counts=True)
    assert fit_mixing_distribution(rows, repeats=repeats) == pytest.approx(fit_mixing_distribution(table))


def test_the_mixing_distribution_keeps_a_rare_weak_tail():
    rng = np.random.default_rng(8)
    truth = np.where(rng.random(4000) < 0.05, 0.6, 0.95)
    grid = rate_grid()
    table = log_likelihood(rng.binomial(60, truth)[:, None], np.full((4000, 1), 60.0), grid)
    g = fit_mixing_distribution(np.exp(table - table.max(axis=1, keepdims=True)))
    assert g.sum() == pytest.approx(1)
    assert g[grid < 0.75].sum() == pytest.approx(0.05, abs=0.015)


def test_grouping_finds_a_sources_calibration_where_plain_regression_flattens_it():
    rng = np.random.default_rng(4)
    theta = special.expit(rng.normal(2.2, 0.7, 6000))
    reference = rng.binomial(4, theta)
    source = rng.binomial(8, special.expit(0.5 + 0.8 * special.logit(theta)))
    other = rng.binomial(60, theta)
    cells = np.ones(6000)
    found = calibrate_source(source, 8 * cells, reference, 4 * cells, other, 60 * cells)
    assert found.calibrated
    assert found.slope == pytest.approx(0.8, abs=0.1)
    assert found.intercept == pytest.approx(0.5, abs=0.15)
    y, x = special.logit((source + 0.5) / 9), special.logit((reference + 0.5) / 5)
    assert np.polyfit(x, y, 1)[0] < 0.4


def test_too_few_reference_answers_leave_a_source_as_it_is():
    found = calibrate_source([5] * 100, [6] * 100, [4] * 100, [4] * 100, [9] * 100, [10] * 100)
    assert (found.calibrated, found.intercept, found.slope) == (False, 0.0, 1.0)


def test_the_cusum_alarms_on_a_fall_resets_and_waits_through_empty_months():
    n = np.array([45, 45, 0, 45, 45, 45])
    path = binomial_cusum(np.array([42, 36, 0, 36, 36, 36]), n, 0.93)
    assert path.statistic[2] == path.statistic[1]
    assert int(path.first_alarm) == 4
    assert path.statistic[5] == pytest.approx(path.statistic[1])
    good = binomial_cusum(np.full((2, 6), 45), np.full((2, 6), 45), np.array([[0.93], [0.9]]))
    assert good.first_alarm.tolist() == [-1, -1]
    with pytest.raises(ValueError, match="strictly between"):
        binomial_cusum([1], [1], 1.0)


def test_a_chart_of_overdispersed_samples_widens_by_laney_and_sees_runs():
    rng = np.random.default_rng(9)
    sizes = np.full(60, 2000)
    events = rng.binomial(sizes, rng.beta(90, 10, 60))
    plain, wide = p_chart(events, sizes), p_chart(events, sizes, laney=True)
    assert plain.dispersion_ratio > 1.2
    assert len(wide.signals) < len(plain.signals)
    level = p_chart([5] * 8 + [0], [10] * 8 + [0], centre=0.3)
    assert level.runs == (7,)
    assert np.isnan(level.rate[8])
    with pytest.raises(ValueError, match="at least one sample"):
        p_chart([0], [0])


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 400),
    centre=st.floats(0.02, 0.98),
    p=st.floats(0.001, 0.3),
)
def test_a_rate_lies_outside_the_funnel_exactly_where_its_exact_test_rejects(n: int, centre: float, p: float):
    limits = funnel_limits([n], centre, p)
    for k in {0, n, int(limits.low[0] * n), math.ceil(limits.low[0] * n), int(limits.high[0] * n)}:
        tail = 2 * min(stats.binom.cdf(k, n, centre), stats.binom.sf(k - 1, n, centre))
        if abs(tail - p) > 1e-9:
            outside = not limits.low[0] - 1e-12 <= k / n <= limits.high[0] + 1e-12
            assert outside == (tail < p)


def test_the_funnel_narrows_with_answers_and_widens_with_the_number_compared():
    sizes = [10, 50, 200, 1000]
    alone, many = funnel_limits(sizes, 0.85, 0.05), funnel_limits(sizes, 0.85, 0.001)
    assert (np.diff(alone.high - alone.low) < 0).all()
    assert (many.low < alone.low).all()
    assert (many.high >= alone.high).all()
    # 1000 answers: close to the normal limits of 1.96 standard errors
    assert alone.low[3] == pytest.approx(0.85 - 1.96 * math.sqrt(0.85 * 0.15 / 1000), abs=0.001)
    with pytest.raises(ValueError, match="whole numbers"):
        funnel_limits([0], 0.85, 0.05)


def test_units_that_differ_by_more_than_chance_anyway_are_held_against_what_is_usual_between_them():
    rates, trials = [0.81, 0.84, 0.845, 0.89, 0.90, 0.91], [1383, 1154, 1324, 1369, 1251, 1700]
    executed = [round(rate * n) for rate, n in zip(rates, trials, strict=True)]
    plain = funnel_comparison(executed, trials)
    usual = funnel_comparison(executed, trials, overdispersed=True)
    assert plain.dispersion == 1
    assert plain.flagged.sum() >= 5
    assert usual.dispersion > 5
    assert not usual.flagged.any()
    limits = funnel_limits(trials, usual.pooled, usual.cutoff, dispersion=usual.dispersion)
    assert ((limits.low <= usual.rate) & (usual.rate <= limits.high)).all()
    # four units do not show how far units spread
    assert funnel_comparison(executed[:4], trials[:4], overdispersed=True).dispersion == 1
