"""The frame around every screen: title bar, navigation at the side or the bottom, room for the content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, cast

import flet as ft

from field_app import theme
from field_app.shell.navigation import Destination
from field_app.shell.parts import heading, icon_button, named, text
from field_app.shell.ui import FAILURE, Handler, Ui, failure_panel, log
from field_app.theme import Width
from shared_models.problems import Code, Problem

BAR_PLACES = 5
"""As many places as fit across a phone; with more, the last one opens the rest."""


def screen(draw: Callable[..., ft.View]) -> Callable[..., ft.Control]:
    """Make a routed screen of a function ``draw(ui) -> View``; a failure becomes a page in words."""

    @wraps(draw)
    def body(*args: Any, **kwargs: Any) -> Any:
        try:
            return draw(*args, **kwargs)
        except Exception as fault:  # noqa: BLE001  an exception here would end Flet's scheduler
            log.exception("could not draw %s", draw.__name__)
            problem = fault if isinstance(fault, Problem) else Problem(Code.APP_FAILED)
            return bare(ft.use_view_path(), failure_panel(cast(Ui, args[0]), problem))

    return ft.component(body)


def bare(route: str, *controls: ft.Control) -> ft.View:
    """A view without navigation."""
    return ft.View(
        route=route,
        controls=[ft.SafeArea(ft.Column(list(controls), expand=True, spacing=0), expand=True)],
        padding=0,
        spacing=0,
        bgcolor=theme.GROUND,
    )


def title_bar(
    ui: Ui,
    title: str,
    *,
    back: Handler | None = None,
    actions: Sequence[ft.Control] = (),
    under: str = "",
    lines: int = 2,
) -> ft.Control:
    """The bar on top: the way back, the title with a line under it, actions at the end."""
    kind = "heading" if ui.look.phone else "title"
    lines = min(lines, 1) if ui.look.cramped and actions else lines  # actions leave too little for words
    words: list[ft.Control] = [heading(ui, title, kind, max_lines=lines, overflow=ft.TextOverflow.ELLIPSIS)]
    if under and not ui.look.cramped:
        words.append(text(ui, under, "caption", theme.MUTED, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS))
    row: list[ft.Control] = [ft.Column(words, spacing=0, tight=True, expand=True), *actions]
    row.append(ft.Container(width=0, height=theme.TOUCH))  # as high with actions as without
    if back is not None:
        row.insert(0, icon_button(ui, ft.Icons.ARROW_BACK, ui.t("shell.back"), "back", back))
    return ft.Container(
        ft.Row(row, spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        bgcolor=theme.CARD,
        border=ft.Border(bottom=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(
            left=theme.NEAR if back is not None else theme.ROOM,
            right=theme.NEAR,
            top=theme.NEAR,
            bottom=theme.NEAR,
        ),
    )


def framed(
    ui: Ui,
    active: str,
    bar: ft.Control,
    content: ft.Control,
    *,
    bottom: ft.Control | None = None,
    narrow: bool = False,
) -> ft.View:
    """A whole screen: side navigation where there is room, bottom navigation on phones.

    ``bottom`` takes the place of the bottom navigation on phones (a screen's own action bar); ``narrow``
    keeps the side navigation small, for screens with two panes of their own.
    """
    places = ui.places
    if content.data == FAILURE:  # as high as its words, not a page of red
        content = ft.Column([content], horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    main = ft.Column([bar, ft.Container(content, expand=True)], spacing=0, expand=True)
    if ui.look.phone:
        rows: list[ft.Control] = [main, bottom if bottom is not None else _bottom_bar(ui, active, places)]
        return bare(ft.use_view_path(), *rows)
    if bottom is not None:
        main.controls.append(bottom)
    across = ft.Row(
        [_side_bar(ui, active, places, narrow), main],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    return bare(ft.use_view_path(), across)


def column(*controls: ft.Control, width: int = theme.READING, spacing: int = theme.GAP) -> ft.Control:
    """A scrolling column no wider than reads well, in the middle of the room there is."""
    return ft.ListView(
        [
            ft.Container(
                ft.Container(control, width=width, align=ft.Alignment.TOP_CENTER),
                alignment=ft.Alignment.TOP_CENTER,
            )
            for control in controls
        ],
        spacing=spacing,
        padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.ROOM),
        expand=True,
    )


def bottom_actions(*controls: ft.Control) -> ft.Control:
    """A bar of actions at the bottom edge, where the thumb is."""
    return ft.Container(
        ft.Row(list(controls), spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        bgcolor=theme.CARD,
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=theme.NEAR),
    )


def _place(
    ui: Ui, place: Destination, chosen: bool, *, wide: bool, on_click: Handler | None = None
) -> ft.Control:
    label = ui.t(f"shell.nav.{place.key}")
    ink = theme.ON_ACCENT_SOFT if chosen else theme.MUTED
    icon = ft.Icon(place.icon_chosen if chosen else place.icon, size=24, color=ink)
    style = replace(ui.look, scale=min(ui.look.scale, 1.3)).style("small" if wide else "caption", ink)
    words = ft.Text(label, style=style, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS)
    inside: ft.Control = (
        ft.Row([icon, words], spacing=theme.GAP)
        if wide
        else ft.Column(
            [icon, words], spacing=2, tight=True, horizontal_alignment=ft.CrossAxisAlignment.CENTER
        )
    )
    control = ft.TextButton(
        content=inside,
        on_click=on_click or ui.going(place.route),
        style=ft.ButtonStyle(
            bgcolor=theme.ACCENT_SOFT if chosen else ft.Colors.TRANSPARENT,
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(
                horizontal=theme.GAP if wide else 2, vertical=theme.GAP if wide else 6
            ),
        ),
        expand=True,
    )
    return named(
        ft.Row([control], spacing=0), f"nav-{place.key}", label, expand=not wide, button=True, selected=chosen
    )


def _side_bar(ui: Ui, active: str, places: Sequence[Destination], narrow: bool) -> ft.Control:
    wide = ui.look.width is Width.DESK and not narrow
    brand = text(ui, ui.t("shell.product"), "heading" if wide else "strong", theme.ACCENT)
    return ft.Container(
        ft.Column(
            [
                ft.Container(brand, padding=ft.Padding(left=theme.GAP, top=theme.NEAR, bottom=theme.GAP)),
                *(
                    ft.Row([_place(ui, one, one.key == active, wide=True)], spacing=0)
                    if not wide
                    else _place(ui, one, one.key == active, wide=True)
                    for one in places
                ),
            ]
            if wide
            else [
                ft.Container(
                    brand, alignment=ft.Alignment.CENTER, padding=ft.Padding.symmetric(vertical=theme.NEAR)
                ),
                *(ft.Row([_place(ui, one, one.key == active, wide=False)], spacing=0) for one in places),
            ],
            spacing=theme.TIGHT,
            scroll=ft.ScrollMode.AUTO,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        width=208 * max(1, ui.look.scale * 0.8) if wide else 92 * max(1, ui.look.scale * 0.9),
        bgcolor=theme.CARD,
        border=ft.Border(right=ft.BorderSide(1, theme.LINE)),
        padding=theme.NEAR,
    )


def _bottom_bar(ui: Ui, active: str, places: Sequence[Destination]) -> ft.Control:
    shown = places if len(places) <= BAR_PLACES else places[: BAR_PLACES - 1]
    rest = places[len(shown) :]
    row = [_place(ui, one, one.key == active, wide=False) for one in shown]
    if rest:
        more = Destination("more", "", "", ft.Icons.MENU, ft.Icons.MENU, frozenset())
        chosen = any(one.key == active for one in rest)
        row.append(_place(ui, more, chosen, wide=False, on_click=ui.on(_show_rest, ui, active, rest)))
    return ft.Container(
        ft.Row(row, spacing=2, vertical_alignment=ft.CrossAxisAlignment.CENTER),
        bgcolor=theme.CARD,
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding.symmetric(horizontal=theme.TIGHT, vertical=theme.TIGHT),
    )


def _show_rest(ui: Ui, active: str, rest: Sequence[Destination]) -> None:
    def leave(place: Destination) -> None:
        ui.page.pop_dialog()
        ui.go(place.route)

    ui.page.show_dialog(
        ft.BottomSheet(
            ft.Container(
                ft.Column(
                    [
                        _place(ui, one, one.key == active, wide=True, on_click=ui.on(leave, one))
                        for one in rest
                    ],
                    tight=True,
                    spacing=theme.TIGHT,
                ),
                padding=theme.ROOM,
            ),
            show_drag_handle=True,
            bgcolor=theme.CARD,
        )
    )
