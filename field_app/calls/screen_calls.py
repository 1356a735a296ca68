"""Today's calls: whom to call now, what comes later, what a reviewer sent back."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.calls.workflow import CallCard, CallsView
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, empty, heading, named, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.screen_today import days_text, visit_card
from shared_models.calls import MOST_ATTEMPTS
from shared_models.calls.rules import parts_tried

WATCHED = frozenset(
    {"assignment", "call_task", "call_attempt", "visit", "focus", "dealer", "template_version"}
)
LISTED = 60
"""So many calls of a list are drawn; they come up as those before them are done."""


@screen
def CallsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The first screen of call agents."""

    async def read(_first: Callable[[CallsView], None]) -> CallsView:
        return await ui.work.calls.load()

    on_top = ft.use_route_location() == "/calls"
    got = use_reading(ui, read, on_top, entities=WATCHED if on_top else frozenset())
    bar = title_bar(
        ui,
        ui.t("calls.title"),
        under=ui.work.account.name,
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "calls", bar, stand_in or busy(ui))
    return framed(ui, "calls", bar, column(*call_rows(ui, got.value)))


def call_rows(ui: Ui, view: CallsView) -> list[ft.Control]:
    """The lists with their headings."""
    counts = ui.t("calls.counts", now=len(view.now), later=len(view.later), done=view.finished_today)
    rows: list[ft.Control] = [text(ui, counts, "small", theme.MUTED)]
    if view.returned:
        rows.append(heading(ui, ui.t("visits.today.returned")))
        rows += [visit_card(ui, one) for one in view.returned]
    for name, cards in (("now", view.now), ("later", view.later)):
        if cards:
            rows.append(heading(ui, ui.t(f"calls.{name}")))
            rows += [call_card(ui, one) for one in cards[:LISTED]]
        if len(cards) > LISTED:
            rows.append(text(ui, ui.t("calls.more", count=len(cards) - LISTED), "small", theme.MUTED))
    if not view.now and not view.later:
        rows.append(empty(ui, ui.t("calls.empty"), ui.t("calls.empty_hint"), ft.Icons.PHONE_IN_TALK_OUTLINED))
    return rows


def call_marks(ui: Ui, one: CallCard) -> ft.Control:
    """Why and by when to call, what was tried, and what plans judge."""
    due, tone = days_text(ui, one.days_left)
    marks: list[ft.Control] = [tag(ui, ui.t(f"calls.reason.{one.reason}"), "accent")]
    if one.agreed_at is not None:
        when = ui.t("calls.agreed", at=instant_text(ui, one.agreed_at))
        marks.append(tag(ui, when, "warn" if one.now else "plain", ft.Icons.SCHEDULE))
    marks.append(tag(ui, due, tone, ft.Icons.EVENT))
    if one.attempts:
        tried = MOST_ATTEMPTS - max(0, MOST_ATTEMPTS - len(parts_tried(_plain(one))))
        marks.append(
            tag(ui, ui.t("calls.tried", tried=tried, most=MOST_ATTEMPTS), icon=ft.Icons.PHONE_MISSED)
        )
    if one.judged:
        marks.append(tag(ui, ui.t("calls.judged", count=one.judged), "accent", ft.Icons.FLAG_OUTLINED))
    if one.visit_id:
        marks.append(tag(ui, ui.t("calls.begun"), "warn", ft.Icons.EDIT_NOTE))
    return ft.Row(marks, spacing=6, run_spacing=6, wrap=True)


def _plain(one: CallCard) -> list[dict[str, str]]:
    return [{"disposition": a.disposition.value, "day_part": a.part.value} for a in one.attempts]


def call_card(ui: Ui, one: CallCard) -> ft.Control:
    """A call in a list; the whole of it opens on its own page."""
    who = [part for part in (one.customer, one.car) if part]
    parts: list[ft.Control] = [
        text(ui, " · ".join(who), "heading"),
        text(ui, f"{one.dealer.name.text(ui.language)} · {one.phone}", "small", theme.MUTED),
        call_marks(ui, one),
    ]
    if one.attempts and one.agreed_at is None and one.parts_left and not one.visit_id:
        left = ui.t("calls.part_or").join(ui.t(f"calls.part.{part}") for part in one.parts_left)
        parts.append(text(ui, ui.t("calls.try_at", parts=left), "caption", theme.MUTED))
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("calls.open"),
                    f"call-{one.id}",
                    ui.going(f"/calls/call/{one.id}"),
                    look="main" if one.now else "plain",
                    icon=ft.Icons.PHONE,
                    spoken=f"{ui.t('calls.open')} {one.customer}",
                )
            ]
        )
    )
    return named(card(*parts), f"call-card-{one.id}")
