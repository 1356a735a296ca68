"""A device for tests: it numbers its ops, keeps what it sent, and records visits question by question."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared_models.checklists.document import Question, QuestionKind, TemplateDocument
from shared_models.checklists.evaluating import evaluated
from shared_models.checklists.logic import AnswerValue, shown_questions
from shared_models.checklists.repeats import split_key
from shared_models.clock import HybridClock, to_text
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.sync.codec import encode_row
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import OP_SCHEMA
from shared_models.visits.completeness import needs_evidence
from shared_models.visits.manifest import build_manifest
from shared_models.visits.scoring import score_visit
from sync_server.checklists.service import document_of
from sync_server.sync.journal import whole_row
from tests.server.world import World

Json = dict[str, Any]


def plain_row(entity: str, fields: Mapping[str, Any]) -> Json:
    """A whole row as plain data, as encode_row gives it: given plain fields, defaults for the rest."""
    from shared_models.sync.codec import decode_fields

    values = decode_fields(entity, fields)
    return encode_row(entity, whole_row(entity, {**dict.fromkeys(_needed(entity)), **values}))


def _needed(entity: str) -> list[str]:
    return [name for name, info in ENTITIES[entity].table.model_fields.items() if info.is_required()]


_last = [datetime.now(UTC)]


def _later() -> datetime:
    """The wall clock, but never twice the same instant: what is recorded later has the later stamp."""
    _last[0] = max(datetime.now(UTC), _last[0] + timedelta(milliseconds=1))
    return _last[0]


@dataclass
class Device:
    """One local database of one person; ``ops`` are those not pushed yet."""

    world: World
    login: str
    device_id: str = field(default_factory=new_id)
    epoch: str = field(default_factory=new_id)
    seq: int = 0
    ops: list[Json] = field(default_factory=list[Json])
    cursor: str = ""
    rows: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])
    """What the pulls left here: (entity, row id) -> fields with ``version``."""
    clock: HybridClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = HybridClock(self.device_id, _later)

    @property
    def person_id(self) -> str:
        """The person's id."""
        return self.world.people[self.login]

    def op(
        self, aggregate: str, entity: str, row_id: str, kind: str, fields: Json | None = None, base: int = 0,
        **more: Any,
    ) -> Json:  # fmt: skip
        """Record an op; it goes out with the next push."""
        self.seq += 1
        made: Json = {
            "op_id": new_id(),
            "device_id": self.device_id,
            "epoch": self.epoch,
            "seq": self.seq,
            "aggregate_id": aggregate,
            "entity": entity,
            "row_id": row_id,
            "kind": kind,
            "base_version": base,
            "fields": fields or {},
            "hlc": str(self.clock.tick()),
            "schema_version": OP_SCHEMA,
            "wall_time": to_text(datetime.now(UTC)),
            "utc_offset": 480,
            **more,
        }
        self.ops.append(made)
        return made

    async def send(self, ops: list[Json], **more: Any) -> httpx.Response:
        """Push these ops as they are."""
        body = {
            "device_id": self.device_id,
            "epoch": self.epoch,
            "client": "0.1.0",
            "sent_at": to_text(datetime.now(UTC)),
            "ops": ops,
            **more,
        }
        async with self.world.client(self.login) as client:
            return await client.post("/sync/push", json=body)

    async def push(self) -> list[Json]:
        """Push what is recorded; the results."""
        ops, self.ops = self.ops, []
        response = await self.send(ops)
        assert response.status_code == 200, response.text
        return response.json()["results"]

    async def pull(self, limit: int = 2000) -> list[Json]:
        """Read all pages and keep the rows; the pages."""
        pages: list[Json] = []
        async with self.world.client(self.login) as client:
            while True:
                response = await client.get("/sync/pull", params={"cursor": self.cursor, "limit": limit})
                assert response.status_code == 200, response.text
                page = response.json()
                if page["snapshot"]:
                    self.rows.clear()
                for change in page["changes"]:
                    key = change["entity"], change["row_id"]
                    if change["deleted"]:
                        self.rows.pop(key, None)
                    else:
                        self.rows[key] = {**change["fields"], "version": change["version"]}
                for gone in page["departures"]:
                    self.rows.pop((gone["entity"], gone["row_id"]), None)
                self.cursor = page["cursor"]
                pages.append(page)
                if not page["more"]:
                    return pages

    def names(self, entity: str) -> set[str]:
        """Ids of the rows of an entity that are here."""
        return {row_id for name, row_id in self.rows if name == entity}


@dataclass
class Recording:
    """A visit as it was recorded on a device."""

    visit_id: str
    assignment_id: str
    fields: dict[tuple[str, str], Json]
    """(entity, row id) -> plain fields of answers and attachments."""
    photos: dict[str, bytes]
    score: str | None
    submit: Json
    """The op of the submission."""

    def answer_id(self, code: str) -> str:
        """The row of the answer to a question."""
        return next(i for (e, i), f in self.fields.items() if e == "answer" and f["question"] == code)


