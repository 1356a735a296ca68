"""Reports of a region of 200 dealers: processor time, time and memory of `revisit report batch`.

usage: python -m tests.benchmarks.bench_reports [dealers]
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from sync_server.people import service as people
from tests.factories.surveys import NOW, load, survey_mapping, write_survey
from tests.server.world import World, make_world

ITEMS = 30
INTERVIEWS = 8
"""Per dealer and month; each asks for every item."""
MONTHS = (8, 9, 10)


def seed(folder: Path, dealers: int) -> World:
    """A region with so many more dealers and three months of interviews at each, brought in by an import."""
    world = make_world(folder / "server", now=lambda: NOW)
    chance = random.Random(6)
    codes = [f"N{number:04d}" for number in range(1, dealers + 1)]
    with world.db.write() as session:
        for code in codes:
            people.create_dealer(
                session, code=code, name=f"{code}店", name_en=f"Dealer {code}", region_id=world.regions["N"]
            )
        items = [
            row[0] for row in session.connection().exec_driver_sql("SELECT code FROM item ORDER BY code")
        ]
    items = items[:ITEMS]
    rows = [
        {
            "dealer": code,
            "day": date(2026, month, 1 + turn).isoformat(),
            **{item: "是" if chance.random() < 0.86 else "否" for item in items},
        }
        for code in codes
        for month in MONTHS
        for turn in range(INTERVIEWS)
    ]
    load(world, write_survey(folder / "waves.csv", items, rows), survey_mapping(items))
    return world


def main() -> None:
    """Seed, run the batch as its own process per format, print a line of JSON each."""
    dealers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="revisit-reports-") as name:
        folder = Path(name)
        seed(folder, dealers).close()
        for kind in ("pdf", "xlsx"):
            out = folder / kind
            command = [
                str(Path(sys.executable).with_name("revisit")), "report", "batch", "N", "--month", "2026-10",
                "--format", kind, "--language", "both", "--out", str(out), "--json",
            ]  # fmt: skip
            environment = {**os.environ, "REVISIT_DATA": str(folder / "server")}
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            files = list(out.iterdir())
            told = {
                "format": kind,
                "files": len(files),
                "megabytes": round(sum(file.stat().st_size for file in files) / 1e6, 1),
                "seconds": json.loads(done.stdout)["seconds"],
                "processor_seconds": round(
                    used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, 1
                ),
                "largest_process_mb": round(used.ru_maxrss / 1024),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
