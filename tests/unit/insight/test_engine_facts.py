"""Facts on disk: late files, partitions, and the same figures as from counts in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sync_server.insight.engine import Parameters, WindowCounts, fuse
from sync_server.insight.engine.bench import MONTHS, build_facts, run_bench
from sync_server.insight.engine.facts import add_facts, month_files, refresh_month, schema, window_counts
from sync_server.insight.engine.fusion import IDENTITY

P = Parameters()
WINDOW = (202601, 202602, 202603)


def facts(rows: list[tuple[int, int, int, int, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema(), orient="row")


def answers(n: int = 3000, seed: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "dealer": rng.integers(0, 30, n),
            "item": rng.integers(0, 5, n),
            "month": rng.choice([202512, *WINDOW], n),
            "source": rng.integers(0, 5, n),
            "value": (rng.random(n) < 0.9).astype(float),
        }
    ).cast(dict(schema()))


def test_counts_are_those_of_the_window_and_leave_out_what_was_not_observed(tmp_path: Path):
    add_facts(
        tmp_path,
        facts(
            [
                (1, 0, 202603, 0, 1.0),
                (1, 0, 202602, 0, 0.0),
                (1, 0, 202603, 4, 0.5),
                (1, 0, 202603, 4, None),
                (0, 1, 202601, 2, 1.0),
                (0, 1, 202512, 2, 1.0),
                (2, 1, 202603, 1, None),
            ]
        ),
    )
    found = window_counts(tmp_path, WINDOW, dealers=3, items=2)
    assert found.dealers.tolist() == [1, 0]
    assert found.items.tolist() == [0, 1]
    assert found.trials.tolist() == [[2, 0, 0, 0, 1], [0, 0, 1, 0, 0]]
    assert found.successes.tolist() == [[1, 0, 0, 0, 0.5], [0, 0, 1, 0, 0]]


def test_the_counts_equal_a_plain_group_by(tmp_path: Path):
    table = answers()
    add_facts(tmp_path, table)
    found = window_counts(tmp_path, WINDOW, 30, 5)
    groups = (
        table.filter(pl.col("month").is_in(WINDOW))
        .group_by("item", "dealer", "source")
        .agg(k=pl.col("value").sum(), n=pl.len())
    )
    assert found.trials.sum() == groups["n"].sum()
    at = {(int(i), int(d)): row for row, (i, d) in enumerate(zip(found.items, found.dealers, strict=True))}
    for item, dealer, source, k, n in groups.iter_rows():
        assert (found.successes[at[item, dealer], source], found.trials[at[item, dealer], source]) == (k, n)


def test_late_answers_add_a_file_to_their_month_and_one_upload_equals_two(tmp_path: Path):
    table = answers()
    add_facts(tmp_path / "one", table)
    early, late = table.head(2000), table.tail(1000)
    add_facts(tmp_path / "two", early)
    before = month_files(tmp_path / "two", WINDOW)
    add_facts(tmp_path / "two", late)
    assert set(before) < set(month_files(tmp_path / "two", WINDOW))
    one, two = (refresh_month(tmp_path / x, WINDOW, 30, 5, P) for x in ("one", "two"))
    assert one.rates.mean.tobytes() == two.rates.mean.tobytes()
    assert one.order.tolist() == two.order.tolist()


def test_a_refresh_is_the_engines_own_estimate_ranked_by_need(tmp_path: Path):
    weak = [(d, 0, 202603, 1, float(j % 2)) for d in range(3) for j in range(20)]
    good = [(d, 0, 202603, 1, 1.0) for d in range(3, 60) for _ in range(20)]
    add_facts(tmp_path, facts([*weak, *weak[:20], *good]))
    found = refresh_month(tmp_path, WINDOW, 60, 1, P, calibrations=IDENTITY)
    assert set(found.window.dealers[found.order]) == {0, 1, 2}
    assert found.rates.priority[found.order].tolist() == sorted(
        found.rates.priority[found.order], reverse=True
    )
    again = fuse(
        WindowCounts(*(getattr(found.window, x) for x in ("dealers", "items", "successes", "trials"))),
        P,
        calibrations=IDENTITY,
    )
    assert again.mean.tobytes() == found.rates.mean.tobytes()


def test_months_without_facts_give_nothing(tmp_path: Path):
    found = refresh_month(tmp_path, WINDOW, 10, 2, P)
    assert found.window.items.size == 0
    assert found.order.size == 0


def test_wrong_facts_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="facts must have the columns"):
        add_facts(tmp_path, pl.DataFrame({"dealer": [1]}))
    with pytest.raises(ValueError, match="value or source out of range"):
        add_facts(tmp_path, facts([(0, 0, 202603, 0, 1.5)]))
    with pytest.raises(ValueError, match="value or source out of range"):
        add_facts(tmp_path, facts([(0, 0, 202603, 5, 1.0)]))
    add_facts(tmp_path, facts([(7, 0, 202603, 0, 1.0)]))
    with pytest.raises(ValueError, match="dealer 7 or item 0, outside the lists"):
        window_counts(tmp_path, WINDOW, 5, 1)


def test_the_benchmark_measures_every_kind_on_the_same_facts(tmp_path: Path):
    report = run_bench(24_000, tmp_path, repeats=1)
    assert report.window_rows == 3000
    assert 0 < report.cells <= 3000
    assert min(one.peak_mb for one in (report.group_by, report.refresh, report.product)) > 0
    assert report.ratio == pytest.approx(report.refresh.seconds / report.group_by.seconds)
    built = sorted(tmp_path.rglob("*.parquet"))
    assert len(built) == len(MONTHS)
    build_facts(tmp_path / "facts-24000", 24_000)
    assert sorted(tmp_path.rglob("*.parquet")) == built
    with pytest.raises(ValueError, match="at least 24"):
        run_bench(5, tmp_path)
