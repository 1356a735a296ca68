"""The month computation: what must not matter does not, what must matter does."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from sync_server.insight.engine import (
    CountsCube,
    Parameters,
    Plan,
    WindowCounts,
    calibrate,
    compute_month,
    find_conflicts,
    find_declines,
    from_counts,
    fuse,
    judge_plans,
    judge_programme,
    read_counts,
    review_weights,
)
from sync_server.insight.engine.fusion import IDENTITY
from sync_server.insight.statistics import Verdict
from tests.synthetic.network import Network, Size, make_network

P = Parameters()
SMALL = Size(dealers=40, items=6, months=14)


@pytest.fixture(scope="module")
def network() -> Network:
    return make_network(5, SMALL)


def cube_of(network: Network) -> CountsCube:
    return CountsCube(network.successes, network.trials)


def test_parameters_survive_json_and_name_themselves():
    changed = replace(P, target=0.9, rho=(0.0, 0.0, 0.0, 0.0, 0.1))
    assert Parameters.from_json(changed.to_json()) == changed
    assert Parameters.from_json("{}") == P
    assert len({P, Parameters(), changed}) == 2
    assert P.digest == Parameters().digest != changed.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"taget": 0.9}', "'taget' is not a parameter"),
        ('{"target": 1.5}', "target must lie between 0 and 1"),
        ('{"window": 0}', "window must be at least 1"),
        ('{"rho": [0.1]}', "one number per source"),
        ("[]", "must be a JSON object"),
    ],
)
def test_wrong_parameters_are_refused_in_words(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        Parameters.from_json(text)


def test_the_same_counts_give_the_same_bytes_whatever_the_number_of_workers(network: Network):
    window = cube_of(network).window(slice(11, 14))
    one, four = fuse(window, P, workers=1), fuse(window, P, workers=4)
    for name in ("mean", "low", "high", "p_below", "shortfall", "priority"):
        assert getattr(one, name).tobytes() == getattr(four, name).tobytes()


def test_relabelled_dealers_permute_the_figures(network: Network):
    order = np.random.default_rng(0).permutation(40)
    straight = compute_month(cube_of(network), [], P)
    mixed = compute_month(CountsCube(network.successes[order], network.trials[order]), [], P)
    for name in ("mean", "low", "high", "p_below"):
        expected = getattr(straight.rates, name).reshape(6, 40)[:, order]
        assert getattr(mixed.rates, name).reshape(6, 40) == pytest.approx(expected, abs=1e-5)
    assert (
        mixed.rates.flagged.reshape(6, 40).tolist()
        == straight.rates.flagged.reshape(6, 40)[:, order].tolist()
    )
    assert (mixed.declines.first_alarm == straight.declines.first_alarm[order]).all()


def test_relabelled_sources_change_nothing_when_the_parameters_follow(network: Network):
    window = cube_of(network).window(slice(11, 14))
    swap = [2, 1, 0, 3, 4]
    found = fuse(window, P, calibrations=IDENTITY)
    k, n = window.successes[:, swap], window.trials[:, swap]
    rho = tuple(P.rho[s] for s in swap)
    other = fuse(WindowCounts(window.dealers, window.items, k, n), replace(P, rho=rho), calibrations=IDENTITY)
    assert other.mean == pytest.approx(found.mean, abs=1e-5)


def test_equal_count_patterns_share_their_posterior_with_the_long_way_round(network: Network):
    """Counts that are not whole take the path without shared patterns; a hair's breadth must not change
    figures."""
    window = cube_of(network).window(slice(11, 14))
    hair = WindowCounts(window.dealers, window.items, window.successes, window.trials + 1e-7)
    assert fuse(hair, P).mean == pytest.approx(fuse(window, P).mean, abs=1e-5)


def test_one_uncalibrated_source_and_many_dealers_recover_their_rates():
    rng = np.random.default_rng(1)
    truth = rng.beta(18, 2, 4000)
    k = np.zeros((4000, 5))
    n = np.zeros((4000, 5))
    n[:, 1] = 30
    k[:, 1] = rng.binomial(30, truth)
    free = replace(P, rho=(0.0,) * 5)
    found = fuse(WindowCounts(np.arange(4000), np.zeros(4000, int), k, n), free, calibrations=IDENTITY)
    closed = stats.beta(k[:, 1] + 18, 30 - k[:, 1] + 2)
    assert np.abs(found.mean - closed.mean()).mean() < 0.005
    assert np.abs(found.p_below - closed.cdf(0.85)).mean() < 0.03


def test_a_cell_without_answers_has_the_prior_and_is_never_listed(network: Network):
    trials, successes = network.trials.copy(), network.successes.copy()
    trials[7, 2], successes[7, 2] = 0, 0
    figures = compute_month(CountsCube(successes, trials), [], P)
    row = 2 * 40 + 7
    assert figures.window.trials[row].sum() == 0
    assert not figures.rates.flagged[row]
    assert figures.rates.high[row] - figures.rates.low[row] > 0.1
    assert figures.declines.first_alarm[7, 2] == -1


def test_priority_follows_importance_and_targets_follow_the_item(network: Network):
    window = cube_of(network).window(slice(11, 14))
    plain = fuse(window, P)
    assert plain.priority.max() == pytest.approx(100)
    heavy = fuse(window, P, importance=np.array([1.0, 1, 1, 1, 1, 50]))
    assert int(window.items[heavy.priority.argmax()]) == 5
    strict = fuse(window, P, targets=np.array([0.95] + [0.85] * 5))
    first = window.items == 0
    assert (strict.p_below[first] > plain.p_below[first]).all()
    assert strict.p_below[~first].tolist() == plain.p_below[~first].tolist()


def test_announced_sources_are_brought_down_to_the_mystery_shop():
    network = make_network(3, Size(dealers=200, items=20, months=12))
    everything = cube_of(network).window(slice(0, 12))
    audit = calibrate(everything.successes, everything.trials, P)[4]
    assert audit.calibrated
    assert audit.intercept > 0.3
    few = calibrate(
        everything.successes[:40], everything.trials[:40], replace(P, calibration_min_reference=1e9)
    )
    assert few == IDENTITY or not any(c.calibrated for c in few)


def test_a_source_that_vanishes_is_no_decline(network: Network):
    trials, successes = network.trials.copy(), network.successes.copy()
    before = find_declines(successes, trials, P)
    trials[:, :, 9:, 4], successes[:, :, 9:, 4] = 0, 0
    after = find_declines(successes, trials, P)
    assert after.alarm[..., :9].tolist() == before.alarm[..., :9].tolist()
    assert after.alarm.sum() <= before.alarm.sum() + 2


def test_what_the_whole_network_does_is_no_decline_of_a_dealer():
    rng = np.random.default_rng(4)
    trials = np.zeros((60, 3, 14, 5), np.int32)
    trials[..., 0] = 60
    rate = np.where(np.arange(14) >= 10, 0.80, 0.93)
    rates = np.broadcast_to(rate, (60, 3, 14)).copy()
    rates[0, 0, 10:] = 0.45
    successes = np.zeros_like(trials)
    successes[..., 0] = rng.binomial(60, rates)
    found = find_declines(successes, trials, P)
    assert found.first_alarm[0, 0] in (10, 11)
    assert found.first_confirmed[0, 0] in (11, 12, 13)
    assert (found.first_alarm >= 0).sum() <= 6
    assert (found.first_confirmed >= 0).sum() == 1


def plan_world(lift: float, seed: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """40 dealers, one item, 12 months at 70 %; dealer 0 changes by `lift` from month 6 on."""
    rng = np.random.default_rng(seed)
    trials = np.zeros((40, 1, 12, 5), np.int32)
    trials[..., 0] = 120
    rate = np.full((40, 1, 12), 0.70)
    rate[0, :, 6:] += lift
    successes = np.zeros_like(trials)
    successes[..., 0] = rng.binomial(120, rate)
    return successes, trials


def test_a_plan_is_judged_on_clean_months_before_and_after():
    successes, trials = plan_world(0.2)
    found = judge_plans(successes, trials, [Plan(0, 0, 6)], P)[0]
    assert found.fused.verdict is Verdict.IMPROVED
    assert found.matched
    assert found.controls >= 10
    assert found.fused.before_trials == found.fused.after_trials == 360
    assert found.by_source[0].verdict is Verdict.IMPROVED
    assert found.by_source[1].verdict is Verdict.NOT_ENOUGH_DATA
    # months 5 (it triggered the plan), 6 and 7 (carrying it out) must not count
    successes[0, 0, 5:8, 0] = 0
    assert judge_plans(successes, trials, [Plan(0, 0, 6)], P)[0].fused == found.fused


def test_worse_unchanged_and_unfinished_plans_get_their_words():
    worse = judge_plans(*plan_world(-0.3), [Plan(0, 0, 6)], P)[0]
    assert worse.fused.verdict is Verdict.WORSE
    assert not worse.on_target
    flat = judge_plans(*plan_world(0.0), [Plan(0, 0, 6)], P)[0]
    assert flat.fused.verdict is Verdict.NOT_IMPROVED
    successes, trials = plan_world(0.2)
    early = judge_plans(successes, trials, [Plan(0, 0, 8), Plan(0, 0, 11), Plan(0, 0, 0)], P)
    assert {v.fused.verdict for v in early} == {Verdict.NOT_ENOUGH_DATA}
    with pytest.raises(ValueError, match="outside the counts"):
        judge_plans(successes, trials, [Plan(40, 0, 6)], P)


def test_an_improvement_that_everybody_had_is_not_the_plans():
    rng = np.random.default_rng(2)
    trials = np.zeros((40, 1, 12, 5), np.int32)
    trials[..., 0] = 120
    successes = np.zeros_like(trials)
    successes[..., 0] = rng.binomial(120, np.where(np.arange(12) >= 6, 0.88, 0.70), (40, 1, 12))
    found = judge_plans(successes, trials, [Plan(0, 0, 6)], P)[0]
    assert found.by_source[0].verdict is Verdict.IMPROVED
    assert found.fused.verdict is Verdict.NOT_IMPROVED


def test_a_measure_at_ten_dealers_is_judged_as_a_programme():
    rng = np.random.default_rng(6)
    trials = np.zeros((40, 1, 12, 5), np.int32)
    trials[..., 0] = 60
    rate = np.full((40, 1, 12), 0.70)
    rate[:12, :, 6:] += 0.12
    successes = np.zeros_like(trials)
    successes[..., 0] = rng.binomial(60, rate)
    found = judge_programme(successes, trials, 0, range(12), 6, P)
    assert found.low > 0
    assert found.low < 0.12 < found.high
    with pytest.raises(ValueError, match="at least 10 treated"):
        judge_programme(successes, trials, 0, range(9), 6, P)


def test_a_source_that_flatters_one_dealer_is_shown_and_weighed_down():
    rng = np.random.default_rng(7)
    dealers, items = 60, 12
    n = np.tile([60.0, 6, 30, 15, 24], (dealers * items, 1))
    truth = np.where(np.arange(dealers) < 12, 0.70, 0.92)
    rate = np.tile(truth, items)[:, None].repeat(5, axis=1)
    who = np.tile(np.arange(dealers), items)
    rate[who == 3, 4] = 0.99
    k = rng.binomial(n.astype(int), rate).astype(float)
    window = WindowCounts(who, np.repeat(np.arange(items), dealers), k, n)
    found = find_conflicts(window, P, IDENTITY)
    assert found.flagged[3, 4]
    assert found.z[3, 4] > 3
    assert found.cells[who == 3, 4].sum() > 6
    assert found.inflation[3] > 0.05
    assert np.abs(np.delete(found.inflation, 3)).max() < 0.06
    weights = review_weights(window, found, P)
    assert set(weights[who == 3, 4]) == {0.25}
    assert set(review_weights(window, found, P, frozenset({(3, 4)}))[who == 3, 4]) == {1.0}
    plain = fuse(window, P, calibrations=IDENTITY)
    weighed = fuse(window, P, calibrations=IDENTITY, weights=weights)
    assert weighed.mean[who == 3].mean() < plain.mean[who == 3].mean()


HEADER = "dealer,item,month," + ",".join(
    f"{c}_{s}" for s in ("phone", "mystery", "callback", "onsite", "supervision") for c in "kn"
)


def write_counts(path: Path, rows: list[str]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join([HEADER, *rows]) + "\n")
    return path


def rows_of(network: Network, dealer: str = "", months: str = "") -> list[str]:
    d, i, t, _ = network.trials.shape
    return [
        f"{dealer}{a},{b},{f'2026-{c + 1:02d}' if months else c},"
        + ",".join(
            f"{k},{n}" for k, n in zip(network.successes[a, b, c], network.trials[a, b, c], strict=True)
        )
        for a in range(d)
        for b in range(i)
        for c in range(t)
    ]


@pytest.fixture(scope="module")
def tiny() -> Network:
    return make_network(9, Size(dealers=12, items=3, months=12))


def test_from_counts_writes_the_three_tables_and_the_parameters(tiny: Network, tmp_path: Path):
    counts = write_counts(tmp_path / "c.csv.gz", rows_of(tiny))
    plans = tmp_path / "plans.csv"
    plans.write_text("dealer,item,start_month\n3,1,5\n0,2,11\n")
    result = from_counts(counts, plans, 0.85, 3, tmp_path / "out")
    assert (result.cells, result.month) == (36, 11)
    cells = pl.read_csv(tmp_path / "out" / "cells.csv")
    assert cells.columns == [
        *("dealer", "item", "month", "raw_k", "raw_n", "mean", "low90", "high90"),
        *("p_below_target", "flagged", "priority"),
    ]
    assert cells.select("dealer", "item").rows() == [(d, i) for d in range(12) for i in range(3)]
    raw = tiny.trials[:, :, 9:].sum(axis=(2, 3)).ravel()
    assert cells["raw_n"].to_list() == raw.tolist()
    assert cells["flagged"].sum() == result.flagged
    assert (cells["low90"] <= cells["mean"]).all()
    declines = pl.read_csv(tmp_path / "out" / "declines.csv")
    assert declines.columns == ["dealer", "item", "first_alarm_month", "confirmed_month"]
    verdicts = pl.read_csv(tmp_path / "out" / "verdicts.csv")
    assert verdicts.columns == ["dealer", "item", "start_month", "verdict", "difference", "low", "high"]
    assert verdicts.select("dealer", "item", "start_month").rows() == [(3, 1, 5), (0, 2, 11)]
    assert verdicts["verdict"][1] == "not_enough_data"
    assert sum(result.verdicts.values()) == 2


def test_a_second_run_is_identical_to_the_byte_and_two_uploads_equal_one(tiny: Network, tmp_path: Path):
    whole = write_counts(tmp_path / "c.csv.gz", rows_of(tiny))
    rows = rows_of(tiny)
    nothing = ",".join(["0"] * 10)
    split = [row for r in rows for row in (r, ",".join([*r.split(",")[:3], nothing]))]
    twice = write_counts(tmp_path / "d.csv.gz", list(reversed(split)))
    for counts, out in ((whole, "a"), (whole, "b"), (twice, "c")):
        from_counts(counts, None, 0.85, 3, tmp_path / out)
    for name in ("cells.csv", "declines.csv", "verdicts.csv"):
        first = (tmp_path / "a" / name).read_bytes()
        assert first == (tmp_path / "b" / name).read_bytes()
        assert first == (tmp_path / "c" / name).read_bytes()
    assert (tmp_path / "a" / "parameters.json").read_bytes() == (
        tmp_path / "b" / "parameters.json"
    ).read_bytes()
    assert (tmp_path / "a" / "verdicts.csv").read_text().count("\n") == 1


def test_codes_and_written_months_are_kept_as_they_stand(tiny: Network, tmp_path: Path):
    numbers = write_counts(tmp_path / "n.csv.gz", rows_of(tiny))
    names = write_counts(tmp_path / "w.csv.gz", rows_of(tiny, "D1", "written"))
    plans = tmp_path / "plans.csv"
    plans.write_text("dealer,item,start_month\nD13,1,2026-06\n")
    from_counts(numbers, None, 0.85, 3, tmp_path / "n")
    result = from_counts(names, plans, 0.85, 3, tmp_path / "w")
    assert result.month == "2026-12"
    one, other = (pl.read_csv(tmp_path / x / "cells.csv").sort("raw_n", "raw_k", "mean") for x in "nw")
    assert one["mean"].to_list() == pytest.approx(other["mean"].to_list(), abs=1e-5)
    assert set(other["dealer"]) == {f"D1{d}" for d in range(12)}
    assert pl.read_csv(tmp_path / "w" / "verdicts.csv")["start_month"].to_list() == ["2026-06"]


GOOD = "0,0,{m},1,2,0,0,0,0,0,0,0,0"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0,0,2,3,2,0,0,0,0,0,0,0,0", "row 4: k_phone 3 exceeds n_phone 2"),
        ("0,0,2,x,2,0,0,0,0,0,0,0,0", "row 4: k_phone 'x' is not a count"),
        ("0,0,2,-1,2,0,0,0,0,0,0,0,0", "row 4: k_phone '-1' is not a count"),
        ("0,,2,1,2,0,0,0,0,0,0,0,0", "row 4: item is empty"),
        ("0,0,2026-13,1,2,0,0,0,0,0,0,0,0", "row 4: month '2026-13' is written otherwise than '0' in row 2"),
    ],
)
def test_a_bad_row_is_named_with_its_reason(tmp_path: Path, row: str, words: str):
    counts = write_counts(tmp_path / "c.csv.gz", [GOOD.format(m=0), GOOD.format(m=1), row])
    with pytest.raises(ValueError, match=words):
        read_counts(counts)


def test_missing_columns_empty_files_and_unknown_plans_are_refused(tiny: Network, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text("dealer,item,month\n0,0,0\n")
    with pytest.raises(ValueError, match=r"bad\.csv has no column k_phone"):
        read_counts(bad)
    bad.write_text(HEADER + "\n")
    with pytest.raises(ValueError, match="has no rows"):
        read_counts(bad)
    counts = write_counts(tmp_path / "c.csv.gz", rows_of(tiny))
    plans = tmp_path / "plans.csv"
    plans.write_text("dealer,item,start_month\n3,1,5\n99,1,5\n")
    with pytest.raises(ValueError, match=r"plans\.csv row 3: dealer '99' does not occur"):
        from_counts(counts, plans, 0.85, 3, tmp_path / "out")
    with pytest.raises(ValueError, match="the window is 13 months, the counts have 12"):
        from_counts(counts, None, 0.85, 13, tmp_path / "out")


def test_shares_of_observations_calibrate_without_rounding_below_zero() -> None:
    shares = np.array([[0.7, 0.1, 0.0, 0.0, 0.0], [0.1, 0.2, 0.0, 0.0, 0.0]] * 40)
    found = calibrate(shares, np.ceil(shares), P)
    assert [one.calibrated for one in found] == [False] * 5


def test_a_source_without_a_steady_relation_to_the_reference_is_not_calibrated() -> None:
    rng = np.random.default_rng(5)
    rate = rng.uniform(0.5, 0.98, 400)
    n = np.full((400, 5), 30.0)
    noise = rng.binomial(30, np.full((400, 5), 0.85)).astype(float)
    unrelated = noise.copy()
    unrelated[:, 2:] = rng.binomial(30, rate[:, None], (400, 3))
    related = rng.binomial(30, rate[:, None], (400, 5)).astype(float)
    assert not calibrate(unrelated, n, P)[0].calibrated
    assert calibrate(related, n, P)[0].calibrated
