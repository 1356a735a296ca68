"""One weak item: how weak, since when, in which sources, by which answers, and the way to a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flet as ft

from field_app import theme
from field_app.insight.network import weak_item
from field_app.insight.widgets.evidence import EvidenceList
from field_app.insight.widgets.figures import (
    age_note,
    interval_bar,
    percent,
    rate_block,
    rate_tone,
    rate_words,
)
from field_app.insight.widgets.fused import (
    conflict_card,
    decline_card,
    explanation,
    fused_block,
    level_tag,
    months_text,
)
from field_app.insight.widgets.plan_maker import make_plan, plan_route
from field_app.insight.widgets.trend_chart import trend_chart, trend_table
from field_app.insight.widgets.weak_card import dealer_name, item_name, reasons
from field_app.insight.workflow import Fetched
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, heading, note, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Handler, Ui, guarded
from field_app.theme import Width
from shared_models.insight import GREY_BELOW, FusedSource, RateCell, Rates, SourceConflict, WeakItem
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES

MONTHS = 12
"""The trend looks back over so many months."""


@screen
def WeakItemScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Reads the item of the route."""
    at = ft.use_route_params()
    month, dealer_id, item_id = at.get("month", ""), at.get("dealer_id", ""), at.get("item_id", "")

    async def read(first: Callable[[Fetched[WeakItem]], None]) -> Fetched[WeakItem]:
        return await fresh(
            first, lambda kept: weak_item(ui.work.insight, month, dealer_id, item_id, kept_first=kept)
        )

    got = use_reading(ui, read, month, dealer_id, item_id)
    back = ui.going("/weak")
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        bar = title_bar(ui, ui.t("desk.weak.item_title"), back=back)
        return framed(ui, "weak", bar, stand_in or text(ui, ""))
    weak = got.value.value
    bar = title_bar(
        ui,
        item_name(ui, weak),
        under=f"{dealer_name(ui, weak)} · {weak.dealer_code} · {weak.month}",
        back=back,
    )
    return framed(ui, "weak", bar, _body(ui, got.value))


def _body(ui: Ui, got: Fetched[WeakItem]) -> ft.Control:
    weak = got.value
    finding: list[ft.Control] = [*age_note(ui, got), _finding(ui, weak)]
    finding += [
        conflict_card(ui, place, one, _review(ui, weak, one)) for place, one in enumerate(weak.conflicts)
    ]
    finding += [_sources(ui, weak), Trend(ui, weak)]
    falling = decline_card(ui, weak)
    if falling is not None:
        finding.append(falling)
    months = tuple(point.month for point in reversed(weak.trend))
    sources = tuple(cell.source for cell in weak.by_source if cell.source is not None)
    evidence = card(EvidenceList(ui, weak.dealer_id, weak.item_id, months, sources))
    if ui.look.width is not Width.DESK:
        return column(*finding, evidence)
    left = ft.ListView(finding, spacing=theme.GAP, padding=theme.ROOM, expand=True)
    right = ft.ListView(
        [evidence], padding=ft.Padding(right=theme.ROOM, top=theme.ROOM, bottom=theme.ROOM), expand=True
    )
    return ft.Row(
        [ft.Container(left, expand=1), ft.Container(right, expand=1)],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _finding(ui: Ui, weak: WeakItem) -> ft.Control:
    fused = weak.fused
    parts: list[ft.Control] = [
        ft.Row(
            [
                level_tag(ui, weak),
                tag(ui, ui.t(f"checklists.stage.{weak.stage.value}")),
                tag(
                    ui,
                    ui.t("desk.weak.priority", value=number_text(weak.priority)),
                    "accent",
                    ft.Icons.FLAG_OUTLINED,
                ),
            ],
            spacing=6,
            run_spacing=6,
            wrap=True,
        ),
        fused_block(ui, weak, fused) if fused else rate_block(ui, weak.merged, weak.target),
        *reasons(ui, weak),
        *(explanation(ui, weak, fused) if fused else []),
    ]
    if fused is None and weak.merged.small:
        parts.append(note(ui, ui.t("desk.weak.few_hint"), icon=ft.Icons.HELP_OUTLINE))
    row: list[ft.Control] = []
    if weak.running_plan_id:
        parts.append(note(ui, ui.t("desk.weak.in_plan_hint"), "accent", ft.Icons.ASSIGNMENT_OUTLINED))
        row.append(
            button(
                ui,
                ui.t("desk.weak.open_plan"),
                "weak-open-plan",
                ui.going(plan_route(weak.running_plan_id)),
                look="main",
                icon=ft.Icons.ASSIGNMENT_OUTLINED,
            )
        )
    row.append(
        button(
            ui,
            ui.t("desk.weak.plan"),
            "weak-plan",
            ui.on(make_plan, ui, (weak,)),
            look="plain" if weak.running_plan_id else "main",
            icon=ft.Icons.EDIT_NOTE,
        )
    )
    parts.append(ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True))
    return card(*parts)


