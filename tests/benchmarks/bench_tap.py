"""Tap to durable, natively: row, op and flush in one transaction, beside a bare sqlite3 insert.

``python -m tests.benchmarks.bench_tap [--taps 1000] [--megabytes 20]`` builds a database of that size on the
platform's own store, answers questions of an open visit (what a screen does), writes through the store alone,
and inserts into a bare SQLite file with the same pragmas, interleaved in one run. Prints milliseconds and
ratios; it asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from field_app.platform.native.store import open_native_store
from field_app.store import Context, RowWrite, Store
from field_app.store.tables import ACCOUNT
from field_app.sync.pull import take_page
from field_app.visits.workflow import Today
from shared_models.checklists import QuestionKind, TemplateDocument
from shared_models.ids import derived_id, new_id
from shared_models.sync.wire import OpKind
from sync_server.checklists.builtin import load_templates
from tests.factories.device import MemoryBlobs
from tests.factories.network import DEALER, PERSON, TEMPLATE, change, page, reference_rows


def fill(store: Store, document: TemplateDocument, megabytes: int) -> str:
    """Old visits until the database is that large; the template version's id."""
    version = new_id()
    rows = [row for row in reference_rows() if row.entity != "template_version"]
    rows.append(
        change(
            "template_version",
            version,
            template_id=TEMPLATE,
            number=1,
            document=document.to_json(),
            sha256="0" * 64,
        )
    )
    take_page(store, page(*rows), "")
    visit = {"dealer_id": DEALER, "template_version_id": version, "person_id": PERSON, "source": "shop"}
    codes = [question.code for question in document.questions()]
    size = 0
    while size < megabytes * 1_000_000:
        found = []
        for _ in range(40):
            visit_id = new_id()
            found.append(change("visit", visit_id, status="accepted", **visit))
            found += [
                change("answer", new_id(), visit_id=visit_id, question=code, value="yes", comment="整洁" * 10)
                for code in codes
            ]
        take_page(store, page(*found), "1")
        with store.read() as connection:
            size = connection.exec_driver_sql("PRAGMA page_count").scalar_one() * 4096
    return version


async def timed(taps: int, tap: Callable[[int], Awaitable[None]]) -> tuple[list[float], float]:
    """Milliseconds of each tap, and processor milliseconds of all (which a busy machine hardly changes)."""
    spent: list[float] = []
    busy = time.process_time()
    for number in range(taps):
        begun = time.perf_counter()
        await tap(number)
        spent.append((time.perf_counter() - begun) * 1000)
    return spent, (time.process_time() - busy) * 1000


async def measure(taps: int, megabytes: int, folder: Path) -> dict[str, dict[str, float]]:
    """Median and p95 in milliseconds of the three, taken in turns of 50."""
    document = next(one for one in load_templates() if one.code == "sales_visit")
    store = Store(open_native_store(folder, "account-bench"), MemoryBlobs(), Context())
    version = fill(store, document, megabytes)

    async def free() -> None:
        return None

    session = await Today(store, PERSON, free).start_unplanned(DEALER, version)
    simple = [q for q in document.questions() if q.kind in (QuestionKind.YES_NO, QuestionKind.YES_NO_NA)]
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=FULL")
    bare.execute("CREATE TABLE answer (id TEXT PRIMARY KEY, value TEXT)")

    async def by_screen(number: int) -> None:
        question = simple[number % len(simple)]
        await session.answer(question.code, value=("yes", "no")[number // len(simple) % 2])

    async def by_store(number: int) -> None:
        row_id = derived_id("bench", str(number))
        values = {"visit_id": session.id, "question": "X", "value": "yes"}
        store.apply([RowWrite("answer", row_id, session.id, values, OpKind.CREATE)])
        await store.durable()

    async def by_hand(number: int) -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO answer VALUES (?, ?)", (new_id(), json.dumps("yes")))
        bare.execute("COMMIT")

    spent: dict[str, list[float]] = {"screen": [], "store": [], "bare": []}
    busy = dict.fromkeys(spent, 0.0)
    for turn in range(max(1, taps // 50)):
        for name, tap in (("screen", by_screen), ("store", by_store), ("bare", by_hand)):
            times, used = await timed(50, lambda n, t=tap, o=turn * 50: t(n + o))
            spent[name] += times
            busy[name] += used
    result = {
        name: {
            "median_ms": statistics.median(times),
            "p95_ms": statistics.quantiles(times, n=20)[-1],
            "cpu_ms": busy[name] / len(times),
        }
        for name, times in spent.items()
    }
    begun = time.perf_counter()
    await Today(store, PERSON, free).open(session.id)
    result["open"] = {
        "ms": (time.perf_counter() - begun) * 1000,
        "questions": len(list(document.questions())),
    }
    result["database"] = {
        "megabytes": (folder / "account-bench.db").stat().st_size / 1e6,
        "tables": len(ACCOUNT.tables),
    }
    await store.close()
    return result


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--taps", type=int, default=500)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(measure(given.taps, given.megabytes, Path(folder)))
    if given.json:
        print(json.dumps(result, indent=1))
        return
    bare = result["bare"]
    print(f"database {result['database']['megabytes']:.1f} MB, {given.taps} taps each")
    for name, words in (
        ("screen", "answer of an open visit, score and completeness included"),
        ("store", "row and op through the store"),
        ("bare", "bare sqlite3 insert"),
    ):
        one = result[name]
        print(
            f"{words:58} median {one['median_ms']:6.2f} ms  p95 {one['p95_ms']:6.2f} ms  "
            f"CPU {one['cpu_ms']:5.2f} ms  "
            f"x{one['median_ms'] / bare['median_ms']:.1f} / x{one['p95_ms'] / bare['p95_ms']:.1f}"
        )
    print(f"opening a visit of {result['open']['questions']} questions: {result['open']['ms']:.0f} ms")


if __name__ == "__main__":
    main()
