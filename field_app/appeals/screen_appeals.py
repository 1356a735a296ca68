"""Results and appeals: accepted visits of the own dealer, what is disputed, and what is to be decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flet as ft

from field_app import theme
from field_app.appeals.widgets.marks import marks
from field_app.appeals.workflow import AppealCard
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.filters import filter_row
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, empty, named, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.progress import percent_text
from field_app.visits.workflow_cards import dealer_view
from shared_models.appeals import ResultCard, Results
from shared_models.people.access import Role

LISTS = ("open", "decided", "results")
PAGE = 30
FETCHED = 200
"""Results asked for at once; the server gives no more."""


@screen
def AppealsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One list at a time. A dealer begins with its results, a desk with what it has to decide."""
    first = "results" if ui.work.access.has(Role.OWNER) else "open"
    chosen, choose = use_value(first)
    order = ("results", "open", "decided") if first == "results" else LISTS
    labels = [(name, ui.t(f"appeals.list.{name}")) for name in order]
    head = filter_row(ui, "appeals", labels, chosen, choose)
    listed = ResultList(ui) if chosen == "results" else AppealList(ui, chosen, key=chosen)  # pyright: ignore[reportCallIssue]
    bar = title_bar(ui, ui.t("appeals.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    return framed(ui, "appeals", bar, column(head, listed, width=theme.READING + 120))


@guarded
def AppealList(ui: Ui, which: str) -> ft.Control:  # noqa: N802
    """Appeals on this device: to be decided, or decided; works offline."""
    shown, show = use_value(PAGE)

    async def read(_first: Callable[[tuple[AppealCard, ...]], None]) -> tuple[AppealCard, ...]:
        return await ui.work.appeals.load()

    got = use_reading(ui, read, entities=frozenset({"appeal", "attachment"}))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return stand_in or busy(ui)
    cards = [card for card in got.value if (card.status == "filed") is (which == "open")]
    if not cards:
        return empty(
            ui, ui.t(f"appeals.none_{which}"), ui.t(f"appeals.hint_{which}"), ft.Icons.GAVEL_OUTLINED
        )
    rows: list[ft.Control] = [appeal_row(ui, place, one) for place, one in enumerate(cards[:shown])]
    return _paged(ui, rows, len(cards) - shown, lambda: show(shown + PAGE))


@guarded
def ResultList(ui: Ui) -> ft.Control:  # noqa: N802
    """Accepted visits; the copy last read where there is no network."""
    shown, show = use_value(PAGE)

    async def read(first: Callable[[Fetched[Results]], None]) -> Fetched[Results]:
        return await fresh(first, lambda kept: ui.work.appeals.results(kept_first=kept, limit=FETCHED))

    got = use_reading(ui, read, entities=frozenset({"appeal"}))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return stand_in or busy(ui)
    cards = got.value.value.results
    rows: list[ft.Control] = age_note(ui, got.value)
    if not cards:
        title, hint = ui.t("appeals.none_results"), ui.t("appeals.hint_results")
        rows.append(empty(ui, title, hint, ft.Icons.FACT_CHECK_OUTLINED))
    rows += [result_row(ui, place, one) for place, one in enumerate(cards[:shown])]
    return _paged(ui, rows, len(cards) - shown, lambda: show(shown + PAGE))


def _paged(ui: Ui, rows: Sequence[ft.Control], rest: int, more: Callable[[], None]) -> ft.Control:
    drawn = list(rows)
    if rest > 0:
        label = ui.t("desk.more", count=rest)
        drawn.append(ft.Row([button(ui, label, "appeals-more", ui.on(more), expand=True)]))
    return ft.Column(drawn, spacing=theme.GAP, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def result_row(ui: Ui, place: int, one: ResultCard) -> ft.Control:
    """An accepted visit: when, which checklist, the score, and until when it may be disputed."""
    dealer = dealer_view(ui.work.store, one.dealer_id)
    under = " · ".join(part for part in (dealer.code, one.day.isoformat() if one.day else "") if part)
    chips: list[ft.Control] = [
        tag(ui, one.title.text(ui.language), "accent"),
        tag(ui, ui.t(f"checklists.source.{one.source.value}")),
    ]
    if one.failed:
        chips.append(tag(ui, ui.t("appeals.failed", count=one.failed), "bad"))
    if one.appeal_until is not None and one.appeal_until > ui.work.store.context.now():
        until = ui.t("appeals.until", at=instant_text(ui, one.appeal_until))
        chips.append(tag(ui, until, "warn", ft.Icons.SCHEDULE))
    if one.score != one.first_score:
        before = percent_text(ui, one.first_score)
        chips.append(tag(ui, ui.t("appeals.score_was", score=before), "good"))
    parts: list[ft.Control] = [
        ft.Row(
            [
                ft.Column(
                    [
                        text(ui, dealer.name.text(ui.language), "heading"),
                        text(ui, under, "small", theme.MUTED),
                    ],
                    spacing=2,
                    tight=True,
                    expand=True,
                ),
                text(ui, percent_text(ui, one.score), "title", theme.ACCENT),
            ],
            spacing=theme.GAP,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        ft.Row(chips, spacing=6, run_spacing=6, wrap=True),
        _opener(ui, "appeals.open_result", f"result-row-{place}", f"/appeals/result/{one.visit_id}", under),
    ]
    return named(card(*parts, padding=theme.GAP), f"result-{one.visit_id}", container=True)


def appeal_row(ui: Ui, place: int, one: AppealCard) -> ft.Control:
    """An appeal: where, which answer, why, and how its clock stands."""
    about = [one.dealer.name.text(ui.language), one.question]
    if one.visit_date is not None:
        about.insert(1, one.visit_date.isoformat())
    parts: list[ft.Control] = [
        text(ui, one.wording.text(ui.language), "strong"),
        text(ui, " · ".join(about), "small", theme.MUTED),
        text(ui, one.text, "body"),
        marks(ui, one),
        _opener(ui, "appeals.open", f"appeal-row-{place}", f"/appeals/appeal/{one.id}", one.question),
    ]
    return named(card(*parts, padding=theme.GAP), f"appeal-{one.id}", container=True)


def _opener(ui: Ui, key: str, identifier: str, route: str, spoken: str) -> ft.Control:
    label = ui.t(key)
    return ft.Row(
        [
            button(
                ui,
                label,
                identifier,
                ui.going(route),
                look="quiet",
                icon=ft.Icons.CHEVRON_RIGHT,
                spoken=f"{label}: {spoken}",
            )
        ]
    )
