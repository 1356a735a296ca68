"""Instances of a visit's repeating sections: one more, its name, taking it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from field_app.visits.workflow_state import VisitState
from shared_models.checklists import Section
from shared_models.checklists.repeats import MOST_NUMBERED, key_of, living, overfull, split_key
from shared_models.problems import Code, Place, Problem

Write = Callable[[str, str, str | None], Awaitable[None]]
"""Writes the row of an instance (key of its section, state, name) as one step that can be taken back."""


class Repeats:
    """The repeating sections of one open visit. Changes return when they are durable."""

    def __init__(self, state: VisitState, write: Write) -> None:
        self._state, self._write = state, write

    def section(self, key: str) -> Section | None:
        """The section as published that an instance belongs to; None if it does not repeat."""
        code, _ = split_key(key)
        found = next((one for one in self._state.template.sections if one.code == code), None)
        return found if found is not None and found.repeat is not None else None

    def instances(self, key: str) -> tuple[str, ...]:
        """Keys of all instances of a repeating section, in order."""
        section = self._need(key)
        return tuple(key_of(section.code, n) for n in living(section, self._state.recorded))

    def name(self, key: str) -> str:
        """The name that the visitor gave an instance."""
        answer = self._state.recorded.get(key)
        return answer.value if answer is not None and isinstance(answer.value, str) else ""

    def can_add(self, key: str) -> bool:
        """Whether there may be one more; never where an answer says how many there are."""
        rule = self._need(key).repeat
        assert rule is not None
        if rule.count is not None:
            return False
        return len(self.instances(key)) < rule.maximum and self._next(split_key(key)[0]) < MOST_NUMBERED

    def can_remove(self, key: str) -> bool:
        """Whether there may be one fewer; never where an answer says how many there are."""
        rule = self._need(key).repeat
        assert rule is not None
        return rule.count is None and len(self.instances(key)) > rule.minimum

    async def add(self, section: str, name: str = "") -> str:
        """One more consultant, one more car; the key of its section. INVALID_FIELD when there are enough."""
        code = self._need(section).code
        if not self.can_add(code):
            raise Problem(Code.INVALID_FIELD, {"field": code}, [Place(code, "too many")])
        key = key_of(code, self._next(code))
        await self._write(key, "answered", name.strip())
        return key

    async def rename(self, key: str, name: str) -> None:
        """Give an instance a name."""
        self._need(key)
        await self._write(key, "answered", name.strip())

    async def remove(self, key: str) -> None:
        """Take an instance out; its answers and files stay in the visit and come back with undo.

        INVALID_FIELD where the checklist asks for so many.
        """
        code = self._need(key).code
        if not self.can_remove(key):
            raise Problem(Code.INVALID_FIELD, {"field": code}, [Place(code, "too few")])
        await self._write(key, "na", None)

    def check(self) -> None:
        """INVALID_FIELD where two devices together made more instances than there may be."""
        full = overfull(self._state.template, self._state.recorded)
        if full:
            raise Problem(Code.INVALID_FIELD, {"field": full[0]}, [Place(code, "too many") for code in full])

    def _next(self, code: str) -> int:
        """A number that this visit has not given yet, also not to an instance that was taken out."""
        given = [repeat for other, repeat in map(split_key, self._state.answer_rows) if other == code]
        there = [split_key(key)[1] for key in self.instances(code)]
        return max([*given, *there, -1]) + 1

    def _need(self, key: str) -> Section:
        found = self.section(key)
        if found is None:
            raise Problem(Code.NOT_FOUND, {"what": key})
        return found
