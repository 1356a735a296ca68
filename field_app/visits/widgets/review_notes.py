"""The reviewer's questions on a returned visit and the visitor's replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.parts import card, tag, text
from field_app.shell.ui import Ui
from field_app.visits.live import LiveVisit
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists.repeats import split_key


def review_notes(ui: Ui, live: LiveVisit) -> ft.Control:
    """All questions of the reviewer, oldest first; replies save themselves while the visit is open."""
    rows: list[ft.Control] = [
        ft.Row(
            [
                ft.Icon(ft.Icons.RATE_REVIEW_OUTLINED, size=ui.look.icon, color=theme.WARN),
                text(ui, ui.t("visits.notes.title"), "strong", expand=True),
            ],
            spacing=theme.NEAR,
        )
    ]
    rows += [_note(ui, live, one) for one in live.session.notes]
    return card(*rows)


def _note(ui: Ui, live: LiveVisit, one: Mapping[str, Any]) -> ft.Control:
    async def save(written: str) -> None:
        await live.session.reply(one["id"], written.strip())

    parts: list[ft.Control] = []
    if one["question"]:
        asked = {question.code: question for question in live.session.document.questions()}
        question = asked.get(one["question"])  # none: of a car that has been taken out since
        parts.append(
            ft.Row(
                [
                    tag(ui, split_key(one["question"])[0]),
                    text(
                        ui,
                        question.text.text(ui.language) if question else "",
                        "caption",
                        theme.MUTED,
                        expand=True,
                    ),
                ],
                spacing=theme.NEAR,
                vertical_alignment=ft.CrossAxisAlignment.START,
            )
        )
    parts.append(text(ui, one["text"]))
    if live.session.editable:
        parts.append(
            SavedText(
                ui,
                ui.t("visits.notes.reply"),
                f"note-{one['id']}-reply",
                one["reply"],
                save,
                multiline=True,
                min_lines=1,
                max_lines=5,
            )
        )
    elif one["reply"]:
        parts.append(text(ui, ui.t("visits.notes.replied", reply=one["reply"]), "small", theme.MUTED))
    stretch = ft.CrossAxisAlignment.STRETCH
    return ft.Column(parts, spacing=theme.TIGHT, tight=True, horizontal_alignment=stretch)
