"""Weak items of a month, the most urgent first; several of one dealer go into a plan together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.desk.filters import use_filters
from field_app.insight.network import dealers
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.fused import months_text
from field_app.insight.widgets.plan_maker import make_plan
from field_app.insight.widgets.weak_card import dealer_name, weak_card, weak_key, weak_route
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import bottom_actions, column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, empty, note, text
from field_app.shell.reading import Reading, fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Stage
from shared_models.insight import InsightMonths, WeakItem, WeakItems

LEVELS = ("listed", "watch")
PAGE = 40
"""So many items are drawn at once."""


@dataclass(frozen=True)
class _Wanted:
    month: str = ""
    """"" for the newest."""
    dealer: str = ""
    stage: str = ""
    level: str = ""
    """"" for both."""
    shown: int = PAGE


def _no_keys() -> tuple[str, ...]:
    return ()


@screen
def WeakScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Month, dealer and stage narrow the list; the server narrows by month and dealer."""
    wanted, want = use_filters(ui, "/weak", _Wanted())
    picked, set_picked = use_value(_no_keys())
    insight = ui.work.insight

    async def read_months(first: Callable[[Fetched[InsightMonths]], None]) -> Fetched[InsightMonths]:
        return await fresh(first, lambda kept: insight.months(kept_first=kept))

    async def read_items(first: Callable[[Fetched[WeakItems]], None]) -> Fetched[WeakItems]:
        query = {"dealer_id": wanted.dealer} if wanted.dealer else {}
        month = wanted.month or None
        return await fresh(first, lambda kept: insight.weak_items(month, kept_first=kept, **query))

    months = use_reading(ui, read_months)
    items = use_reading(ui, read_items, wanted.month, wanted.dealer)
    found = _found(items, wanted)
    chosen = [weak for weak in found if weak_key(weak) in picked]

    def pick(weak: WeakItem) -> None:
        key = weak_key(weak)
        set_picked(tuple(one for one in picked if one != key) if key in picked else (*picked, key))

    def change(**values: object) -> None:
        set_picked(())
        want(replace(wanted, shown=PAGE, **values))  # type: ignore[arg-type]

    def more() -> None:
        want(replace(wanted, shown=wanted.shown + PAGE))

    rows: list[ft.Control] = [_filters(ui, wanted, months, items, change)]
    rows += _list(ui, wanted, items, found, tuple(weak_key(one) for one in chosen), pick, more)
    bar = title_bar(
        ui, ui.t("desk.weak.title"), under=_under(ui, items), actions=[SyncChip(ui, brief=ui.look.phone)]
    )
    bottom = _plan_bar(ui, chosen, lambda: set_picked(())) if chosen else None
    return framed(ui, "weak", bar, column(*rows, width=theme.READING + 240), bottom=bottom)


def _found(items: Reading[Fetched[WeakItems]], wanted: _Wanted) -> list[WeakItem]:
    if items.value is None:
        return []
    return [
        weak
        for weak in items.value.value.items
        if wanted.stage in ("", weak.stage.value) and wanted.level in ("", weak.level)
    ]


def _under(ui: Ui, items: Reading[Fetched[WeakItems]]) -> str:
    if items.value is None:
        return "…"
    got = items.value.value
    key = "insight.weak.counts" if got.final else "insight.weak.counts_open"
    return ui.t(key, month=got.month, listed=got.listed, watch=got.total - got.listed, cells=got.cells)


