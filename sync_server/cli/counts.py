"""revisit insight from-counts and revisit bench insight: the month engine on counts and at scale."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared_models.problems import Code, Place, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import progress, show, table

if TYPE_CHECKING:
    from sync_server.insight.engine.bench import BenchReport


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
    rows: Annotated[list[int] | None, typer.Option("--rows", min=1000, help=t("bench.rows"))] = None,
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
        reports = [
            run_bench(size, keep or Path(scratch), repeats=repeats, engine=engine, progress=step)
            for size in rows or [5_000_000]
        ]
    found = [asdict(report) for report in reports]

    def human() -> None:
        for report in reports:
            _print_report(report)
        if len(reports) > 1:
            _print_growth(reports)

    show(found if len(found) > 1 else found[0], as_json, human)


def _print_report(report: BenchReport) -> None:
    columns = [t(f"cli.bench.{name}") for name in ("what", "seconds", "cpu", "memory")]
    measured = (
        (t("cli.bench.group_by"), report.group_by),
        (t("cli.bench.refresh"), report.refresh),
        (t("bench.product"), report.product),
    )
    lines = [(name, f"{m.seconds:.2f}", f"{m.cpu_seconds:.2f}", f"{m.peak_mb:.0f}") for name, m in measured]
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
    print(t("bench.cpu_ratio", ratio=f"{report.cpu_ratio:.2f}"))


def _print_growth(reports: Sequence[BenchReport]) -> None:
    """How seconds grow with the rows: of rows and seconds, so many times the first line's."""
    first = reports[0]
    columns = [t(f"bench.growth.{name}") for name in ("rows", "group_by", "refresh", "product")]
    lines = [
        (
            f"{one.rows:,} (x{one.rows / first.rows:.1f})",
            *(
                f"{now.seconds:.2f} (x{now.seconds / then.seconds:.1f})"
                for now, then in (
                    (one.group_by, first.group_by),
                    (one.refresh, first.refresh),
                    (one.product, first.product),
                )
            ),
        )
        for one in reports
    ]
    table(columns, lines, right=(0, 1, 2, 3))
