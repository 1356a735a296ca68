"""Where we stand: the scope's rate against another month, its trend, and the items that surely moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.desk.filters import address, use_filters
from field_app.desk.widgets.network_choices import PATH, Wanted
from field_app.desk.widgets.period import period_buttons, region_button
from field_app.insight.widgets.figures import age_note, percent, rate_words
from field_app.insight.widgets.trend_chart import trend_chart, trend_table
from field_app.insight.workflow import Fetched
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, named, note, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from shared_models.insight.words import number_text
from shared_models.reports import Change, ItemChange, Standing


@dataclass(frozen=True)
class Period:
    """What the start page is narrowed to."""

    region: str = ""
    month: str = ""
    compare: str = ""


@guarded
def StandingCard(ui: Ui) -> ft.Control:  # noqa: N802
    """For desks; says nothing where there are no figures yet."""
    wanted, want = use_filters(ui, "/overview", Period())
    as_table, show_table = use_value(False)

    async def read(first: Callable[[Fetched[Standing]], None]) -> Fetched[Standing]:
        asked = (wanted.region or None, wanted.month or None, wanted.compare or None)
        return await fresh(first, lambda kept: ui.work.desk.standing(*asked, kept_first=kept))

    got = use_reading(ui, read, wanted.region, wanted.month, wanted.compare)
    if got.value is None:
        return ft.Container(got.stand_in(ui), visible=bool(wanted.region or wanted.month))
    made = got.value.value

    def pick_region(key: str) -> None:
        want(replace(wanted, region=key))

    def pick_period(month: str, compare: str) -> None:
        want(replace(wanted, month=month, compare=compare))

    filters = [
        *region_button(ui, "standing-region", wanted.region, pick_region),
        *period_buttons(
            ui, "standing", made.months, (made.month, made.compared), (wanted.month, wanted.compare),
            pick_period,
        ),
        choice(ui, ui.t("desk.network.table"), "standing-table", ui.on(show_table, not as_table),
               chosen=as_table, multiple=True, expand=False),
    ]  # fmt: skip
    same = Wanted(region=wanted.region, month=wanted.month, compare=wanted.compare)
    go = ui.going(address(PATH, same, Wanted()))
    label = ui.t("desk.network.open")
    picture = trend_table(ui, made.trend) if as_table else _trend(ui, made)
    return named(
        card(
            heading(ui, ui.t("desk.standing.title", month=made.month)),
            *age_note(ui, got.value),
            ft.Row(filters, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
            _figures(ui, made),
            picture,
            *_moves(ui, "fell", made.fell),
            *_moves(ui, "rose", made.rose),
            *([] if made.fell or made.rose or not made.compared else [_calm(ui, made)]),
            ft.Row([button(ui, label, "overview-network", go, icon=ft.Icons.LEADERBOARD_OUTLINED)]),
        ),
        "standing",
        container=True,
    )


def _trend(ui: Ui, made: Standing) -> ft.Control:
    return trend_chart(ui, made.trend, None, "standing-chart")


def _calm(ui: Ui, made: Standing) -> ft.Control:
    return note(ui, ui.t("desk.standing.calm", month=made.compared), icon=ft.Icons.TRENDING_FLAT)


def _figures(ui: Ui, made: Standing) -> ft.Control:
    now = made.trend[-1] if made.trend else None
    words: list[ft.Control] = [
        text(ui, percent(made.change.after if made.change.after is not None else None), "display"),
        text(ui, rate_words(ui, now) if now else "", "small", theme.MUTED),
    ]
    if made.compared:
        said = change_text(ui, made.change)
        words.append(text(ui, ui.t("desk.standing.against", month=made.compared, change=said), "small"))
    return ft.Column(words, spacing=2, tight=True)


def change_text(ui: Ui, change: Change) -> str:
    """A difference in percentage points with its interval, or that it cannot be told."""
    if change.difference is None:
        return ui.t("desk.standing.unknown")
    key = "desk.standing.same"
    if change.low is not None and change.low > 0:
        key = "desk.standing.up"
    elif change.high is not None and change.high < 0:
        key = "desk.standing.down"
    sign = "+" if change.difference > 0 else ""
    return ui.t(
        key,
        difference=f"{sign}{number_text(change.difference)}",
        low=number_text(change.low),
        high=number_text(change.high),
    )


def _moves(ui: Ui, way: str, items: tuple[ItemChange, ...]) -> list[ft.Control]:
    if not items:
        return []
    icon, ink = (ft.Icons.TRENDING_DOWN, theme.BAD) if way == "fell" else (ft.Icons.TRENDING_UP, theme.GOOD)
    rows: list[ft.Control] = [text(ui, ui.t(f"desk.standing.{way}"), "strong")]
    for place, one in enumerate(items):
        name = one.item.name if ui.t.is_chinese else (one.item.name_en or one.item.name)
        figures = f"{percent(one.change.before)} → {percent(one.change.after)}"
        same = Wanted(view="heat", stage=one.item.stage.value)
        control = ft.TextButton(
            content=ft.Row(
                [
                    ft.Icon(icon, size=ui.look.icon, color=ink),
                    text(ui, name, expand=True),
                    text(ui, figures, "strong"),
                    ft.Icon(ft.Icons.CHEVRON_RIGHT, size=ui.look.icon, color=theme.MUTED),
                ],
                spacing=theme.NEAR,
            ),
            on_click=ui.going(address(PATH, same, Wanted())),
            expand=True,
            style=ft.ButtonStyle(shape=ft.RoundedRectangleBorder(radius=theme.ROUND)),
        )
        rows.append(
            named(ft.Row([control], spacing=0), f"standing-{way}-{place}", f"{name}, {figures}", button=True)
        )
    return rows