def good_value(question: Question) -> Any:
    """An answer that earns the whole weight where the question can earn one."""
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return "yes"
        case QuestionKind.SCALE:
            return int(question.maximum or 10)
        case QuestionKind.SINGLE:
            return max(question.choices, key=lambda choice: choice.score or 0).code
        case QuestionKind.MULTIPLE:
            return [choice.code for choice in question.choices if choice.score is None or choice.score > 0]
        case QuestionKind.NUMBER | QuestionKind.DURATION:
            best = question.score_bands[-1].at_least if question.score_bands else question.minimum or 0
            return int(best)
        case QuestionKind.DATE:
            return "2026-11-03"
        case QuestionKind.TIME:
            return "14:05"
        case QuestionKind.DATETIME:
            return "2026-11-03T14:05:00+08:00"
        case QuestionKind.PHOTO | QuestionKind.AUDIO:
            return 1
        case QuestionKind.SIGNATURE:
            return {"name": "某", "strokes": [], "width": 10, "height": 10}
        case QuestionKind.LOCATION:
            return {"latitude": 39.9, "longitude": 116.4, "accuracy_m": 10}
        case _:
            return "记录"


def record_visit(
    device: Device,
    dealer: str = "N01",
    *,
    template: str = "showroom_observation",
    changes: Mapping[str, AnswerValue] | None = None,
    photo_seed: str = "",
    score: str | None = None,
    assignment_id: str | None = None,
) -> Recording:
    """Record a whole visit of a template with good answers (``changes``: others, by key, and instances of
    repeating sections) and submit it."""
    world = device.world
    version_id = world.versions[template]
    with world.db.read() as session:
        template_document: TemplateDocument = document_of(session, version_id)
    document = evaluated(template_document, changes or {}).document
    assignment_id = assignment_id or world.assign(device.login, dealer, template)
    visit_id = new_id()
    now = to_text(datetime.now(UTC))
    fields: dict[tuple[str, str], Json] = {}
    photos: dict[str, bytes] = {}

    def add(entity: str, given: Json) -> None:
        row_id = new_id()
        whole = plain_row(entity, {"visit_id": visit_id, **given})
        fields[entity, row_id] = whole
        sent = {k: v for k, v in whole.items() if k != "stored_at"}
        device.op(visit_id, entity, row_id, "create", sent, template_version=version_id)

    device.op(assignment_id, "assignment", assignment_id, "transition", {"action": "start"}, base=1)
    device.op(
        visit_id,
        "visit",
        visit_id,
        "create",
        {
            "assignment_id": assignment_id,
            "dealer_id": world.dealers[dealer],
            "template_version_id": version_id,
            "person_id": device.person_id,
            "source": document.source.value,
            "started_at": now,
            "visit_date": "2026-11-03",
            "zone": "Asia/Shanghai",
        },
    )
    answers: dict[str, AnswerValue] = {}
    for question in document.questions():
        if question.calculation is not None:
            continue
        answers[question.code] = (changes or {}).get(question.code) or AnswerValue(
            "answered", good_value(question)
        )
    shown = {question.code for question in shown_questions(document, answers)}
    answers = {code: answer for code, answer in answers.items() if code in shown}
    for question in document.questions():
        answer = answers.get(question.code)
        if answer is None:
            continue
        rule = needs_evidence(question, answer)
        kind = {QuestionKind.PHOTO: "photo", QuestionKind.AUDIO: "audio"}.get(question.kind)
        wanted = rule.count if rule else int(kind is not None)
        for number in range(wanted):
            data = f"{photo_seed or visit_id} {question.code} {number}".encode() * 40
            digest = hashlib.sha256(data).hexdigest()
            photos[digest] = data
            given = {**_place(question.code), "kind": rule.kind if rule else kind, "sha256": digest}
            add("attachment", {**given, "size": len(data), "taken_at": now})
        add(
            "answer",
            {
                **_place(question.code),
                "state": answer.state,
                "value": answer.value,
                "answered_at": now,
            },
        )
    sections = {section.code for section in document.sections if section.code in (changes or {})}
    for key in sorted(sections):
        named = (changes or {})[key]
        answers[key] = named
        add("answer", {**_place(key), "state": named.state, "value": named.value, "answered_at": now})
    computed = score_visit(*evaluated(template_document, answers)).percent
    told = score if score is not None else (None if computed is None else str(computed))
    submit = device.op(visit_id, "visit", visit_id, "transition", {})
    made = Recording(visit_id, assignment_id, fields, photos, told, submit)
    submit["fields"] = {"action": "submit", "submitted_at": now, "score": told, "manifest": seal(made)}
    return made


def _place(key: str) -> Json:
    question, repeat = split_key(key)
    return {"question": question, "repeat": repeat}


def seal(made: Recording) -> Json:
    """The manifest of a recording as it stands."""
    rows = [(entity, row_id, fields) for (entity, row_id), fields in made.fields.items()]
    media = [{"id": row_id, **fields} for entity, row_id, fields in rows if entity == "attachment"]
    return build_manifest(rows, media)


def stored(world: World, entity: str, row_id: str) -> Json | None:
    """A row as it stands in the server's database."""
    table = sql_table(ENTITIES[entity].table)
    with world.db.read() as session:
        row = session.execute(table.select().where(table.c.id == row_id)).mappings().first()
    return dict(row) if row else None
