"""Whether a checklist says everything in both languages, before it is published.

The document itself already demands both. What still goes wrong: one language stands in for the other, as a
workbook with a single label column gives it. Such a text is told, and published only on an explicit yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared_models.checklists.document import Bilingual, TemplateDocument

_HAN = re.compile(r"[㐀-鿿]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SIGN = re.compile(r"[A-Z0-9 /·.%°²³-]{1,12}|[a-zA-Z/°%²³]{1,5}")
"""Abbreviations and units: the same in both languages (VIN, NPS, km/h)."""


@dataclass(frozen=True)
class Untranslated:
    """A text without its translation; ``language`` is the one that is missing."""

    where: str
    """Code of the question or section, "" for the checklist itself; of a choice question.choice."""
    field: str
    language: Literal["zh", "en"]


def untranslated(document: TemplateDocument) -> list[Untranslated]:
    """Every text that one language says for the other, in the document's order."""
    found: list[Untranslated] = []
    for where, field, text in _texts(document):
        if text is None or _SIGN.fullmatch(text.zh.strip()):
            continue
        if _HAN.search(text.en):
            found.append(Untranslated(where, field, "en"))
        elif text.zh.strip() == text.en.strip() and _WORD.search(text.zh) and not _HAN.search(text.zh):
            found.append(Untranslated(where, field, "zh"))
    return found


def _texts(document: TemplateDocument) -> Iterator[tuple[str, str, Bilingual | None]]:
    yield "", "title", document.title
    yield "", "description", document.description
    for section in document.sections:
        yield section.code, "title", section.title
        yield section.code, "intro", section.intro
        yield section.code, "repeat", section.repeat.label if section.repeat else None
        for question in section.questions:
            code = question.code
            yield code, "text", question.text
            yield code, "guidance", question.guidance
            yield code, "unit", question.unit
            yield code, "low_label", question.low_label
            yield code, "high_label", question.high_label
            for choice in question.choices:
                yield f"{code}.{choice.code}", "choices", choice.text
