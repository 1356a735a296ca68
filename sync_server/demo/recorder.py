"""A visitor's device for the demo: it records a visit and sends it by the sync API, as the field app does."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from shared_models.checklists import AnswerValue, Question, QuestionKind, TemplateDocument
from shared_models.checklists.logic import is_shown
from shared_models.clock import HybridClock, Stamp, to_text
from shared_models.ids import new_id
from shared_models.problems import Code, Problem
from shared_models.sync import (
    ENTITIES,
    Op,
    OpKind,
    Outcome,
    PushRequest,
    PushResponse,
    decode_fields,
    encode_row,
)
from shared_models.sync.wire import PUSH_LIMIT
from shared_models.visits import EVENTS, build_manifest, question_fraction, score_visit
from shared_models.visits.completeness import needs_evidence
from sync_server.demo.pictures import showroom_photo

_MEDIA = {QuestionKind.PHOTO, QuestionKind.AUDIO}
_PEOPLE_MINUTES = {"offered": 0, "papers": 4, "car_check": 9, "consultant_drives": 12, "change_over": 20}
_WORDS = (
    "整体体验符合预期",
    "销售顾问热情，讲解清楚",
    "等候时间偏长",
    "展厅人多，接待略显忙乱",
    "对竞品的比较比较客观",
)


class Refused(RuntimeError):
    """The server did not take what the demo sent: a fault in the program, so the demo stops."""


def _refusal(what: str, answer: httpx.Response) -> Exception:
    if answer.status_code == Problem(Code.SERVER_FULL).status:
        return Problem(Code.SERVER_FULL)
    return Refused(f"{what}: {answer.status_code} {answer.text[:500]}")


@dataclass
class DemoDevice:
    """One tablet: an HTTP client that is signed in as a person, and the numbering of its ops."""

    person_id: str
    client: httpx.AsyncClient
    now: Callable[[], datetime]
    random: Random
    device_id: str = field(default_factory=new_id)
    epoch: str = field(default_factory=new_id)
    seq: int = 0
    hlc: HybridClock = field(init=False)
    pending: list[Op] = field(default_factory=list[Op])
    photos: int = 0
    """Photos sent so far."""

    def __post_init__(self) -> None:
        self.hlc = HybridClock(self.device_id[:8], self.now, Stamp(0, 0, self.device_id[:8]))

    def op(
        self,
        aggregate_id: str,
        entity: str,
        row_id: str,
        kind: OpKind,
        fields: Mapping[str, Any],
        base_version: int = 0,
        template_version: str | None = None,
    ) -> None:
        """Put one op into the outbox."""
        self.seq += 1
        self.pending.append(
            Op(
                op_id=new_id(),
                device_id=self.device_id,
                epoch=self.epoch,
                seq=self.seq,
                aggregate_id=aggregate_id,
                entity=entity,
                row_id=row_id,
                kind=kind,
                base_version=base_version,
                fields=dict(fields),
                hlc=str(self.hlc.tick()),
                template_version=template_version,
                wall_time=to_text(self.now()),
                utc_offset=480,
            )
        )

    async def push(self) -> None:
        """Send the outbox; anything but applied stops the demo."""
        while self.pending:
            batch, self.pending = self.pending[:PUSH_LIMIT], self.pending[PUSH_LIMIT:]
            request = PushRequest(
                device_id=self.device_id,
                epoch=self.epoch,
                client="demo",
                sent_at=to_text(self.now()),
                ops=batch,
            )
            response = await self.client.post("/api/v1/sync/push", json=request.model_dump(mode="json"))
            if response.status_code != 200:
                raise _refusal("push", response)
            for op, result in zip(batch, PushResponse.model_validate(response.json()).results, strict=True):
                if result.outcome is not Outcome.APPLIED:
                    raise Refused(f"{op.kind} {op.entity}: {result.outcome} {result.problem} {op.fields}")

    async def upload(self, data: bytes, mime: str = "image/jpeg") -> None:
        """Send one file by tus: creation, then all bytes in one piece; nothing if the server has it."""
        digest = hashlib.sha256(data).hexdigest()
        parts = {"sha256": digest, "mime": mime}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in parts.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)), "Upload-Metadata": metadata}
        created = await self.client.post("/api/v1/media", headers=headers)
        if created.status_code not in {200, 201}:
            raise _refusal("upload", created)
        self.photos += 1
        if created.headers.get("Upload-Offset") == str(len(data)):
            return
        sent = await self.client.patch(
            created.headers["Location"],
            content=data,
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
            },
        )
        if sent.status_code != 204:
            raise _refusal("upload", sent)


@dataclass(frozen=True)
class RecordedVisit:
    """A visit that was sent, and the fields of its submission (to submit it again after a return)."""

    visit_id: str
    submission: dict[str, Any]


@dataclass(frozen=True)
class VisitPlan:
    """What the demo needs to know of a visit to be recorded."""

    assignment_id: str
    dealer_id: str
    person_id: str
    template_version_id: str
    document: TemplateDocument
    started_at: datetime
    zone: str
    place: dict[str, float]
    consultant: str
    share: Callable[[str], float]
    """Probability that an item is carried out, as this source sees it."""
    photos: int
    """Most photos of the visit beyond the evidence that the checklist demands."""


async def record_visit(device: DemoDevice, plan: VisitPlan) -> RecordedVisit:
    """Record, send and submit one whole visit."""
    random, document = device.random, plan.document
    visit_id, at = new_id(), plan.started_at
    sealed: list[tuple[str, str, dict[str, Any]]] = []
    media: list[tuple[dict[str, Any], bytes]] = []
    answers: dict[str, AnswerValue] = {}

    def add(entity: str, row_id: str, fields: dict[str, Any]) -> None:
        device.op(visit_id, entity, row_id, OpKind.CREATE, fields, template_version=plan.template_version_id)

    def photo(question: str) -> None:
        data = showroom_photo(random)
        photo_id = new_id()
        row: dict[str, Any] = {
            "visit_id": visit_id,
            "question": question,
            "kind": "photo",
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "mime": "image/jpeg",
            "taken_at": to_text(at),
            "place": plan.place,
        }
        media.append(({"id": photo_id, **row}, data))
        add("attachment", photo_id, row)

    device.op(plan.assignment_id, "assignment", plan.assignment_id, OpKind.TRANSITION, {"action": "start"}, 1)
    add(
        "visit",
        visit_id,
        {
            "assignment_id": plan.assignment_id,
            "dealer_id": plan.dealer_id,
            "template_version_id": plan.template_version_id,
            "person_id": plan.person_id,
            "source": document.source.value,
            "status": "draft",
            "visit_date": at.date().isoformat(),
            "started_at": to_text(at),
            "zone": plan.zone,
            "start_place": plan.place,
            "consultant": plan.consultant,
        },
    )
    hidden: set[str] = set()
    extra = plan.photos
    for question in document.questions():
        if not is_shown(question, answers, hidden):
            hidden.add(question.code)
            continue
        at += timedelta(seconds=random.randint(8, 45))
        answer = _answer(question, plan.share, random, plan.consultant)
        if answer is None:
            continue
        rule = needs_evidence(question, answer)
        wanted = rule.count if rule else int(question.kind in _MEDIA)
        if not wanted and extra and question.kind is QuestionKind.YES_NO and random.random() < 0.04:
            wanted, extra = 1, extra - 1
        for _ in range(wanted):
            photo(question.code)
        value = wanted if question.kind in _MEDIA else answer.value
        answers[question.code] = AnswerValue(answer.state, value)
        fields = {
            "visit_id": visit_id,
            "question": question.code,
            "repeat": 0,
            "state": answer.state,
            "value": value,
            "comment": _comment(question, answer, random),
            "answered_at": to_text(at),
        }
        row_id = new_id()
        add("answer", row_id, fields)
        sealed.append(("answer", row_id, fields))
    if document.test_drive_log:
        at = _test_drive(add, sealed, visit_id, at, plan, random)
    await device.push()
    for _, data in media:
        await device.upload(data)
    score = score_visit(document, answers)
    submission: dict[str, Any] = {
        "action": "submit",
        "submitted_at": to_text(at),
        "ended_at": to_text(at),
        "end_place": plan.place,
        "score": None if score.percent is None else str(score.percent),
        "manifest": build_manifest(sealed, [row for row, _ in media]),
    }
    device.op(
        visit_id,
        "visit",
        visit_id,
        OpKind.TRANSITION,
        submission,
        base_version=1,
        template_version=plan.template_version_id,
    )
    await device.push()
    return RecordedVisit(visit_id, submission)


def _answer(
    question: Question, share: Callable[[str], float], random: Random, consultant: str
) -> AnswerValue | None:
    carried_out = random.random() < (share(question.item) if question.item else 0.9)
    kind = question.kind
    if kind is QuestionKind.YES_NO_NA and random.random() < 0.05:
        return AnswerValue("na")
    if kind in {QuestionKind.YES_NO, QuestionKind.YES_NO_NA}:
        return AnswerValue("answered", "yes" if carried_out else "no")
    if kind is QuestionKind.SCALE:
        low, high = int(question.minimum or 1), int(question.maximum or 10)
        middle = low + (high - low) * (0.82 if carried_out else 0.5)
        return AnswerValue("answered", min(high, max(low, round(random.gauss(middle, (high - low) * 0.09)))))
    if kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        return AnswerValue("answered", _choice(question, carried_out, random))
    if kind in {QuestionKind.NUMBER, QuestionKind.DURATION}:
        return AnswerValue("answered", _number(question, carried_out, random))
    texts = {
        QuestionKind.DATE: "2026-10-15",
        QuestionKind.TIME: f"{random.randint(9, 16):02d}:{random.randint(0, 59):02d}",
        QuestionKind.TEXT: consultant if "name" in question.text.en.lower() else random.choice(_WORDS),
        QuestionKind.PHOTO: 1,
        QuestionKind.SIGNATURE: {
            "name": "现场负责人",
            "strokes": [[[10, 60], [60, 20], [110, 70], [170, 30]], [[40, 80], [150, 84]]],
            "width": 200,
            "height": 100,
        },
        QuestionKind.BARCODE: f"LFV{random.randint(10**13, 10**14 - 1)}",
    }
    if kind in texts:
        return AnswerValue("answered", texts[kind])
    return None  # recordings and places stay open in the demo: such questions are optional


def _choice(question: Question, carried_out: bool, random: Random) -> Any:
    scored = [choice for choice in question.choices if choice.score is not None]
    good = [one.code for one in scored if (one.score or 0) >= Decimal("0.5")]
    bad = [one.code for one in scored if (one.score or 0) < Decimal("0.5")]
    pool = (good if carried_out else bad) or [one.code for one in question.choices]
    if question.kind is QuestionKind.SINGLE:
        return random.choice(pool)
    return sorted(random.sample(pool, k=random.randint(1, max(1, min(len(pool), 4)))))


def _number(question: Question, carried_out: bool, random: Random) -> int:
    low = int(question.minimum or 0)
    high = int(question.maximum) if question.maximum is not None else low + 60
    if question.kind is QuestionKind.DURATION and question.maximum is None:
        high = 1800
    tries = [
        random.randint(low, min(high, low + 60 if question.kind is QuestionKind.NUMBER else high))
        for _ in range(40)
    ]
    for number in tries:
        fraction = question_fraction(question, AnswerValue("answered", number))
        if fraction is None or (fraction >= Decimal("0.5")) is carried_out:
            return number
    return tries[0]


def _comment(question: Question, answer: AnswerValue, random: Random) -> str:
    failed = question_fraction(question, answer) == 0
    if failed and random.random() < 0.25:
        return random.choice(
            ("现场未见相关人员执行", "询问后才补做", "等候约十分钟仍未处理", "工作人员表示忙，未处理")
        )
    return ""


def _test_drive(
    add: Callable[[str, str, dict[str, Any]], None],
    sealed: list[tuple[str, str, dict[str, Any]]],
    visit_id: str,
    at: datetime,
    plan: VisitPlan,
    random: Random,
) -> datetime:
    def yes(item: str) -> str:
        return "yes" if random.random() < plan.share(item) else "no"

    drive: dict[str, Any] = {
        "visit_id": visit_id,
        "offered": "consultant" if yes("test_drive_offered") == "yes" else "asked",
        "car_model": random.choice(("远航 S3 1.5T", "远航 X5 混动", "远航 E2 纯电")),
        "plate": f"{random.choice('京沪粤川陕辽')}A{random.randint(10000, 99999)}",
        "mileage_km": random.randint(800, 14000),
        "car_clean": yes("test_car_clean"),
        "car_equipped": yes("test_cars_complete"),
        "fuel_enough": "yes",
        "licence_checked": yes("licence_checked"),
        "agreement_signed": yes("agreement_signed"),
        "route_explained": yes("route_explained"),
        "consultant_drove_first": yes("consultant_drives_first"),
        "safe_change_over": "yes",
        "route": "展厅—环城路—高架—展厅，约 6 公里",
        "demonstrated": ["acceleration", "braking", "quiet"],
        "impressions": random.choice(_WORDS),
        "debrief": "返回后顾问询问感受，并邀请坐下细谈",
    }

    def seal(entity: str, fields: dict[str, Any]) -> None:
        row_id = new_id()
        add(entity, row_id, fields)
        whole = ENTITIES[entity].table(id=row_id, **decode_fields(entity, fields)).model_dump()
        sealed.append((entity, row_id, encode_row(entity, whole)))

    seal("test_drive", drive)
    minutes = {**_PEOPLE_MINUTES, "customer_drives": 21, "back": 34 + random.randint(0, 12), "debrief": 50}
    for name in EVENTS:
        if name not in minutes:
            continue
        stamp = to_text(at + timedelta(minutes=minutes[name], seconds=random.randint(0, 50)))
        seal("test_drive_event", {"visit_id": visit_id, "kind": name, "at": stamp, "first_at": stamp})
    return at + timedelta(minutes=55)
