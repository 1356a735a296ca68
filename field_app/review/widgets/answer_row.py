"""One question under review: the answer, words and photos beside it, and the question asked back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flet as ft

from field_app import theme
from field_app.review.widgets.answer_text import answer_text, answer_tone
from field_app.review.widgets.correction_form import CorrectionForm
from field_app.review.widgets.photos import photos
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, named, note, tag, text, text_field
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.media_strip import PAIR
from field_app.visits.workflow import ReviewSession
from shared_models.checklists import AnswerValue, Question, QuestionKind
from shared_models.checklists.repeats import row_key, split_key

_READ_AS_RECORDED = frozenset(
    {QuestionKind.PHOTO, QuestionKind.AUDIO, QuestionKind.SIGNATURE, QuestionKind.LOCATION}
)
"""Kinds whose answer is a document of the visit: nobody can give another one later."""
_ICONS = {"good": ft.Icons.CHECK, "bad": ft.Icons.CLOSE, "warn": ft.Icons.REMOVE}


@guarded
def AnswerRow(  # noqa: N802
    ui: Ui, session: ReviewSession, question: Question, asked: str, ask: Callable[[str, str], None] | None
) -> ft.Control:
    """``asked`` is the question written so far; ``ask`` is None where the visit is already decided."""
    open_, set_open = use_value(bool(asked))
    correcting, correct = use_value(False)
    answer = session.answers.get(question.code)
    tone = answer_tone(question, answer)
    marks: list[ft.Control] = [tag(ui, split_key(question.code)[0])]
    if question.critical:
        marks.append(
            tag(ui, ui.t("review.mark.critical"), "bad" if tone == "bad" else "plain", ft.Icons.PRIORITY_HIGH)
        )
    if question.item in session.judged:
        marks.append(tag(ui, ui.t("review.mark.judged"), "accent", ft.Icons.FLAG_OUTLINED))
    said = session.comments.get(question.code, "")
    parts: list[ft.Control] = [
        ft.Row(marks, spacing=6, run_spacing=4, wrap=True),
        text(ui, question.text.text(ui.language)),
        ft.Row([tag(ui, answer_text(ui, question, answer), tone, _ICONS.get(tone))], wrap=True),
    ]
    unchanged = session.carrying.unchanged(question, answer)
    if unchanged is not None:
        parts.append(note(ui, ui.t("review.carried", day=unchanged), icon=ft.Icons.HISTORY))
    if said:
        parts.append(text(ui, ui.t("desk.evidence.said", words=said), "small"))
    parts += [_change(ui, question, one) for one in session.changes_of(question.code)]
    parts += [_note(ui, one) for one in session.notes if one["question"] == question.code]
    if ask is not None:
        asking = _ask(ui, question, asked, ask, open_, set_open)
        if question.kind in _READ_AS_RECORDED or question.calculation is not None:
            parts.append(asking)
        elif correcting:
            parts += [asking, CorrectionForm(ui, session, question, lambda: correct(False))]
        else:
            label = ui.t("review.correct")
            begin = button(
                ui,
                label,
                f"correct-{question.code}",
                ui.on(correct, True),
                look="quiet",
                icon=ft.Icons.EDIT_OUTLINED,
                spoken=f"{label} {question.code}",
            )
            parts.append(ft.Row([asking, begin], wrap=True, run_spacing=0) if not open_ else asking)
            if open_:
                parts.append(ft.Row([begin]))
    taken = _photos_of(session.attachments, question.code)
    hashes = [row["sha256"] for row in taken]
    words = ft.Column(
        parts, spacing=theme.NEAR, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )
    if not hashes:
        return named(card(words, padding=theme.GAP), f"answer-{question.code}", container=True)
    drawn = {row["sha256"]: row["marks"] for row in taken if row["marks"]}
    pictures: ft.Control = photos(
        ui, hashes, f"answer-{question.code}-photo", ui.t("desk.evidence.photo"), drawn
    )
    said = [ui.t(f"visits.media.{row['label']}") for row in taken if row["label"] in PAIR]
    if said:
        pair = text(ui, " → ".join(said), "caption", theme.MUTED)
        pictures = ft.Column([pictures, pair], spacing=2, tight=True)
    if ui.look.phone:
        body: ft.Control = ft.Column([words, pictures], spacing=theme.NEAR, tight=True)
    else:
        body = ft.Row(
            [ft.Container(words, expand=3), ft.Container(pictures, expand=2)],
            spacing=theme.ROOM,
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
    return named(card(body, padding=theme.GAP), f"answer-{question.code}", container=True)


def _photos_of(attachments: Sequence[Mapping[str, Any]], code: str) -> list[Mapping[str, Any]]:
    return [row for row in attachments if row_key(row) == code and row["kind"] == "photo"]


def _change(ui: Ui, question: Question, one: Mapping[str, Any]) -> ft.Control:
    """A correction: what it was, what counts since, who did it and why."""
    before = AnswerValue(one["before_state"], one["before_value"]) if one["before_state"] else None
    now = AnswerValue(one["state"], one["value"])
    values = {
        "before": answer_text(ui, question, before),
        "after": answer_text(ui, question, now),
        "author": one["author"],
        "at": instant_text(ui, one["made_at"]) if one["made_at"] else "",
    }
    key = "review.change.appeal" if one["appeal_id"] else "review.change.review"
    lines: list[ft.Control] = [
        text(ui, ui.t(key, **values), "small"),
        text(ui, one["reason"], "small", theme.MUTED),
    ]
    return ft.Container(
        ft.Column(lines, spacing=2, tight=True),
        border=ft.Border(left=ft.BorderSide(3, theme.ACCENT)),
        padding=ft.Padding(left=theme.GAP),
    )


def _note(ui: Ui, one: Mapping[str, Any]) -> ft.Control:
    lines: list[ft.Control] = [text(ui, ui.t("review.note.asked", words=one["text"]), "small")]
    if one["reply"]:
        lines.append(text(ui, ui.t("review.note.replied", words=one["reply"]), "small", theme.ACCENT))
    return ft.Container(
        ft.Column(lines, spacing=2, tight=True),
        border=ft.Border(left=ft.BorderSide(3, theme.WARN)),
        padding=ft.Padding(left=theme.GAP),
    )


def _ask(
    ui: Ui,
    question: Question,
    asked: str,
    ask: Callable[[str, str], None],
    open_: bool,
    set_open: Callable[[bool], None],
) -> ft.Control:
    if not open_:
        return ft.Row(
            [
                button(
                    ui,
                    ui.t("review.ask"),
                    f"ask-{question.code}",
                    ui.on(lambda: set_open(True)),
                    look="quiet",
                    icon=ft.Icons.HELP_OUTLINE,
                )
            ]
        )
    return text_field(
        ui,
        ui.t("review.ask_label"),
        f"ask-{question.code}-text",
        asked,
        multiline=True,
        min_lines=1,
        max_lines=4,
        autofocus=not asked,
        on_change=ui.on_event(lambda event: ask(question.code, event.control.value or "")),
    )
