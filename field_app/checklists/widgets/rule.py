"""When a question is shown, picked from the questions before it: all or any of some comparisons."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme
from field_app.checklists.drafting import KEY, Part
from field_app.checklists.open_draft import OpenDraft
from field_app.checklists.widgets.fields import fault_words
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import button, choice, icon_button, note, text
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


def parts_of(rule: Any) -> tuple[str, list[Part]] | None:
    """A rule as (all or any, comparisons); None where it is nested deeper than can be picked."""
    if not rule:
        return "all", []
    if rule.get("question"):
        return "all", [rule]
    for name in ("all", "any"):
        inner = rule.get(name)
        if inner and all(one.get("question") for one in inner):
            return name, list(inner)
    return None


def made_of(name: str, comparisons: list[Part]) -> Part | None:
    """The rule of some comparisons, as short as it can be said."""
    if not comparisons:
        return None
    return comparisons[0] if len(comparisons) == 1 else {name: comparisons}


def rule_form(ui: Ui, draft: OpenDraft, question: Part) -> ft.Control:
    """The rule of a question, with the faults that the evaluator finds in it."""
    key = question[KEY]
    earlier = draft.drafting.before(key)
    split = parts_of(question.get("show_when"))
    rows: list[ft.Control] = [text(ui, ui.t("checklists.field.show_when"), "small", theme.MUTED)]
    rows += [
        note(ui, fault_words(ui, one), "bad", ft.Icons.ERROR_OUTLINE)
        for one in draft.faults_of(key)
        if one.field == "show_when"
    ]
    if split is None:
        rows += [
            note(ui, rule_words(ui, question["show_when"]), icon=ft.Icons.ACCOUNT_TREE_OUTLINED),
            text(ui, ui.t("checklists.rule.nested"), "small", theme.MUTED),
            button(
                ui, ui.t("checklists.rule.remove"), "rule-remove", ui.on(draft.put, key, "show_when", None)
            ),
        ]
        return ft.Column(rows, spacing=theme.NEAR, tight=True)
    name, comparisons = split

    async def put(at: int, comparison: Part | None) -> None:
        now = list(comparisons)
        now[at : at + 1] = [comparison] if comparison is not None else []
        await draft.put(key, "show_when", made_of(name, now))

    async def add() -> None:
        first = earlier[-1]
        await draft.put(key, "show_when", made_of(name, [*comparisons, first_comparison(first)]))

    async def join(other: str) -> None:
        await draft.put(key, "show_when", made_of(other, comparisons))

    if not comparisons:
        rows.append(text(ui, ui.t("checklists.rule.always"), "small"))
    if len(comparisons) > 1:
        rows.append(
            ft.Row(
                [
                    choice(
                        ui,
                        ui.t(f"checklists.rule.{one}"),
                        f"rule-{one}",
                        ui.on(join, one),
                        chosen=one == name,
                        expand=False,
                    )
                    for one in ("all", "any")
                ],
                spacing=theme.NEAR,
            )
        )
    rows += [_comparison(ui, at, one, earlier, put) for at, one in enumerate(comparisons)]
    if earlier:
        rows.append(
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("checklists.rule.add"),
                        "rule-add",
                        ui.on(add),
                        look="quiet",
                        icon=ft.Icons.ADD,
                    )
                ]
            )
        )
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


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


def _comparison(ui: Ui, at: int, one: Part, earlier: list[Part], put: Any) -> ft.Control:
    language = "zh" if ui.t.is_chinese else "en"
    questions = [
        Option(str(q.get("code")), str(q.get("code")), str((q.get("text") or {}).get(language) or ""))
        for q in earlier
    ]
    read = next((q for q in earlier if q.get("code") == one.get("question")), None)
    op = str(one.get("op") or "=")

    async def pick_question(code: str) -> None:
        chosen = next(q for q in earlier if q.get("code") == code)
        await put(at, first_comparison(chosen))

    async def pick_operator(chosen: str) -> None:
        bare = {name: value for name, value in one.items() if name != "value"}
        kept = {} if chosen in _BARE else {"value": one.get("value", "")}
        await put(at, {**bare, "op": chosen, **kept})

    async def pick_value(value: str) -> None:
        await put(at, {**one, "value": value})

    ops = [Option(name, _op_words(ui, name)) for name in _offered(read, op)]
    row: list[ft.Control] = [
        choose_button(
            ui,
            ui.t("checklists.rule.question"),
            f"rule-{at}-question",
            questions,
            str(one.get("question")),
            pick_question,
            hint=str(one.get("question")),
        ),
        choose_button(ui, ui.t("checklists.rule.op"), f"rule-{at}-op", ops, op, pick_operator),
    ]
    values = _values(ui, read)
    if op not in _BARE:
        label = ui.t("checklists.rule.value")
        if values:
            chosen = str(one.get("value"))
            row.append(choose_button(ui, label, f"rule-{at}-value", values, chosen, pick_value, hint=chosen))
        else:
            shown = str(one.get("value") if one.get("value") is not None else "")
            row.append(ft.Container(SavedText(ui, label, f"rule-{at}-value", shown, pick_value), width=180))
    row.append(
        icon_button(ui, ft.Icons.CLOSE, ui.t("checklists.rule.drop"), f"rule-{at}-drop", ui.on(put, at, None))
    )
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)


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
    """A rule as a sentence, for those too deep to be picked and for lists of changes."""
    if rule.get("question"):
        op = str(rule.get("op") or "=")
        words = f"{rule['question']} {_op_words(ui, op)}"
        return words if op in _BARE else f"{words} {rule.get('value')}"
    if rule.get("not"):
        return ui.t("checklists.rule.not", inner=rule_words(ui, rule["not"]))
    name = "all" if rule.get("all") else "any"
    joint = f" {ui.t(f'checklists.rule.join_{name}')} "
    return "(" + joint.join(rule_words(ui, one) for one in rule.get(name) or ()) + ")"
