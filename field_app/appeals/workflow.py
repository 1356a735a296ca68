"""Appeals: results of the own dealer, what is disputed in them, and the decisions, without any control."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import RowWrite, Store
from field_app.store.media import NewFile
from field_app.sync.api import Api
from field_app.visits.workflow_cards import DealerView, Documents, dealer_view
from field_app.visits.workflow_session import FREE_FLOOR, FreeBytes
from shared_models.appeals import APPEAL_TRANSITIONS, Result, ResultAnswer, Results
from shared_models.checklists import AnswerValue, Bilingual, Question
from shared_models.checklists.repeats import row_key, split_key
from shared_models.people import Access
from shared_models.problems import Code, Problem
from shared_models.sync.wire import OpKind
from shared_models.visits import clock_tone


@dataclass(frozen=True)
class AppealCard:
    """One appeal as lists and its own screen show it."""

    id: str
    visit_id: str
    dealer: DealerView
    question: str
    wording: Bilingual
    visit_date: date | None
    status: str
    text: str
    filed_at: datetime | None
    due_at: datetime | None
    clock: str
    """How the decision's clock stands: "", warn, late; "" for what is decided."""
    old: AnswerValue | None
    new: AnswerValue | None
    author: str
    decided_by: str
    decided_at: datetime | None
    decision_note: str
    score_before: Decimal | None
    score_after: Decimal | None
    photos: tuple[str, ...]
    """SHA-256 of the evidence photos, the oldest first."""
    pending: int
    """Changes that the server has not confirmed."""


