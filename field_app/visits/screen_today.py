"""Today: what was returned, what is begun, what is to be visited, and whether all is sent."""

from __future__ import annotations

import asyncio
import importlib
from collections import Counter
from datetime import date
from decimal import Decimal

import flet as ft

from field_app import theme
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_task, use_value
from field_app.shell.parts import Tone, busy, button, card, empty, heading, named, note, tag, text
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import LiveVisit
from field_app.visits.ways import visit_way
from field_app.visits.widgets.assignment_answer import answers_to_assignment, calendar_button
from field_app.visits.widgets.location import locate
from field_app.visits.widgets.progress import percent_text
from field_app.visits.widgets.reply_mark import reply_mark
from field_app.visits.workflow import TodayView
from field_app.visits.workflow_cards import AssignmentCard, DealerView, VisitCard

_NOT_READ: TodayView | None = None
SOON = 0.3
"""Seconds after which the lists follow what came in: whoever begins a visit is on its screen by then."""
LATER = 1.0
"""Seconds that what nobody waits for leaves to the screen that is shown."""
NEXT_SCREEN = (
    "field_app.visits.widgets.times",
    "field_app.visits.widgets.answers",
    "field_app.visits.widgets.question_card",
    "field_app.visits.screen_visit",
)
"""Modules of the screen that comes next, each with few of its own: a tap waits for one at most."""


