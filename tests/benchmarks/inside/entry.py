"""Runs in the worker of the PWA: fills the device's own store, taps, and says the times on the console.

Its folder holds ``document.json`` (a checklist) and ``size.json`` when it is built (bench_pwa.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import flet as ft

from field_app.platform import platform
from field_app.store import Context, Store
from field_app.sync.pull import take_page
from field_app.visits.workflow import Today
from shared_models.checklists import QuestionKind
from shared_models.ids import new_id
from shared_models.sync.wire import RowChange
from tests.factories.network import DEALER, PERSON, TEMPLATE, change, page, reference_rows

HERE = Path(__file__).parent


def fill(store: Store, megabytes: float) -> str:
    """Network, checklist, and old visits until the database is that large; the checklist's version."""
    document = json.loads((HERE / "document.json").read_text("utf-8"))
    version = new_id()
    rows = [row for row in reference_rows() if row.entity != "template_version"]
    checklist: dict[str, Any] = {
        "template_id": TEMPLATE,
        "number": 1,
        "document": document,
        "sha256": "0" * 64,
    }
    take_page(store, page(*rows, change("template_version", version, **checklist)), "")
    codes = [question["code"] for section in document["sections"] for question in section["questions"]]
    visit = {"dealer_id": DEALER, "template_version_id": version, "person_id": PERSON, "source": "shop"}
    while size(store) < megabytes:
        found: list[RowChange] = []
        for _ in range(10):
            visit_id = new_id()
            found.append(change("visit", visit_id, status="accepted", **visit))
            found += [
                change("answer", new_id(), visit_id=visit_id, question=code, value="yes", comment="整洁" * 10)
                for code in codes
            ]
        take_page(store, page(*found), "1")
    return version


def size(store: Store) -> float:
    """Megabytes of the database."""
    with store.read() as connection:
        return connection.exec_driver_sql("PRAGMA page_count").scalar_one() * 4096 / 1e6


async def measure() -> dict[str, Any]:
    """Fill, then milliseconds of each tap, of opening the visit, and what was there."""
    wanted = json.loads((HERE / "size.json").read_text("utf-8"))
    device = platform()
    await device.claim_writer()
    opened = await device.open_store("account-bench")
    store = Store(opened, device.blobs, Context())
    version = fill(store, wanted["megabytes"])
    await store.durable()
    for _ in range(wanted["photos"]):
        photo = os.urandom(wanted["photo_bytes"])
        await device.blobs.put(hashlib.sha256(photo).hexdigest(), photo)

    async def free() -> int | None:
        return None

    today = Today(store, PERSON, free)
    session = await today.start_unplanned(DEALER, version)
    simple = [
        question
        for question in session.document.questions()
        if question.kind in (QuestionKind.YES_NO, QuestionKind.YES_NO_NA)
    ]
    taps: list[float] = []
    for number in range(wanted["taps"]):
        question = simple[number % len(simple)]
        value = ("yes", "no")[number // len(simple) % 2]
        begun = time.perf_counter()
        await session.answer(question.code, value=value)
        taps.append((time.perf_counter() - begun) * 1000)
    begun = time.perf_counter()
    again = await today.open(session.id)
    opening = (time.perf_counter() - begun) * 1000
    return {
        "taps": taps,
        "open_ms": opening,
        "questions": len(list(again.document.questions())),
        "megabytes": size(store),
        "store": device.kind + " " + opened.kind,
    }


async def main(window: ft.Page) -> None:
    """Measure once and say it."""
    window.add(ft.Text("measuring"))
    answer: dict[str, Any] = {}
    try:
        answer = await measure()
    except Exception as error:
        answer = {"failed": repr(error)}
        raise
    finally:
        print("BENCH " + json.dumps(answer))


if __name__ == "__main__":
    ft.run(main)
