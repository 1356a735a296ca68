"""Published examples of the statistics literature, to the tolerance of their printed digits."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sync_server.insight.statistics import (
    aapor_rates,
    acsi_index,
    benjamini_hochberg,
    beta_binomial_fit,
    binomial_cusum_run_length,
    cohen_kappa,
    cusum_run_length,
    dersimonian_laird,
    intraclass_correlation,
    johnson_weights,
    kaplan_meier,
    krippendorff_alpha,
    lmg_importance,
    newcombe_difference,
    p_chart,
    sample_size_for_drop,
    wilson_interval,
)

DEV = Path(__file__).parent / "dev"


def rows(name: str) -> list[dict[str, str]]:
    with (DEV / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(table: list[dict[str, str]], name: str) -> NDArray[np.float64]:
    return np.array([float(r[name]) for r in table])


def values(name: str, key: str, value: str) -> dict[str, str]:
    return {r[key]: r[value] for r in rows(name)}


def test_wilson_intervals_of_newcombe_1998():
    table = rows("wilson_newcombe1998.csv")
    found = wilson_interval(column(table, "k"), column(table, "n"))
    assert found.low == pytest.approx(column(table, "lo"), abs=5e-5)
    assert found.high == pytest.approx(column(table, "hi"), abs=5e-5)


def test_hybrid_score_differences_of_newcombe_1998():
    table = rows("newcombe_diff.csv")
    found = newcombe_difference(*(column(table, c) for c in ("k1", "n1", "k2", "n2")))
    assert found.low == pytest.approx(column(table, "lo"), abs=6e-5)
    assert found.high == pytest.approx(column(table, "hi"), abs=6e-5)


def test_fifteen_p_values_of_benjamini_and_hochberg_1995():
    table = rows("bh1995.csv")
    found = benjamini_hochberg(column(table, "p"), q=0.05)
    assert found.adjusted == pytest.approx(column(table, "p_adj_bh"), abs=1e-9)
    assert found.rejected.tolist() == [r["reject_q05"] == "1" for r in table]
    assert int(found.rejected.sum()) == 4


def test_lmg_shares_of_the_swiss_fertility_data():
    data, expected = rows("swiss.csv"), values("swiss_lmg_expected.csv", "var", "lmg")
    total = float(expected.pop("R2"))
    found = lmg_importance(np.column_stack([column(data, v) for v in expected]), column(data, "Fertility"))
    assert found.raw == pytest.approx([float(v) for v in expected.values()], abs=1e-6)
    assert found.r_squared == pytest.approx(total, abs=1e-6)
    assert found.share.sum() == pytest.approx(1)
    assert found.negative == (1, 2)


def test_johnson_weights_of_the_motor_trend_cars():
    data, expected = rows("mtcars.csv"), values("mtcars_johnson_expected.csv", "var", "raw_relative_weight")
    total = float(expected.pop("R2"))
    found = johnson_weights(np.column_stack([column(data, v) for v in expected]), column(data, "mpg"))
    assert found.raw == pytest.approx([float(v) for v in expected.values()], abs=1e-6)
    assert found.r_squared == pytest.approx(total, abs=1e-6)


def test_krippendorffs_own_example_at_four_levels():
    table = rows("krippendorff2011.csv")
    ratings = [[float(v or "nan") for name, v in r.items() if name != "coder"] for r in table]
    for row in rows("krippendorff2011_expected.csv"):
        found = krippendorff_alpha(ratings, row["level"])  # pyright: ignore[reportArgumentType]
        assert found.value == pytest.approx(float(row["alpha"]), abs=6e-4)


def test_cohens_own_example_plain_and_quadratic():
    table = [[float(v) for name, v in r.items() if name != "r\\c"] for r in rows("cohen1968.csv")]
    expected = values("cohen1968_expected.csv", "stat", "value")
    assert cohen_kappa(table).value == pytest.approx(float(expected["kappa_unweighted"]), abs=1e-5)
    quadratic = cohen_kappa(table, weights="quadratic")
    assert quadratic.value == pytest.approx(float(expected["kappa_quadratic"]), abs=1e-5)


def test_sixteen_outcome_rates_of_a_worked_aapor_example():
    table = rows("aapor_outcomerate_readme.csv")
    assert len(table) == 16
    for row in table:
        found = aapor_rates(*(int(row[c]) for c in ("I", "P", "R", "NC", "O", "UH", "UO", "NE")))
        assert getattr(found, row["rate"].lower()) == pytest.approx(float(row["value"]), abs=5.1e-4)


def test_the_handbooks_p_chart_and_its_second_round():
    trial = [r for r in rows("pchart_30x50.csv") if r["trial"] == "True"]
    expected = values("pchart_expected.csv", "stat", "value")
    events, sizes = column(trial, "D"), column(trial, "size")
    chart = p_chart(events, sizes)
    assert chart.centre == pytest.approx(float(expected["pbar"]), abs=1e-6)
    assert chart.low == pytest.approx(np.full(30, float(expected["LCL"])), abs=1e-6)
    assert chart.high == pytest.approx(np.full(30, float(expected["UCL"])), abs=1e-6)
    out = [int(trial[i]["sample"]) for i in chart.signals]
    assert out == [int(s) for s in expected["out_of_control_samples"].split(";")]
    keep = np.setdiff1d(np.arange(30), chart.signals)
    second = p_chart(events[keep], sizes[keep])
    assert second.centre == pytest.approx(float(expected["pbar_without_15_23"]), abs=1e-6)
    assert second.low[0] == pytest.approx(float(expected["LCL2"]), abs=1e-6)
    assert second.high[0] == pytest.approx(float(expected["UCL2"]), abs=1e-6)


def test_the_rat_tumour_prior_by_maximum_likelihood():
    table = rows("rat_tumor70.csv")
    expected = values("rat_betabinomial_expected.csv", "par", "mle")
    found = beta_binomial_fit(column(table, "y"), column(table, "n"))
    assert found.alpha == pytest.approx(float(expected["alpha"]), abs=2e-3)
    assert found.beta == pytest.approx(float(expected["beta"]), abs=2e-3)
    assert found.mean == pytest.approx(float(expected["mean"]), abs=1e-5)
    assert not found.at_boundary


def test_the_acsi_formula_and_its_ends():
    for row in rows("acsi_formula.csv"):
        means, weights = ([float(row[f"{c}{i}"]) for i in (1, 2, 3)] for c in "xw")
        found = acsi_index(means, weights)
        assert found.estimate == pytest.approx(float(row["index"]), abs=1e-6)
        assert found == pytest.approx(float(row["index"]), abs=1e-6)


def test_shrout_and_fleiss_1979_six_forms():
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = intraclass_correlation(ratings)
    forms = (found.icc1, found.icc2, found.icc3, found.icc1_k, found.icc2_k, found.icc3_k)
    assert [round(f, 2) for f in forms] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]


def test_the_thirteen_bcg_trials_pooled_by_dersimonian_and_laird():
    """Colditz et al. 1994: log risk ratios; the pooled figure is printed in every text on meta-analysis."""
    treated = np.array([4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27])
    treated_n = np.array([123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913])
    control = np.array([11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29])
    control_n = np.array([139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854])
    effect = np.log((treated / treated_n) / (control / control_n))
    variance = 1 / treated - 1 / treated_n + 1 / control - 1 / control_n
    found = dersimonian_laird(effect, variance)
    assert found.estimate == pytest.approx(-0.7141, abs=5e-5)
    assert found.standard_error == pytest.approx(0.1787, abs=5e-5)
    assert found.tau_squared == pytest.approx(0.3088, abs=5e-5)
    assert found.q == pytest.approx(152.233, abs=5e-4)
    assert found.i_squared == pytest.approx(0.9212, abs=5e-5)


@pytest.mark.parametrize(
    ("threshold", "shift", "two_sided", "expected"),
    [
        (4, 0.0, False, 335.4),
        (5, 0.0, False, 930.9),
        (4, 0.0, True, 168),
        (5, 0.0, True, 465),
        (4, 1.0, True, 8.38),
        (5, 1.0, True, 10.4),
        (4, 0.5, True, 26.6),
        (5, 2.0, True, 4.01),
    ],
)
def test_run_lengths_of_the_half_sigma_cusum(
    threshold: float, shift: float, two_sided: bool, expected: float
):
    """Montgomery, Introduction to Statistical Quality Control, table 9.3 (two-sided), Hawkins & Olwell."""
    found = cusum_run_length(0.5, threshold, shift, two_sided=two_sided)
    assert found.average == pytest.approx(expected, rel=4e-3)


def test_the_binomial_cusum_warns_of_doubled_failures_long_before_it_raises_a_false_alarm():
    false_alarm = binomial_cusum_run_length(45, 0.93).average
    odds = 0.93 / 0.07 / 2
    delay = binomial_cusum_run_length(45, 0.93, odds / (1 + odds)).average
    assert delay < 12 < 150 < false_alarm


@pytest.mark.parametrize(
    ("rate", "sizes"),
    [
        (0.90, (1398, 540, 157, 79, 49)),
        (0.95, (834, 343, 111, 60, 39)),
        (0.80, (2318, 862, 231, 109, 64)),
    ],
)
def test_answers_needed_per_period_to_see_a_fall(rate: float, sizes: tuple[int, ...]):
    found = [sample_size_for_drop(rate, d) for d in (0.03, 0.05, 0.10, 0.15, 0.20)]
    assert found == pytest.approx(sizes, abs=1)


def test_freireichs_leukaemia_trial_has_its_kaplan_meier_curve():
    """6-MP arm (Freireich 1963, as printed in Cox & Oakes): 21 patients, 9 relapses."""
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    event = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    curve = kaplan_meier(weeks, event)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert [round(float(s), 4) for s in curve.survival] == [
        0.8571,
        0.8067,
        0.7529,
        0.6902,
        0.6275,
        0.5378,
        0.4482,
    ]
    assert [round(float(s), 4) for s in curve.standard_error][:3] == [0.0764, 0.0869, 0.0963]
    assert curve.quantile() == 23
