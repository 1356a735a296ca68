"""Real processes killed in a loop: the server and a tablet end by SIGKILL, their files must hold the truth.

``python -m tests.sync.killing --rounds N`` plays N rounds in a folder of its own. The tablet notes every
answer in a file of its own *after* the app has said "saved"; whatever was noted must be found in the tablet's
database after each kill, and on the server in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from field_app.store import Store
from field_app.sync import Api, SyncEngine
from field_app.visits.workflow import Today
from shared_models.checklists import QuestionKind
from sync_server.media.tables import media_blob
from sync_server.sync.oplog import lines_of
from tests.benchmarks.bench_sync import serving
from tests.factories.device import FileStore, MemoryBlobs, make_context
from tests.server.world import World, make_world

TEMPLATE = "showroom_observation"


class FolderFiles(MemoryBlobs):
    """Blobs as files that are there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        folder.mkdir(exist_ok=True)

    async def put(self, sha256: str, data: bytes) -> None:
        part = self._folder / f"{sha256}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / sha256)

    async def get(self, sha256: str) -> bytes | None:
        path = self._folder / sha256
        return path.read_bytes() if path.is_file() else None

    async def delete(self, sha256: str) -> None:
        (self._folder / sha256).unlink(missing_ok=True)


@dataclass(frozen=True)
class Tablet:
    """Where a tablet's files are, and whose it is."""

    folder: Path
    server: str
    token: str
    person_id: str

    @property
    def noted(self) -> Path:
        """What the person was shown as saved, one JSON line each."""
        return self.folder / "noted.jsonl"

    def open(self) -> tuple[Store, SyncEngine, Api]:
        """Its store and engine."""
        context = make_context(seed=random.SystemRandom().randrange(2**31))
        store = Store(FileStore(self.folder / "account.db"), FolderFiles(self.folder / "files"), context)
        api = Api(self.server.removesuffix("/api/v1"), None, token=self.token, language="en", client="kill")
        return store, SyncEngine(store, api, self.person_id), api

    def saved(self) -> dict[tuple[str, str], str]:
        """The newest noted value per visit and question."""
        lines = self.noted.read_text().splitlines() if self.noted.exists() else []
        found: dict[tuple[str, str], str] = {}
        for line in lines:
            visit, question, value = json.loads(line)
            found[visit, question] = value
        return found


async def work(tablet: Tablet) -> None:
    """Record and sync until killed."""
    store, engine, _ = tablet.open()
    chance = random.SystemRandom()

    async def free() -> None:
        return None

    today = Today(store, tablet.person_id, free)
    with tablet.noted.open("a") as noted:
        while True:
            await engine.run_once()
            view = await today.load()
            drafts = [card.id for card in view.drafts]
            if drafts:
                visit = await today.open(chance.choice(drafts))
            elif view.assignments:
                visit = await today.start_visit(view.assignments[0].id)
            else:
                continue
            for _ in range(chance.randrange(1, 6)):
                question = visit.document.question(chance.choice(visit.shown))
                if question.kind is not QuestionKind.YES_NO:
                    continue
                value = chance.choice(("yes", "no"))
                await visit.answer(question.code, value=value)
                noted.write(json.dumps([visit.id, question.code, value]) + "\n")
                noted.flush()
                os.fsync(noted.fileno())
            await visit.attach("", chance.randbytes(chance.randrange(1000, 300_000)), "image/jpeg")


def check_files(tablet: Tablet) -> int:
    """Everything noted stands in the tablet's database; how much that is.

    A change may be there that was not noted yet: the kill came between. It is then the newest, so only
    values that were noted and then changed without a note may differ - one per kill at most.
    """
    store, _, _ = tablet.open()
    answers = {(row["visit_id"], row["question"]): row["value"] for row in store.by("answer")}
    saved = tablet.saved()
    differing = [key for key, value in saved.items() if answers.get(key) != value]
    missing = [key for key in saved if key not in answers]
    assert not missing, f"shown as saved and gone: {missing}"
    assert len(differing) <= 1, f"shown as saved and other: {differing}"
    if differing:
        with tablet.noted.open("a") as noted:
            for key in differing:
                noted.write(json.dumps([*key, answers[key]]) + "\n")
    store.engine.dispose()
    return len(saved)