class Appeals:
    """The dealer's results and appeals; the desk's appeals to decide."""

    def __init__(self, store: Store, api: Api, access: Access, free_bytes: FreeBytes) -> None:
        self._store = store
        self._api = api
        self._access = access
        self._free_bytes = free_bytes
        self._reader = CachedReader(store, api)
        self._documents = Documents(store)

    # -- results -------------------------------------------------------------------------------------------

    async def results(self, *, kept_first: bool = False, limit: int = 50) -> Fetched[Results]:
        """Accepted visits of the person's dealers, the newest first; the copy last read without network."""
        return await self._reader.model(Results, "/appeals/results", kept_first=kept_first, limit=limit)

    async def result(self, visit_id: str, *, kept_first: bool = False) -> Fetched[Result]:
        """One accepted visit, answer by answer."""
        return await self._reader.model(Result, f"/appeals/results/{visit_id}", kept_first=kept_first)

    async def photo(self, visit_id: str, photo_id: str) -> bytes:
        """A photo of a result; kept on the device once it was read."""
        path = f"/appeals/results/{visit_id}/photos/{photo_id}"
        known = self._store.cached(path)
        kept = await self._store.blobs.get(known[0]) if known else None
        if kept is not None:
            return kept
        data = (await self._api.call("GET", path)).content
        sha256 = hashlib.sha256(data).hexdigest()
        await self._store.blobs.put(sha256, data)
        self._store.cache(path, sha256)
        await self._store.durable()
        return data

    # -- appeals -------------------------------------------------------------------------------------------

    async def load(self) -> tuple[AppealCard, ...]:
        """All appeals on this device: those to decide by their deadline, then the others, newest first."""
        cards = [self._card(row) for row in self._store.by("appeal")]
        open_ = sorted(
            (card for card in cards if card.status == "filed"),
            key=lambda card: (str(card.due_at or "9"), card.id),
        )
        done = sorted(
            (card for card in cards if card.status != "filed"),
            key=lambda card: (str(card.decided_at or ""), card.id),
            reverse=True,
        )
        return (*open_, *done)

    def card(self, appeal_id: str) -> AppealCard:
        """One appeal; NOT_FOUND if it is not on this device."""
        return self._card(self._row(appeal_id))

    def of_visit(self, visit_id: str) -> dict[str, AppealCard]:
        """Appeals of a visit by question; those taken back only where there is no other."""
        rows = sorted(
            self._store.by("appeal", visit_id=visit_id), key=lambda row: row["status"] != "withdrawn"
        )
        return {row_key(row): self._card(row) for row in rows}

    def question(self, appeal_id: str) -> Question | None:
        """The disputed question, where its checklist is on this device."""
        row = self._row(appeal_id)
        visit = self._store.row("visit", row["visit_id"])
        document = self._documents.get(visit["template_version_id"]) if visit else None
        if document is not None:
            return document.question(row["question"])
        kept = self._store.cached(f"/appeals/results/{row['visit_id']}?")
        if kept is None:
            return None
        found = Result.model_validate(kept[0])
        return next(
            (
                answer.question
                for section in found.sections
                for answer in section.answers
                if answer.question.code == row_key(row)
            ),
            None,
        )

    def may(self, appeal_id: str) -> frozenset[str]:
        """What the person may do with an appeal now: uphold, dismiss, withdraw."""
        row = self._row(appeal_id)
        dealer = self._store.row("dealer", row["dealer_id"])
        region = dealer["region_id"] if dealer else ""
        return frozenset(
            action
            for (status, action), (_, roles) in APPEAL_TRANSITIONS.items()
            if status == row["status"]
            and self._access.reaches(roles, dealer_id=row["dealer_id"], region_id=region)
        )

    async def file(
        self,
        result: Result,
        answer: ResultAnswer,
        text: str,
        photos: Sequence[tuple[bytes, str]] = (),
    ) -> str:
        """Dispute an answer, with photos (bytes, mime) as evidence; the appeal's id once it is durable."""
        if not text.strip():
            raise Problem(Code.INVALID_FIELD, {"field": "appeal.text"})
        context = self._store.context
        appeal_id, now = context.new_id(), context.instant()
        question, repeat = split_key(answer.question.code)
        values: dict[str, Any] = {
            "visit_id": result.visit_id,
            "dealer_id": result.dealer_id,
            "question": question,
            "repeat": repeat,
            "text": text.strip(),
            # what the server will set, for reading until then
            "author_id": self._access.person_id,
            "filed_at": now,
            "visit_date": result.day,
            "wording": answer.question.text.zh,
            "wording_en": answer.question.text.en,
            "old_state": answer.state,
            "old_value": answer.value,
        }
        writes = [RowWrite("appeal", appeal_id, appeal_id, values, OpKind.CREATE)]
        free = await self._free_bytes() if photos else None
        files: list[NewFile] = []
        for data, mime in photos:
            if free is not None and free - len(data) < FREE_FLOOR:
                raise Problem(Code.STORAGE_FULL, {"free_mb": free // 2**20})
            sha256 = hashlib.sha256(data).hexdigest()
            await self._store.blobs.put(sha256, data)
            files.append(NewFile(sha256, len(data), mime))
            photo = {
                "appeal_id": appeal_id,
                "sha256": sha256,
                "size": len(data),
                "mime": mime,
                "taken_at": now,
            }
            writes.append(RowWrite("attachment", context.new_id(), appeal_id, photo, OpKind.CREATE))
        self._store.apply(writes, files=files)
        await self._store.durable()
        return appeal_id

    async def withdraw(self, appeal_id: str) -> None:
        """Take an appeal back before it is decided."""
        await self._move(appeal_id, "withdraw", {})

    async def uphold(self, appeal_id: str, state: str, value: Any, note: str) -> None:
        """The dealer is right: from now on this answer counts."""
        values = {"new_state": state, "new_value": value, "decision_note": note}
        await self._move(appeal_id, "uphold", values)

    async def dismiss(self, appeal_id: str, note: str) -> None:
        """The answer stands; the dealer is told why."""
        await self._move(appeal_id, "dismiss", {"decision_note": note})

    async def _move(self, appeal_id: str, action: str, values: Mapping[str, Any]) -> None:
        row = self._row(appeal_id)
        if action not in self.may(appeal_id):
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": row["status"], "action": action})
        after, _ = APPEAL_TRANSITIONS[row["status"], action]
        moved = {**values, "status": after.value}
        self._store.apply([RowWrite("appeal", appeal_id, appeal_id, moved, OpKind.TRANSITION, action)])
        await self._store.durable()

    def _row(self, appeal_id: str) -> dict[str, Any]:
        row = self._store.row("appeal", appeal_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "appeal"})
        return row

    def _card(self, row: Mapping[str, Any]) -> AppealCard:
        store = self._store
        decided = row["status"] != "filed"
        photos = sorted(store.by("attachment", appeal_id=row["id"]), key=lambda one: one["id"])
        zh, en = row["wording"] or row["question"], row["wording_en"] or row["question"]
        return AppealCard(
            id=row["id"],
            visit_id=row["visit_id"],
            dealer=dealer_view(store, row["dealer_id"]),
            question=row["question"],
            wording=Bilingual(zh=zh, en=en),
            visit_date=row["visit_date"],
            status=row["status"],
            text=row["text"],
            filed_at=row["filed_at"],
            due_at=row["due_at"],
            clock="" if decided else clock_tone(row["filed_at"], row["due_at"], store.context.now()),
            old=_answer(row["old_state"], row["old_value"]),
            new=_answer(row["new_state"], row["new_value"]),
            author=self._name(row["author_id"]),
            decided_by=self._name(row["decided_by"]),
            decided_at=row["decided_at"],
            decision_note=row["decision_note"],
            score_before=row["score_before"],
            score_after=row["score_after"],
            photos=tuple(one["sha256"] for one in photos if not one["removed"]),
            pending=store.pending_of(row["id"]),
        )

    def _name(self, person_id: str | None) -> str:
        person = self._store.row("person", person_id) if person_id else None
        return person["name"] if person else ""


def _answer(state: str, value: Any) -> AnswerValue | None:
    return AnswerValue(state, value) if state else None  # type: ignore[arg-type]
