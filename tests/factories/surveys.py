"""Survey files and networks for tests of imports and insight."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from shared_models.imports import ImportReport, SurveyMapping
from sync_server.assets import assets_dir
from sync_server.imports import builtin_mappings, import_file
from sync_server.people import service as people
from tests.server.world import World

DEMO = assets_dir() / "demo"
DEMO_FILES = {
    "cati_sales": DEMO / "demo_cati_sales.xlsx",
    "callbacks": DEMO / "demo_callbacks_gb18030.csv",
    "service_survey": DEMO / "demo_service.sav",
}
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def at_noon() -> datetime:
    """The clock of the tests: noon of 22 November 2026 in China."""
    return NOW


def demo_dealers() -> list[dict[str, Any]]:
    """The demo network's dealers as their file has them."""
    return json.loads((DEMO / "demo_dealers.json").read_text(encoding="utf-8"))


def add_demo_dealers(world: World) -> None:
    """Put the 36 dealers of the demo into the world, in its northern region."""
    with world.db.write() as session:
        for dealer in demo_dealers():
            world.dealers[dealer["code"]] = people.create_dealer(
                session, code=dealer["code"], name=dealer["name"], region_id=world.regions["N"]
            )


def load(world: World, path: Path, mapping: SurveyMapping | str, **options: Any) -> ImportReport:
    """Import a file into the world by the product's own service."""
    chosen = builtin_mappings()[mapping] if isinstance(mapping, str) else mapping
    given: dict[str, Any] = {"now": at_noon, **options}
    with world.db.write() as session:
        return import_file(session, path, chosen, **given)


def rows_of(world: World, query: str, **values: Any) -> list[Any]:
    """Rows of a plain SQL query."""
    with world.db.read() as session:
        return list(session.execute(text(query), values))


@dataclass(frozen=True)
class Asked:
    """So many interviews of one dealer, item and day of which so many say the step was executed."""

    dealer: str
    item: str
    day: date
    executed: int
    asked: int


def survey_mapping(items: Sequence[str], *, name: str = "waves", source: str = "phone") -> SurveyMapping:
    """A mapping of a plain CSV with one column per item."""
    return SurveyMapping.model_validate(
        {
            "name": name,
            "title": {"zh": "调查", "en": "Survey"},
            "house": {"code": f"{name}_house", "name": {"zh": "调查公司", "en": "House"}},
            "source": source,
            "file": {"format": "csv"},
            "key": ["id"],
            "dealer": {"code": "dealer"},
            "day": {"column": "day", "forms": ["iso"]},
            "outcome": {
                "column": "outcome",
                "words": {
                    "completed": ["成功"],
                    "wrong_number": ["号码错误"],
                    "not_the_person": ["非本人送修"],
                    "unreachable": ["无法接通"],
                    "refused": ["拒绝回访"],
                    "broken_off": ["中途中断"],
                },
            },
            "employee": "employee",
            "answer_words": {
                "executed": ["是"],
                "not_executed": ["否"],
                "not_applicable": ["不适用"],
                "not_observed": ["不记得"],
            },
            "execution": [
                {"column": item, "code": item, "item": item, "text": {"zh": item, "en": item}}
                for item in items
            ],
        }
    )


def write_survey(path: Path, items: Sequence[str], rows: Iterable[dict[str, str]]) -> Path:
    """A CSV for :func:`survey_mapping`; missing cells are blank, ids are counted."""
    columns = ["id", "dealer", "day", "outcome", "employee", *items]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for number, row in enumerate(rows, start=1):
            writer.writerow({"id": f"{path.stem}-{number}", "outcome": "成功", **row})
    return path


def ask(
    world: World, folder: Path, asked: Iterable[Asked], *, name: str = "waves", source: str = "phone"
) -> ImportReport:
    """Bring interviews with these results into the world, through an import of a survey file."""
    asked = list(asked)
    items = list(dict.fromkeys(one.item for one in asked))
    rows = [
        {"dealer": one.dealer, "day": one.day.isoformat(), one.item: "是" if i < one.executed else "否"}
        for one in asked
        for i in range(one.asked)
    ]
    path = write_survey(folder / f"{name}.csv", items, rows)
    return load(world, path, survey_mapping(items, name=name, source=source))
