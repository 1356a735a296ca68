"""Getting about in a long checklist: search, undo, and "not applicable" for the rest of a section."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.choosing import Option, choose
from field_app.shell.hooks import use_redraw, use_redraw_soon
from field_app.shell.parts import button, icon_button, text, text_field
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import PROGRESS, SAVING, SHOWN, LiveVisit
from shared_models.checklists.repeats import split_key

LATER = 0.2
"""Seconds after which what only follows a tap is drawn."""


def search_button(ui: Ui, live: LiveVisit) -> ft.Control:
    """Find a question by its code or words; choosing one shows it."""

    def search() -> None:
        options = [
            Option(
                question.code,
                f"{split_key(question.code)[0]} {question.text.text(ui.language)}",
                section.title.text(ui.language),
            )
            for section in live.session.document.sections
            for question in live.questions(section)
        ]
        choose(ui, ui.t("visits.search.title"), "search-question", options, live.aim)

    return icon_button(ui, ft.Icons.SEARCH, ui.t("visits.search.title"), "search", ui.on(search))


@guarded
def UndoButton(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """Takes the last answer back, also a whole section's, and shows the question."""
    use_redraw(lambda call: live.listen([SAVING, PROGRESS], call), live)
    able = live.session.can_undo

    async def undo() -> None:
        code = await live.undo()
        if code:
            ui.tell(ui.t("visits.undo.done", code=split_key(code)[0]))
            live.aim(code)

    return icon_button(
        ui,
        ft.Icons.UNDO,
        ui.t("visits.undo.title"),
        "undo",
        ui.on(undo) if able else None,
        color=theme.INK if able else theme.EDGE,
        disabled=not able,
    )


@guarded
def SectionEnd(ui: Ui, live: LiveVisit, current: str, last: bool) -> ft.Control:  # noqa: N802
    """Below the last question: that it is the last one, and the way out for what does not apply."""
    use_redraw_soon(ui, LATER, lambda call: live.listen([PROGRESS, SHOWN], call), live)
    end = text(ui, ui.t("visits.visit.end_last" if last else "visits.visit.end"), "caption", theme.MUTED)
    if not live.session.editable:
        return end
    count = len(live.session.open_questions(current))
    if not count:
        return end
    ask = button(
        ui,
        ui.t("visits.section.rest_na", count=count),
        "section-na",
        ui.on(_ask_reason, ui, live, current, count),
        look="quiet",
        icon=ft.Icons.DO_NOT_DISTURB_ON_OUTLINED,
        small=True,
    )
    return ft.Column([ft.Row([ask], wrap=True), end], spacing=theme.TIGHT, tight=True)


def _ask_reason(ui: Ui, live: LiveVisit, section: str, count: int) -> None:
    """The reason goes to every answer: a reviewer sees why the whole section was left out."""
    words = ui.work.typed.of(f"visit/{live.session.id}/not-applicable/{section}")

    async def sure() -> None:
        if not words.text.strip():
            ui.tell(ui.t("visits.section.reason_needed"))
            return
        ui.page.pop_dialog()
        done = await live.section_not_applicable(section, words.text)
        words.clear()
        ui.tell(ui.t("visits.section.na_done", count=done))

    field = text_field(
        ui,
        ui.t("visits.section.reason"),
        "section-na-reason",
        words.text,
        multiline=True,
        min_lines=2,
        max_lines=4,
        on_change=ui.on_event(words.hear),
    )
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("visits.section.na_title", count=count)),
            content=ft.Container(
                ft.Column(
                    [text(ui, ui.t("visits.section.na_hint"), "small"), field],
                    spacing=theme.GAP,
                    tight=True,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                ),
                width=520,
            ),
            actions=[
                button(
                    ui, ui.t("shell.cancel"), "section-na-cancel", ui.on(ui.page.pop_dialog), look="quiet"
                ),
                button(ui, ui.t("visits.section.na_sure"), "section-na-sure", ui.on(sure), look="main"),
            ],
            scrollable=True,
            inset_padding=ft.Padding.all(theme.ROOM),
        )
    )
