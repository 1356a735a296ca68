"""A checklist while it is written: plain data with parts that keep their identity when they move.

Sections and questions carry a key of their own (``KEY``) beside their code, since codes may be wrong or twice
while somebody types. Every change is one step that can be taken back. No Flet, no store.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from shared_models.checklists.document import QuestionKind
from shared_models.checklists.faults import counting_codes

KEY = "_key"
TOP = "top"
"""Key of the checklist itself."""
STEPS = 200
Part = dict[str, Any]
_BILINGUAL = ("guidance", "intro", "unit", "low_label", "high_label")
_BY_KIND: dict[str, frozenset[str]] = {
    "choices": frozenset({QuestionKind.SINGLE, QuestionKind.MULTIPLE}),
    "low_label": frozenset({QuestionKind.SCALE}),
    "high_label": frozenset({QuestionKind.SCALE}),
    "minimum": frozenset({QuestionKind.SCALE, QuestionKind.NUMBER}),
    "maximum": frozenset({QuestionKind.SCALE, QuestionKind.NUMBER}),
    "unit": frozenset({QuestionKind.NUMBER}),
    "score_bands": frozenset({QuestionKind.NUMBER, QuestionKind.DURATION}),
}
"""Fields that only some kinds have; they go when the kind becomes another one."""


class Drafting:
    """The document and the steps that made it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._numbers = count(1)
        self._steps: list[Part] = []
        self.top: Part = self._keyed(document)

    def _keyed(self, document: dict[str, Any]) -> Part:
        top = copy.deepcopy(document)
        top[KEY] = TOP
        top.setdefault("sections", [])
        for section in top["sections"]:
            section[KEY] = self._new_key()
            for question in section.setdefault("questions", []):
                question[KEY] = self._new_key()
        return top

    def _new_key(self) -> str:
        return f"part-{next(self._numbers)}"

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def sections(self) -> list[Part]:
        """The sections in order."""
        return self.top["sections"]

    def questions(self) -> Iterator[Part]:
        """All questions in order."""
        for section in self.sections:
            yield from section["questions"]

    def part(self, key: str) -> Part | None:
        """The part of that key, None if it is gone."""
        if key == TOP:
            return self.top
        return next((one for one in self._parts() if one[KEY] == key), None)

    def _parts(self) -> Iterator[Part]:
        for section in self.sections:
            yield section
            yield from section["questions"]

    def section_of(self, key: str) -> Part | None:
        """The section that is or holds the part."""
        for section in self.sections:
            if section[KEY] == key or any(one[KEY] == key for one in section["questions"]):
                return section
        return None

    def before(self, key: str) -> list[Part]:
        """The questions asked before a question: those that its rule may read."""
        found: list[Part] = []
        for one in self.questions():
            if one[KEY] == key:
                break
            found.append(one)
        return found

    def counting(self, key: str) -> list[Part]:
        """Questions before a section whose answer can say how often it is asked."""
        found: list[Part] = []
        for section in self.sections:
            if section[KEY] == key:
                break
            if not section.get("repeat"):
                codes = set(counting_codes({"questions": [_bare(one) for one in section["questions"]]}))
                found += [one for one in section["questions"] if one.get("code") in codes]
        return found

    def key_at(self, section: int | None, question: int | None) -> str:
        """The key of the part at a place, as faults name places."""
        if section is None or section >= len(self.sections):
            return TOP
        holder = self.sections[section]
        if question is None or question >= len(holder["questions"]):
            return holder[KEY]
        return holder["questions"][question][KEY]

    def plain(self) -> dict[str, Any]:
        """The document as it travels, without keys."""
        top = copy.deepcopy(self.top)
        for part in (top, *top["sections"], *(q for s in top["sections"] for q in s["questions"])):
            part.pop(KEY, None)
        return top

    # -- writing -------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._steps)

    def undo(self) -> None:
        """Take the last step back."""
        if self._steps:
            self.top = self._steps.pop()

    def _step(self) -> None:
        self._steps.append(copy.deepcopy(self.top))
        del self._steps[:-STEPS]

    def put(self, key: str, field: str, value: Any) -> None:
        """Write a field; None takes it out. A code that changes takes the rules that read it along."""
        part = self.part(key)
        if part is None or part.get(field) == value:
            return
        self._step()
        if field == "code" and "kind" in part:
            self._rename(str(part.get("code") or ""), str(value))
        if field == "kind":
            self._fit_kind(part, str(value))
        if value is None or (field in _BILINGUAL and not any((value or {}).values())):
            part.pop(field, None)
        else:
            part[field] = value

    def put_text(self, key: str, field: str, language: str, written: str) -> None:
        """Write one language of a text in both languages."""
        part = self.part(key)
        if part is not None:
            both = {"zh": "", "en": "", **(part.get(field) or {})}
            self.put(key, field, {**both, language: written})

    def _fit_kind(self, question: Part, kind: str) -> None:
        for field, kinds in _BY_KIND.items():
            if kind not in kinds:
                question.pop(field, None)
        if kind == QuestionKind.SCALE:
            question.setdefault("minimum", "1")
            question.setdefault("maximum", "10")
        if kind in _BY_KIND["choices"]:
            question.setdefault("choices", [new_choice("a"), new_choice("b")])

    def _rename(self, old: str, new: str) -> None:
        for question in self.questions():
            rule = question.get("show_when")
            if rule and old:
                question["show_when"] = renamed(rule, old, new)
        for section in self.sections:
            if old and (section.get("repeat") or {}).get("count") == old:
                section["repeat"] = {**section["repeat"], "count": new}

    def add_section(self, after: str = "") -> str:
        """A new section behind the one that is or holds ``after`` (else at the end); its key."""
        self._step()
        holder = self.section_of(after)
        stage = holder["stage"] if holder else "reception"
        made: Part = {
            KEY: self._new_key(),
            "code": self._free_code("section"),
            "title": {"zh": "", "en": ""},
            "stage": stage,
            "questions": [],
        }
        at = self.sections.index(holder) + 1 if holder else len(self.sections)
        self.sections.insert(at, made)
        return made[KEY]

    def add_question(self, where: str) -> str:
        """A new question behind ``where``, or at the end of it if that is a section; its key."""
        holder = self.section_of(where)
        if holder is None:
            where = self.sections[-1][KEY] if self.sections else self.add_section()
            holder = self.section_of(where)
        assert holder is not None
        self._step()
        held = holder["questions"]
        spot = next((at for at, one in enumerate(held) if one[KEY] == where), len(held) - 1)
        made: Part = {
            KEY: self._new_key(),
            "code": self._free_code("Q"),
            "kind": QuestionKind.YES_NO_NA.value,
            "text": {"zh": "", "en": ""},
            "stage": holder["stage"],
        }
        held.insert(spot + 1, made)
        return made[KEY]

    def duplicate(self, key: str) -> str:
        """A copy behind the part, under free codes; the copy's key."""
        part, siblings = self._among(key)
        self._step()
        made = copy.deepcopy(part)
        taken = self._codes()
        names: dict[str, str] = {}
        for one in (made, *made.get("questions", [])):
            old = str(one.get("code") or "Q")
            one[KEY] = self._new_key()
            one["code"] = names[old] = free_code(old, taken)
            taken.add(one["code"])
        for one in made.get("questions", []):
            for old, new in names.items():
                if one.get("show_when"):
                    one["show_when"] = renamed(one["show_when"], old, new)
        siblings.insert(siblings.index(part) + 1, made)
        return made[KEY]

    def remove(self, key: str) -> str:
        """Take a part out; the key of what is to be shown instead. Rules that read it are then faults."""
        part, siblings = self._among(key)
        self._step()
        holder = self.section_of(key)
        at = siblings.index(part)
        siblings.remove(part)
        if siblings:
            return siblings[min(at, len(siblings) - 1)][KEY]
        return TOP if holder is None or holder is part else holder[KEY]

    def move(self, key: str, by: int) -> bool:
        """Move a part by one place; a question at the edge goes over into the next section."""
        part, siblings = self._among(key)
        at = siblings.index(part)
        if 0 <= at + by < len(siblings):
            self._step()
            siblings.insert(at + by, siblings.pop(at))
            return True
        holder = self.section_of(key)
        if holder is None or holder is part:
            return False
        there = self.sections.index(holder) + by
        if not 0 <= there < len(self.sections):
            return False
        self._step()
        siblings.remove(part)
        into = self.sections[there]["questions"]
        into.insert(0 if by > 0 else len(into), part)
        return True

    def move_to(self, key: str, section: str) -> None:
        """Move a question to the end of another section."""
        part, siblings = self._among(key)
        target = self.part(section)
        if target is not None and target["questions"] is not siblings:
            self._step()
            siblings.remove(part)
            target["questions"].append(part)

    def _among(self, key: str) -> tuple[Part, list[Part]]:
        for siblings in (self.sections, *(section["questions"] for section in self.sections)):
            for one in siblings:
                if one[KEY] == key:
                    return one, siblings
        raise KeyError(key)

    def _codes(self) -> set[str]:
        return {str(one.get("code")) for one in self._parts()}

    def _free_code(self, stem: str) -> str:
        return free_code(stem + "1", self._codes())


def _bare(question: Part) -> Part:
    return {name: value for name, value in question.items() if name != KEY}


def free_code(wanted: str, taken: set[str]) -> str:
    """The code itself if it is free, else with the next number at its end."""
    stem = wanted.rstrip("0123456789")[:34] or "Q"
    numbers: Callable[[], Iterator[str]] = lambda: (f"{stem}{n}" for n in count(1))  # noqa: E731
    return wanted if wanted not in taken else next(code for code in numbers() if code not in taken)


def new_choice(code: str) -> Part:
    """An option without words."""
    return {"code": code, "text": {"zh": "", "en": ""}}


def renamed(rule: Part, old: str, new: str) -> Part:
    """A rule that reads a question under its new code."""
    changed = dict(rule)
    if changed.get("question") == old:
        changed["question"] = new
    for name in ("all", "any"):
        if changed.get(name):
            changed[name] = [renamed(one, old, new) for one in changed[name]]
    if changed.get("not"):
        changed["not"] = renamed(changed["not"], old, new)
    return changed
