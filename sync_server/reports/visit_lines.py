"""An accepted visit in words: what the dealer may read of it, answer by answer."""

from __future__ import annotations

from typing import Any

from shared_models.appeals.wire import ResultAnswer
from shared_models.checklists.document import Question, QuestionKind
from sync_server.reports.lexicon import Lexicon, Lines
from sync_server.reports.plan_report import Phrase


def answer_lines(answer: ResultAnswer, t: Lexicon) -> Lines:
    """What counts as answered, per language."""
    return _lines(answer.question, answer.state, answer.value, t)


def recorded_lines(answer: ResultAnswer, t: Lexicon) -> Lines:
    """What was recorded before an appeal or a review changed it; nothing where it stands as recorded."""
    if not answer.recorded_state:
        return ()
    return _lines(answer.question, answer.recorded_state, answer.recorded_value, t)


def _lines(question: Question, state: str, value: Any, t: Lexicon) -> Lines:
    if not state:
        return ("–",)
    if state != "answered":
        return t.say(f"visits.answer.{state}")
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA:
            return t.say(f"visits.answer.{value}")
        case QuestionKind.SINGLE | QuestionKind.MULTIPLE:
            codes: list[Any] = list(value) if isinstance(value, list) else [value]  # type: ignore[reportUnknownArgumentType]
            names = {choice.code: Phrase(choice.text.zh, choice.text.en) for choice in question.choices}
            known = [t.pick(names[code])[at] for at in (0, -1) for code in codes if code in names]
            half = len(known) // 2
            parts = ("、".join(known[:half]), ", ".join(known[half:]))
            return tuple(dict.fromkeys(part for part in parts if part)) or ("–",)
        case QuestionKind.SCALE:
            return (f"{value} / {question.maximum}",)
        case QuestionKind.DURATION:
            return (f"{int(value) // 60}:{int(value) % 60:02d}",)
        case QuestionKind.NUMBER if question.unit is not None:
            return tuple(f"{value} {unit}" for unit in t.pick(Phrase(question.unit.zh, question.unit.en)))
        case QuestionKind.PHOTO:
            return t.say("reports.visit.photos", count=value)
        case _:
            return (str(value),)
