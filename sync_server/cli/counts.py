"""revisit insight from-counts and revisit bench insight: the month engine on counts and at scale."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Place, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import progress, show, table


def from_counts(
    counts: Annotated[Path, typer.Argument(metavar="COUNTS.csv.gz", help=t("cli.counts.counts"))],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=t("cli.counts.out"))],
    plans: Annotated[
        Path | None,
        typer.Option("--plans", metavar="PLANS.csv", help=t("cli.counts.plans"), show_default=False),
    ] = None,
    target: Annotated[float, typer.Option(min=0.0, max=1.0, help=t("cli.counts.target"))] = 0.85,
    window: Annotated[int, typer.Option(min=1, max=24, help=t("cli.counts.window"))] = 3,
    as_json: AsJson = False,
) -> None:
    """Compute the last window of a file of counts: cells.csv, declines.csv, verdicts.csv in DIR."""
    from sync_server.insight.engine import from_counts as engine

    try:
        result = engine(counts, plans, target, window, out)
    except (ValueError, FileNotFoundError) as error:
        place = Place(str(counts), str(error))
        raise Problem(Code.FILE_UNREADABLE, {"file": counts, "reason": error}, [place]) from error
    columns = [t("cli.counts.what"), t("cli.counts.value")]
    rows = [(name, value) for name, value in asdict(result).items() if name != "calibrations"]
    show(asdict(result), as_json, lambda: table(columns, rows, right=(1,)))


def bench_insight(
    rows: Annotated[int, typer.Option("--rows", min=1000, help=t("cli.bench.rows"))] = 5_000_000,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help=t("cli.bench.keep"), show_default=False)
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, max=20, help=t("cli.bench.repeats"))] = 3,
    engine: Annotated[str, typer.Option(metavar="polars|duckdb|pyspark", help=t("bench.engine"))] = "polars",
    as_json: AsJson = False,
) -> None:
    """Build synthetic facts as Parquet and time the month refresh beside the bare group-by of the engine."""
    from sync_server.insight.engine.bench import run_bench
    from sync_server.insight.engine.distributed import ENGINES

    if engine not in ENGINES:
        raise typer.BadParameter(", ".join(ENGINES), param_hint="--engine")

    with (
        tempfile.TemporaryDirectory(prefix="revisit-bench-") as scratch,
        progress(t("cli.bench.building")) as step,
    ):
        report = run_bench(rows, keep or Path(scratch), repeats=repeats, engine=engine, progress=step)
    columns = [t(f"cli.bench.{name}") for name in ("what", "seconds", "cpu", "memory")]
    lines = [
        (
            t("cli.bench.group_by"),
            *_figures(report.group_by.seconds, report.group_by.cpu_seconds, report.group_by.peak_mb),
        ),
        (
            t("cli.bench.refresh"),
            *_figures(report.refresh.seconds, report.refresh.cpu_seconds, report.refresh.peak_mb),
        ),
    ]

    def human() -> None:
        table(columns, lines, right=(1, 2, 3))
        print(
            t(
                "cli.bench.summary",
                rows=f"{report.rows:,}",
                window=f"{report.window_rows:,}",
                cells=f"{report.cells:,}",
                ratio=f"{report.ratio:.2f}",
            )
        )

    show(asdict(report), as_json, human)


def _figures(seconds: float, cpu: float, megabytes: float) -> tuple[str, str, str]:
    return f"{seconds:.2f}", f"{cpu:.2f}", f"{megabytes:.0f}"
