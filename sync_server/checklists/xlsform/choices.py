"""The sheet of choices: lists by name, each choice with its own code and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_server.checklists.xlsform.cells import Faults, Finding, Sheet
from sync_server.checklists.xlsform.columns import bilingual, code_of, number, unused_columns


@dataclass
class ChoiceList:
    """A list of the workbook."""

    codes: dict[str, str] = field(default_factory=dict[str, str])
    """Code in the checklist by name in the workbook."""
    choices: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Choices as the document takes them."""


def read_choices(
    sheet: Sheet, faults: Faults, findings: list[Finding], *, twice: bool = False
) -> dict[str, ChoiceList]:
    """All lists by name. ``twice``: a choice may stand twice in a list (forms that filter choices do so)."""
    lists: dict[str, ChoiceList] = {}
    for row in sheet.rows:
        name, value = row.get("list_name"), row.get("name")
        if not name and not value:
            continue
        if not name or not value:
            faults.add(row.at("list_name" if not name else "name"), "no name")
            continue
        found = lists.setdefault(name, ChoiceList())
        again = value in found.codes
        if again and not twice:
            faults.add(row.at("name"), f"{value} stands twice in {name}")
            continue
        text = bilingual(row, "label")
        if text is None:
            findings.append(Finding(row.at("label"), "label", value))
            text = {"zh": value, "en": value}
        code = code_of(value, {choice["code"] for choice in found.choices}, letter="c")
        found.codes.setdefault(value, code)
        if code != value:
            findings.append(Finding(row.at("name"), "renamed", code))
        choice: dict[str, Any] = {"code": code, "text": text}
        score = number(row, "revisit_score", faults, least=0, most=1)
        if score is not None:
            choice["score"] = score
        found.choices.append(choice)
    unused_columns(sheet, findings)
    return lists


def same_choices(choices: Sequence[Any]) -> str:
    """A key under which equal lists are one."""
    return repr([choice.model_dump(mode="json") for choice in choices])
