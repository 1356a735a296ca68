"""Dealers by their overall rate: a mark for the rate, a band for its interval, places as intervals allow."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import percent, scale_bar
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui
from shared_models.insight.words import number_text
from shared_models.reports import DealerScore


def places_text(ui: Ui, one: DealerScore) -> str:
    """Which places are open to a dealer."""
    if one.best_place is None or one.worst_place is None:
        return ui.t("desk.network.unranked")
    if one.best_place == one.worst_place:
        return ui.t("desk.network.place", place=one.best_place)
    return ui.t("desk.network.places", best=one.best_place, worst=one.worst_place)


def name_of(ui: Ui, one: DealerScore) -> str:
    """A dealer in the language of the screen."""
    return one.dealer.name if ui.t.is_chinese else (one.dealer.name_en or one.dealer.name)


def ranking(ui: Ui, dealers: Sequence[DealerScore], target: float) -> list[ft.Control]:
    """A line per dealer, each leading to its scorecard."""
    return [_line(ui, place, one, target) for place, one in enumerate(dealers)]


def _line(ui: Ui, place: int, one: DealerScore, target: float) -> ft.Control:
    total = one.overall
    known = total.rate is not None and not total.small
    ink = theme.ACCENT if known else theme.MUTED
    said = ui.t(
        "desk.rate.interval",
        low=number_text(total.low),
        high=number_text(total.high),
        count=number_text(total.applicable),
    )
    words = said if known else ui.t("desk.network.too_few")
    control = ft.TextButton(
        content=ft.Column(
            [
                ft.Row(
                    [
                        text(ui, f"{one.dealer.code} {name_of(ui, one)}", "strong", expand=True),
                        text(ui, percent(total.rate) if known else "–", "heading", ink),
                    ],
                    spacing=theme.NEAR,
                ),
                scale_bar(
                    *((total.rate, total.low, total.high) if known else (None, None, None)), target, ink
                ),
                ft.Row(
                    [
                        text(ui, words, "caption", theme.MUTED, expand=True),
                        text(ui, places_text(ui, one), "caption", theme.MUTED),
                    ],
                    spacing=theme.NEAR,
                ),
            ],
            spacing=2,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        on_click=ui.going(f"/overview/dealer/{one.dealer.id}"),
        expand=True,
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.NEAR, vertical=theme.NEAR),
        ),
    )
    spoken = f"{name_of(ui, one)}: {percent(total.rate) if known else '–'}, {words}, {places_text(ui, one)}"
    return named(ft.Row([control], spacing=0), f"rank-{place}", spoken, button=True)


def ranking_table(ui: Ui, dealers: Sequence[DealerScore], compared: str) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table behind the picture; ``compared``: the month of comparison."""
    keys = ("dealer", "overall", "interval", "count", "before", "places", "weak", "plans", "overdue")
    heads = [compared if key == "before" else ui.t(f"desk.network.column.{key}") for key in keys]
    rows = [
        [
            f"{one.dealer.code} {name_of(ui, one)}",
            percent(one.overall.rate),
            f"{number_text(one.overall.low)}–{number_text(one.overall.high)}",
            number_text(one.overall.applicable),
            percent(one.before.rate),
            places_text(ui, one),
            str(one.weak),
            str(one.plans_running),
            str(one.actions_overdue),
        ]
        for one in dealers
    ]
    return heads, rows
