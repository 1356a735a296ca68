"""Choosing one of many: a button that names the choice and opens the list, with a search where it is long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import flet as ft

from field_app import theme
from field_app.shell.parts import button, choice, named, text, text_field
from field_app.shell.ui import Ui

SEARCH_FROM = 9
"""Lists at least this long get a search field."""
LISTED = 60
"""So many matches are listed; a search narrows the rest."""


@dataclass(frozen=True)
class Option:
    """One thing to choose; ``key`` "" stands for all or none."""

    key: str
    label: str
    under: str = ""
    disabled: bool = False


Pick = Callable[[str], Awaitable[object] | object]


def choose_button(
    ui: Ui,
    label: str,
    identifier: str,
    options: Sequence[Option],
    chosen: str,
    pick: Pick,
    *,
    icon: ft.IconData | None = None,
    expand: bool = False,
    hint: str = "",
    labelled: bool = False,
) -> ft.Control:
    """``label`` says what is chosen (a dealer, a month); the button shows the choice, else ``hint``.

    ``labelled`` puts the label before the choice where the choice alone does not tell (two persons).
    """
    now = next((one for one in options if one.key == chosen), None)
    shown = now.label if now is not None else (hint or label)
    if labelled and now is not None:
        shown = ui.t("desk.choose.labelled", label=label, choice=shown)
    opener = ui.on(_open, ui, label, identifier, options, chosen, pick)
    return button(
        ui,
        shown,
        identifier,
        opener,
        icon=icon or ft.Icons.ARROW_DROP_DOWN,
        spoken=f"{label}: {shown}",
        expand=expand,
    )


def choose(ui: Ui, label: str, identifier: str, options: Sequence[Option], pick: Pick) -> None:
    """Open the list at once, for a button that shows no choice of its own."""
    _open(ui, label, identifier, options, "", pick)


def choose_chips(
    ui: Ui, label: str, identifier: str, options: Sequence[Option], chosen: str, pick: Pick
) -> ft.Control:
    """A few options side by side; on phones, where long names have no room, the button with its list."""
    if ui.look.phone:
        return ft.Row([choose_button(ui, label, identifier, options, chosen, pick, expand=True)])
    return ft.Row(
        [
            choice(
                ui,
                one.label,
                f"{identifier}-{place}",
                ui.on(pick, one.key),
                chosen=one.key == chosen,
                expand=False,
            )
            for place, one in enumerate(options)
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )


def _open(ui: Ui, label: str, identifier: str, options: Sequence[Option], chosen: str, pick: Pick) -> None:
    """The list in a dialog, narrowed by typing. Dialogs stand outside the components: it updates itself."""

    async def take(key: str) -> None:
        ui.page.pop_dialog()
        await ui.attempt(pick, key)

    def rows(sought: str) -> list[ft.Control]:
        words = sought.casefold().split()
        found = [
            one for one in options if all(word in f"{one.label} {one.under}".casefold() for word in words)
        ]
        drawn: list[ft.Control] = [
            _row(ui, f"{identifier}-option-{place}", one, one.key == chosen, take)
            for place, one in enumerate(found[:LISTED])
        ]
        if len(found) > LISTED:
            more = ui.t("desk.choose.more", count=len(found) - LISTED)
            drawn.append(text(ui, more, "small", theme.MUTED))
        if not found:
            drawn.append(text(ui, ui.t("desk.choose.none"), "small", theme.MUTED))
        return drawn

    listed = ft.ListView(rows(""), spacing=2, expand=True)

    def narrow(event: ft.Event[ft.TextField]) -> None:
        listed.controls = rows(event.control.value or "")
        listed.update()

    parts: list[ft.Control] = [listed]
    height = min(440, round((64 * len(options) + 16) * ui.look.scale))
    if len(options) >= SEARCH_FROM:
        search = text_field(
            ui,
            ui.t("desk.choose.search"),
            f"{identifier}-search",
            on_change=ui.on_event(narrow),
            prefix_icon=ft.Icons.SEARCH,
        )
        parts.insert(0, ft.Container(search, padding=ft.Padding(top=theme.NEAR)))
    cancel = button(ui, ui.t("shell.cancel"), f"{identifier}-cancel", ui.on(ui.page.pop_dialog), look="quiet")
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(label),
            content=ft.Container(
                ft.Column(parts, spacing=theme.NEAR, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
                width=520,
                height=max(height, 80),
            ),
            actions=[cancel],
            inset_padding=ft.Padding.all(theme.ROOM),
            content_padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.NEAR),
        )
    )


def _row(
    ui: Ui, identifier: str, one: Option, chosen: bool, take: Callable[[str], Awaitable[None]]
) -> ft.Control:
    ink = theme.MUTED if one.disabled else (theme.ON_ACCENT_SOFT if chosen else theme.INK)
    words: list[ft.Control] = [text(ui, one.label, "strong" if chosen else "body", ink)]
    if one.under:
        words.append(text(ui, one.under, "caption", theme.ON_ACCENT_SOFT if chosen else theme.MUTED))
    row: list[ft.Control] = [ft.Column(words, spacing=0, tight=True, expand=True)]
    if chosen:
        row.append(ft.Icon(ft.Icons.CHECK, size=ui.look.icon, color=theme.ON_ACCENT_SOFT))
    control = ft.TextButton(
        content=ft.Row(row),
        on_click=ui.on(take, one.key),
        disabled=one.disabled,
        expand=True,
        style=ft.ButtonStyle(
            bgcolor=theme.ACCENT_SOFT if chosen else ft.Colors.TRANSPARENT,
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=theme.GAP),
        ),
    )
    spoken = f"{one.label}, {one.under}" if one.under else one.label
    return named(ft.Row([control], spacing=0), identifier, spoken, button=True, selected=chosen)
