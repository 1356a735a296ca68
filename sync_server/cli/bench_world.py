"""What ``revisit bench sync`` measures on: a small network, and visits recorded beforehand as push bodies."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.logic import AnswerValue
from shared_models.clock import HybridClock, to_text, utc_now
from shared_models.ids import derived_id, new_id
from shared_models.people.access import Role, ScopeKind
from shared_models.sync.wire import OP_SCHEMA, PUSH_LIMIT
from shared_models.visits.manifest import build_manifest
from shared_models.visits.scoring import score_visit
from sync_server.checklists.service import publish_template
from sync_server.people import service as people
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.sync.journal import load_entries, write_rows

QUESTIONS = 60
"""Answers of a visit."""
_SECTIONS = 6
MOST_VISITS = PUSH_LIMIT // (QUESTIONS + 3)
"""Most visits that one push may hold: besides its answers each has three ops."""


def checklist() -> TemplateDocument:
    """A checklist of yes/no questions."""
    text = {"zh": "题", "en": "question"}
    sections: list[dict[str, Any]] = []
    for section in range(_SECTIONS):
        questions = [
            {"code": f"q{section}_{number}", "kind": "yes_no", "text": text, "stage": "reception"}
            for number in range(QUESTIONS // _SECTIONS)
        ]
        sections.append({"code": f"s{section}", "title": text, "stage": "reception", "questions": questions})
    return TemplateDocument.model_validate(
        {"code": "bench", "title": text, "description": text, "source": "shop", "sections": sections}
    )


@dataclass
class BenchWorld:
    """A server's database with a region, its dealers, a shopper and a manager who are signed in."""

    settings: Settings
    db: Database
    dealers: list[str] = field(default_factory=list[str])
    shopper: str = ""
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    """By role: ``shopper``, ``manager``."""
    version: str = ""
    document: TemplateDocument = field(default_factory=checklist)


def make_world(settings: Settings, *, dealers: int = 20) -> BenchWorld:
    """Fill an empty database."""
    db = Database(settings.database_url)
    db.migrate()
    world = BenchWorld(settings, db)
    now = utc_now()
    with db.write() as session:
        region = people.create_region(session, code="B", name="基准区", name_en="Bench")
        for number in range(dealers):
            code = f"B{number:03d}"
            made = people.create_dealer(session, code=code, name=f"{code}店", region_id=region)
            world.dealers.append(made)
        for role, kind, scope in (
            (Role.SHOPPER, ScopeKind.COMPANY, ""),
            (Role.MANAGER, ScopeKind.REGION, region),
        ):
            person = people.create_person(session, name=role.value, language="en")
            people.grant(session, person, role, kind, scope)
            world.tokens[role.value] = people.open_session(session, person, now=now, days=30).token
            if role is Role.SHOPPER:
                world.shopper = person
        world.version = publish_template(session, world.document, now=now)
    return world


def record_visits(world: BenchWorld, count: int, *, packed: bool = False, at_once: int = 1) -> list[bytes]:
    """Push bodies of ``at_once`` visits each (at most MOST_VISITS), each recorded on a tablet of its own;
    ``packed``: gzip."""
    assigned: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "dealer_id": world.dealers[number % len(world.dealers)],
            "template_version_id": world.version,
            "person_id": world.shopper,
            "window_start": date(2026, 11, 1),
            "window_end": date(2026, 11, 30),
        }
        for number in range(count)
    ]
    for start in range(0, count, 1000):
        with world.db.write() as session:
            write_rows(session, "assignment", assigned[start : start + 1000])
    made = (_body(world, assigned[start : start + at_once]) for start in range(0, count, at_once))
    return [gzip.compress(body, 5) if packed else body for body in made]


