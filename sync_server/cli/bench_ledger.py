"""revisit bench ledger: the product's own path from a large store to the figures.

A scratch installation is filled with observations; everything after that goes through the application as a
client would: the first question (facts written, month computed), a dealer's page, a visit pushed and accepted
until the figures name it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import progress, show, table

if TYPE_CHECKING:
    import httpx

    from sync_server.cli.bench_world import BenchWorld

_PAGES = 40
_WAIT_SECONDS = 600.0


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
    month_seconds: float
    """Another month of the same facts: read and computed."""
    dealer_page_ms: float
    dealer_page_p95_ms: float
    visit_in_rates_seconds: float
    """From the acceptance of a visit to its count in the month's rates."""
    visit_in_fused_seconds: float
    """From the acceptance to the fused figures of a data cut that holds it."""
    peak_mb: float


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
    from sync_server.settings import Settings

    with (
        tempfile.TemporaryDirectory(prefix="revisit-bench-") as name,
        progress(t("cli.bench.building")) as step,
    ):
        folder = Path(name)
        settings = Settings(folder, f"sqlite:///{folder / 'bench.db'}", folder / "blobs")
        world = make_ledger(settings, rows=rows, dealers=dealers, items=items, progress=step)
        found = asyncio.run(_measure(world, rows, items))
        world.db.close()
    shown = [(t(f"bench.ledger.{name}"), _text(value)) for name, value in asdict(found).items()]
    columns = [t("cli.counts.what"), t("cli.counts.value")]
    show(asdict(found), as_json, lambda: table(columns, shown, right=(1,)))


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


async def _measure(world: BenchWorld, rows: int, items: int) -> LedgerReport:
    import httpx

    from sync_server.app import API, create_app
    from sync_server.cli.bench_ledger_world import LAST_MONTH
    from sync_server.insight.calendar import shifted
    from sync_server.insight.engine.bench import peak_mb

    app = create_app(world.settings)
    transport = httpx.ASGITransport(app=app)

    def client(role: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {world.tokens[role]}", "X-Revisit-Client": "bench"}
        return httpx.AsyncClient(
            transport=transport, base_url=f"http://bench{API}", headers=headers, timeout=600
        )

    async with (
        app.router.lifespan_context(app),
        client("hq") as hq,
        client("shopper") as shopper,
        client("manager") as manager,
    ):
        first = await _seconds(hq, "/insight/weak-items", month=LAST_MONTH, limit=50)
        other = await _seconds(hq, "/insight/weak-items", month=shifted(LAST_MONTH, -1), limit=50)
        step = max(1, len(world.dealers) // _PAGES)
        pages = [
            1000 * await _seconds(hq, "/insight/dealer", dealer_id=dealer, month=LAST_MONTH)
            for dealer in world.dealers[::step][:_PAGES]
        ]
        in_rates, in_fused = await _visit(world, hq, shopper, manager, LAST_MONTH)
        facts = world.settings.data_dir / "figures"
        return LedgerReport(
            rows=rows,
            dealers=len(world.dealers),
            items=items,
            database_mb=_size(world.settings.data_dir, "bench.db*"),
            facts_mb=_size(facts, "**/*.parquet"),
            first_seconds=first,
            month_seconds=other,
            dealer_page_ms=median(pages),
            dealer_page_p95_ms=sorted(pages)[int(0.95 * len(pages))],
            visit_in_rates_seconds=in_rates,
            visit_in_fused_seconds=in_fused,
            peak_mb=peak_mb(),
        )


def _size(folder: Path, pattern: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern)) / 1e6


async def _get(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    if answer.status_code != 200:
        raise RuntimeError(f"GET {path}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


async def _seconds(client: httpx.AsyncClient, path: str, **query: Any) -> float:
    begun = time.perf_counter()
    await _get(client, path, **query)
    return time.perf_counter() - begun


async def _push(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/sync/push", content=body, headers={"Content-Type": "application/json"})
    if answer.status_code != 200 or any(one["outcome"] != "applied" for one in answer.json()["results"]):
        raise RuntimeError(f"push: {answer.status_code} {answer.text[:1000]}")


async def _visit(
    world: BenchWorld,
    hq: httpx.AsyncClient,
    shopper: httpx.AsyncClient,
    manager: httpx.AsyncClient,
    month: str,
) -> tuple[float, float]:
    """Push and accept a visit; seconds until the month's rates count it, and until the fused figures do."""
    from sync_server.cli.bench_world import accept_body, record_visits

    dealer = world.dealers[0]
    body = record_visits(world, 1)[0]
    visit_id = next(op["row_id"] for op in json.loads(body)["ops"] if op["entity"] == "visit")
    await _push(shopper, body)
    before = await _get(hq, "/insight/dealer", dealer_id=dealer, month=month)
    asked = {"dealer_id": dealer, "month": month, "months": 1, "source": "shop"}
    counted = _observations(await _get(hq, "/insight/rates", **asked))
    begun = time.perf_counter()
    await _push(manager, accept_body(world, visit_id))
    while _observations(await _get(hq, "/insight/rates", **asked)) == counted:
        _in_time(begun)
    in_rates = time.perf_counter() - begun
    while (await _get(hq, "/insight/dealer", dealer_id=dealer, month=month))["data_cut"] == before[
        "data_cut"
    ]:
        _in_time(begun)
        await asyncio.sleep(0.05)
    return in_rates, time.perf_counter() - begun


def _observations(rates: Any) -> float:
    return sum(cell["applicable"] for cell in rates["cells"])


def _in_time(begun: float) -> None:
    if time.perf_counter() - begun > _WAIT_SECONDS:
        raise RuntimeError("the accepted visit never came into the figures")
