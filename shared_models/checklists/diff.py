"""What differs between two versions of a checklist, question by question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from shared_models.checklists.document import Question, TemplateDocument


@dataclass(frozen=True)
class Difference:
    """One difference. ``where`` is the code of a section or question, "" for the checklist itself."""

    kind: Literal["added", "removed", "moved", "changed"]
    part: Literal["checklist", "section", "question"]
    where: str
    field: str = ""
    """What changed (a field of the document); "" where the whole part came or went."""
    before: Any = None
    after: Any = None


def differences(old: TemplateDocument, new: TemplateDocument) -> list[Difference]:
    """All differences in the order of the new document; parts that went come last."""
    found = _fields("checklist", "", old.model_dump(mode="json", by_alias=True, exclude={"sections"}),
                    new.model_dump(mode="json", by_alias=True, exclude={"sections"}))  # fmt: skip
    sections = {section.code: section for section in old.sections}
    was_in = {q.code: section.code for section in old.sections for q in section.questions}
    questions: dict[str, Question] = {q.code: q for q in old.questions()}
    for section in new.sections:
        before = sections.get(section.code)
        if before is None:
            found.append(Difference("added", "section", section.code, after=section.title.model_dump()))
        else:
            dump = {"mode": "json", "exclude": {"questions"}}
            found += _fields("section", section.code, before.model_dump(**dump), section.model_dump(**dump))  # type: ignore[arg-type]
        for question in section.questions:
            known = questions.get(question.code)
            if known is None:
                text = question.text.model_dump()
                found.append(Difference("added", "question", question.code, after=text))
                continue
            if was_in[question.code] != section.code:
                place = was_in[question.code], section.code
                found.append(Difference("moved", "question", question.code, "section", *place))
            found += _fields("question", question.code, _plain(known), _plain(question))
    found += _order(old, new)
    kept = {section.code for section in new.sections}
    asked = {question.code for question in new.questions()}
    for section in old.sections:
        if section.code not in kept:
            found.append(Difference("removed", "section", section.code, before=section.title.model_dump()))
        for question in section.questions:
            if question.code not in asked:
                text = question.text.model_dump()
                found.append(Difference("removed", "question", question.code, before=text))
    return found


def _plain(question: Question) -> dict[str, Any]:
    return question.model_dump(mode="json", by_alias=True)


def _fields(
    part: Literal["checklist", "section", "question"],
    where: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> list[Difference]:
    return [
        Difference("changed", part, where, name, before.get(name), after.get(name))
        for name in after
        if before.get(name) != after.get(name)
    ]


def _order(old: TemplateDocument, new: TemplateDocument) -> list[Difference]:
    """Sections whose questions, as far as both versions have them, stand in another order."""
    found: list[Difference] = []
    before = {section.code: [q.code for q in section.questions] for section in old.sections}
    for section in new.sections:
        codes = [question.code for question in section.questions]
        was = [code for code in before.get(section.code, []) if code in codes]
        now = [code for code in codes if code in was]
        if was != now:
            found.append(Difference("moved", "section", section.code, "order", was, now))
    return found
