"""The month's figures hold their promises on synthetic networks whose truth is known, and on the golden
one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sync_server.insight.engine import MonthFigures, Parameters, compute_month, read_counts
from tests.synthetic.network import Network, Size, make_network
from tests.synthetic.quality import alarm_quality, effect_quality, figures_of, list_quality

GOLDEN = Path(__file__).parents[1] / "golden" / "dev"
SEED = 2026


@pytest.fixture(scope="module")
def full() -> tuple[Network, MonthFigures]:
    network = make_network(SEED)
    return network, figures_of(network)


def test_the_weak_list_is_right_and_finds_most_at_full_volume(full: tuple[Network, MonthFigures]):
    network, figures = full
    quality = list_quality(figures, network.theta)
    assert quality.precision >= 0.83
    assert quality.recall >= 0.62
    assert quality.precision >= quality.pooled_precision + 0.10
    assert quality.mean_error < quality.pooled_error
    assert 0.88 <= quality.coverage <= 0.98
    assert quality.worst_bin <= 0.08
    assert all(realised <= nominal + 0.05 for nominal, realised in quality.realised_fdr)


def test_the_weak_list_stays_right_with_a_third_of_the_answers():
    network = make_network(SEED + 1, Size(volume=0.3))
    quality = list_quality(figures_of(network, plans=False), network.theta)
    assert quality.precision >= 0.83
    assert quality.recall >= 0.35
    assert 0.88 <= quality.coverage <= 0.98
    assert quality.worst_bin <= 0.08
    assert all(realised <= nominal + 0.05 for nominal, realised in quality.realised_fdr)


def test_a_shifted_mix_of_sources_does_not_fool_the_list():
    network = make_network(SEED + 2, Size(shares=(1 / 6, 1.0, 1.0, 1.0, 5.0), shift_month=12))
    figures = figures_of(network, plans=False)
    quality = list_quality(figures, network.theta)
    assert quality.precision >= 0.83
    assert quality.recall >= 0.55
    assert alarm_quality(figures, network).false_per_1000 <= 8


def test_falls_are_warned_of_without_crying_wolf(full: tuple[Network, MonthFigures]):
    network, figures = full
    quality = alarm_quality(figures, network)
    assert quality.recall >= 0.35
    assert quality.false_per_1000 <= 8


def test_plans_that_changed_nothing_are_not_called_improved(full: tuple[Network, MonthFigures]):
    network, figures = full
    quality = effect_quality(figures, network)
    assert quality.flat >= 50
    assert quality.flat_improved <= 0.05
    assert quality.helped_improved > 4 * quality.flat_improved


def test_the_golden_network_has_its_known_quality():
    """Reference figures of an independent implementation: precision .90, recall .80, MAE .023, Brier .041."""
    table = read_counts(GOLDEN / "synth_counts_seed101.csv.gz")
    truth = pl.read_csv(GOLDEN / "synth_truth_seed101.csv.gz").sort("dealer", "item", "month")
    theta = truth["theta_ref"].to_numpy().reshape(table.cube.trials.shape[:3])
    quality = list_quality(compute_month(table.cube, [], Parameters()), theta)
    assert quality.precision == pytest.approx(0.90, abs=0.02)
    assert quality.recall == pytest.approx(0.80, abs=0.03)
    assert quality.mean_error == pytest.approx(0.023, abs=0.001)
    assert quality.brier == pytest.approx(0.041, abs=0.001)
    assert quality.pooled_error == pytest.approx(0.030, abs=0.001)
    assert np.isfinite(quality.coverage)
