"""The test-drive log: stamp what happens by one large button, read the minutes, note the car and the talk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.frame import bare, bottom_actions, column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import (
    busy,
    button,
    card,
    complain,
    facts,
    heading,
    icon_button,
    named,
    note,
    text,
    text_field,
)
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.visits.live import DRIVE, SAVING, LiveVisit
from field_app.visits.ways import visit_way, visits_place
from field_app.visits.widgets.drive_form import DriveForm
from field_app.visits.widgets.open_visit import use_live_visit
from field_app.visits.widgets.route_card import RouteCard
from field_app.visits.widgets.times import Ticking
from shared_models.problems import Problem
from shared_models.visits import EVENTS


@screen
def DriveScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Stands on the visit: going back shows the question one left."""
    visit_id = ft.use_route_params().get("visit_id", "")
    live = use_live_visit(ui, visit_id)
    back = ui.going(visit_way(ui, visit_id))
    if live is None or isinstance(live, Problem):
        bar = title_bar(ui, ui.t("visits.drive.title"), back=back)
        return bare(ft.use_view_path(), bar, busy(ui) if live is None else failure_panel(ui, live))
    bar = title_bar(
        ui, ui.t("visits.drive.title"), under=live.session.dealer.name.text(ui.language), back=back
    )
    parts = DriveClock(ui, live), RouteCard(ui, live), DriveForm(ui, live)
    bottom = DriveBar(ui, live) if ui.look.phone else None
    return framed(ui, visits_place(ui), bar, column(*parts), bottom=bottom)


@guarded
def DriveClock(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """What is going on, for how long, and the one next thing to stamp; below it the whole timeline."""
    use_redraw(lambda call: live.listen([DRIVE, SAVING], call), live)
    stamps = live.session.stamps
    done = [event for event in EVENTS if event in stamps]
    last = max(done, key=lambda event: stamps[event], default=None)
    following = next_event(stamps)
    running = last is not None and last != "debrief"
    editable = live.session.editable
    top: list[ft.Control] = []
    if running and last is not None:
        top.append(_phase(ui, f"visits.drive.phase.{last}"))
        top.append(Ticking(ui, stamps[last], "display", theme.ON_ACCENT_SOFT, key=last))  # pyright: ignore[reportCallIssue]
    else:
        words = "visits.drive.over" if last else "visits.drive.not_begun"
        top.append(_phase(ui, words))
    if following is not None and editable and not ui.look.phone:
        top.append(stamp_button(ui, live, following))
    panel = ft.Container(
        ft.Column(top, spacing=theme.NEAR, horizontal_alignment=ft.CrossAxisAlignment.CENTER, tight=True),
        bgcolor=theme.ACCENT_SOFT,
        border_radius=theme.ROUND,
        padding=theme.ROOM,
    )
    rows = [_event_row(ui, live, event, stamps) for event in EVENTS]
    timeline = live.session.timeline
    minutes = [
        (ui.t(f"visits.drive.minutes.{name}"), ui.t("visits.drive.minutes.value", minutes=value))
        for name, value in (
            ("consultant", timeline.consultant_minutes),
            ("customer", timeline.customer_minutes),
            ("drive", timeline.drive_minutes),
            ("whole", timeline.whole_minutes),
        )
        if value is not None
    ]
    parts: list[ft.Control] = [panel, card(heading(ui, ui.t("visits.drive.timeline")), *rows)]
    if timeline.out_of_order:
        names = "、".join(ui.t(f"visits.drive.event.{e}") for e in timeline.out_of_order)
        parts.append(note(ui, ui.t("visits.drive.out_of_order", events=names), "warn", ft.Icons.SWAP_VERT))
    if minutes:
        parts.append(card(heading(ui, ui.t("visits.drive.minutes.title")), facts(ui, minutes)))
    stretch = ft.CrossAxisAlignment.STRETCH
    return ft.Column(parts, spacing=theme.GAP, tight=True, horizontal_alignment=stretch)


def _phase(ui: Ui, key: str) -> ft.Control:
    return text(ui, ui.t(key), "heading", theme.ON_ACCENT_SOFT, text_align=ft.TextAlign.CENTER)


def next_event(stamps: dict[str, datetime]) -> str | None:
    """The event that should come next: the first one unstamped after the latest stamp."""
    last = max(stamps, key=lambda event: stamps[event], default=None)
    after = EVENTS.index(last) if last is not None else -1
    return next((event for event in EVENTS[after + 1 :] if event not in stamps), None)


def stamp_button(ui: Ui, live: LiveVisit, event: str) -> ft.Control:
    """The one large button: hit at a glance, while walking."""
    label = ui.t("visits.drive.stamp", event=ui.t(f"visits.drive.event.{event}"))
    control = ft.FilledButton(
        content=ft.Text(label, style=ui.look.style("heading"), text_align=ft.TextAlign.CENTER),
        icon=ft.Icon(ft.Icons.TIMER_OUTLINED, size=ui.look.icon + 6),
        on_click=ui.on(live.drive_stamp, event),
        expand=True,
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=20),
        ),
    )
    return named(ft.Row([control], spacing=0), "drive-next", label, button=True)


