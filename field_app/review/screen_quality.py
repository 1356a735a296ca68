"""The quality of visits: do two people say the same, and what has everybody's work been like."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.review.widgets.doubling import doubling_rows
from field_app.review.workflow_quality import Quality
from field_app.shell.filters import filter_row
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, busy, card, empty, heading, named, note, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from shared_models.reviews import (
    AgreementAnswer,
    AgreementLine,
    DoublingAnswer,
    MonthOfWork,
    WorkAnswer,
    WorkOf,
)

VIEWS = ("agreement", "people", "doubling")
_TONES: dict[str, Tone] = {"reliable": "good", "tentative": "warn", "unreliable": "bad"}
SHOWN = 200


@screen
def QualityScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Agreement, people, or the draw of double visits (which the schedule opens)."""
    asked = ft.use_route_params().get("view", "")
    view, set_view = use_value(asked if asked in VIEWS else VIEWS[0])
    labels = [(one, ui.t(f"review.quality.{one}")) for one in VIEWS]
    views = {"agreement": AgreementView, "people": PeopleView, "doubling": DoublingView}
    body: ft.Control = views[view](ui)
    back = ui.going("/planning" if asked else "/review")
    bar = title_bar(ui, ui.t("review.quality.title"), back=back)
    head = filter_row(ui, "quality", labels, view, set_view)
    hint = text(ui, ui.t("review.quality.desk_only"), "caption", theme.MUTED)
    place = "planning" if asked else "review"
    return framed(ui, place, bar, column(head, hint, body, width=theme.READING + 120))


@guarded
def AgreementView(ui: Ui) -> ft.Control:  # noqa: N802
    """Everything together, by item and by person."""
    quality = Quality(ui.work.store, ui.work.api)

    async def read(first: Callable[[Fetched[AgreementAnswer]], None]) -> Fetched[AgreementAnswer]:
        return await fresh(first, lambda kept: quality.agreement(kept_first=kept))

    got = use_reading(ui, read)
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return stand_in or busy(ui)
    found = got.value.value
    rows: list[ft.Control] = [*age_note(ui, got.value)]
    if not found.pairs:
        words = ui.t("review.quality.no_pairs"), ui.t("review.quality.no_pairs_hint")
        rows.append(empty(ui, *words, ft.Icons.CALL_SPLIT))
        return _stacked(rows)
    items = {row["code"]: row["name" if ui.t.is_chinese else "name_en"] for row in ui.work.store.by("item")}
    counts = ui.t("review.quality.pairs", pairs=found.pairs, answers=found.overall.answers)
    rows += [
        _line(ui, found.overall, counts),
        note(ui, ui.t("review.quality.why"), icon=ft.Icons.INFO_OUTLINE),
        heading(ui, ui.t("review.quality.by_item")),
        *(_line(ui, one, items.get(one.key, one.key)) for one in found.items[:SHOWN]),
        heading(ui, ui.t("review.quality.by_person")),
        *(_line(ui, one, found.names.get(one.key, "")) for one in found.people[:SHOWN]),
    ]
    return _stacked(rows)


def _stacked(rows: list[ft.Control]) -> ft.Control:
    return ft.Column(rows, spacing=theme.GAP, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _line(ui: Ui, one: AgreementLine, name: str) -> ft.Control:
    def told(value: float | None) -> str:
        return ui.t("review.quality.not_told") if value is None else f"{value:.2f}"

    values = {"kappa": told(one.kappa), "alpha": told(one.alpha), "ac1": told(one.ac1)}
    marks: list[ft.Control] = []
    if one.same is not None:
        marks.append(tag(ui, ui.t("review.quality.same", percent=f"{one.same * 100:.0f}"), "accent"))
    if one.low is not None and one.high is not None:
        ends = {"low": f"{one.low * 100:.0f}", "high": f"{one.high * 100:.0f}"}
        marks.append(tag(ui, ui.t("review.quality.interval", **ends)))
    marks.append(tag(ui, ui.t(f"review.verdict.{one.verdict}"), _TONES.get(one.verdict, "plain")))
    return named(
        card(
            text(ui, name, "strong"),
            ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
            text(ui, ui.t("review.quality.measures", answers=one.answers, **values), "small", theme.MUTED),
            padding=theme.GAP,
        ),
        f"agreement-{one.key or 'all'}",
        container=True,
    )


@guarded
def PeopleView(ui: Ui) -> ft.Control:  # noqa: N802
    """Everybody's months."""
    quality = Quality(ui.work.store, ui.work.api)

    async def read(first: Callable[[Fetched[WorkAnswer]], None]) -> Fetched[WorkAnswer]:
        return await fresh(first, lambda kept: quality.people(kept_first=kept))

    got = use_reading(ui, read)
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return stand_in or busy(ui)
    people = got.value.value.people
    rows: list[ft.Control] = [*age_note(ui, got.value)]
    if not people:
        words = ui.t("review.quality.nobody"), ui.t("review.quality.nobody_hint")
        rows.append(empty(ui, *words, ft.Icons.PERSON_SEARCH_OUTLINED))
    else:
        rows.append(note(ui, ui.t("review.quality.never_shown"), icon=ft.Icons.INFO_OUTLINE))
    rows += [_person(ui, one) for one in people[:SHOWN]]
    return _stacked(rows)


def _person(ui: Ui, one: WorkOf) -> ft.Control:
    parts: list[ft.Control] = [text(ui, one.name, "strong")]
    agreed = one.agreement
    if agreed is not None and agreed.same is not None and agreed.low is not None and agreed.high is not None:
        shares = {"percent": agreed.same, "low": agreed.low, "high": agreed.high}
        told = {name: f"{share * 100:.0f}" for name, share in shares.items()}
        words = ui.t("review.quality.agrees", answers=agreed.answers, **told)
        parts.append(text(ui, words, "small", theme.MUTED))
    for month in one.months:
        parts.append(text(ui, _month(ui, month), "small"))
        marks = _signals(ui, month)
        if marks:
            parts.append(ft.Row(marks, spacing=6, run_spacing=6, wrap=True))
    return named(card(*parts, padding=theme.GAP), f"work-{one.person_id}", container=True)


def _signals(ui: Ui, one: MonthOfWork) -> list[ft.Control]:
    """How many visits of a month had which signal; first how many were worth a look."""
    marks: list[ft.Control] = []
    if one.looks:
        words = ui.t("review.quality.looks", count=one.looks)
        marks.append(tag(ui, words, "warn", ft.Icons.FLAG_OUTLINED))
    return marks + [tag(ui, f"{ui.t(f'review.signal.{kind}')} {n}") for kind, n in one.signals.items()]


@guarded
def DoublingView(ui: Ui) -> ft.Control:  # noqa: N802
    """The draw of double visits."""
    quality = Quality(ui.work.store, ui.work.api)

    async def read(first: Callable[[Fetched[DoublingAnswer]], None]) -> Fetched[DoublingAnswer]:
        return await fresh(first, lambda kept: quality.doubling(kept_first=kept))

    got = use_reading(ui, read)
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return stand_in or busy(ui)
    return _stacked(doubling_rows(ui, quality, got.value, got.again))


def _month(ui: Ui, one: MonthOfWork) -> str:
    grade = ui.t("review.quality.not_told") if one.grade is None else f"{one.grade:.1f}"
    counts = one.model_dump(include={"month", "sent", "accepted", "returned", "rejected", "corrected"})
    return ui.t("review.quality.month", grade=grade, **counts)
