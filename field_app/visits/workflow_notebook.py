"""Notes taken in a hurry and given to their questions later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from field_app.visits.workflow_state import VisitState
from shared_models.problems import Code, Problem
from shared_models.visits.notes import QuickNote, read_notes, with_note, without_note

Write = Callable[[str, str, str], Awaitable[None]]
"""Writes the visit's note and, where a key is given, the comment of its answer, in one transaction."""


class Notebook:
    """The notes of one open visit. Changes return when they are durable."""

    def __init__(self, state: VisitState, local_now: Callable[[], datetime], write: Write) -> None:
        self._state, self._now, self._write = state, local_now, write

    @property
    def notes(self) -> tuple[QuickNote, ...]:
        """All notes that belong to no question yet, the oldest first."""
        return read_notes(str(self._state.visit["note"] or ""))

    async def add(self, words: str) -> None:
        """Note something now; nothing happens for an empty note."""
        if words.strip():
            note = str(self._state.visit["note"] or "")
            await self._write(with_note(note, self._now().strftime("%H:%M"), words), "", "")

    async def assign(self, place: int, key: str) -> None:
        """Give a note (by its place) to a question: it goes into the answer's comment, with its time."""
        self._state.question(key)
        one = self._at(place)
        row = self._state.answer_rows.get(key)
        before = str(row["comment"]) if row else ""
        comment = f"{before.rstrip()}\n{one.line()}" if before.strip() else one.line()
        await self._write(without_note(str(self._state.visit["note"]), place), key, comment)

    def _at(self, place: int) -> QuickNote:
        notes = self.notes
        if not 0 <= place < len(notes):
            raise Problem(Code.NOT_FOUND, {"what": "note"})
        return notes[place]
