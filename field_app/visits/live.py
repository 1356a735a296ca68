"""An open visit as the screen sees it: what is being saved, and who must be drawn again after a change.

The session shows a change at once and says when it is durable; in between the question is marked as being
saved. No Flet here: listeners are plain callbacks by topic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from field_app.people.workflow import Workspace
from field_app.visits.workflow import Change, VisitSession
from shared_models.checklists import Question, Section
from shared_models.checklists.repeats import row_key
from shared_models.visits.marks import Stroke

if TYPE_CHECKING:
    from field_app.visits.recording import Recorder
    from field_app.visits.route_log import RouteLog

PROGRESS, SHOWN, SAVING, DRIVE, VISIT, AIM = "progress", "shown", "saving", "drive", "visit", "aim"
"""Topics beside the question codes."""
Listener = Callable[[], None]
TWICE = 0.5
"""Seconds after an answer in which a tap on what takes it back is the second half of a double tap."""
Typing = bool | None
"""Something typed is not saved yet (True), is refused as it stands (None), or all of it is saved (False)."""


class LiveVisit:
    """One open visit on one screen."""

    def __init__(self, session: VisitSession) -> None:
        self.session = session
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._saving: dict[str, int] = {}
        self._typing: set[str] = set()
        self._answered: dict[str, float] = {}
        self._refused: set[str] = set()
        self.aimed: tuple[str, int] = ("", 0)
        """The question to show, and how many times one was asked for."""
        self.recorder: Recorder | None = None
        """Made by the first question of the visit that takes recordings."""
        self.route: RouteLog | None = None
        """Made by the first look at the test drive's log."""
        self._stop = session.subscribe(self._changed)

    def close(self) -> None:
        """Stop hearing of changes and end the session."""
        self._stop()
        if self.route is not None:
            self.route.stop()
        self.session.close()

    def listen(self, topics: Iterable[str], listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when one of these topics changes, until the function given back is called."""
        wanted = tuple(topics)
        for topic in wanted:
            self._listeners[topic].add(listener)

        def stop() -> None:
            for topic in wanted:
                self._listeners[topic].discard(listener)

        return stop

    def tell(self, *topics: str) -> None:
        """Something about these topics has changed."""
        called: set[Listener] = set()
        for topic in topics:
            for listener in list(self._listeners.get(topic, ())):
                if listener not in called:
                    called.add(listener)
                    listener()

    def _changed(self, change: Change) -> None:
        topics = [*change.questions, PROGRESS] if change.score or change.sections else [*change.questions]
        if change.completeness:
            topics.append(PROGRESS)
        if change.appeared or change.disappeared or change.laid_out:
            topics.append(SHOWN)
        if change.drive:
            topics.append(DRIVE)
        if change.visit:
            topics.append(VISIT)
        self.tell(*topics)

    # what is shown
    def attachments(self, code: str) -> list[Mapping[str, Any]]:
        """The living attachments of a question ("" for the whole visit)."""
        return [row for row in self.session.attachments if row_key(row) == code]

    def saving(self, code: str) -> bool:
        """Whether a change of this question is on its way to the disk."""
        return code in self._saving or code in self._typing

    def refused(self, code: str) -> bool:
        """Whether what stands in the field of this question cannot be saved as it is."""
        return code in self._refused

    @property
    def any_refused(self) -> bool:
        """Whether anything typed cannot be saved as it is."""
        return bool(self._refused)

    @property
    def any_saving(self) -> bool:
        """Whether any change is on its way to the disk."""
        return bool(self._saving or self._typing)

    def questions(self, section: Section) -> list[Question]:
        """The questions of a section that are shown with the answers so far."""
        shown = set(self.session.shown)
        return [question for question in section.questions if question.code in shown]

    def next_unanswered(self, after: str = "", section: str = "") -> Question | None:
        """The next question that still lacks an answer or evidence, and then those from the top.

        It comes after the question ``after`` if that stands in ``section``, else from that section on.
        """
        sections = self.session.document.sections
        asked = [(one.code, question) for one in sections for question in self.questions(one)]
        start = 0
        for at, (code, question) in enumerate(asked):
            if question.code == after and section in ("", code):
                start = at + 1
                break
        else:
            start = next((at for at, (code, _) in enumerate(asked) if code == section), 0)
        missing = self.session.completeness
        lacking = set(missing.unanswered) | {one.question for one in missing.missing_evidence}
        return next((q for _, q in [*asked[start:], *asked[:start]] if q.code in lacking), None)

    def aim(self, code: str) -> None:
        """Ask the visit screen to show this question, or the section of this code."""
        self.aimed = (code, self.aimed[1] + 1)
        self.tell(AIM)

    # what is done
    def typing(self, code: str, begun: Typing) -> None:
        """Something typed is not saved yet, cannot be saved as it is, or no longer waits to be."""
        (self._typing.discard if begun is False else self._typing.add)(code)
        (self._refused.add if begun is None else self._refused.discard)(code)
        self.tell(code, SAVING)

    @asynccontextmanager
    async def _while_saving(self, code: str) -> AsyncGenerator[None]:
        self._saving[code] = self._saving.get(code, 0) + 1
        self.tell(code, SAVING)
        try:
            yield
        finally:
            left = self._saving.get(code, 1) - 1
            if left > 0:
                self._saving[code] = left
            else:
                self._saving.pop(code, None)
            self.tell(code, SAVING)

    async def put(self, code: str, state: str, value: Any = None) -> None:
        """Answer, or take the answer back (state ``clear``); returns when it is durable."""
        self._answered[code] = monotonic()
        async with self._while_saving(code):
            if state == "clear":
                await self.session.clear(code)
            else:
                await self.session.answer(code, state, value)

    async def take_back(self, code: str) -> None:
        """Take the answer back by the button that stands where "not observed" stood a moment ago."""
        if monotonic() - self._answered.get(code, -TWICE) >= TWICE:
            await self.put(code, "clear")

    async def section_not_applicable(self, section: str, reason: str) -> int:
        """Answer what is open in a section with "not applicable"; how many questions that were."""
        async with self._while_saving("section." + section):
            return await self.session.section_not_applicable(section, reason)

    async def add_instance(self, section: str) -> str:
        """One more of a repeating section; the key of the new one."""
        async with self._while_saving(section):
            return await self.session.repeats.add(section)

    async def rename_instance(self, key: str, name: str) -> None:
        """Name one of a repeating section."""
        async with self._while_saving(key):
            await self.session.repeats.rename(key, name)

    async def remove_instance(self, key: str) -> None:
        """Take one of a repeating section out."""
        async with self._while_saving(key):
            await self.session.repeats.remove(key)

    async def note(self, words: str) -> None:
        """Note something now, for whichever question it turns out to answer."""
        async with self._while_saving("visit.note"):
            await self.session.notebook.add(words)
        self.tell(VISIT)

    async def assign_note(self, place: int, key: str) -> None:
        """Give a note to its question."""
        async with self._while_saving(key):
            await self.session.notebook.assign(place, key)
        self.tell(VISIT)

    async def undo(self) -> str:
        """Take the last step back; the first question concerned, "" if there was none."""
        async with self._while_saving("undo"):
            codes = await self.session.undo()
        return codes[0] if codes else ""

    async def comment(self, code: str, text: str) -> None:
        """Write the comment on an answer."""
        async with self._while_saving(code):
            await self.session.comment(code, text)

    async def attach(self, code: str, data: bytes, mime: str, kind: str, original_sha256: str = "") -> None:
        """Keep a photo or recording."""
        async with self._while_saving(code):
            await self.session.attach(code, data, mime, kind, original_sha256=original_sha256)

    async def mark(self, code: str, attachment_id: str, marks: Sequence[Stroke]) -> None:
        """Keep what was drawn on a photo."""
        async with self._while_saving(code):
            await self.session.mark_photo(attachment_id, marks)

    async def label(self, code: str, attachment_id: str, label: str) -> None:
        """Name a photo (before, after)."""
        async with self._while_saving(code):
            await self.session.label_attachment(attachment_id, label)

    async def remove(self, code: str, attachment_id: str) -> None:
        """Take a photo or recording out of the visit."""
        async with self._while_saving(code):
            await self.session.remove_attachment(attachment_id)

    async def drive_set(self, field: str, value: Any) -> None:
        """Write a field of the test-drive log."""
        async with self._while_saving("drive." + field):
            await self.session.drive_set(field, value)
        self.tell(DRIVE)

    async def drive_stamp(self, event: str, at: datetime | None = None, reason: str = "") -> None:
        """Stamp an event of the test drive, or correct its stamp."""
        async with self._while_saving("drive." + event):
            await self.session.drive_stamp(event, at, reason)
        self.tell(DRIVE)

    async def set_visit(self, field: str, value: Any) -> None:
        """Write a field of the visit itself."""
        async with self._while_saving("visit." + field):
            await self.session.set_visit(field, value)
        self.tell(VISIT)


class Shelf:
    """The one visit that is open, shared by the screens that stand on it."""

    def __init__(self) -> None:
        self._live: LiveVisit | None = None

    def known(self, visit_id: str) -> LiveVisit | None:
        """The open visit, if it is this one."""
        return self._live if self._live is not None and self._live.session.id == visit_id else None

    async def open(self, work: Workspace, visit_id: str) -> LiveVisit:
        """Open a visit, closing the one before; NOT_FOUND if it is not on this device."""
        known = self.known(visit_id)
        if known is None:
            known = self.adopt(await work.open_visit(visit_id))
        return known

    def adopt(self, session: VisitSession) -> LiveVisit:
        """Keep a visit that has just been opened, closing the one before (not this one, if it is open)."""
        known = self.known(session.id)
        if known is not None:
            session.close()
            return known
        self.clear()
        self._live = LiveVisit(session)
        return self._live

    def clear(self) -> None:
        """Close what is open."""
        if self._live is not None:
            self._live.close()
            self._live = None
