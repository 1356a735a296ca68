"""The outline of a draft: sections and questions as rows, each with the mark of its faults."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.checklists.drafting import KEY, TOP
from field_app.checklists.open_draft import SHAPE, OpenDraft
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, named, text
from field_app.shell.ui import Ui, guarded


@guarded
def Outline(ui: Ui, draft: OpenDraft, opened: Callable[[], None]) -> ft.Control:  # noqa: N802
    """All parts; a tap shows the part's form (``opened`` is told). Only rows that changed are drawn."""
    use_redraw(lambda call: draft.listen([SHAPE], call), draft)
    drafting = draft.drafting

    def show(key: str) -> None:
        draft.choose(key)
        opened()

    async def add_section() -> None:
        show(await draft.change(lambda drafting: drafting.add_section(draft.chosen)))

    async def add_question() -> None:
        show(await draft.change(lambda drafting: drafting.add_question(draft.chosen)))

    pick = ft.use_callback(show, [draft])
    faulty = {drafting.key_at(one.section, one.question) for one in draft.faults}
    language = "zh" if ui.t.is_chinese else "en"
    rows: list[ft.Control] = [
        ft.memo(OutlineRow)(
            ui, TOP, ui.t("checklists.edit.top"), "", draft.chosen == TOP, TOP in faulty, 0, pick, key=TOP
        )
    ]
    for section in drafting.sections:
        title = str((section.get("title") or {}).get(language) or "")
        key = section[KEY]
        under = ui.t("checklists.edit.count", count=len(section["questions"]))
        label = title or ui.t("checklists.edit.untitled")
        rows.append(
            ft.memo(OutlineRow)(ui, key, label, under, draft.chosen == key, key in faulty, 0, pick, key=key)
        )
        for question in section["questions"]:
            key = question[KEY]
            words = str((question.get("text") or {}).get(language) or ui.t("checklists.edit.untitled"))
            marks = [str(question.get("code")), ui.t(f"checklists.kind.{question.get('kind')}")]
            if question.get("critical"):
                marks.append(ui.t("visits.mark.critical"))
            rows.append(
                ft.memo(OutlineRow)(
                    ui, key, words, " · ".join(marks), draft.chosen == key, key in faulty, 1, pick, key=key
                )
            )
    adders = ft.Row(
        [
            button(
                ui, ui.t("checklists.edit.add_question"), "add-question", ui.on(add_question),
                icon=ft.Icons.ADD, expand=True, small=True,
            ),
            button(
                ui, ui.t("checklists.edit.add_section"), "add-section", ui.on(add_section),
                icon=ft.Icons.PLAYLIST_ADD, expand=True, small=True,
            ),
        ],
        spacing=theme.NEAR,
    )  # fmt: skip
    return ft.Column(
        [
            ft.ListView(rows, spacing=2, padding=theme.NEAR, expand=True),
            ft.Container(adders, padding=theme.NEAR, border=ft.Border(top=ft.BorderSide(1, theme.LINE))),
        ],
        spacing=0,
        expand=True,
    )


@guarded
def OutlineRow(  # noqa: N802
    ui: Ui,
    part: str,
    label: str,
    under: str,
    chosen: bool,
    faulty: bool,
    level: int,
    pick: Callable[[str], None],
) -> ft.Control:
    """One part as a touch target."""
    ink = theme.ON_ACCENT_SOFT if chosen else theme.INK
    kind = "small" if level else "strong"
    words: list[ft.Control] = [text(ui, label, kind, ink, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS)]
    if under:
        quiet = theme.ON_ACCENT_SOFT if chosen else theme.MUTED
        words.append(text(ui, under, "caption", quiet, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS))
    row: list[ft.Control] = [ft.Column(words, spacing=0, tight=True, expand=True)]
    if faulty:
        row.append(ft.Icon(ft.Icons.ERROR_OUTLINE, size=ui.look.icon, color=theme.BAD))
    control = ft.TextButton(
        content=ft.Row(row, spacing=theme.NEAR),
        on_click=ui.on(pick, part),
        style=ft.ButtonStyle(
            bgcolor=theme.ACCENT_SOFT if chosen else ft.Colors.TRANSPARENT,
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding(
                left=theme.GAP + (theme.ROOM if level else 0),
                right=theme.GAP,
                top=theme.NEAR,
                bottom=theme.NEAR,
            ),
        ),
        expand=True,
    )
    spoken = f"{label}, {under}" if under else label
    if faulty:
        spoken = f"{spoken}, {ui.t('checklists.edit.faulty')}"
    return named(ft.Row([control], spacing=0), f"outline-{part}", spoken, button=True, selected=chosen)
