"""Recording one visit: every tap is a row and an op in one transaction, durable before it is called saved."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from field_app.store import RowWrite, Store
from field_app.store.media import NewFile
from field_app.visits.workflow_cards import Place
from field_app.visits.workflow_carrying import Carrying
from field_app.visits.workflow_notebook import Notebook
from field_app.visits.workflow_reading import VisitReading
from field_app.visits.workflow_repeats import Repeats
from field_app.visits.workflow_state import Change, Row, answer_id
from shared_models.checklists import QuestionKind
from shared_models.checklists.repeats import row_key, split_key
from shared_models.ids import derived_id
from shared_models.problems import Code, Problem
from shared_models.problems import Place as ProblemPlace
from shared_models.sync.codec import encode_row
from shared_models.sync.wire import OpKind
from shared_models.visits import EVENTS, build_manifest
from shared_models.visits.marks import Stroke, are_marks
from shared_models.visits.validation import answer_fault

FREE_FLOOR = 100 * 1024 * 1024
"""Bytes that must stay free after a photo or recording; answers are taken even below it."""

UNDO_STEPS = 100
"""So many steps of a session can be taken back; a whole section is one step."""

FreeBytes = Callable[[], Awaitable[int | None]]
"""Free space of the device in bytes; None where the platform does not tell."""

VISIT_FIELDS = frozenset(
    {"visit_date", "started_at", "ended_at", "zone", "start_place", "end_place", "consultant", "note"}
)
DRIVE_FIELDS = frozenset(
    {
        "offered", "car_model", "plate", "mileage_km", "car_clean", "car_equipped", "fuel_enough",
        "licence_checked", "agreement_signed", "route_explained", "consultant_drove_first",
        "safe_change_over", "route", "demonstrated", "impressions", "debrief",
    }
)  # fmt: skip
_COUNTED = {QuestionKind.PHOTO: "photo", QuestionKind.AUDIO: "audio"}


async def _free_unknown() -> int | None:
    return None


class VisitSession(VisitReading):
    """One open visit. All methods that change something return when the change is durable.

    They raise a Problem when the change is refused: VISIT_SEALED outside draft and returned, INVALID_FIELD
    for a value that does not fit, STORAGE_FULL when the device is full. What is shown is then unchanged.
    """

    def __init__(self, store: Store, visit_id: str, free_bytes: FreeBytes = _free_unknown) -> None:
        super().__init__(store, visit_id)
        self._free_bytes = free_bytes
        self._steps: list[dict[str, Row | None]] = []
        self.repeats = Repeats(self._state, self._write_instance)
        self.notebook = Notebook(self._state, self._local_now, self._write_note)
        self.carrying = Carrying(store, self._state.visit, self._state.template)

    @classmethod
    async def open(cls, store: Store, visit_id: str, free_bytes: FreeBytes = _free_unknown) -> VisitSession:
        """Open a visit that is on this device; NOT_FOUND if it or its checklist is not."""
        return cls(store, visit_id, free_bytes)

    # -- answers -------------------------------------------------------------------------------------------

    async def answer(
        self, code: str, state: str = "answered", value: Any = None, comment: str | None = None
    ) -> None:
        """Answer a question (``state`` answered, na or unobserved); the comment stays if none is given."""
        question = self._state.question(code)
        fault = answer_fault(question, state, value)
        if (value is None) is (state == "answered") or question.calculation is not None:
            fault = "value"
        if fault:
            raise Problem(Code.INVALID_FIELD, {"field": code}, [ProblemPlace(code, fault)])
        self._remember(code)
        await self._commit([self._answer(code, state, value, comment)], code)

    async def comment(self, code: str, text: str) -> None:
        """Write the comment of a question, answered or not."""
        row = self._state.answer_rows.get(code)
        state, value = (row["state"], row["value"]) if row else ("cleared", None)
        self._state.question(code)
        self._comment_stays(code, text)
        await self._commit([self._answer(code, state, value, text)], code)

    async def clear(self, code: str) -> None:
        """Take an answer back; its comment and attachments stay."""
        if code in self._state.answer_rows:
            self._remember(code)
            await self._commit([self._answer(code, "cleared", None, None)], code)

    def open_questions(self, section: str) -> list[str]:
        """Questions of a section that are asked and have no answer yet."""
        asked, answers = set(self.shown), self.answers
        found = next((one for one in self.document.sections if one.code == section), None)
        if found is None:
            raise Problem(Code.NOT_FOUND, {"what": section})
        return [
            q.code
            for q in found.questions
            if q.code in asked and q.code not in answers and q.calculation is None
        ]

    async def section_not_applicable(self, section: str, reason: str) -> int:
        """Answer all open questions of a section with "not applicable" and the reason, as one step; how many.

        INVALID_FIELD without a reason.
        """
        if not reason.strip():
            raise Problem(Code.INVALID_FIELD, {"field": section}, [ProblemPlace(section, "reason")])
        codes = self.open_questions(section)
        if codes:
            self._remember(*codes)
            writes = [self._answer(code, "na", None, reason.strip()) for code in codes]
            for one in writes:  # one step of the person, one instant
                one.values["answered_at"] = writes[0].values["answered_at"]
            await self._commit(writes, *codes)
        return len(codes)

    async def _write_instance(self, key: str, state: str, name: str | None) -> None:
        self._remember(key)
        await self._commit([self._answer(key, state, name, None)], key)

    def _remember(self, *codes: str) -> None:
        """Keep what the answers were before a step, for :meth:`undo`."""
        rows = self._state.answer_rows
        self._steps.append({code: dict(rows[code]) if code in rows else None for code in codes})
        del self._steps[:-UNDO_STEPS]

    def _comment_stays(self, code: str, text: str) -> None:
        """Words written after a step are no part of it: :meth:`undo` takes back answers, not words."""
        for step in self._steps:
            if code in step:
                step[code] = {**(step[code] or {"state": "cleared", "value": None}), "comment": text}

    def begin_anew(self) -> None:
        """Read everything again after the draft was moved to another checklist; steps before it stay."""
        self._steps.clear()
        self.refresh()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step of this session to take back."""
        return bool(self._steps) and self.editable

    async def undo(self) -> tuple[str, ...]:
        """Take the last step back: each of its answers is as it was before; the questions concerned."""
        self._check_open()
        if not self._steps:
            return ()
        step = self._steps.pop()
        writes: list[RowWrite] = []
        for code, before in step.items():
            if before is None:
                writes.append(self._answer(code, "cleared", None, ""))
            else:
                writes.append(self._answer(code, before["state"], before["value"], before["comment"]))
        await self._commit(writes, *step)
        return tuple(step)

    def _answer(self, code: str, state: str, value: Any, comment: str | None) -> RowWrite:
        old = self._state.answer_rows.get(code)
        known = old is not None and self._store.row("answer", old["id"]) is not None  # or set aside meanwhile
        values = {
            "state": state,
            "value": value,
            "comment": comment if comment is not None else (old["comment"] if old else ""),
            "answered_at": self._store.context.instant(),
        }
        if old is not None and known:
            return self._write("answer", old["id"], values)
        question, repeat = split_key(code)
        place = {"visit_id": self.id, "question": question, "repeat": repeat}
        return self._write("answer", answer_id(self.id, code), {**place, **values}, new=True)

    # -- attachments ---------------------------------------------------------------------------------------

    async def attach(
        self,
        code: str,
        data: bytes,
        mime: str,
        kind: str = "photo",
        label: str = "",
        *,
        place: Place | None = None,
        original_sha256: str = "",
    ) -> str:
        """Keep a photo or recording for a question ("" for the whole visit); its attachment id.

        STORAGE_FULL when the device would have less than FREE_FLOOR left.
        """
        self._check_open()
        if code:
            self._state.question(code)
        question, repeat = split_key(code)
        free = await self._free_bytes()
        if free is not None and free - len(data) < FREE_FLOOR:
            raise Problem(Code.STORAGE_FULL, {"free_mb": free // 2**20})
        sha256 = hashlib.sha256(data).hexdigest()
        await self._store.blobs.put(sha256, data)
        row_id = self._store.context.new_id()
        writes = [
            self._write(
                "attachment",
                row_id,
                {
                    "visit_id": self.id,
                    "question": question,
                    "repeat": repeat,
                    "kind": kind,
                    "sha256": sha256,
                    "size": len(data),
                    "mime": mime,
                    "taken_at": self._store.context.instant(),
                    "place": dict(place) if place else None,
                    "label": label,
                    "original_sha256": original_sha256,
                },
                new=True,
            )
        ]
        writes += self._count_answer(code, kind, +1)
        await self._commit(writes, code, files=[NewFile(sha256, len(data), mime)])
        return row_id

    async def label_attachment(self, attachment_id: str, label: str) -> None:
        """Name an attachment (such as before / after)."""
        row = self._attachment(attachment_id)
        await self._commit([self._write("attachment", attachment_id, {"label": label})], row_key(row))

    async def mark_photo(self, attachment_id: str, marks: Sequence[Stroke]) -> None:
        """Keep what was drawn on a photo (shares 0..1 of its edges); the picture itself is not touched."""
        row = self._attachment(attachment_id)
        drawn = [list(stroke) for stroke in marks]
        if not are_marks(drawn):
            raise Problem(Code.INVALID_FIELD, {"field": "attachment.marks"})
        await self._commit([self._write("attachment", attachment_id, {"marks": drawn})], row_key(row))

    async def remove_attachment(self, attachment_id: str) -> None:
        """Take an attachment out of the visit; its record stays, marked removed."""
        row = self._attachment(attachment_id)
        writes = [self._write("attachment", attachment_id, {"removed": True})]
        writes += self._count_answer(row_key(row), row["kind"], -1)
        await self._commit(writes, row_key(row))

    def _attachment(self, attachment_id: str) -> Mapping[str, Any]:
        for row in self.attachments:
            if row["id"] == attachment_id:
                return row
        raise Problem(Code.NOT_FOUND, {"what": "attachment"})

    def _count_answer(self, code: str, kind: str, by: int) -> list[RowWrite]:
        if not code or _COUNTED.get(self._state.question(code).kind) != kind:
            return []
        count = self._state.media_counts()[code, kind] + by
        return [self._answer(code, *(("answered", count) if count else ("cleared", None)), None)]

    # -- test drive ----------------------------------------------------------------------------------------

    async def drive_set(self, field: str, value: Any) -> None:
        """Write a field of the test-drive log (columns of the test_drive table)."""
        if field not in DRIVE_FIELDS:
            raise Problem(Code.UNKNOWN_FIELD, {"field": field})
        if self._state.drive is None:
            row_id = derived_id("test_drive", self.id)
            write = self._write("test_drive", row_id, {"visit_id": self.id, field: value}, new=True)
        else:
            write = self._write("test_drive", self._state.drive["id"], {field: value})
        await self._commit([write], drive=True)

    async def drive_stamp(self, event: str, at: datetime | None = None, reason: str = "") -> None:
        """Stamp an event of the test drive now, or correct its stamp; the first stamp is kept beside it."""
        if event not in EVENTS:
            raise Problem(Code.UNKNOWN_FIELD, {"field": event})
        at = at or self._store.context.instant()
        old = self._state.events.get(event)
        if old is None:
            row_id = derived_id("test_drive_event", self.id, event)
            values = {"visit_id": self.id, "kind": event, "at": at, "first_at": at}
            write = self._write("test_drive_event", row_id, {**values, "correction_reason": reason}, new=True)
        else:
            write = self._write("test_drive_event", old["id"], {"at": at, "correction_reason": reason})
        await self._commit([write], drive=True)

    # -- the visit itself ----------------------------------------------------------------------------------

    async def set_visit(self, field: str, value: Any) -> None:
        """Write a field of the visit (consultant, note, visit_date, places, start and end)."""
        if field not in VISIT_FIELDS:
            raise Problem(Code.UNKNOWN_FIELD, {"field": field})
        await self._commit([self._write("visit", self.id, {field: value})], visit=True)

    def _local_now(self) -> datetime:
        return self._store.context.local(self._store.context.now())

    async def _write_note(self, note: str, key: str, comment: str) -> None:
        writes = [self._write("visit", self.id, {"note": note})]
        if key:
            row = self._state.answer_rows.get(key)
            state, value = (row["state"], row["value"]) if row else ("cleared", None)
            self._comment_stays(key, comment)
            writes.append(self._answer(key, state, value, comment))
        await self._commit(writes, key, visit=True)

    async def reply(self, note_id: str, text: str) -> None:
        """Answer a reviewer's question."""
        note = next((n for n in self.notes if n["id"] == note_id), None)
        if note is None:
            raise Problem(Code.NOT_FOUND, {"what": "review_note"})
        values = {"reply": text, "replied_at": self._store.context.instant()}
        await self._commit([self._write("review_note", note_id, values)], note["question"])

    async def submit(self, place: Place | None = None) -> None:
        """Seal the visit: manifest of all answers and files, score, status submitted.

        ANSWERS_MISSING or EVIDENCE_MISSING, with the questions as places, when it is not complete.
        """
        self._check_open()
        self._check_complete()
        now = self._store.context.instant()
        visit = self.visit
        ended = visit["ended_at"] or now
        facts: dict[str, Any] = {
            "ended_at": ended,
            "visit_date": visit["visit_date"] or self._store.context.local(ended).date(),
        }
        if place is not None:
            facts["end_place"] = dict(place)
        again = visit["status"] == "returned"
        sealed: dict[str, Any] = {
            "status": "submitted",
            "submitted_at": now,
            "score": self.score.percent,
            "revision": visit["revision"] + (1 if again else 0),
            "manifest": self._manifest(),
        }
        writes = [
            self._write("visit", self.id, facts),
            replace(self._write("visit", self.id, sealed), kind=OpKind.TRANSITION, action="submit"),
            *self._finish_assignment(),
        ]
        await self._commit(writes, visit=True)

    def _check_complete(self) -> None:
        self.repeats.check()
        missing = self.completeness
        if missing.unanswered:
            places = [ProblemPlace(code, "unanswered") for code in missing.unanswered]
            raise Problem(Code.ANSWERS_MISSING, {"count": len(places)}, places)
        if missing.missing_evidence:
            places = [ProblemPlace(m.question, m.kind) for m in missing.missing_evidence]
            raise Problem(
                Code.EVIDENCE_MISSING, {"count": sum(m.count for m in missing.missing_evidence)}, places
            )

    def _manifest(self) -> dict[str, Any]:
        sealed: list[tuple[str, str, Mapping[str, Any]]] = []
        for name in ("answer", "test_drive", "test_drive_event"):
            sealed += [(name, r["id"], encode_row(name, r)) for r in self._store.by(name, visit_id=self.id)]
        media = [{"id": a["id"], **encode_row("attachment", a)} for a in self.attachments]
        return build_manifest(sealed, media)

    def _finish_assignment(self) -> list[RowWrite]:
        assignment_id = self.visit["assignment_id"]
        row = self._store.row("assignment", assignment_id) if assignment_id else None
        if row is None or row["status"] != "started":
            return []
        done = {"status": "done"}
        return [RowWrite("assignment", row["id"], row["id"], done, OpKind.TRANSITION, "finish")]

    # -- saving --------------------------------------------------------------------------------------------

    def _write(self, entity: str, row_id: str, values: dict[str, Any], *, new: bool = False) -> RowWrite:
        return RowWrite(
            entity,
            row_id,
            self.id,
            values,
            OpKind.CREATE if new else OpKind.UPDATE,
            template_version=self.visit["template_version_id"],
        )

    def _check_open(self) -> None:
        if self._state.behind:
            self.refresh()
        if not self.editable:
            raise Problem(Code.VISIT_SEALED, {"status": self.visit["status"]})

    async def _commit(
        self,
        writes: Sequence[RowWrite],
        *questions: str,
        files: Sequence[NewFile] = (),
        drive: bool = False,
        visit: bool = False,
    ) -> None:
        self._check_open()
        self._merge(writes, self._store.apply(writes, files=files, back=True))
        touched = tuple(code for code in questions if code)
        self._unsaved += 1
        self._tell(self._state.step(*touched, drive=drive, visit=visit))
        try:
            await self._store.durable()
        finally:
            self._unsaved -= 1
        self._tell(Change(questions=frozenset(touched), saved=self.saved))

    def _merge(self, writes: Sequence[RowWrite], found: Sequence[Row | None]) -> None:
        """Take what was just written into memory, without reading the visit again."""
        state = self._state
        for one, row in zip(writes, found, strict=True):
            if row is None or one.entity == "assignment":
                continue
            if one.entity == "visit":
                state.visit = row
            elif one.entity == "answer":
                state.answer_rows[row_key(row)] = row
            elif one.entity == "attachment":
                others = [a for a in state.attachments if a["id"] != row["id"]]
                state.attachments = others if row["removed"] else [*others, row]
            elif one.entity == "test_drive":
                state.drive = row
            elif one.entity == "test_drive_event":
                state.events[row["kind"]] = row
            elif one.entity == "review_note":
                state.notes = [row if n["id"] == row["id"] else n for n in state.notes]
