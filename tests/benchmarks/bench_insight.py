"""Month refresh beside the bare group-by: python tests/benchmarks/bench_insight.py [--rows 5000000 20000000
…].

Facts are built once per size in --dir and used again. Prints one line per size; measures, never asserts.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from sync_server.insight.engine.bench import BenchReport, run_bench


def line(report: BenchReport) -> str:
    """One size as a row of the table in docs/methods.md."""
    bare, refresh, product = report.group_by, report.refresh, report.product
    return (
        f"{report.rows / 1e6:g} M rows, {report.window_rows / 1e6:.2f} M in the window, "
        f"{report.file_mb:.0f} MB: "
        f"group-by {bare.seconds:.2f} s (cpu {bare.cpu_seconds:.2f}, {bare.peak_mb:.0f} MB), "
        f"refresh of {report.cells} cells {refresh.seconds:.2f} s (cpu {refresh.cpu_seconds:.2f}, "
        f"{refresh.peak_mb:.0f} MB), ratio {report.ratio:.2f} (cpu {report.cpu_ratio:.2f}), "
        f"the product's month {product.seconds:.2f} s (cpu {product.cpu_seconds:.2f}, "
        f"{product.peak_mb:.0f} MB)"
    )


def main() -> None:
    """Run the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000_000, 20_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "revisit-bench")
    chosen = parser.parse_args()
    for rows in chosen.rows:
        print(line(run_bench(rows, chosen.dir, repeats=chosen.repeats)), flush=True)


if __name__ == "__main__":
    main()
