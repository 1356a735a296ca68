"""For a covert visit: a dark page like a memo, with notes, the next stamp, and out of sight at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.frame import bare, screen, title_bar
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import busy, named
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.visits.live import DRIVE, SAVING, VISIT, LiveVisit
from field_app.visits.screen_drive import next_event
from field_app.visits.widgets.open_visit import use_live_visit
from field_app.visits.widgets.times import Ticking
from shared_models.problems import Problem
from shared_models.visits import EVENTS

NIGHT, DIM, FAINT, EDGE = "#000000", "#9E9E9E", "#8A8A8A", "#4A4A4A"
"""Dimmed: light on black at more than 6 to 1, and nothing that shines across a showroom."""
TIMER = 64
LAST = 4
"""So many of the latest notes are shown."""


@screen
def QuietScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Stands on the visit; names neither the dealer nor the product."""
    visit_id = ft.use_route_params().get("visit_id", "")
    live = use_live_visit(ui, visit_id)
    covered, cover = use_value(False)

    def name_the_tab() -> None:
        ui.page.title = ui.t("visits.quiet.title")
        ui.page.update()

    def give_it_back() -> None:
        ui.page.title = ui.t("shell.product")
        ui.page.update()

    ft.use_effect(name_the_tab, [], cleanup=give_it_back)
    if live is None or isinstance(live, Problem):
        bar = title_bar(ui, ui.t("visits.quiet.title"), back=ui.going(f"/today/visit/{visit_id}"))
        return bare(ft.use_view_path(), bar, busy(ui) if live is None else failure_panel(ui, live))
    inside: ft.Control = Cover(ui, lambda: cover(False)) if covered else Memo(ui, live, lambda: cover(True))
    return ft.View(
        route=ft.use_view_path(),
        controls=[ft.SafeArea(inside, expand=True)],
        padding=0,
        spacing=0,
        bgcolor=NIGHT,
    )


@guarded
def Cover(ui: Ui, uncover: Any) -> ft.Control:  # noqa: N802
    """Nothing but the time of day; two touches in the same place, or a long one, lead back."""
    now = datetime.now().astimezone().strftime("%H:%M")
    return ft.GestureDetector(
        on_double_tap=ui.on(uncover),
        on_long_press=ui.on(uncover),
        content=named(
            ft.Container(
                ft.Text(now, size=TIMER, color=EDGE),
                alignment=ft.Alignment.CENTER,
                expand=True,
                bgcolor=NIGHT,
            ),
            "quiet-cover",
            ui.t("visits.quiet.cover", time=now),
        ),
        expand=True,
    )


@guarded
def Memo(ui: Ui, live: LiveVisit, hide: Any) -> ft.Control:  # noqa: N802
    """The running time, the next stamp, a note; every control large and dim."""
    use_redraw(lambda call: live.listen([DRIVE, VISIT, SAVING], call), live)
    session = live.session
    words = ui.work.typed.of(f"visit/{session.id}/quiet")
    turn, clear = use_value(0)

    async def keep() -> None:
        if words.text.strip():
            await live.note(words.text)
            words.clear()
            clear(turn + 1)

    field = ft.TextField(
        value=words.text,
        label=ui.t("visits.quiet.note"),
        on_change=ui.on_event(words.hear),
        on_submit=ui.on(keep),
        text_style=ui.look.style("body", DIM),
        label_style=ui.look.style("small", FAINT),
        border_color=EDGE,
        focused_border_color=DIM,
        cursor_color=DIM,
        bgcolor=NIGHT,
        min_lines=1,
        max_lines=4,
    )
    notes = [
        ft.Row(
            [
                ft.Text(one.at, style=ui.look.style("caption", FAINT), width=52 * ui.look.scale),
                ft.Text(one.words, style=ui.look.style("body", DIM), expand=True),
            ],
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
        for one in session.notebook.notes[-LAST:]
    ]
    parts: list[ft.Control] = [
        ft.Row(
            [
                _touch(ui, ui.t("shell.back"), "back", ui.going(f"/today/visit/{session.id}"), tall=48),
                ft.Container(expand=True),
                _saving(ui, live),
            ]
        ),
        *(_timer(ui, live) if session.document.test_drive_log else []),
        *(
            [
                named(field, "quiet-note", ui.t("visits.quiet.note"), key=f"note-{turn}"),
                ft.Row([_touch(ui, ui.t("visits.quiet.keep"), "quiet-keep", ui.on(keep), tall=56)]),
            ]
            if session.editable
            else []
        ),
        ft.Column(list(notes), spacing=theme.NEAR, scroll=ft.ScrollMode.AUTO, expand=True),
        ft.Row([_touch(ui, ui.t("visits.quiet.hide"), "quiet-hide", ui.on(hide), tall=72)]),
    ]
    return ft.Container(
        ft.Container(
            ft.Column(
                parts,
                spacing=theme.GAP,
                expand=True,
                horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            ),
            width=theme.READING,
            align=ft.Alignment.TOP_CENTER,
        ),
        padding=theme.GAP,
        expand=True,
    )


def _saving(ui: Ui, live: LiveVisit) -> ft.Control:
    state = "saving" if live.any_saving else "saved"
    words = ui.t(f"visits.saved.all_{state}")
    if live.route is not None and live.route.running:
        words = f"{ui.t('visits.quiet.route')} · {words}"
    return named(ft.Text(words, style=ui.look.style("caption", FAINT)), f"quiet-{state}")


def _timer(ui: Ui, live: LiveVisit) -> list[ft.Control]:
    """How long the present part of the drive has lasted, and one touch for the next."""
    stamps = live.session.stamps
    last = max((event for event in EVENTS if event in stamps), key=lambda event: stamps[event], default=None)
    shown: list[ft.Control] = []
    if last is not None and last != "debrief":
        ticking = Ticking(ui, stamps[last], "display", DIM, TIMER, key=f"quiet-{last}")  # pyright: ignore[reportCallIssue]
        shown.append(ft.Row([ticking], alignment=ft.MainAxisAlignment.CENTER))
    following = next_event(stamps)
    if following is not None and live.session.editable:
        number = EVENTS.index(following) + 1
        label = ui.t("visits.quiet.step", number=number, count=len(EVENTS))
        event = ui.t(f"visits.drive.event.{following}")
        press = ui.on(live.drive_stamp, following)
        shown.append(ft.Row([_touch(ui, label, "quiet-step", press, tall=96, under=event)]))
    return shown


def _touch(ui: Ui, label: str, identifier: str, press: Any, *, tall: int, under: str = "") -> ft.Control:
    words: list[ft.Control] = [ft.Text(label, style=ui.look.style("strong", DIM))]
    if under:
        words.append(ft.Text(under, style=ui.look.style("caption", FAINT)))
    control = ft.OutlinedButton(
        content=ft.Column(words, spacing=2, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER),
        on_click=press,
        height=tall * max(1.0, ui.look.scale),
        expand=True,
        style=ft.ButtonStyle(
            bgcolor=NIGHT,
            side=ft.BorderSide(1, EDGE),
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
        ),
    )
    spoken = f"{label} · {under}" if under else label
    wide = identifier != "back"
    return named(ft.Row([control], spacing=0, tight=not wide), identifier, spoken, expand=wide, button=True)
