"""What stands in single columns: texts in two languages, numbers, evidence rules, score bands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sync_server.checklists.xlsform.cells import Faults, Finding, Row, Sheet

_KNOWN = {
    "survey": {
        "type", "name", "label", "hint", "guidance_hint", "required", "relevant", "constraint", "parameters",
        "choice_filter", "revisit_kind", "revisit_stage", "revisit_item", "revisit_rater", "revisit_weight",
        "revisit_critical", "revisit_evidence", "revisit_bands", "revisit_unit_zh", "revisit_unit_en",
        "revisit_low_zh", "revisit_low_en", "revisit_high_zh", "revisit_high_en", "calculation", "default",
        "repeat_count", "revisit_repeat", "revisit_one_zh", "revisit_one_en", "revisit_person",
    },
    "choices": {"list_name", "name", "label", "revisit_score"},
    "settings": {
        "form_title", "form_id", "id_string", "version", "default_language", "revisit_source",
        "revisit_description_zh", "revisit_description_en", "revisit_minimum_minutes",
        "revisit_test_drive_log",
    },
}  # fmt: skip
_TRANSLATED = frozenset({"label", "hint", "guidance_hint", "form_title"})
_CHINESE = re.compile(r"zh|chinese|中文|汉语|漢語|简体|簡體")
_ENGLISH = re.compile(r"\ben\b|\(en\)|english|英文|英语")


def language_of(header: str) -> str:
    """zh, en or "" (another language, or none named) of a header such as ``label::english (en)``."""
    _, _, language = header.partition("::")
    if _CHINESE.search(language):
        return "zh"
    return "en" if _ENGLISH.search(language) or language == "en" else ""


def bilingual(row: Row, name: str) -> dict[str, str] | None:
    """The text of a translatable column in both languages; one stands in for the other."""
    found: dict[str, str] = {}
    for header, text in row.cells.items():
        if header == name:
            found.setdefault("", text)
        elif header.startswith(f"{name}::"):
            found.setdefault(language_of(header), text)
    if not found:
        return None
    zh = found.get("zh") or found.get("") or found.get("en") or ""
    en = found.get("en") or found.get("") or found.get("zh") or ""
    return {"zh": zh, "en": en}


def text_in(row: Row, name: str) -> dict[str, str] | None:
    """The text of a pair of own columns (``name_zh``, ``name_en``)."""
    zh, en = row.get(f"{name}_zh"), row.get(f"{name}_en")
    return {"zh": zh or en, "en": en or zh} if zh or en else None


def truth(text: str) -> bool:
    """Whether a cell says yes, as pyxform reads it."""
    return text.strip().lower() in {"yes", "true", "true()", "1", "required"}


def number(
    row: Row, header: str, faults: Faults, *, least: int | None = None, most: int | None = None
) -> str | None:
    """A decimal as text; a fault where the cell holds something else, or less or more than allowed."""
    text = row.get(header)
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        faults.add(row.at(header), f"not a number: {text}")
        return None
    if (least is not None and value < least) or (most is not None and value > most):
        faults.add(row.at(header), f"not from {least} to {most}: {text}")
        return None
    return text


def code_of(name: str, taken: set[str], *, letter: str = "q") -> str:
    """A code that a checklist takes, as like the name as can be, and not ``taken`` (it is from then on)."""
    bare = re.sub(r"[^A-Za-z0-9_]", "_", name)[:40]
    if not re.match(r"[A-Za-z]", bare):
        bare = f"{letter}{bare}"[:40]
    code, turn = bare, 1
    while code in taken:
        turn += 1
        code = f"{bare[: 39 - len(str(turn))]}_{turn}"
    taken.add(code)
    return code


_EVIDENCE = re.compile(r"(photo|audio)(?:\s+(\d+))?(?:\s+(always|no|yes|low))?", re.I)


def evidence(text: str) -> dict[str, Any]:
    """An evidence rule such as ``photo 2 no``; ValueError for another text."""
    found = _EVIDENCE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return {"kind": found[1].lower(), "count": int(found[2] or 1), "when": (found[3] or "no").lower()}


def bands(text: str) -> list[dict[str, str]]:
    """Score bands such as ``0=0; 10=0.5; 20=1`` (from so many on, so much); ValueError for another text."""
    found: list[dict[str, str]] = []
    for part in text.split(";"):
        start, equal, score = part.partition("=")
        if not equal:
            raise ValueError(text)
        try:
            found.append({"at_least": str(Decimal(start.strip())), "score": str(Decimal(score.strip()))})
        except InvalidOperation:
            raise ValueError(text) from None
    return found


def unused_columns(sheet: Sheet, findings: list[Finding]) -> None:
    """Columns that hold something and have no place in a checklist, once each at its header."""
    filled = {header for row in sheet.rows for header in row.cells}
    for header, column in sheet.headers.items():
        if header in filled and header in set(_unknown(sheet)):
            findings.append(Finding(f"{sheet.name}!{column}", "column", header))


def one_language(sheet: Sheet, findings: list[Finding]) -> None:
    """Labels in one language only: it stands in for the other, which somebody has to write."""
    labels = {
        header: column for header, column in sheet.headers.items() if header.partition("::")[0] == "label"
    }
    if labels and not {"zh", "en"} <= {language_of(header) for header in labels}:
        findings.append(Finding(f"{sheet.name}!{next(iter(labels.values()))}", "one_language"))
        return
    for row in sheet.rows:
        given = {language_of(header): row.get(header) for header in labels}
        if any(given.values()):
            empty = [header for header in labels if language_of(header) and not given[language_of(header)]]
            findings.extend(Finding(row.at(header), "one_language") for header in empty)


def _signatures_only(sheet: Sheet) -> bool:
    return all(row.get("appearance") in {"", "signature"} for row in sheet.rows)


def _unknown(sheet: Sheet) -> Iterator[str]:
    for header in sheet.headers:
        first = header.partition("::")[0]
        if header in _KNOWN[sheet.name] or (header == "appearance" and _signatures_only(sheet)):
            continue
        if first in _TRANSLATED and language_of(header):
            continue
        yield header


_REASON = re.compile(r"^Value error, (question \w+: )?")
_COLUMNS = {"item": "revisit_item", "weight": "revisit_weight", "rater": "revisit_rater",
            "stage": "revisit_stage", "text": "label", "critical": "revisit_critical",
            "critical_cap": "revisit_critical", "evidence": "revisit_evidence",
            "score_bands": "revisit_bands", "choices": "type"}  # fmt: skip
_BY_WORD = {"minimum": "constraint", "critical": "revisit_critical", "bands": "revisit_bands",
            "choices": "type"}  # fmt: skip
"""Of faults between two fields: the column by a word of the reason."""


def fault_of(row: Row, where: tuple[int | str, ...], message: str) -> tuple[str, str]:
    """Cell and reason of a fault that the document found in a question of this row."""
    reason = _REASON.sub("", message)
    return row.at(_column_of(row, where, reason)), reason


def _column_of(row: Row, where: tuple[int | str, ...], reason: str) -> str:
    """The column that a fault of a question lies in; its name where none of them is meant."""
    if where:
        return _COLUMNS.get(str(where[0]), "name")
    named = next((header for word, header in _BY_WORD.items() if word in reason), "name")
    return "parameters" if named == "constraint" and not row.get("constraint") else named