@screen
def TodayScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The first screen of everybody who records visits."""
    bar = title_bar(
        ui,
        ui.t("visits.today.title"),
        under=ui.work.account.name,
        actions=[calendar_button(ui), SyncChip(ui, brief=ui.look.phone)],
    )
    on_top = ft.use_route_location() == "/today"
    return framed(ui, "today", bar, ft.memo(TodayList)(ui, on_top))


@guarded
def TodayList(ui: Ui, on_top: bool) -> ft.Control:  # noqa: N802
    """Reads the lists when shown (``on_top``: no visit stands over them), and again when rows come in."""
    view, set_view = use_value(_NOT_READ)

    async def load() -> None:
        if on_top:
            set_view(await ui.work.today.load())

    async def reload() -> None:
        await ui.attempt(load)

    standing = ft.use_ref(False)
    standing.current = on_top

    async def follow() -> None:
        await asyncio.sleep(SOON)
        if standing.current:
            await reload()

    async def find_out() -> None:
        place = await locate(ask=False)
        if place is not None:
            ui.work.today.here = place
            await reload()

    ft.use_effect(reload, [ui.work, on_top])
    ft.use_effect(find_out, [ui.work])
    ft.use_effect(_load_ahead, [])
    use_task(
        ui, lambda call: ui.work.store.watch(lambda _: call()) if on_top else None, follow, ui.work, on_top
    )
    if view is None:
        return busy(ui)
    return today_list(ui, view)


async def _load_ahead() -> None:
    """Import what the checklist is drawn with while somebody reads the lists."""
    await asyncio.sleep(LATER)
    for name in NEXT_SCREEN:
        importlib.import_module(name)
        await asyncio.sleep(0.05)


def today_list(ui: Ui, view: TodayView) -> ft.Control:
    """The lists with their headings; empty ones say what would fill them."""
    rows: list[ft.Control] = []
    if view.returned:
        rows.append(heading(ui, ui.t("visits.today.returned")))
        rows += [visit_card(ui, one) for one in view.returned]
    if view.drafts:
        rows.append(heading(ui, ui.t("visits.today.drafts")))
        rows += [visit_card(ui, one) for one in view.drafts]
    if view.assignments:
        rows.append(heading(ui, ui.t("visits.today.assigned")))
        first_open = sorted(view.assignments, key=lambda one: not one.open_now and one.days_left >= 0)
        seen: Counter[str] = Counter()
        for one in first_open:
            seen[one.dealer.code] += 1
            rows.append(assignment_card(ui, one, seen[one.dealer.code]))
    if not rows:
        rows.append(NothingToday(ui))
    return column(*rows)


@guarded
def NothingToday(ui: Ui) -> ft.Control:  # noqa: N802
    """Nothing to do, or not yet received: only this hears of every step of a sync."""
    use_redraw(lambda call: ui.work.sync.watch(lambda _: call()), ui.work)
    status = ui.work.sync.status
    if status.sending and not status.last_success:
        return busy(ui, ui.t("visits.today.first_sync"))
    return empty(ui, ui.t("visits.today.empty"), ui.t("visits.today.empty_hint"), ft.Icons.EVENT_AVAILABLE)


def days_text(ui: Ui, days_left: int) -> tuple[str, Tone]:
    """How much time is left, in words, and how urgent that is."""
    if days_left < 0:
        return ui.t("visits.due.over", days=-days_left), "bad"
    if days_left == 0:
        return ui.t("visits.due.today"), "warn"
    return ui.t("visits.due.left", days=days_left), "warn" if days_left <= 2 else "plain"


def distance_text(ui: Ui, kilometres: float) -> str:
    """A distance as people say it."""
    if kilometres < 1:
        return ui.t("visits.distance.metres", metres=round(kilometres * 1000, -1) or 10)
    return ui.t(
        "visits.distance.kilometres", kilometres=f"{kilometres:.1f}" if kilometres < 20 else round(kilometres)
    )


def window_text(first: date, last: date) -> str:
    """A window of days, short."""
    if first == last:
        return f"{first:%Y-%m-%d}"
    return f"{first:%Y-%m-%d} – {last:%m-%d}"


def _dealer(ui: Ui, dealer: DealerView) -> list[ft.Control]:
    place = [part.text(ui.language) for part in (dealer.city,) if part] + [dealer.address]
    return [
        text(ui, dealer.name.text(ui.language), "heading"),
        text(ui, " · ".join(part for part in place if part), "small", theme.MUTED),
    ]


def assignment_card(ui: Ui, one: AssignmentCard, turn: int = 1) -> ft.Control:
    """A visit to make: where, by when, under which story; starting it opens the checklist.

    ``turn`` tells the second visit to the same dealer (and the third) from the first.
    """
    place = one.dealer.code if turn == 1 else f"{one.dealer.code}-{turn}"
    due, tone = days_text(ui, one.days_left)
    marks: list[ft.Control] = [
        tag(ui, one.title.text(ui.language), "accent"),
        tag(ui, due, tone, ft.Icons.SCHEDULE),
        tag(ui, window_text(one.window_start, one.window_end), icon=ft.Icons.EVENT),
    ]
    if one.dealer.distance_km is not None:
        marks.append(tag(ui, distance_text(ui, one.dealer.distance_km), icon=ft.Icons.NEAR_ME_OUTLINED))
    if one.announced:
        marks.append(tag(ui, ui.t("visits.today.announced"), icon=ft.Icons.CAMPAIGN_OUTLINED))
    parts: list[ft.Control] = [*_dealer(ui, one.dealer), ft.Row(marks, spacing=6, run_spacing=6, wrap=True)]
    for key, words in (("scenario", one.scenario), ("profile", one.purchase_profile)):
        if words is not None:
            parts.append(
                ft.Column(
                    [
                        text(ui, ui.t(f"visits.today.{key}"), "caption", theme.MUTED),
                        text(ui, words.text(ui.language), "small"),
                    ],
                    spacing=0,
                    tight=True,
                )
            )

    async def start() -> None:
        session = await ui.work.today.start_visit(one.id)
        live = ui.app.shelf.adopt(session)
        ui.go(f"/today/visit/{session.id}")
        ui.page.run_task(note_start, live)

    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("visits.today.start"),
                    f"start-{place}",
                    ui.on(start),
                    look="main",
                    icon=ft.Icons.PLAY_ARROW,
                    spoken=ui.t("visits.today.start_at", dealer=one.dealer.name.text(ui.language)),
                    disabled=not one.open_now and one.days_left >= 0,
                ),
                *answers_to_assignment(ui, one, place),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    )
    if not one.open_now and one.days_left >= 0:
        parts.append(text(ui, ui.t("visits.today.not_yet"), "caption", theme.MUTED))
    return named(card(*parts), f"assignment-{place}")


async def note_start(live: LiveVisit) -> None:
    """Where the visit began, as soon as the device knows: nobody waits for it."""
    await asyncio.sleep(LATER)
    place = await locate()
    if place is not None and live.session.editable:
        await live.set_visit("start_place", place)


def visit_card(ui: Ui, one: VisitCard) -> ft.Control:
    """A visit begun or returned: how far it is and the way on."""
    marks: list[ft.Control] = [tag(ui, one.title.text(ui.language), "accent")]
    if one.status == "returned":
        marks.append(
            tag(ui, ui.t("visits.today.questions", count=one.open_notes), "warn", ft.Icons.HELP_OUTLINE)
        )
        marks += reply_mark(ui, one)
    if one.held:
        marks.append(tag(ui, ui.t("visits.held"), "bad", ft.Icons.ERROR_OUTLINE))
    share = one.answered / one.shown if one.shown else 0
    parts: list[ft.Control] = [*_dealer(ui, one.dealer), ft.Row(marks, spacing=6, run_spacing=6, wrap=True)]
    if one.review_note:
        parts.append(note(ui, one.review_note, "warn", ft.Icons.RATE_REVIEW_OUTLINED))
    percent = percent_text(ui, Decimal(one.percent) if one.percent is not None else None)
    parts += [
        ft.Row(
            [
                text(
                    ui,
                    ui.t("visits.progress.counts", answered=one.answered, shown=one.shown),
                    "small",
                    theme.MUTED,
                ),
                text(ui, ui.t("visits.score.running", score=percent), "small", theme.MUTED),
            ],
            spacing=theme.ROOM,
            wrap=True,
            run_spacing=0,
        ),
        ft.Semantics(
            content=ft.ProgressBar(
                value=share, color=theme.ACCENT, bgcolor=theme.SUNKEN, bar_height=6, border_radius=3
            ),
            exclude_semantics=True,
        ),
        ft.Row(
            [
                button(
                    ui,
                    ui.t(
                        "visits.today.answer_returned" if one.status == "returned" else "visits.today.resume"
                    ),
                    f"open-{one.id}",
                    ui.going(visit_way(ui, one.id)),
                    look="main",
                    icon=ft.Icons.EDIT_NOTE,
                )
            ]
        ),
    ]
    return named(card(*parts), f"visit-{one.id}")