def _filters(
    ui: Ui,
    wanted: _Wanted,
    months: Reading[Fetched[InsightMonths]],
    items: Reading[Fetched[WeakItems]],
    change: Callable[..., None],
) -> ft.Control:
    known = months.value.value.months if months.value else ()
    shown = items.value.value.month if items.value else wanted.month
    month_options = [
        Option(one.month, one.month, ui.t("desk.month.observations", count=one.observations)) for one in known
    ]
    places = dealers(ui.work.store)
    dealer_options = [Option("", ui.t("desk.dealer.all"))] + [
        Option(
            one.id,
            one.name.text(ui.language),
            " · ".join(p for p in (one.code, one.city.text(ui.language) if one.city else "") if p),
        )
        for one in places
    ]
    present = {weak.stage for weak in items.value.value.items} if items.value else set()
    stage_options = [Option("", ui.t("desk.stage.all"))] + [
        Option(stage.value, ui.t(f"checklists.stage.{stage.value}"))
        for stage in Stage
        if stage in present or stage.value == wanted.stage
    ]
    level_options = [Option("", ui.t("insight.level.all"))] + [
        Option(level, ui.t(f"insight.level.{level}")) for level in LEVELS
    ]
    return ft.Row(
        [
            choose_button(
                ui, ui.t("desk.month.label"), "weak-month", month_options, shown,
                lambda key: change(month=key), icon=ft.Icons.CALENDAR_MONTH_OUTLINED, hint=shown,
            ),
            choose_button(
                ui, ui.t("desk.dealer.label"), "weak-dealer", dealer_options, wanted.dealer,
                lambda key: change(dealer=key), icon=ft.Icons.STOREFRONT,
            ),
            choose_button(
                ui, ui.t("insight.level.label"), "weak-level", level_options, wanted.level,
                lambda key: change(level=key), icon=ft.Icons.FLAG_OUTLINED,
            ),
            choose_button(
                ui, ui.t("desk.stage.label"), "weak-stage", stage_options, wanted.stage,
                lambda key: change(stage=key), icon=ft.Icons.ROUTE_OUTLINED,
            ),
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )  # fmt: skip


def _list(
    ui: Ui,
    wanted: _Wanted,
    items: Reading[Fetched[WeakItems]],
    found: Sequence[WeakItem],
    picked: tuple[str, ...],
    pick: Callable[[WeakItem], None],
    more: Callable[[], None],
) -> list[ft.Control]:
    stand_in = items.stand_in(ui)
    if stand_in is not None or items.value is None:
        return [stand_in or busy(ui)]
    if not found:
        narrowed = wanted.dealer or wanted.stage or wanted.level
        said = "desk.weak.none_here" if narrowed else "desk.weak.none"
        return [
            *age_note(ui, items.value),
            empty(ui, ui.t(said), ui.t("desk.weak.none_hint"), ft.Icons.VERIFIED_OUTLINED),
        ]
    dealer = next((weak.dealer_id for weak in found if weak_key(weak) in picked), "")
    rows: list[ft.Control] = [*age_note(ui, items.value)]
    if not items.value.value.final:
        rows.append(note(ui, ui.t("desk.weak.not_final"), icon=ft.Icons.HOURGLASS_BOTTOM))
    rows += [
        weak_card(
            ui,
            place,
            weak,
            picked=weak_key(weak) in picked,
            pick=ui.on(pick, weak) if not dealer or weak.dealer_id == dealer else None,
            open_it=ui.going(weak_route(weak)),
        )
        for place, weak in enumerate(found[: wanted.shown])
    ]
    if len(found) > wanted.shown:
        label = ui.t("desk.more", count=len(found) - wanted.shown)
        rows.append(ft.Row([button(ui, label, "weak-more", ui.on(more), expand=True)]))
    elif items.value.value.total > len(items.value.value.items):
        rows.append(text(ui, ui.t("desk.weak.cut", count=items.value.value.total), "small", theme.MUTED))
    rows.append(text(ui, cut_words(ui, items.value.value), "caption", theme.MUTED))
    return rows


def cut_words(ui: Ui, items: WeakItems) -> str:
    """From which state of the data and with which parameters the list was computed."""
    fused = next((one.fused for one in items.items if one.fused is not None), None)
    months = months_text(fused.months) if fused else items.month
    return ui.t("insight.fused.cut", cut=items.data_cut, digest=items.parameters.digest[:8], months=months)


def _plan_bar(ui: Ui, chosen: Sequence[WeakItem], drop: Callable[[], None]) -> ft.Control:
    words = ui.t("desk.weak.picked", count=len(chosen), dealer=dealer_name(ui, chosen[0]))
    return bottom_actions(
        ft.Container(text(ui, words, "small", max_lines=2, overflow=ft.TextOverflow.ELLIPSIS), expand=True),
        button(ui, ui.t("desk.weak.drop"), "weak-drop", ui.on(drop), look="quiet"),
        button(
            ui,
            ui.t("desk.weak.plan"),
            "weak-plan",
            ui.on(make_plan, ui, tuple(chosen)),
            look="main",
            icon=ft.Icons.EDIT_NOTE,
        ),
    )
