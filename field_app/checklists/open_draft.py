"""The draft on the screen: what is chosen in it, its faults, and that every change is kept by itself.

A change is durable on the device at once. Once the draft has no faults it also goes to the server by itself,
a moment after the last change. No Flet here: listeners are plain callbacks by topic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from field_app.checklists.drafting import TOP, Drafting
from field_app.checklists.workflow import Checklists, Desktop
from shared_models.checklists.faults import Fault, faults
from shared_models.problems import Code, Problem

SHAPE, FORM, STATE = "shape", "form", "state"
"""What changed: the list of parts, the form of the chosen part, where the draft is kept."""
Listener = Callable[[], None]


class OpenDraft:
    """One draft on one screen."""

    def __init__(self, checklists: Checklists, desk: Desktop, items: dict[str, str]) -> None:
        self._checklists = checklists
        self.desk = desk
        self.items = items
        """Names of the ledger's items by code."""
        self.chosen = TOP
        self.problem: Problem | None = None
        """Why the server does not have the draft, where it was not just its faults."""
        self.faults: list[Fault] = []
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._check()

    @property
    def drafting(self) -> Drafting:
        """The document."""
        return self.desk.drafting

    def listen(self, topics: list[str], listener: Listener) -> Callable[[], None]:
        """Call back on changes of these topics until the function given back is called."""
        for topic in topics:
            self._listeners[topic].add(listener)

        def stop() -> None:
            for topic in topics:
                self._listeners[topic].discard(listener)

        return stop

    def tell(self, *topics: str) -> None:
        """Something about these topics has changed."""
        for listener in {one for topic in topics for one in self._listeners[topic]}:
            listener()

    def _check(self) -> None:
        self.faults = faults(self.drafting.plain(), self.items or None)

    def know(self, items: dict[str, str]) -> None:
        """The ledger has come or changed."""
        if items != self.items:
            self.items = items
            self._check()
            self.tell(SHAPE, FORM, STATE)

    def faults_of(self, key: str) -> list[Fault]:
        """The faults of one part itself."""
        return [one for one in self.faults if self.drafting.key_at(one.section, one.question) == key]

    def choose(self, key: str) -> None:
        """Show another part."""
        if self.drafting.part(key) is not None and key != self.chosen:
            self.chosen = key
            self.tell(SHAPE, FORM)

    async def change(self, work: Callable[[Drafting], Any], *, form: bool = True) -> Any:
        """Do one step and keep it; what ``work`` gives. ``form``: the form looks different after it."""
        gave = work(self.drafting)
        if self.drafting.part(self.chosen) is None:
            self.chosen = TOP
        self._check()
        self.desk.sent = False
        self.tell(SHAPE, STATE, *([FORM] if form else []))
        await self._checklists.keep(self.desk)
        return gave

    async def put(self, key: str, field: str, value: Any, *, form: bool = True) -> None:
        """Write a field of a part."""
        await self.change(lambda drafting: drafting.put(key, field, value), form=form)

    async def write(self, key: str, field: str, language: str, written: str) -> None:
        """Write one language of a text."""
        await self.change(lambda drafting: drafting.put_text(key, field, language, written), form=False)

    async def undo(self) -> None:
        """Take the last step back."""
        await self.change(lambda drafting: drafting.undo())

    @property
    def waits(self) -> bool:
        """Whether the draft could go to the server and has not."""
        return not self.desk.sent and not self.faults and self.problem is None

    async def send(self) -> None:
        """Give the server the draft if it has no faults; why that failed stands in ``problem``."""
        if self.desk.sent or self.faults:
            return
        try:
            await self._checklists.send(self.desk)
            self.problem = None
        except Problem as problem:
            self.problem = problem
        self.tell(STATE)

    async def take_over(self) -> None:
        """Replace what somebody else wrote meanwhile."""
        await self._checklists.take_over(self.desk)
        self.problem = None
        await self.send()

    async def publish(self, *, untranslated: bool = False) -> int:
        """Make it the next version; its number. CHECKLIST_INVALID while it has faults;
        CHECKLIST_UNTRANSLATED unless texts without translation are published on purpose."""
        if self.faults:
            raise Problem(Code.CHECKLIST_INVALID, {"count": len(self.faults)})
        return await self._checklists.publish(self.desk, untranslated=untranslated)
