"""revisit bench ledger: the product's own path from a large store to the figures.

A scratch installation is filled with observations and served by a process of its own; everything after that
goes over HTTP as a client would: the first question (facts written, month computed), a dealer's page, a visit
pushed and accepted until the figures name it.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import progress, show, table

if TYPE_CHECKING:
    import httpx

    from sync_server.cli.bench_load import Served
    from sync_server.cli.bench_world import BenchWorld

_PAGES = 40
_WAIT_SECONDS = 600.0
_ASK_AGAIN_SECONDS = 0.2
"""Between two questions for the same figures: each takes the processor that the figures are computed with."""


@dataclass(frozen=True)
class LedgerReport:
    """Seconds, milliseconds and megabytes of one run."""

    rows: int
    dealers: int
    items: int
    database_mb: float
    facts_mb: float
    first_seconds: float
    """The first question of a month: facts written from the whole store, 24 months read, month computed."""
    first_cpu: float
    """Processor seconds of the server, as all of ``…_cpu``; 0 where the system does not tell."""
    month_seconds: float
    """Another month of the same facts: read and computed."""
    month_cpu: float
    dealer_page_ms: float
    dealer_page_p95_ms: float
    dealer_page_cpu_ms: float
    """Mean over the pages."""
    visit_in_rates_seconds: float
    """From the acceptance of a visit to its count in the month's rates."""
    visit_in_fused_seconds: float
    """From the acceptance to the fused figures of a data cut that holds it."""
    visit_cpu: float
    """Of both together: accepting, adding the month's facts, computing the month beside, and the questions
    in between."""
    peak_mb: float
    """Of the server."""


def bench_ledger(
    rows: Annotated[
        int, typer.Option("--rows", min=10_000, metavar="N", help=t("bench.ledger.rows"))
    ] = 1_000_000,
    dealers: Annotated[int, typer.Option(min=20, max=60_000, metavar="N", help=t("bench.ledger.dealers"))] = (
        6000
    ),
    items: Annotated[int, typer.Option(min=2, max=900, metavar="N", help=t("bench.ledger.items"))] = 120,
    as_json: AsJson = False,
) -> None:
    """Fill a scratch installation and ask it as a client does."""
    from sync_server.cli.bench_ledger_world import make_ledger
    from sync_server.cli.bench_load import serving
    from sync_server.settings import Settings

    with (
        tempfile.TemporaryDirectory(prefix="revisit-bench-") as name,
        progress(t("cli.bench.building")) as step,
    ):
        folder = Path(name)
        settings = Settings(folder, f"sqlite:///{folder / 'bench.db'}", folder / "blobs")
        world = make_ledger(settings, rows=rows, dealers=dealers, items=items, progress=step)
        try:
            with serving(settings) as served:
                found = _measure(world, served, rows, items)
        finally:
            world.db.close()
    shown = [(t(f"bench.ledger.{name}"), _text(value)) for name, value in asdict(found).items()]
    columns = [t("cli.counts.what"), t("cli.counts.value")]
    show(asdict(found), as_json, lambda: table(columns, shown, right=(1,)))


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _measure(world: BenchWorld, served: Served, rows: int, items: int) -> LedgerReport:
    import httpx

    from sync_server.app import API
    from sync_server.cli.bench_ledger_world import LAST_MONTH
    from sync_server.insight.calendar import shifted
    from sync_server.insight.engine.bench import peak_mb

    def client(role: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {world.tokens[role]}", "X-Revisit-Client": "bench"}
        return httpx.Client(base_url=f"http://127.0.0.1:{served.port}{API}", headers=headers, timeout=3600)

    with client("hq") as hq, client("shopper") as shopper, client("manager") as manager:
        first, first_cpu = _used(served, lambda: _get(hq, "/insight/weak-items", month=LAST_MONTH, limit=50))
        before = shifted(LAST_MONTH, -1)
        other, other_cpu = _used(served, lambda: _get(hq, "/insight/weak-items", month=before, limit=50))
        step = max(1, len(world.dealers) // _PAGES)
        pages = [
            _used(
                served, lambda dealer=dealer: _get(hq, "/insight/dealer", dealer_id=dealer, month=LAST_MONTH)
            )
            for dealer in world.dealers[::step][:_PAGES]
        ]
        started = served.cpu_seconds()
        in_rates, in_fused = _visit(world, hq, shopper, manager, LAST_MONTH)
        milliseconds = sorted(1000 * seconds for seconds, _ in pages)
        return LedgerReport(
            rows=rows,
            dealers=len(world.dealers),
            items=items,
            database_mb=_size(world.settings.data_dir, "bench.db*"),
            facts_mb=_size(world.settings.data_dir / "figures", "**/*.parquet"),
            first_seconds=first,
            first_cpu=first_cpu,
            month_seconds=other,
            month_cpu=other_cpu,
            dealer_page_ms=median(milliseconds),
            dealer_page_p95_ms=milliseconds[int(0.95 * len(pages))],
            dealer_page_cpu_ms=1000 * fmean(cpu for _, cpu in pages),
            visit_in_rates_seconds=in_rates,
            visit_in_fused_seconds=in_fused,
            visit_cpu=_since(started, served),
            peak_mb=peak_mb(served.pid),
        )


def _used(served: Served, ask: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and processor seconds of the server, until the answer is there."""
    started, begun = served.cpu_seconds(), time.perf_counter()
    ask()
    return time.perf_counter() - begun, _since(started, served)


def _since(started: float | None, served: Served) -> float:
    now = served.cpu_seconds()
    return 0.0 if now is None or started is None else now - started


def _size(folder: Path, pattern: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern)) / 1e6


def _get(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    if answer.status_code != 200:
        raise RuntimeError(f"GET {path}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


def _push(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/sync/push", content=body, headers={"Content-Type": "application/json"})
    if answer.status_code != 200 or any(one["outcome"] != "applied" for one in answer.json()["results"]):
        raise RuntimeError(f"push: {answer.status_code} {answer.text[:1000]}")


def _visit(
    world: BenchWorld,
    hq: httpx.Client,
    shopper: httpx.Client,
    manager: httpx.Client,
    month: str,
) -> tuple[float, float]:
    """Push and accept a visit; seconds until the month's rates count it, and until the fused figures do."""
    from sync_server.cli.bench_world import accept_body, record_visits

    dealer = world.dealers[0]
    body = record_visits(world, 1)[0]
    visit_id = next(op["row_id"] for op in json.loads(body)["ops"] if op["entity"] == "visit")
    _push(shopper, body)
    before = _get(hq, "/insight/dealer", dealer_id=dealer, month=month)
    asked = {"dealer_id": dealer, "month": month, "months": 1, "source": "shop"}
    counted = _observations(_get(hq, "/insight/rates", **asked))
    begun = time.perf_counter()
    _push(manager, accept_body(world, visit_id))
    while _observations(_get(hq, "/insight/rates", **asked)) == counted:
        _in_time(begun)
    in_rates = time.perf_counter() - begun
    while (_get(hq, "/insight/dealer", dealer_id=dealer, month=month))["data_cut"] == before["data_cut"]:
        _in_time(begun)
        time.sleep(_ASK_AGAIN_SECONDS)
    return in_rates, time.perf_counter() - begun


def _observations(rates: Any) -> float:
    return sum(cell["applicable"] for cell in rates["cells"])


def _in_time(begun: float) -> None:
    if time.perf_counter() - begun > _WAIT_SECONDS:
        raise RuntimeError("the accepted visit never came into the figures")
