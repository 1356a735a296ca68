"""revisit bench sync: answers per second of push and rows per second of pull, on a database of its own."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import progress, show, table


def bench_sync(
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help=t("bench.database"), show_default=False)
    ] = None,
    visits: Annotated[
        int, typer.Option("--visits", min=16, max=20_000, metavar="N", help=t("bench.visits"))
    ] = 400,
    connections: Annotated[int, typer.Option(min=1, max=64, metavar="N", help=t("bench.connections"))] = 8,
    as_json: AsJson = False,
) -> None:
    """Push visits of 60 answers and pull them again: over one connection and many, with and without HTTP."""
    from sync_server.cli.bench_load import pull_over_http, push_in_process, push_over_http, serving
    from sync_server.cli.bench_world import make_world, record_visits, scratch_settings

    pushes: list[dict[str, Any]] = []
    pulls: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory(prefix="revisit-bench-") as folder,
        scratch_settings(Path(folder), database) as settings,
        progress(t("bench.measuring")) as step,
    ):
        world = make_world(settings)
        # one connection is slower: it gets fewer visits; the first ones warm up
        few = max(8, visits // 4)
        parts = [(1, few), (connections, visits)]
        total = 2 * (8 + few + visits)
        bodies = record_visits(world, total)
        step(total // 2, total * 2)
        push_in_process(world, bodies[:8], 1)
        done = 8
        for count, size in parts:
            found = push_in_process(world, bodies[done : done + size], count)
            pushes.append({"over": "process", **asdict(found)})
            done += size
            step(total + done, total * 2)
        backend = world.db.url.get_backend_name()
        world.db.close()
        with serving(settings) as served:
            push_over_http(served, world.tokens["shopper"], bodies[done : done + 8], 1)
            done += 8
            for count, size in parts:
                found = push_over_http(served, world.tokens["shopper"], bodies[done : done + size], count)
                pushes.append({"over": "http", **asdict(found)})
                done += size
                step(total + done, total * 2)
            found = [pull_over_http(served, world.tokens["manager"], count) for count in (1, connections)]
            pulls += [{"over": "http", **asdict(one)} for one in found]
            memory = served.memory_mb()
        step(total * 2, total * 2)
    report = {"database": backend, "push": pushes, "pull": pulls, "server_memory_mb": memory}
    show(report, as_json, lambda: _tell(report))


def _way(over: str) -> str:
    return t(f"bench.over.{over}")


def _tell(report: dict[str, Any]) -> None:
    names = ("over", "connections", "answers", "speed", "median", "p95", "processor")
    rows: list[tuple[Any, ...]] = [
        (
            _way(one["over"]),
            one["connections"],
            f"{one['answers']:,}",
            f"{one['answers_per_second']:,.0f}",
            f"{one['p50_ms']:.1f}",
            f"{one['p95_ms']:.1f}",
            "—" if one["server_cpu_us"] is None else f"{one['server_cpu_us']:.0f}",
        )
        for one in report["push"]
    ]
    print(t("bench.push", database=report["database"]))
    table([t(f"bench.column.{name}") for name in names], rows, right=(1, 2, 3, 4, 5, 6))
    names = ("over", "connections", "rows", "row_speed", "megabytes", "empty")
    rows = [
        (
            _way(one["over"]),
            one["connections"],
            f"{one['rows']:,}",
            f"{one['rows_per_second']:,.0f}",
            f"{one['bytes_received'] / 1e6:.1f}",
            f"{one['empty_ms']:.1f}",
        )
        for one in report["pull"]
    ]
    print(t("bench.pull"))
    table([t(f"bench.column.{name}") for name in names], rows, right=(1, 2, 3, 4, 5))
    if report["server_memory_mb"] is not None:
        print(t("bench.server_memory", megabytes=f"{report['server_memory_mb']:.0f}"))
