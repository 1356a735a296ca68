"""How often a repeat is asked, and values that nobody writes: calculations and what was said last time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared_models.checklists.document import COMPUTED_KINDS, MOST_REPEATS, Question, counts
from shared_models.checklists.formula import Formula, FormulaFault
from sync_server.checklists.xlsform.cells import Faults, Row
from sync_server.checklists.xlsform.columns import text_in, truth
from sync_server.checklists.xlsform.expressions import Names

Find = Callable[[Row, str, str], None]
"""Notes what cannot be said: row, column, kind of finding."""
_NAMED = re.compile(r"\$\{\s*([^}]+?)\s*\}")
_LAST = re.compile(r"^\$\{\s*last-saved#(?P<name>[^}]+?)\s*\}$")


def counting(sections: Sequence[dict[str, Any]], names: Names) -> dict[str, Question]:
    """Questions so far whose answer can say how often something is asked, by the form's name."""
    once = {
        question["code"]
        for section in sections
        if not section.get("repeat")
        for question in section["questions"]
    }
    return {name: one for name, one in names.questions.items() if one.code in once and counts(one)}


def repeat_rule(
    row: Row, title: dict[str, str], numbers: Mapping[str, Question], find: Find, faults: Faults
) -> dict[str, Any]:
    """A fixed count, the answer of a question, our own column (``1-5``), or else once and more on demand.

    ``numbers``: what :func:`counting` gives at the place where it begins.
    """
    made: dict[str, Any] = {"label": text_in(row, "revisit_one") or title}
    count, own = row.get("repeat_count").strip(), row.get("revisit_repeat").strip()
    if count.isdigit() and int(count) > MOST_REPEATS:
        faults.add(row.at("repeat_count"), f"more than {MOST_REPEATS}: {count}")
    elif count.isdigit() and int(count):
        made |= {"minimum": int(count), "maximum": int(count)}
    elif (named := _NAMED.fullmatch(count)) is not None and named[1] in numbers:
        made |= {"minimum": 0, "maximum": MOST_REPEATS, "count": numbers[named[1]].code}
    elif count:
        find(row, "repeat_count", "repeat_count")
    if truth(row.get("revisit_person")):
        made["person"] = True
    if own:
        low, _, high = own.partition("-")
        if low.isdigit() and high.isdigit() and int(low) <= int(high) <= MOST_REPEATS and int(high):
            made |= {"minimum": int(low), "maximum": int(high)}
        else:
            faults.add(row.at("revisit_repeat"), f"not understood: {own}")
    return made


def take_calculation(row: Row, plain: dict[str, Any], names: Names, find: Find, faults: Faults) -> bool:
    """Put the formula of a row into its question; False where the row makes none without it."""
    alone = row.get("type").strip().lower() == "calculate"
    text = row.get("calculation")
    if not text:
        if alone:
            find(row, "type", "type")
        return not alone
    codes = {name: question.code for name, question in names.questions.items()}
    unknown = next((name for name in _NAMED.findall(text) if name not in codes), None)
    if unknown is not None and not unknown.startswith("last-saved#"):
        faults.add(row.at("calculation"), f"${{{unknown}}} is not asked before")
        return False
    formula = _NAMED.sub(lambda found: f"${{{codes.get(found[1], found[1])}}}", text)
    try:
        Formula.read(formula)
    except FormulaFault:
        find(row, "calculation", "calculation")
        return not alone
    if plain["kind"] not in COMPUTED_KINDS:
        find(row, "calculation", "calculation")
        return True
    plain |= {"calculation": formula, "required": False}
    return True


def take_default(row: Row, plain: dict[str, Any], find: Find) -> None:
    """A default that is the question's own answer of last time is offered; another one cannot be said."""
    default = row.get("default")
    last = _LAST.match(default)
    if last is not None and last["name"] == row.get("name"):
        plain["carry_over"] = True
    elif default:
        find(row, "default", "default")
