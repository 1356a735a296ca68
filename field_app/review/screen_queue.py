"""The review queue: submitted visits of the scope, the longest waiting first, and those already decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import flet as ft

from field_app import theme
from field_app.shell.choosing import Option, choose_button
from field_app.shell.filters import filter_row
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, busy, button, card, empty, icon_button, named, note, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.widgets.progress import percent_text
from field_app.visits.widgets.reply_mark import reply_mark
from field_app.visits.workflow_cards import VisitCard

STATUSES = ("submitted", "returned", "accepted", "rejected")
PAGE = 30
WATCHED = frozenset({"visit", "review_note"})
LATE_DAYS = 3
"""A visit that waits longer for its review is marked."""
_TONES: dict[str, Tone] = {"submitted": "accent", "returned": "warn", "accepted": "good", "rejected": "bad"}


@screen
def QueueScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One state at a time."""
    status, set_status = use_value(STATUSES[0])
    shown, show = use_value(PAGE)
    dealer, set_dealer = use_value("")
    kind, set_kind = use_value("")

    async def read(_first: Callable[[tuple[VisitCard, ...]], None]) -> tuple[VisitCard, ...]:
        cards = await ui.work.review.load(status)
        return cards if status == STATUSES[0] else cards[::-1]

    got = use_reading(ui, read, status, entities=WATCHED)

    def pick(key: str) -> None:
        show(PAGE)
        set_status(key)

    rows: list[ft.Control] = [
        filter_row(
            ui, "review-filter", [(one, ui.t(f"visits.status.{one}")) for one in STATUSES], status, pick
        )
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows.append(stand_in or busy(ui))
    elif not (cards := [one for one in got.value if _fits(one, dealer, kind)]):
        if dealer or kind:
            rows.append(_filters(ui, got.value, dealer, kind, set_dealer, set_kind))
        hint = "review.queue.empty_hint" if status == STATUSES[0] else "review.queue.none_hint"
        rows.append(empty(ui, ui.t("review.queue.empty"), ui.t(hint), ft.Icons.FACT_CHECK_OUTLINED))
    else:
        rows.append(_filters(ui, got.value, dealer, kind, set_dealer, set_kind))
        rows += [queue_row(ui, place, one) for place, one in enumerate(cards[:shown])]
        if len(cards) > shown:
            label = ui.t("desk.more", count=len(cards) - shown)
            more = ui.on(lambda: show(shown + PAGE))
            rows.append(ft.Row([button(ui, label, "review-more", more, expand=True)]))
    quality = icon_button(
        ui,
        ft.Icons.INSIGHTS_OUTLINED,
        ui.t("review.quality.title"),
        "review-quality",
        ui.going("/review/quality"),
    )
    actions = [quality, SyncChip(ui, brief=ui.look.phone)]
    bar = title_bar(ui, ui.t("review.queue.title"), actions=actions)
    return framed(ui, "review", bar, column(*rows, width=theme.READING + 120))


def _fits(one: VisitCard, dealer: str, kind: str) -> bool:
    if dealer and one.dealer.id != dealer:
        return False
    return {
        "": True,
        "late": waiting_days(one) >= LATE_DAYS or one.reply_clock == "late",
        "evidence": not one.evidence_complete,
        "again": one.revision > 0,
    }.get(kind, one.source.value == kind)


def _filters(
    ui: Ui,
    cards: Sequence[VisitCard],
    dealer: str,
    kind: str,
    set_dealer: Callable[[str], None],
    set_kind: Callable[[str], None],
) -> ft.Control:
    """Which dealer, and which of its visits: late ones, those without all photos, those sent again."""
    dealers = {one.dealer.id: one.dealer for one in cards}
    places = [Option("", ui.t("review.filter.every_dealer"))]
    places += [
        Option(one.id, one.name.text(ui.language), one.code)
        for one in sorted(dealers.values(), key=lambda one: one.code)
    ]
    kinds = [
        Option(key, ui.t(f"review.filter.{key or 'every'}")) for key in ("", "late", "evidence", "again")
    ]
    kinds += [
        Option(one, ui.t(f"checklists.source.{one}")) for one in sorted({card.source.value for card in cards})
    ]
    return ft.Row(
        [
            choose_button(ui, ui.t("review.filter.dealer"), "review-dealer", places, dealer, set_dealer),
            choose_button(ui, ui.t("review.filter.kind"), "review-kind", kinds, kind, set_kind),
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )


def waiting_days(one: VisitCard) -> int:
    """Whole days since it was submitted."""
    return (datetime.now(UTC) - one.submitted_at).days if one.submitted_at else 0


def queue_row(ui: Ui, place: int, one: VisitCard) -> ft.Control:
    """A visit in the queue."""
    days = waiting_days(one)
    marks: list[ft.Control] = [
        tag(ui, one.title.text(ui.language), "accent"),
        tag(ui, ui.t(f"checklists.source.{one.source.value}")),
    ]
    if one.status == "submitted":
        words = ui.t("review.queue.waiting", days=days) if days else ui.t("review.queue.fresh")
        marks.append(tag(ui, words, "warn" if days >= LATE_DAYS else "plain", ft.Icons.SCHEDULE))
    else:
        marks.append(tag(ui, ui.t(f"visits.status.{one.status}"), _TONES[one.status]))
        marks += reply_mark(ui, one)
    if not one.evidence_complete:
        marks.append(tag(ui, ui.t("review.evidence.waiting"), "warn", ft.Icons.HOURGLASS_BOTTOM))
    if one.revision:
        marks.append(tag(ui, ui.t("visits.history.revision", number=one.revision), "accent"))
    if one.pending:
        marks.append(tag(ui, ui.t("desk.pending", count=one.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED))
    when = instant_text(ui, one.submitted_at) if one.submitted_at else ""
    parts: list[ft.Control] = [
        ft.Row(
            [
                ft.Column(
                    [
                        text(ui, one.dealer.name.text(ui.language), "heading"),
                        text(ui, " · ".join(p for p in (one.dealer.code, when) if p), "small", theme.MUTED),
                    ],
                    spacing=2,
                    tight=True,
                    expand=True,
                ),
                text(ui, percent_text(ui, one.percent), "title", theme.ACCENT),
            ],
            spacing=theme.GAP,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
    ]
    if one.review_note:
        parts.append(note(ui, one.review_note, icon=ft.Icons.RATE_REVIEW_OUTLINED))
    label = "review.queue.review" if one.status == "submitted" else "review.queue.open"
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t(label),
                    f"review-row-{place}",
                    ui.going(f"/review/visit/{one.id}"),
                    look="main" if one.status == "submitted" else "quiet",
                    icon=ft.Icons.FACT_CHECK_OUTLINED,
                    spoken=ui.t("review.queue.open_spoken", dealer=one.dealer.name.text(ui.language)),
                )
            ]
        )
    )
    return named(card(*parts, padding=theme.GAP), f"review-{one.id}", container=True)
