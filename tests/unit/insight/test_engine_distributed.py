"""The same cells whichever engine adds up the facts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sync_server.insight.engine import Parameters, add_facts, refresh_month
from sync_server.insight.engine.distributed import refresh_month_on, window_counts_on
from sync_server.insight.engine.facts import schema

MONTHS = (202609, 202610, 202611)
DEALERS, ITEMS = 40, 12


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Facts of three months in several files, shares and answers that do not count among them."""
    folder = tmp_path_factory.mktemp("facts")
    rng = np.random.default_rng(8)
    for month in (*MONTHS, *MONTHS):
        n = 4000
        value = np.where(rng.random(n) < 0.8, 1.0, rng.integers(0, 8, n) / 7)
        columns = {
            "dealer": rng.integers(0, DEALERS, n),
            "item": rng.integers(0, ITEMS, n),
            "month": np.full(n, month),
            "source": rng.integers(0, 5, n),
            "value": [None if one < 0.05 else v for one, v in zip(rng.random(n), value, strict=True)],
        }
        add_facts(folder, pl.DataFrame(columns, schema=schema()))
    return folder


def test_duckdb_through_ibis_gives_the_cells_of_the_product(root: Path):
    ours = refresh_month(root, MONTHS, DEALERS, ITEMS, Parameters())
    theirs = refresh_month_on("duckdb", root, MONTHS, DEALERS, ITEMS, Parameters())
    assert np.array_equal(ours.window.items, theirs.window.items)
    assert np.array_equal(ours.window.dealers, theirs.window.dealers)
    assert np.array_equal(ours.window.trials, theirs.window.trials)
    assert np.abs(ours.window.successes - theirs.window.successes).max() < 1e-9
    for name in ("mean", "low", "high", "p_below", "priority"):
        assert np.abs(getattr(ours.rates, name) - getattr(theirs.rates, name)).max() < 1e-6
    assert np.array_equal(ours.rates.flagged, theirs.rates.flagged)


def test_an_engine_refuses_facts_outside_the_lists_and_takes_months_without_facts(root: Path):
    with pytest.raises(ValueError, match="outside the lists"):
        window_counts_on("duckdb", root, MONTHS, DEALERS - 1, ITEMS)
    assert window_counts_on("duckdb", root, (190001,), DEALERS, ITEMS).items.size == 0