@guarded
def Trend(ui: Ui, weak: WeakItem) -> ft.Control:  # noqa: N802
    """The last months as a picture; the figures behind it are one tap away."""
    as_table, set_table = use_value(False)

    async def read(first: Callable[[Fetched[Rates]], None]) -> Fetched[Rates]:
        query = {"dealer_id": weak.dealer_id, "item_id": weak.item_id, "month": weak.month, "months": MONTHS}
        return await fresh(first, lambda kept: ui.work.insight.rates(kept_first=kept, **query))

    got = use_reading(ui, read, weak.dealer_id, weak.item_id, weak.month)
    cells = _merged(got.value.value) if got.value else ()
    if not cells:
        # offline without a copy of the long trend: the months that came with the item itself
        cells = tuple(point.merged for point in weak.trend)
    flip = button(
        ui,
        ui.t("desk.trend.as_chart" if as_table else "desk.trend.as_table"),
        "trend-flip",
        ui.on(lambda: set_table(not as_table)),
        look="quiet",
        icon=ft.Icons.SHOW_CHART if as_table else ft.Icons.TABLE_ROWS_OUTLINED,
    )
    head = ft.Row(
        [ft.Container(heading(ui, ui.t("desk.trend.title")), expand=True), flip],
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    body = trend_table(ui, cells) if as_table else trend_chart(ui, cells, weak.target)
    return card(head, body, text(ui, ui.t("desk.trend.explained"), "caption", theme.MUTED))


def _merged(rates: Rates) -> tuple[RateCell, ...]:
    cells = [cell for cell in rates.cells if cell.source is None and cell.rate is not None]
    return tuple(sorted(cells, key=lambda cell: cell.month))


def _review(ui: Ui, weak: WeakItem, one: SourceConflict) -> Handler | None:
    """Desks may say that they have looked into it."""
    if not ui.work.access.has(*DESK_ROLES):
        return None

    async def send() -> None:
        await ui.work.insight.review(weak.dealer_id, one.source.value, weak.month)
        ui.go("/weak")

    return ui.on(send)


def _sources(ui: Ui, weak: WeakItem) -> ft.Control:
    rows: list[ft.Control] = [heading(ui, ui.t("desk.sources.title"))]
    if weak.fused is not None:
        window = ui.t("insight.sources.window", months=months_text(weak.fused.months))
        rows.append(text(ui, window, "caption", theme.MUTED))
        rows += [_source(ui, _as_cell(weak, one), weak.target) for one in weak.fused.sources]
        rows.append(text(ui, ui.t("desk.sources.explained"), "caption", theme.MUTED))
        rows.append(text(ui, ui.t("insight.conflict.none_hint"), "caption", theme.MUTED))
        return card(*rows)
    rows += [_source(ui, cell, weak.target) for cell in weak.by_source]
    if weak.merged.equal_source_rate is not None and len(weak.by_source) > 1:
        words = ui.t("desk.sources.equal", rate=number_text(weak.merged.equal_source_rate))
        rows.append(text(ui, words, "caption", theme.MUTED))
    rows.append(text(ui, ui.t("desk.sources.explained"), "caption", theme.MUTED))
    return card(*rows)


def _as_cell(weak: WeakItem, one: FusedSource) -> RateCell:
    """A source's counts of the whole window, to be shown as any rate."""
    return weak.merged.model_copy(
        update={
            "source": one.source,
            "executed": one.executed,
            "applicable": one.applicable,
            "rate": one.rate,
            "low": one.low,
            "high": one.high,
            "small": one.applicable < GREY_BELOW,
        }
    )


def _source(ui: Ui, cell: RateCell, target: float) -> ft.Control:
    name = ui.t(f"checklists.source.{cell.source.value}") if cell.source else ui.t("desk.source.all")
    words: Sequence[ft.Control] = [
        ft.Row(
            [
                ft.Container(text(ui, name, "body"), expand=True),
                text(ui, percent(cell.rate), "strong", rate_tone(cell, target)),
            ]
        ),
        interval_bar(cell, target, height=8),
        text(ui, rate_words(ui, cell), "caption", theme.MUTED),
    ]
    return ft.Semantics(
        content=ft.Column(
            list(words), spacing=2, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
        ),
        container=True,
    )
