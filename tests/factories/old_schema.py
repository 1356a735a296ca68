"""Writes ``tests/unit/store/schemas/<revision>.sql``: a database of this build with pending work, as SQL.

Run once when a revision is finished, before the next one is begun:
``python -m tests.factories.old_schema account_0001``. Later builds must open what it wrote.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from pathlib import Path

from field_app.store import RowWrite
from field_app.store.media import NewFile
from field_app.sync.pull import take_page
from shared_models.sync.wire import OpKind
from tests.factories.device import make_store
from tests.factories.network import DEALER, PERSON, REGION, VERSION, change, page

VISIT = "0193a000-0000-7000-8000-0000000000aa"
ANSWER = "0193a000-0000-7000-8000-0000000000ab"


def dump(target: Path) -> None:
    """One pulled row, a visit and an answer that were sent once, a change that was not, a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "account.db"
        store = make_store(path)
        take_page(store, page(change("region", REGION, code="N", name="北区", name_en="North")), "")
        visit = {"dealer_id": DEALER, "template_version_id": VERSION, "person_id": PERSON, "source": "shop"}
        answer = {"visit_id": VISIT, "question": "F1", "value": "yes"}
        store.apply([RowWrite("visit", VISIT, VISIT, visit, OpKind.CREATE)])
        store.apply(
            [RowWrite("answer", ANSWER, VISIT, answer, OpKind.CREATE)],
            files=[NewFile("ab" * 32, 10, "image/jpeg")],
        )
        asyncio.run(store.next_batch(after=0, limit=10, ask_again=False))
        store.apply([RowWrite("visit", VISIT, VISIT, {"note": "unsent"})])
        lines = sqlite3.connect(path).iterdump()
        kept = [line for line in lines if line not in ("BEGIN TRANSACTION;", "COMMIT;")]
    target.write_text("\n".join(kept) + "\n", "utf-8")


if __name__ == "__main__":
    dump(Path(__file__).parents[1] / "unit" / "store" / "schemas" / f"{sys.argv[1]}.sql")