def accept_body(world: BenchWorld, visit_id: str) -> bytes:
    """The push with which the manager accepts a submitted visit."""
    device_id, epoch, now = new_id(), new_id(), to_text(utc_now())
    with world.db.read() as session:
        version = next(iter(load_entries(session, [visit_id]).values())).version
    op = {
        "op_id": new_id(),
        "device_id": device_id,
        "epoch": epoch,
        "seq": 1,
        "aggregate_id": visit_id,
        "entity": "visit",
        "row_id": visit_id,
        "kind": "transition",
        "base_version": version,
        "fields": {"action": "accept"},
        "hlc": str(HybridClock(device_id).tick()),
        "template_version": world.version,
        "schema_version": OP_SCHEMA,
        "wall_time": now,
        "utc_offset": 480,
    }
    body = {"device_id": device_id, "epoch": epoch, "client": "bench", "sent_at": now, "ops": [op]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _body(world: BenchWorld, assignments: list[dict[str, Any]]) -> bytes:
    device_id, epoch = new_id(), new_id()
    clock = HybridClock(device_id)
    ops: list[dict[str, Any]] = []

    def op(
        aggregate: str, entity: str, row_id: str, kind: str, fields: dict[str, Any], base: int = 0
    ) -> None:
        ops.append(
            {
                "op_id": new_id(),
                "device_id": device_id,
                "epoch": epoch,
                "seq": len(ops) + 1,
                "aggregate_id": aggregate,
                "entity": entity,
                "row_id": row_id,
                "kind": kind,
                "base_version": base,
                "fields": fields,
                "hlc": str(clock.tick()),
                "template_version": world.version,
                "schema_version": OP_SCHEMA,
                "wall_time": now,
                "utc_offset": 480,
            }
        )

    began = utc_now() - timedelta(hours=1)
    now = to_text(utc_now())
    for assignment in assignments:
        given, visit_id = assignment["id"], new_id()
        op(given, "assignment", given, "transition", {"action": "start"}, base=1)
        visit = {
            "assignment_id": given,
            "dealer_id": assignment["dealer_id"],
            "template_version_id": world.version,
            "person_id": world.shopper,
            "source": "shop",
            "started_at": now,
            "visit_date": "2026-11-03",
            "zone": "Asia/Shanghai",
        }
        op(visit_id, "visit", visit_id, "create", visit)
        answers: dict[str, AnswerValue] = {}
        rows: list[tuple[str, str, dict[str, Any]]] = []
        for place, question in enumerate(world.document.questions()):
            # every seventh answer is a no, as if somebody had looked
            value = "no" if (place + int(visit_id[-2:], 16)) % 7 == 0 else "yes"
            row = {
                "visit_id": visit_id,
                "question": question.code,
                "repeat": 0,
                "state": "answered",
                "value": value,
                "comment": "",
                "answered_at": to_text(began + timedelta(seconds=20 * place)),
            }
            row_id = derived_id(visit_id, question.code, "0")
            answers[question.code] = AnswerValue("answered", value)
            rows.append(("answer", row_id, row))
            op(visit_id, "answer", row_id, "create", row)
        score = score_visit(world.document, answers).percent
        submit = {
            "action": "submit",
            "submitted_at": now,
            "score": None if score is None else str(score),
            "manifest": build_manifest(rows, []),
        }
        op(visit_id, "visit", visit_id, "transition", submit, base=1)
    body = {"device_id": device_id, "epoch": epoch, "client": "bench", "sent_at": now, "ops": ops}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


@contextmanager
def scratch_settings(folder: Path, database_url: str | None) -> Generator[Settings]:
    """Settings of an empty database: a file in the folder, or a new database on that PostgreSQL server, which
    is dropped afterwards. The database that the URL names is only used to make the other one."""
    if database_url is None:
        yield Settings(folder, f"sqlite:///{folder / 'bench.db'}", folder / "blobs")
        return
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url = make_url(database_url)
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    name = f"revisit_bench_{hashlib.sha256(new_id().encode()).hexdigest()[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        target = url.set(database=name).render_as_string(hide_password=False)
        yield Settings(folder, target, folder / "blobs")
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