async def _drain(tablet: Tablet) -> Store:
    store, engine, api = tablet.open()
    for _ in range(10):
        await engine.run_once()
        counts = store.counts()
        if not counts.pending and not counts.files:
            break
    assert not store.counts().pending, store.counts()
    assert not store.counts().files, store.counts()
    await api.close()
    return store


def check_server(world: World, store: Store, tablet: Tablet) -> int:
    """Everything noted is on the server, each op once, every file whole; how many answers that is."""
    answers = {(row["visit_id"], row["question"]): row["value"] for row in store.by("answer")}
    with world.db.read() as session:
        lines = lines_of(session)
        log = [json.loads(one.body) for one in lines]
        outcomes = {one.outcome.value for one in lines}
        blobs = list(session.execute(select(media_blob.c.sha256)).scalars())
    assert outcomes <= {"applied", "merged"}, outcomes
    rows = {op["row_id"] for op in log if op["entity"] == "answer"}
    assert {row["id"] for row in store.by("answer")} <= rows
    assert {key: answers[key] for key in tablet.saved()} == tablet.saved()
    photos = {row["sha256"] for row in store.by("attachment")}
    assert photos <= set(blobs), photos - set(blobs)
    assert all(world.app.state.blobs.has(one) for one in blobs)
    return len(tablet.saved())


def loop(folder: Path, rounds: int, seed: int = 1) -> tuple[int, int]:
    """Kill in turn the tablet, the server, or both; (answers noted, kills)."""
    chance = random.Random(seed)
    world = make_world(folder / "server")
    for dealer in ("N01", "N02"):
        world.assign("auditor", dealer, TEMPLATE)
    token, person = world.token("auditor"), world.people["auditor"]
    (folder / "tablet").mkdir()
    kills = 0
    for _ in range(rounds):
        with serving(world, 1) as (address, server):
            tablet = Tablet(folder / "tablet", address, token, person)
            command = [sys.executable, "-m", "tests.sync.killing", "--tablet", str(tablet.folder)]
            # with "=": a token may begin with a dash
            command += ["--server", address, f"--token={token}", "--person", person]
            process = subprocess.Popen(command)
            begun = tablet.noted.stat().st_size if tablet.noted.exists() else 0
            until = time.monotonic() + 60
            while time.monotonic() < until:  # it has begun to work: from here on any moment will do
                if tablet.noted.exists() and tablet.noted.stat().st_size > begun:
                    break
                assert process.poll() is None, "the tablet ended by itself"
                time.sleep(0.02)
            time.sleep(chance.uniform(0, 1.5))
            if chance.random() < 0.6:
                server.send_signal(signal.SIGKILL)
                kills += 1
                time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        check_files(tablet)
    with serving(world, 1) as (address, _):
        tablet = Tablet(folder / "tablet", address, token, person)
        store = asyncio.run(_drain(tablet))
    found = check_server(world, store, tablet)
    store.engine.dispose()
    world.close()
    return found, kills


def main() -> int:
    """The loop, or (started by it) the tablet."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync.killing")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    for name in ("--tablet", "--server", "--token", "--person"):
        parser.add_argument(name, default="")
    given = parser.parse_args()
    if given.tablet:
        asyncio.run(work(Tablet(Path(given.tablet), given.server, given.token, given.person)))
        return 0
    with tempfile.TemporaryDirectory(prefix="revisit-killing-") as folder:
        answers, kills = loop(Path(folder), given.rounds, given.seed)
    print(f"{given.rounds} rounds, {kills} kills, {answers} answers shown as saved, all on the server")
    return 0


if __name__ == "__main__":
    sys.exit(main())
