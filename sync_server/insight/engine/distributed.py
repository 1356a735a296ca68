"""The month's aggregation as ibis expressions over the same Parquet facts, on an engine chosen by name.

`window_counts` of facts.py reads with polars in one process, which is enough for a network of some thousand
dealers. Whoever keeps the facts of far more on a cluster runs the same three lines there: ``duckdb`` (extra
``revisit[duckdb]``, in process) or ``pyspark`` (extra ``revisit[spark]``, local or on a cluster by
``SPARK_REMOTE`` or the site's own Spark configuration). Only counts per cell come back, a few million rows at
most; what follows from them (calibration, posterior, list) is the same code on the same numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sync_server.insight.engine.facts import MonthRefresh, month_files, refresh_of, window_counts
from sync_server.insight.engine.fusion import WindowCounts
from sync_server.insight.engine.parameters import SOURCES, Parameters
from sync_server.insight.statistics import SourceCalibration

Engine = Literal["polars", "duckdb", "pyspark"]
ENGINES: tuple[Engine, ...] = ("polars", "duckdb", "pyspark")


class EngineMissing(ImportError):
    """The engine's package is not installed; the message names the extra."""


@contextmanager
def connected(engine: Engine) -> Generator[Any]:
    """An ibis connection to ``duckdb`` or ``pyspark``; a Spark session begun here ends with it.

    Raises:
        EngineMissing: its package is not installed.
    """
    extra = {"duckdb": "revisit[duckdb]", "pyspark": "revisit[spark]"}[engine]
    try:
        import ibis

        if engine == "duckdb":
            yield ibis.duckdb.connect()
            return
        SparkSession: Any = import_module("pyspark.sql").SparkSession  # noqa: N806 - its own name
    except (ImportError, AttributeError) as missing:
        raise EngineMissing(f"{engine} is not installed: pip install '{extra}'") from missing
    running = SparkSession.getActiveSession()
    session = running or SparkSession.builder.appName("revisit").getOrCreate()
    try:
        yield ibis.pyspark.connect(session)
    finally:
        if running is None:
            session.stop()


def cell_counts(connection: Any, files: Sequence[Path]) -> Any:
    """Successes and trials per dealer, item and source of these files, as an ibis expression.

    Values are 0..1 in float32; they are added up in float64, so every engine gives the same sums to 1e-9.
    """
    if connection.name == "duckdb":
        facts = connection.read_parquet([str(file) for file in files])
    else:  # the other backends of ibis take one path
        facts, *more = (connection.read_parquet(str(file)) for file in files)
        facts = facts.union(*more) if more else facts
    known = facts.filter(facts["value"].notnull())
    return known.group_by(["dealer", "item", "source"]).aggregate(
        successes=known["value"].cast("float64").sum(), trials=known["value"].count()
    )


def collected(connection: Any, files: Sequence[Path]) -> Any:
    """The counts of these files as an Arrow table."""
    with warnings.catch_warnings():
        # ibis still calls a method that DuckDB 2 is going to take away
        warnings.simplefilter("ignore", DeprecationWarning)
        return cell_counts(connection, files).to_pyarrow()


def window_counts_on(
    engine: Engine, root: Path, months: Sequence[int], dealers: int, items: int
) -> WindowCounts:
    """As `window_counts`, aggregated by the engine.

    Raises:
        ValueError: a dealer or item outside the lists.
        EngineMissing: its package is not installed.
    """
    if engine == "polars":
        return window_counts(root, months, dealers, items)
    files = month_files(root, months)
    width = len(SOURCES)
    if not files:
        nothing = np.zeros(0, np.int64)
        return WindowCounts(nothing, nothing, np.zeros((0, width)), np.zeros((0, width)))
    with connected(engine) as connection:
        found = collected(connection, files)
    dealer, item, source = (found[name].to_numpy().astype(np.int64) for name in ("dealer", "item", "source"))
    if dealer.size and (dealer.max() >= dealers or item.max() >= items):
        raise ValueError(f"facts hold dealer {dealer.max()} or item {item.max()}, outside the lists")
    cells, row = np.unique(item * dealers + dealer, return_inverse=True)
    successes, trials = np.zeros((cells.size, width)), np.zeros((cells.size, width))
    successes[row, source] = found["successes"].to_numpy()
    trials[row, source] = found["trials"].to_numpy()
    at, who = np.divmod(cells, dealers)
    return WindowCounts(who, at, successes, trials)


def refresh_month_on(
    engine: Engine,
    root: Path,
    months: Sequence[int],
    dealers: int,
    items: int,
    parameters: Parameters,
    *,
    calibrations: Sequence[SourceCalibration] | None = None,
) -> MonthRefresh:
    """As `refresh_month`, aggregated by the engine; arguments and errors of both."""
    window = window_counts_on(engine, root, months, dealers, items)
    return refresh_of(window, parameters, calibrations=calibrations)