@guarded
def DriveBar(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """On phones the next stamp is always under the thumb, however far the log is scrolled."""
    use_redraw(lambda call: live.listen([DRIVE], call), live)
    following = next_event(live.session.stamps)
    if following is None or not live.session.editable:
        return ft.Container(height=0)
    return bottom_actions(ft.Container(stamp_button(ui, live, following), expand=True))


def local_clock(instant: datetime) -> str:
    """The wall-clock reading of an instant, to the second."""
    return instant.astimezone().strftime("%H:%M:%S")


def _event_row(ui: Ui, live: LiveVisit, event: str, stamps: dict[str, datetime]) -> ft.Control:
    at = stamps.get(event)
    label = ui.t(f"visits.drive.event.{event}")
    name = ft.Column(
        [text(ui, label, "strong" if at else "body", theme.INK if at else theme.MUTED)],
        spacing=0,
        tight=True,
        expand=True,
    )
    if event in live.session.corrections:
        reason = live.session.corrections[event]
        name.controls.append(text(ui, ui.t("visits.drive.corrected", reason=reason), "caption", theme.MUTED))
    row: list[ft.Control] = [name]
    mark = ft.Icon(
        ft.Icons.CHECK_CIRCLE if at else ft.Icons.RADIO_BUTTON_UNCHECKED,
        size=ui.look.icon,
        color=theme.GOOD if at else theme.EDGE,
    )
    time = [named(text(ui, local_clock(at), "strong"), f"drive-{event}-at")] if at is not None else []
    if ui.look.cramped:  # the label needs the whole width: the time stands under it and says that it was
        name.controls[1:1] = time
    else:
        row = [mark, name, *time]
    if live.session.editable:
        if at is None:
            row.append(
                icon_button(
                    ui,
                    ft.Icons.TIMER_OUTLINED,
                    ui.t("visits.drive.stamp", event=label),
                    f"drive-{event}",
                    ui.on(live.drive_stamp, event),
                    color=theme.ACCENT,
                )
            )
        else:
            row.append(
                icon_button(
                    ui,
                    ft.Icons.EDIT_OUTLINED,
                    ui.t("visits.drive.correct", event=label),
                    f"drive-{event}-correct",
                    ui.on(_ask_correction, ui, live, event, at),
                    color=theme.MUTED,
                )
            )
    return ft.Row(row, spacing=theme.GAP)


def corrected_instant(stamp: datetime, written: str) -> datetime | None:
    """The instant nearest to the stamp that reads ``HH:MM`` or ``HH:MM:SS`` here; None if unreadable."""
    parts = written.strip().replace("：", ":").split(":")
    if len(parts) not in (2, 3) or any(not part.isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts] + [0] * (3 - len(parts))
    if numbers[0] > 23 or numbers[1] > 59 or numbers[2] > 59:
        return None
    here = stamp.astimezone()
    at = here.replace(hour=numbers[0], minute=numbers[1], second=numbers[2], microsecond=0)
    half_day = timedelta(hours=12)
    if at - here > half_day:
        at -= timedelta(days=1)
    elif here - at > half_day:
        at += timedelta(days=1)
    return at.astimezone(UTC)


def _ask_correction(ui: Ui, live: LiveVisit, event: str, at: datetime) -> None:
    """Correct a stamp: the new time and why; the first stamp is kept beside it."""
    written = {"time": local_clock(at), "reason": ""}

    def typed(name: str) -> Any:
        def take(change: ft.Event[ft.TextField]) -> None:
            written[name] = change.control.value or ""

        return ui.on_event(take)

    async def done() -> None:
        new = corrected_instant(at, written["time"])
        if new is None:
            complain(time, ui.t("visits.drive.time_unreadable"))
            return
        if not written["reason"].strip():
            complain(reason, ui.t("visits.drive.reason_needed"))
            return
        ui.page.pop_dialog()
        await live.drive_stamp(event, new, written["reason"].strip())

    time = text_field(ui, ui.t("visits.drive.time"), "correct-time", written["time"], on_change=typed("time"))
    reason = text_field(ui, ui.t("visits.drive.reason"), "correct-reason", on_change=typed("reason"))
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("visits.drive.correct", event=ui.t(f"visits.drive.event.{event}"))),
            content=ft.Column(
                [
                    text(ui, ui.t("visits.drive.correct_hint"), "small", theme.MUTED),
                    time,
                    reason,
                ],
                tight=True,
                spacing=theme.GAP,
                width=360,
                horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            ),
            actions=[
                button(ui, ui.t("shell.cancel"), "correct-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
                button(ui, ui.t("shell.save"), "correct-save", ui.on(done), look="main"),
            ],
            scrollable=True,
        )
    )
