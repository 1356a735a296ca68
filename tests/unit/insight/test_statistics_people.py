"""Importance, agreement, interviewers, indices, raking and the service figures at their edges."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import FrozenInstanceError
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sync_server.insight import statistics
from sync_server.insight.statistics import (
    aapor_rates,
    acsi_index,
    bootstrap_importance,
    bottom_box,
    cohen_kappa,
    complaint_balance,
    correlation_matrix,
    cronbach_alpha,
    cusum_run_length,
    dersimonian_laird,
    first_service_retention,
    fix_first_visit,
    gwet_ac1,
    interviewer_effect,
    intraclass_correlation,
    johnson_weights,
    kaplan_meier,
    krippendorff_alpha,
    lmg_importance,
    net_promoter_score,
    penalty_reward_contrast,
    pls_weights,
    prevalence_adjusted_kappa,
    raking,
    top_box,
    trend_label,
    weighted_mean,
)

NAN = float("nan")


def survey(n: int = 400, p: int = 4, seed: int = 1):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    x = common * 0.7 + rng.normal(size=(n, p))
    return x, x @ np.arange(1, p + 1) + rng.normal(size=n)


def test_lmg_is_the_average_gain_over_all_orders_of_entering():
    x, y = survey()

    def explained(columns: tuple[int, ...]) -> float:
        if not columns:
            return 0.0
        design = np.column_stack([np.ones(len(y)), x[:, columns]])
        residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return 1 - residual.var() / y.var()

    gains = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        for place, j in enumerate(order):
            gains[j] += explained(order[: place + 1]) - explained(order[:place])
    assert lmg_importance(x, y).raw == pytest.approx(gains / len(orders), abs=1e-9)


def test_johnson_is_close_to_lmg_and_both_follow_relabelled_columns():
    x, y = survey(p=6)
    lmg, johnson = lmg_importance(x, y), johnson_weights(x, y)
    assert johnson.r_squared == pytest.approx(lmg.r_squared)
    assert johnson.raw == pytest.approx(lmg.raw, abs=0.01)
    order = [3, 1, 5, 0, 2, 4]
    assert lmg_importance(x[:, order], y).raw == pytest.approx(lmg.raw[order])


def test_missing_answers_are_used_pairwise_and_constant_columns_are_named():
    x, y = survey()
    x[::7, 2] = NAN
    both = ~np.isnan(x[:, 2])
    r = correlation_matrix(x)
    assert r[0, 2] == pytest.approx(np.corrcoef(x[both, 0], x[both, 2])[0, 1])
    assert r[0, 1] == pytest.approx(np.corrcoef(x[:, 0], x[:, 1])[0, 1])
    x[:, 1] = 9
    with pytest.raises(ValueError, match="column 1 is constant"):
        lmg_importance(x, y)
    with pytest.raises(ValueError, match="answers in common, 100 are needed"):
        lmg_importance(x[:50, :1], y[:50], min_pairs=100)
    with pytest.raises(ValueError, match="too many for all subsets"):
        lmg_importance(np.random.default_rng(0).normal(size=(50, 17)), np.arange(50.0))


def test_a_copied_column_shares_its_weight():
    x, y = survey(p=2)
    twice = np.column_stack([x, x[:, 1]])
    for found in (lmg_importance(twice, y), johnson_weights(twice, y)):
        assert found.raw[1] == pytest.approx(found.raw[2], abs=1e-6)
        assert found.r_squared == pytest.approx(lmg_importance(x, y).r_squared, abs=1e-6)


def test_importances_of_few_respondents_are_equal_and_flagged():
    x, y = survey(n=700)
    few = bootstrap_importance(x[:599], y[:599])
    assert (few.enough, few.share.tolist()) == (False, [0.25] * 4)
    many = bootstrap_importance(x, y, method="lmg", resamples=60, seed=4)
    assert many.enough
    assert ((many.low < many.share) & (many.share < many.high)).all()
    again = bootstrap_importance(x, y, method="lmg", resamples=60, seed=4)
    assert again.low.tolist() == many.low.tolist()


def test_penalty_and_reward_tell_a_must_be_from_a_delight():
    item = np.array([3, 4, 7, 8, 9, 10])
    assert penalty_reward_contrast([2, 2, 8, 8, 8.5, 8.5], item).kind == "must-be"
    assert penalty_reward_contrast([6, 6, 6.5, 6.5, 9, 9], item).kind == "attractive"
    assert penalty_reward_contrast([5, 5, 7, 7, 9, 9], item).kind == "one-dimensional"
    assert penalty_reward_contrast([5] * 6, item).kind == "indifferent"
    with pytest.raises(ValueError, match="low end"):
        penalty_reward_contrast([5, 5], [9, 9])


def test_alpha_of_one_coder_is_refused_and_of_one_value_unknown():
    with pytest.raises(ValueError, match="at least two coders"):
        krippendorff_alpha([[1, 2, 3]])
    same = krippendorff_alpha([[1, 1, 1], [1, 1, 1]])
    assert np.isnan(same.value)
    assert same.verdict == "unknown"
    assert np.isnan(krippendorff_alpha([[1, NAN], [NAN, 1]]).value)
    assert krippendorff_alpha([[0, 1, 0], [0, 1, 0]]).value == 1.0
    with pytest.raises(ValueError, match="level must be"):
        krippendorff_alpha([[1], [1]], "fuzzy")  # pyright: ignore


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=30))
@settings(deadline=None)
def test_alpha_does_not_care_which_coder_is_which(pairs: list[tuple[int, int]]):
    table = np.array(pairs, float).T
    for level in ("nominal", "ordinal", "interval", "ratio"):
        one, other = krippendorff_alpha(table, level), krippendorff_alpha(table[::-1], level)
        assert one.value == pytest.approx(other.value, nan_ok=True)


def test_kappa_collapses_at_high_prevalence_where_ac1_and_pabak_do_not():
    table = [[94, 3], [3, 0]]
    assert cohen_kappa(table).value < 0
    assert gwet_ac1(table).value > 0.9
    assert prevalence_adjusted_kappa(table).value == pytest.approx(0.88)


def test_kappa_takes_labels_tables_and_weights():
    first, second = ["yes", "no", "yes", "no"], ["yes", "no", "no", "no"]
    assert cohen_kappa(first, second).value == pytest.approx(0.5)
    assert cohen_kappa([1.0, 0.0, NAN], [1.0, 0.0, 1.0]).value == 1.0
    table = [[20, 5, 1], [4, 15, 3], [0, 2, 10]]
    assert cohen_kappa(table, weights=[[0, 1, 4], [1, 0, 1], [4, 1, 0]]).value == pytest.approx(
        cohen_kappa(table, weights="quadratic").value
    )
    assert np.isnan(cohen_kappa(["a", "a"], ["a", "a"]).value)
    assert np.isnan(cohen_kappa([], []).value)
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2, 3]])
    with pytest.raises(ValueError, match="same units"):
        cohen_kappa([1, 2], [1])


def test_cronbachs_alpha_of_identical_items_is_one():
    column = np.array([1.0, 5, 3, 9])
    assert cronbach_alpha(np.column_stack([column, column, column])) == pytest.approx(1.0)
    assert np.isnan(cronbach_alpha([[1, 2]]))
    with pytest.raises(ValueError, match="two items"):
        cronbach_alpha([[1], [2]])


def test_one_rater_or_one_subject_has_no_intraclass_correlation():
    with pytest.raises(ValueError, match="two raters"):
        intraclass_correlation([[1], [2]])
    with pytest.raises(ValueError, match="two completely rated subjects"):
        intraclass_correlation([[1, 2], [NAN, 3]])
    assert np.isnan(intraclass_correlation([[4, 4], [4, 4]]).icc1)


def test_interviewers_who_colour_their_answers_are_seen():
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(20), 40)
    plain = rng.normal(size=800)
    coloured = plain + rng.normal(0, 0.5, 20)[who]
    assert interviewer_effect(plain, who).rho < 0.02
    found = interviewer_effect(coloured, who)
    assert found.rho == pytest.approx(0.2, abs=0.12)
    f = stats.f_oneway(*(coloured[who == i] for i in range(20)))
    assert found.p_value == pytest.approx(f.pvalue)
    assert found.design_effect == pytest.approx(1 + 39 * found.rho)
    with pytest.raises(ValueError, match="two interviewers"):
        interviewer_effect([1.0, 2.0], ["a", "a"])


def test_unbalanced_interviewers_reduce_to_the_balanced_formula_when_balanced():
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    found = interviewer_effect(ratings.ravel().astype(float), np.repeat(np.arange(6), 4))
    assert found.rho == pytest.approx(intraclass_correlation(ratings).icc1)


def test_net_promoter_score_counts_nines_up_and_sixes_down():
    found = net_promoter_score([10, 9, 8, 7, 6, 0, NAN])
    assert (found.points, found.promoters, found.passives, found.detractors) == (0, 2, 2, 2)
    assert found.variance == pytest.approx((4 / 6) / 6)
    assert np.isnan(net_promoter_score([]).estimate)
    with pytest.raises(ValueError, match="between 0 and 10"):
        net_promoter_score([11])
    assert top_box([9, 10, 8, NAN]).estimate == pytest.approx(2 / 3)
    assert bottom_box([6, 7]).estimate == 0.5


def test_an_acsi_mean_outside_one_to_ten_is_refused():
    with pytest.raises(ValueError, match="between 1 and 10"):
        acsi_index([11, 5, 5])
    with pytest.raises(ValueError, match="weights has 2"):
        acsi_index([5, 5, 5], [1, 1])


def test_an_acsi_index_is_a_number_that_knows_what_it_was_made_of():
    found = acsi_index([9, 7, 5], [2, 1, 1])
    assert float(found) == found == found.estimate == pytest.approx(100 * 6.5 / 9)
    assert found.means.tolist() == [9, 7, 5]
    assert found.weights.tolist() == [0.5, 0.25, 0.25]
    assert copy(found).estimate == found + 0
    with pytest.raises(FrozenInstanceError):
        found.estimate = 1.0  # type: ignore[misc]


def test_pls_weights_meet_their_fixed_point():
    rng = np.random.default_rng(6)
    cause = rng.normal(size=500)
    effect = 0.8 * cause + 0.6 * rng.normal(size=500)
    blocks = [
        cause[:, None] * [0.9, 0.7, 0.5] + rng.normal(size=(500, 3)) * 0.5,
        10 + 3 * (effect[:, None] * [0.8, 0.8] + rng.normal(size=(500, 2)) * 0.5),
    ]
    found = pls_weights(blocks, [[0, 1], [0, 0]])
    assert found.converged
    assert found.scores.std(axis=0, ddof=1) == pytest.approx([1, 1])
    # mode A at its fixed point: weights proportional to the covariances with the neighbour's score
    for j, block in enumerate(blocks):
        z = (block - block.mean(axis=0)) / block.std(axis=0, ddof=1)
        ratio = (z.T @ found.scores[:, 1 - j]) / found.standardised[j]
        assert ratio == pytest.approx(np.full(ratio.size, ratio[0]), rel=1e-5)
        assert found.unstandardised[j] == pytest.approx(found.standardised[j] / block.std(axis=0, ddof=1))
    assert found.standardised[0][0] > found.standardised[0][2]
    with pytest.raises(ValueError, match="constant column"):
        pls_weights([np.ones((5, 1)), np.arange(5.0)[:, None]], [[0, 1], [0, 0]])
    with pytest.raises(ValueError, match="not linked"):
        pls_weights(blocks, np.zeros((2, 2)))


def test_raking_meets_the_margins_and_reports_what_trimming_left():
    region = ["n"] * 60 + ["s"] * 40
    model = (["a", "b"] * 50)[:100]
    found = raking([(region, {"n": 0.5, "s": 0.5}), (model, {"a": 60, "b": 40})])
    assert found.converged
    assert found.weights.mean() == pytest.approx(1)
    north = found.weights[np.array(region) == "n"].sum() / 100
    assert north == pytest.approx(0.5, abs=1e-6)
    assert 90 < found.effective_size < 100
    far = raking([(["x"] * 99 + ["y"], {"x": 0.5, "y": 0.5})])
    assert not far.converged
    assert far.largest_gap > 0.4
    with pytest.raises(ValueError, match="no respondent in category 'z'"):
        raking([(["x"], {"x": 0.5, "z": 0.5})])
    with pytest.raises(ValueError, match="'w' has no known share"):
        raking([(["w"], {"x": 1.0})])


def test_homogeneous_effects_have_no_variance_between():
    found = dersimonian_laird([0.1, 0.1, 0.1], [0.01, 0.02, 0.04])
    assert (found.tau_squared, found.i_squared) == (0.0, 0.0)
    assert found.estimate == pytest.approx(0.1)
    assert dersimonian_laird([0.3], [0.01]).estimate == 0.3
    with pytest.raises(ValueError, match="positive"):
        dersimonian_laird([0.1, 0.2], [0.0, 0.1])


def test_rates_without_a_base_are_unknown():
    assert np.isnan(aapor_rates(0).rr1)
    assert aapor_rates(0, refusal=5).coop1 == 0
    with pytest.raises(ValueError, match="NC must be a count"):
        aapor_rates(1, noncontact=-1)
    assert np.isnan(weighted_mean([NAN]))
    assert weighted_mean([80, NAN, 90], [1, 5, 3]) == 87.5
    assert trend_label([NAN, 0.9]) == "no_data"
    assert trend_label([0.80, 0.82]) == "unclear"
    assert trend_label([0.80, 0.90, 0.86]) == "unclear"


def test_service_figures_at_their_edges():
    assert np.isnan(fix_first_visit([], []).fixed_rate)
    assert np.isnan(first_service_retention([10, 10, NAN, 10], [1, 1, 1, 1])).all()
    assert first_service_retention([1, 1, 1, 0], [0, 0, 0, 4])[3] == 4.0
    with pytest.raises(ValueError, match="more complaints closed"):
        complaint_balance(1, 1, 2, 0)
    empty = kaplan_meier([], [])
    assert empty.at(5) == 1.0
    assert np.isnan(empty.quantile())
    assert np.isnan(kaplan_meier([3, 4], [0, 0]).quantile())


@given(st.lists(st.integers(0, 40), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_without_open_cases_kaplan_meier_is_the_share_still_open(days: list[int]):
    curve = kaplan_meier(days, np.ones(len(days)))
    for t in range(41):
        assert curve.at(t) == pytest.approx(np.mean(np.array(days) > t), abs=1e-12)


def test_a_run_length_is_never_a_number_that_the_quadrature_cannot_tell():
    assert cusum_run_length(0.5, 4).average == pytest.approx(335.37, abs=0.01)
    assert cusum_run_length(0.0, 40, nodes=60).average == pytest.approx(
        cusum_run_length(0.0, 40, nodes=400).average, rel=1e-6
    )
    assert cusum_run_length(0.5, 100, shift=1.5).average == pytest.approx(100, abs=2)
    assert cusum_run_length(0.5, 4, shift=-5).average == math.inf
    with pytest.raises(ValueError, match="at most 500"):
        cusum_run_length(0.5, 1e6)
    with pytest.raises(ValueError, match="finite"):
        cusum_run_length(math.nan, 4)


def test_where_the_scale_begins_changes_no_share():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 3))
    y = x @ [1, 2, 0.5] + rng.normal(size=60)
    x[5, 1] = NAN
    for compute in (lmg_importance, johnson_weights):
        assert compute(x + 1e7, y - 1e7).raw == pytest.approx(compute(x, y).raw, abs=1e-7)


def test_what_is_measured_in_small_units_is_no_constant():
    rng = np.random.default_rng(1)
    asked = rng.normal(size=(50, 3))
    overall = asked @ [1, 0.5, 0] + rng.normal(size=50)
    for of in (lmg_importance, johnson_weights):
        assert of(asked, overall * 1e-9).share == pytest.approx(of(asked, overall).share)
        with pytest.raises(ValueError, match="column 3 is constant"):
            of(asked, np.zeros(50))


def test_the_public_names_are_sorted_and_there():
    names = statistics.__all__
    assert names == sorted(names)
    assert all(hasattr(statistics, name) for name in names)
    promised = (
        "wilson_interval newcombe_difference benjamini_hochberg beta_binomial_fit lmg_importance "
        "johnson_weights krippendorff_alpha cohen_kappa intraclass_correlation aapor_rates p_chart "
        "cusum_run_length dersimonian_laird pls_weights acsi_index net_promoter_score "
        "difference_in_differences"
    )
    assert set(promised.split()) <= set(names)
