"""Notes taken first: each is given to the question it belongs to, later and in peace."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.choosing import Option, choose
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, card, heading, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import VISIT, LiveVisit
from shared_models.checklists.repeats import split_key


@guarded
def NotesToAssign(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """Nothing while there is no note; drawn again as they are assigned."""
    use_redraw(lambda call: live.listen([VISIT], call), live)
    notes = live.session.notebook.notes
    if not notes or not live.session.editable:
        return ft.Container()

    def ask(place: int) -> None:
        async def pick(key: str) -> None:
            await live.assign_note(place, key)
            ui.tell(ui.t("visits.notes_first.done", code=split_key(key)[0]))

        options = [
            Option(
                question.code,
                f"{split_key(question.code)[0]} {question.text.text(ui.language)}",
                section.title.text(ui.language),
            )
            for section in live.session.document.sections
            for question in live.questions(section)
        ]
        choose(ui, ui.t("visits.notes_first.which"), "assign-question", options, pick)

    rows: list[ft.Control] = [
        heading(ui, ui.t("visits.notes_first.title", count=len(notes))),
        text(ui, ui.t("visits.notes_first.hint"), "small", theme.MUTED),
    ]
    label = ui.t("visits.notes_first.assign")
    for place, one in enumerate(notes):
        assign = button(
            ui, label, f"assign-{place}", ui.on(ask, place), small=True, spoken=f"{label} · {one.words}"
        )
        rows.append(
            ft.Row(
                [
                    ft.Column(
                        [text(ui, one.at, "caption", theme.MUTED), text(ui, one.words)],
                        spacing=0,
                        expand=True,
                    ),
                    assign,
                ],
                spacing=theme.NEAR,
            )
        )
    return card(*rows)
