"""When a question is shown, picked from the questions before it: comparisons in groups within groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.checklists.drafting import KEY, Part
from field_app.checklists.open_draft import OpenDraft
from field_app.checklists.rules import (
    DEEPEST,
    Group,
    Path,
    added,
    changed,
    group_of,
    joined,
    opposite,
    rule_of,
)
from field_app.checklists.widgets.fields import fault_words
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import button, choice, icon_button, named, note, text
from field_app.shell.ui import Ui
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists.document import QuestionKind

_YES_NO = frozenset({QuestionKind.YES_NO.value, QuestionKind.YES_NO_NA.value})
_ORDERED = frozenset(
    {
        QuestionKind.SCALE.value,
        QuestionKind.NUMBER.value,
        QuestionKind.DURATION.value,
        QuestionKind.DATE.value,
        QuestionKind.TIME.value,
        QuestionKind.DATETIME.value,
        QuestionKind.PHOTO.value,
        QuestionKind.AUDIO.value,
    }
)
_BARE = frozenset({"answered", "na"})
"""Comparisons without a value."""


def operators(kind: str) -> tuple[str, ...]:
    """Comparisons that make sense for a kind of question."""
    if kind in _YES_NO:
        return ("=", "!=", "answered", "na")
    if kind == QuestionKind.SINGLE.value:
        return ("=", "!=", "answered", "na")
    if kind == QuestionKind.MULTIPLE.value:
        return ("includes", "answered", "na")
    if kind in _ORDERED:
        return ("=", "!=", "<", "<=", ">", ">=", "answered", "na")
    return ("=", "!=", "answered", "na")


def rule_form(ui: Ui, draft: OpenDraft, question: Part) -> ft.Control:
    """The rule of a question, with the faults that the evaluator finds in it."""
    key = question[KEY]
    earlier = draft.drafting.before(key)
    top = group_of(question.get("show_when"))
    rows: list[ft.Control] = [text(ui, ui.t("checklists.field.show_when"), "small", theme.MUTED)]
    rows += [
        note(ui, fault_words(ui, one), "bad", ft.Icons.ERROR_OUTLINE)
        for one in draft.faults_of(key)
        if one.field == "show_when"
    ]

    async def put(made: Group) -> None:
        await draft.put(key, "show_when", rule_of(made))

    if not top.parts:
        rows.append(text(ui, ui.t("checklists.rule.always"), "small"))
    elif any(isinstance(one, Group) for one in top.parts):
        rows.append(note(ui, rule_words(ui, question["show_when"]), icon=ft.Icons.ACCOUNT_TREE_OUTLINED))
    rows += _group(ui, top, top, (), earlier, put)
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


def _name(path: Path, what: str) -> str:
    return "-".join(["rule", *(str(at) for at in path), what])


def _group(
    ui: Ui, top: Group, group: Group, path: Path, earlier: list[Part], put: Callable[[Group], Any]
) -> list[ft.Control]:
    """How the parts of a group are joined, the parts, and what can be added; groups in it stand indented."""
    rows: list[ft.Control] = []
    head: list[ft.Control] = []
    if len(group.parts) > 1 or path:
        head += [
            choice(
                ui,
                ui.t(f"checklists.rule.{one}"),
                _name(path, one),
                ui.on(put, joined(top, path, one)),
                chosen=one == group.join,
                expand=False,
            )
            for one in ("all", "any")
        ]
    if group.parts:
        head.append(
            choice(
                ui,
                ui.t("checklists.rule.opposite"),
                _name(path, "not"),
                ui.on(put, opposite(top, path)),
                chosen=group.negate,
                multiple=True,
                expand=False,
            )
        )
    if path:
        drop = ui.on(put, changed(top, path, lambda _: None))
        words = ui.t("checklists.rule.drop_group")
        head.append(icon_button(ui, ft.Icons.CLOSE, words, _name(path, "drop"), drop))
    if head:
        rows.append(ft.Row(head, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True))
    for at, part in enumerate(group.parts):
        here = (*path, at)
        if isinstance(part, Group):
            inner = _group(ui, top, part, here, earlier, put)
            rows.append(
                named(
                    ft.Container(
                        ft.Column(inner, spacing=theme.NEAR, tight=True),
                        border=ft.Border(left=ft.BorderSide(3, theme.EDGE)),
                        padding=ft.Padding(left=theme.GAP),
                    ),
                    _name(here, "group"),
                    container=True,
                )
            )
        else:
            rows.append(_comparison(ui, _name(here, ""), part, earlier, _putting(top, here, put)))
    if earlier:
        rows.append(_adding(ui, top, path, earlier, put))
    return rows


def _putting(top: Group, path: Path, put: Callable[[Group], Any]) -> Callable[[Part | None], Any]:
    async def put_one(comparison: Part | None) -> None:
        await put(changed(top, path, lambda _: comparison))

    return put_one


def _adding(ui: Ui, top: Group, path: Path, earlier: list[Part], put: Callable[[Group], Any]) -> ft.Control:
    first = first_comparison(earlier[-1])
    label = ui.t("checklists.rule.add")
    more: list[ft.Control] = [
        button(
            ui,
            label,
            _name(path, "add"),
            ui.on(put, added(top, path, first)),
            look="quiet",
            icon=ft.Icons.ADD,
        )
    ]
    if top.parts and len(path) < DEEPEST:
        group = Group("any" if not path else "all", parts=(first,))
        more.append(
            button(
                ui,
                ui.t("checklists.rule.add_group"),
                _name(path, "add-group"),
                ui.on(put, added(top, path, group)),
                look="quiet",
                icon=ft.Icons.ACCOUNT_TREE_OUTLINED,
            )
        )
    return ft.Row(more, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def first_comparison(question: Part) -> Part:
    """A comparison on a question that fits its kind."""
    op = operators(str(question.get("kind")))[0]
    made: Part = {"question": question.get("code"), "op": op}
    options = _values(None, question)
    made["value"] = options[0].key if options else ""
    return made


def _values(ui: Ui | None, question: Part | None) -> list[Option]:
    """What an answer of a question can be, where it is one of a few."""
    if question is None:
        return []
    if question.get("kind") in _YES_NO:
        names = {one: ui.t(f"visits.answer.{one}") if ui else one for one in ("yes", "no")}
        return [Option(one, names[one]) for one in ("yes", "no")]
    language = "zh" if ui is None or ui.t.is_chinese else "en"
    return [
        Option(str(one["code"]), str(one["text"].get(language) or one["code"]))
        for one in question.get("choices") or ()
    ]


def _comparison(
    ui: Ui, name: str, one: Part, earlier: list[Part], put: Callable[[Part | None], Any]
) -> ft.Control:
    """One comparison; ``name`` begins its identifiers."""
    language = "zh" if ui.t.is_chinese else "en"
    questions = [
        Option(str(q.get("code")), str(q.get("code")), str((q.get("text") or {}).get(language) or ""))
        for q in earlier
    ]
    read = next((q for q in earlier if q.get("code") == one.get("question")), None)
    op = str(one.get("op") or "=")

    async def pick_question(code: str) -> None:
        chosen = next(q for q in earlier if q.get("code") == code)
        await put(first_comparison(chosen))

    async def pick_operator(chosen: str) -> None:
        bare = {field: value for field, value in one.items() if field != "value"}
        kept = {} if chosen in _BARE else {"value": one.get("value", "")}
        await put({**bare, "op": chosen, **kept})

    async def pick_value(value: str) -> None:
        several = [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]
        await put({**one, "value": several if op == "in" else value})

    ops = [Option(word, _op_words(ui, word)) for word in _offered(read, op)]
    row: list[ft.Control] = [
        choose_button(
            ui,
            ui.t("checklists.rule.question"),
            f"{name}question",
            questions,
            str(one.get("question")),
            pick_question,
            hint=str(one.get("question")),
        ),
        choose_button(ui, ui.t("checklists.rule.op"), f"{name}op", ops, op, pick_operator),
    ]
    values = _values(ui, read)
    if op not in _BARE:
        label = ui.t("checklists.rule.value")
        if values and op != "in":
            chosen = str(one.get("value"))
            row.append(choose_button(ui, label, f"{name}value", values, chosen, pick_value, hint=chosen))
        else:
            shown = _shown(one.get("value"))
            row.append(ft.Container(SavedText(ui, label, f"{name}value", shown, pick_value), width=180))
    row.append(icon_button(ui, ft.Icons.CLOSE, ui.t("checklists.rule.drop"), f"{name}drop", ui.on(put, None)))
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def _offered(read: Part | None, op: str) -> tuple[str, ...]:
    names = operators(str(read.get("kind")) if read else "")
    return names if op in names else (*names, op)


_OP_WORDS = {
    "=": "is",
    "!=": "is_not",
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
    "in": "one_of",
    "includes": "includes",
    "answered": "answered",
    "na": "na",
}


def _op_words(ui: Ui, op: str) -> str:
    word = _OP_WORDS.get(op, "is")
    return ui.t(f"checklists.op.{word}")


def rule_words(ui: Ui, rule: Part) -> str:
    """A rule as a sentence, for those with groups in them and for lists of changes."""
    if rule.get("question"):
        op = str(rule.get("op") or "=")
        words = f"{rule['question']} {_op_words(ui, op)}"
        return words if op in _BARE else f"{words} {_shown(rule.get('value'))}"
    if rule.get("not"):
        return ui.t("checklists.rule.not", inner=rule_words(ui, rule["not"]))
    name = "all" if rule.get("all") else "any"
    joint = f" {ui.t(f'checklists.rule.join_{name}')} "
    return "(" + joint.join(rule_words(ui, one) for one in rule.get(name) or ()) + ")"
