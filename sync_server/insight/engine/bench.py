"""`revisit bench insight --rows N`: the month refresh beside the bare group-by of the same engine on the same
files, and beside the product's whole month.

Every measurement runs in a process of its own (peak memory is a process's), the three kinds by turns.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from scipy import special

from sync_server.insight.engine.distributed import (
    ENGINES,
    Engine,
    collected,
    connected,
    refresh_month_on,
)
from sync_server.insight.engine.facts import add_facts, month_files, schema, window_counts
from sync_server.insight.engine.fusion import calibrate
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.month_counts import MonthCounts, NetworkCounts, of_observations
from sync_server.insight.network_month import compute_network_month
from sync_server.insight.statistics import SourceCalibration

MONTHS = tuple(year * 100 + month for year in (2024, 2025) for month in range(1, 13))
DEALERS, ITEMS = 6000, 120
_SOURCE_SHARES = (0.47, 0.02, 0.24, 0.10, 0.17)
_SOURCE_BIAS = (0.05, 0.0, 0.20, 0.40, 0.60)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Medians over the repeats: wall clock and processor seconds without start-up, peak memory of the
    process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    fastest: float


@dataclass(frozen=True, slots=True)
class BenchReport:
    """`ratio` is refresh over bare group-by, of the medians; `cpu_ratio` that of the processor seconds, which
    others on the machine disturb less.

    `product` is the product's month after one of its 24 months changed: that month read again, calibration
    over all months, conflicts of sources, rates, list, ranking, 18 months of warnings, confirmed declines.
    """

    rows: int
    window_rows: int
    file_mb: float
    group_by: Measurement
    refresh: Measurement
    product: Measurement
    ratio: float
    cpu_ratio: float
    cells: int
    flagged: int

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self), sort_keys=True)


def build_facts(
    root: Path, rows: int, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> None:
    """Synthetic observations: 6000 dealers of uneven size × 120 items × 24 months, five sources, 3 % weak
    cells.

    Deterministic in `seed` and `rows`. Facts that were built to the end before are kept.
    """
    if (root / "calibrations.json").exists():
        return
    shutil.rmtree(root, ignore_errors=True)
    rng = np.random.default_rng(seed)
    size = rng.gamma(3, 1 / 3, DEALERS)
    level = special.logit(rng.uniform(0.85, 0.98, ITEMS))[None, :] + rng.normal(0, 0.4, (DEALERS, ITEMS))
    level = np.where(
        rng.random(level.shape) < 0.03, special.logit(rng.uniform(0.45, 0.75, level.shape)), level
    )
    ends = np.cumsum(size) / size.sum()
    bias = np.array(_SOURCE_BIAS)
    for done, month in enumerate(MONTHS):
        n = rows // len(MONTHS) + (1 if done < rows % len(MONTHS) else 0)
        dealer = np.searchsorted(ends, rng.random(n)).clip(0, DEALERS - 1)
        item = rng.integers(0, ITEMS, n)
        source = np.searchsorted(np.cumsum(_SOURCE_SHARES), rng.random(n)).clip(0, 4)
        value = rng.random(n) < special.expit(level[dealer, item] + bias[source])
        columns = (dealer, item, np.full(n, month), source, value)
        facts = {name: pl.Series(x, dtype=t) for (name, t), x in zip(schema().items(), columns, strict=True)}
        add_facts(root, pl.DataFrame(facts))
        if progress is not None:
            progress(done + 1, len(MONTHS))
    # as in the product: estimated when a month closes, over all months, and kept with the parameters
    everything = window_counts(root, MONTHS, DEALERS, ITEMS)
    found = calibrate(everything.successes, everything.trials, Parameters())
    (root / "calibrations.json").write_text(json.dumps([asdict(c) for c in found]), encoding="utf-8")


_Work = Callable[[], dict[str, int]]


def _bare_group_by(root: Path, engine: Engine) -> _Work:
    def work() -> dict[str, int]:
        if engine != "polars":
            with connected(engine) as connection:
                rows = collected(connection, month_files(root, MONTHS[-3:]))
            return {"groups": rows.num_rows, "window_rows": int(rows["trials"].to_numpy().sum())}
        found = (
            pl.scan_parquet(month_files(root, MONTHS[-3:]))
            .group_by("dealer", "item", "source")
            .agg(k=pl.col("value").sum(), n=pl.col("value").count())
            .collect()
        )
        return {"groups": found.height, "window_rows": int(found["n"].sum())}

    return work


def _refresh(root: Path, engine: Engine) -> _Work:
    stored = json.loads((root / "calibrations.json").read_text(encoding="utf-8"))
    calibrations = [SourceCalibration(**c) for c in stored]

    def work() -> dict[str, int]:
        found = refresh_month_on(
            engine, root, MONTHS[-3:], DEALERS, ITEMS, Parameters(), calibrations=calibrations
        )
        return {"cells": int(found.window.items.size), "flagged": int(found.order.size)}

    return work


def _product(root: Path, _: Engine) -> _Work:
    def month(number: int) -> MonthCounts:
        facts = pl.scan_parquet(month_files(root, [number]))
        return of_observations(facts.with_columns(state=pl.lit(0, pl.Int8), sign=pl.lit(1, pl.Int64)))

    dealers = tuple(f"d{place:05d}" for place in range(DEALERS))
    items = tuple(f"i{place:03d}" for place in range(ITEMS))
    names = tuple(f"{number // 100}-{number % 100:02d}" for number in MONTHS)
    # a server keeps the counts of months that have not changed
    earlier = [month(number) for number in MONTHS[:-1]]

    def work() -> dict[str, int]:
        network = NetworkCounts(dealers, items, names, (*earlier, month(MONTHS[-1])))
        found = compute_network_month(network, Parameters(), data_cut=1, targets={})
        return {"cells": found.cells.height, "flagged": int(found.cells["listed"].sum())}

    return work


_KINDS = {"group_by": _bare_group_by, "refresh": _refresh, "product": _product}


def _measure(root: Path, kind: str, engine: Engine) -> dict[str, float]:
    """One measurement in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "sync_server.insight.engine.bench", kind, str(root), engine],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def run_bench(
    rows: int,
    directory: Path,
    *,
    repeats: int = 3,
    engine: Engine = "polars",
    progress: Callable[[int, int], None] | None = None,
) -> BenchReport:
    """Build facts in `directory` (kept, and used again by the next run) and measure the three kinds by turns.

    `engine` adds up: see distributed.py. Spark's own processes are not in the memory and processor figures.

    Raises:
        ValueError: fewer rows than months.
        subprocess.CalledProcessError: a measurement that failed.
    """
    if rows < len(MONTHS):
        raise ValueError(f"rows must be at least {len(MONTHS)}, got {rows}")
    root = directory / f"facts-{rows}"
    build_facts(root, rows, progress=progress)
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in _KINDS}
    for _ in range(repeats):
        for kind, results in found.items():
            results.append(_measure(root, kind, engine))

    def summary(kind: str) -> Measurement:
        seconds = [r["seconds"] for r in found[kind]]
        return Measurement(
            median(seconds),
            median(r["cpu"] for r in found[kind]),
            median(r["peak_mb"] for r in found[kind]),
            min(seconds),
        )

    bare, refresh = summary("group_by"), summary("refresh")
    return BenchReport(
        rows=rows,
        window_rows=int(found["group_by"][0]["window_rows"]),
        file_mb=sum(f.stat().st_size for f in month_files(root, MONTHS)) / 1e6,
        group_by=bare,
        refresh=refresh,
        product=summary("product"),
        ratio=refresh.seconds / bare.seconds,
        cpu_ratio=refresh.cpu_seconds / max(bare.cpu_seconds, 1e-9),
        cells=int(found["refresh"][0]["cells"]),
        flagged=int(found["refresh"][0]["flagged"]),
    )


def peak_mb(process: int | None = None) -> float:
    """Peak resident memory of this program alone, or of another one of this machine (Linux); ru_maxrss would
    also count what the parent used."""
    status = Path(f"/proc/{process or 'self'}/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _main() -> None:
    parser = argparse.ArgumentParser(description="One measurement, printed as JSON.")
    parser.add_argument("kind", choices=sorted(_KINDS))
    parser.add_argument("root", type=Path)
    parser.add_argument("engine", choices=ENGINES, nargs="?", default="polars")
    chosen = parser.parse_args()
    work = _KINDS[chosen.kind](chosen.root, chosen.engine)
    start, busy = time.perf_counter(), time.process_time()
    found = work()
    seconds = time.perf_counter() - start
    peak = peak_mb()
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - busy, "peak_mb": peak, **found}))


if __name__ == "__main__":
    _main()
