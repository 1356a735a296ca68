"""The parts screens are made of. Every control in use has a stable identifier and a spoken label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import flet as ft

from field_app import theme
from field_app.shell.ui import Handler, Ui
from field_app.theme import Kind

Tone = Literal["plain", "accent", "good", "warn", "bad"]
_TONES: dict[Tone, tuple[str, str]] = {
    "plain": (theme.SUNKEN, theme.MUTED),
    "accent": (theme.ACCENT_SOFT, theme.ON_ACCENT_SOFT),
    "good": (theme.GOOD_SOFT, theme.ON_GOOD_SOFT),
    "warn": (theme.WARN_SOFT, theme.ON_WARN_SOFT),
    "bad": (theme.BAD_SOFT, theme.ON_BAD_SOFT),
}


_OVERLAY = {
    ft.ControlState.HOVERED: ft.Colors.with_opacity(0.04, theme.INK),
    ft.ControlState.FOCUSED: ft.Colors.with_opacity(0.08, theme.ACCENT),
    ft.ControlState.PRESSED: ft.Colors.with_opacity(0.12, theme.ACCENT),
}
"""What a button under the pointer, the keyboard or the finger shows over its own colour."""


def text(ui: Ui, value: str, kind: Kind = "body", color: str = theme.INK, **more: Any) -> ft.Text:
    """Text of one of the app's sizes."""
    return ft.Text(value, style=ui.look.style(kind, color), **more)


def named(
    control: ft.Control, identifier: str, label: str | None = None, expand: bool | int = False, **more: Any
) -> ft.Semantics:
    """A control with the identifier that tests and assistive technology find it by, and its spoken label."""
    return ft.Semantics(content=control, identifier=identifier, label=label, expand=expand or None, **more)


def heading(ui: Ui, value: str, kind: Kind = "heading", **more: Any) -> ft.Semantics:
    """A heading, also for those who jump from heading to heading; ``more`` goes to its text."""
    level = 1 if kind in {"display", "title"} else 2
    expand = more.pop("expand", None)
    return ft.Semantics(
        content=text(ui, value, kind, **more), heading_level=level, container=True, expand=expand
    )


def card(
    *controls: ft.Control, padding: ft.PaddingValue = theme.ROOM, spacing: int = theme.NEAR, **more: Any
) -> ft.Container:
    """A card: content on a raised ground with a hairline."""
    return ft.Container(
        ft.Column(
            list(controls),
            spacing=spacing,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        bgcolor=theme.CARD,
        border=ft.Border.all(1, theme.LINE),
        border_radius=theme.ROUND,
        padding=padding,
        **more,
    )


def tag(ui: Ui, value: str, tone: Tone = "plain", icon: ft.IconData | None = None) -> ft.Container:
    """A short mark: a state, a kind, a count."""
    ground, ink = _TONES[tone]
    inside: ft.Control = text(ui, value, "caption", ink)
    if icon is not None:
        mark = ft.Icon(icon, size=ui.look.size("caption") + 2, color=ink)
        label = text(ui, value, "caption", ink, expand=True, expand_loose=True)
        inside = ft.Row([mark, label], spacing=theme.TIGHT, tight=True)
    return ft.Container(
        inside,
        bgcolor=ground,
        border_radius=6,
        padding=ft.Padding.symmetric(horizontal=8, vertical=3),
    )


def note(ui: Ui, value: str, tone: Tone = "plain", icon: ft.IconData | None = None) -> ft.Container:
    """A sentence that stands out by its ground: a hint, a warning, a state."""
    ground, ink = _TONES[tone]
    row: list[ft.Control] = [ft.Text(value, style=ui.look.style("small", ink), expand=True)]
    if icon is not None:
        row.insert(0, ft.Icon(icon, size=ui.look.icon, color=ink))
    return ft.Container(
        ft.Row(row, spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.START),
        bgcolor=ground,
        border_radius=theme.ROUND,
        padding=theme.GAP,
    )


def button(
    ui: Ui,
    label: str,
    identifier: str,
    on_click: Handler | None,
    *,
    look: Literal["main", "plain", "quiet", "danger"] = "plain",
    icon: ft.IconData | None = None,
    expand: bool | int = False,
    disabled: bool = False,
    spoken: str | None = None,
    action: Any = None,
    small: bool = False,
) -> ft.Semantics:
    """A button at least as high as a finger; ``spoken`` says more where the visible label is short."""
    kind: Kind = "small" if small else "strong"
    above = max(6.0, (theme.TOUCH - ui.look.size(kind) * 1.45) / 2)
    content = ft.Text(label, style=ui.look.style(kind), text_align=ft.TextAlign.CENTER)
    shared: dict[str, Any] = {
        "content": content,
        "icon": None if icon is None else ft.Icon(icon, size=ui.look.icon - (2 if small else 0)),
        "on_click": on_click,
        "disabled": disabled,
        "action": action,
        "expand": True if expand else None,
        "style": ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=6 if small else 14, vertical=above),
            overlay_color=_OVERLAY,
        ),
    }
    if look == "main":
        shared["style"].bgcolor = {
            ft.ControlState.DISABLED: theme.RAISED,
            ft.ControlState.DEFAULT: theme.ACCENT,
        }
        shared["style"].color = {
            ft.ControlState.DISABLED: theme.MUTED,
            ft.ControlState.DEFAULT: theme.ON_ACCENT,
        }
        control: ft.Control = ft.FilledButton(**shared)
    elif look == "quiet":
        control = ft.TextButton(**shared)
    else:
        style = shared["style"]
        style.color = theme.BAD if look == "danger" else theme.INK
        style.side = ft.BorderSide(1, theme.BAD if look == "danger" else theme.EDGE)
        control = ft.OutlinedButton(**shared)
    inner: ft.Control = ft.Row([control], spacing=0) if expand else control
    return named(inner, identifier, spoken or label, expand=expand, button=True)


def icon_button(
    ui: Ui,
    icon: ft.IconData,
    label: str,
    identifier: str,
    on_click: Handler | None,
    *,
    color: str = theme.INK,
    disabled: bool = False,
) -> ft.Semantics:
    """A button with a picture only; its label is spoken and shown on hover."""
    side = max(theme.TOUCH, 20 + ui.look.icon)
    control = ft.IconButton(
        icon=icon,
        icon_size=ui.look.icon + 4,
        icon_color=color,
        tooltip=label,
        on_click=on_click,
        disabled=disabled,
        width=side,
        height=side,
    )
    return named(control, identifier, label, button=True)


def choice(
    ui: Ui,
    label: str,
    identifier: str,
    on_click: Handler | None,
    *,
    chosen: bool,
    tone: Tone = "accent",
    spoken: str | None = None,
    expand: bool = True,
    width: float | None = None,
    multiple: bool = False,
    align_start: bool = False,
    disabled: bool = False,
) -> ft.Semantics:
    """One of several answers as a large touch target; the chosen one is filled and marked by a tick."""
    ground, ink = _TONES[tone] if chosen else (theme.CARD, theme.INK)
    edge = {"good": theme.GOOD, "warn": theme.WARN, "bad": theme.BAD}.get(tone, theme.ACCENT)
    row: list[ft.Control] = []
    if multiple:
        mark = ft.Icons.CHECK_BOX if chosen else ft.Icons.CHECK_BOX_OUTLINE_BLANK
        row.append(ft.Icon(mark, size=ui.look.icon, color=edge if chosen else theme.EDGE))
    elif align_start:
        mark = ft.Icons.RADIO_BUTTON_CHECKED if chosen else ft.Icons.RADIO_BUTTON_UNCHECKED
        row.append(ft.Icon(mark, size=ui.look.icon, color=edge if chosen else theme.EDGE))
    align = ft.TextAlign.START if align_start else ft.TextAlign.CENTER
    style = ui.look.style("strong" if chosen else "body", ink)
    words = ft.Text(label, style=style, text_align=align, expand=True if align_start else None)
    row.append(words)
    plain = len(row) == 1  # most of a checklist's choices: fewer controls to build
    control = ft.OutlinedButton(
        content=ft.Row(
            row,
            spacing=theme.NEAR,
            tight=not align_start,
            alignment=ft.MainAxisAlignment.START if align_start else ft.MainAxisAlignment.CENTER,
        )
        if not plain
        else words,
        on_click=on_click,
        disabled=disabled,
        width=width,
        expand=True if expand and not plain else None,
        style=ft.ButtonStyle(
            bgcolor=ground,
            color=ink,
            side=ft.BorderSide(2 if chosen else 1, edge if chosen else theme.LINE),
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(
                horizontal=theme.NEAR if not align_start else theme.GAP, vertical=13
            ),
            animation_duration=0,
            overlay_color=_OVERLAY,
        ),
    )
    inner: ft.Control = ft.Row([control], spacing=0) if expand and not plain else control
    return named(
        inner,
        identifier,
        spoken or label,
        expand=expand,
        button=True,
        selected=chosen,
        checked=chosen if multiple else None,
    )


def abreast(ui: Ui, choices: Sequence[ft.Semantics], spacing: int = theme.NEAR) -> ft.Control:
    """Choices beside each other, or one below the other where large text on a small screen leaves no room."""
    if not ui.look.cramped:
        return ft.Row(list(choices), spacing=spacing)
    for one in choices:
        one.expand = None
    stretch = ft.CrossAxisAlignment.STRETCH
    return ft.Column(list(choices), spacing=spacing, tight=True, horizontal_alignment=stretch)


def text_field(
    ui: Ui, label: str, identifier: str, value: str = "", *, expand: bool | int = False, **more: Any
) -> ft.Semantics:
    """A labelled text field."""
    control = ft.TextField(
        value=value,
        label=label,
        text_style=ui.look.style("body", theme.INK),
        label_style=ui.look.style("small", theme.MUTED),
        border_color=theme.EDGE,
        focused_border_color=theme.ACCENT,
        focused_border_width=2,
        border_radius=theme.ROUND,
        content_padding=ft.Padding.symmetric(horizontal=14, vertical=14),
        error_style=ui.look.style("small", theme.BAD),
        helper_style=ui.look.style("caption", theme.MUTED),
        **more,
    )
    return named(control, identifier, label, expand=expand)


def complain(field: ft.Semantics, words: str) -> None:
    """Say at a text field of an open dialog what is wrong: a notice would lie under the dialog's shade."""
    control = field.content
    if isinstance(control, ft.TextField):
        control.error = words
        control.update()


def empty(ui: Ui, title: str, body: str, icon: ft.IconData) -> ft.Container:
    """What a screen says when there is nothing to show, and what will bring something here."""
    return ft.Container(
        ft.Column(
            [
                ft.Icon(icon, size=40, color=theme.MUTED),
                text(ui, title, "strong", text_align=ft.TextAlign.CENTER),
                text(ui, body, "small", theme.MUTED, text_align=ft.TextAlign.CENTER),
            ],
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            spacing=theme.NEAR,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=theme.WIDE, vertical=40),
        alignment=ft.Alignment.CENTER,
    )


def busy(ui: Ui, words: str = "") -> ft.Container:
    """Something is being read; ``words`` say what, where it may take longer."""
    ring: ft.Control = ft.Semantics(
        content=ft.ProgressRing(width=32, height=32, stroke_width=3, color=theme.ACCENT),
        label=words or ui.t("shell.loading"),
        identifier="loading",
    )
    if words:
        ring = ft.Column(
            [ring, text(ui, words, "small", theme.MUTED)],
            spacing=theme.GAP,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )
    return ft.Container(
        ring,
        alignment=ft.Alignment.CENTER,
        padding=40,
        expand=True,
    )


def facts(ui: Ui, rows: Sequence[tuple[str, str]]) -> ft.Column:
    """Names with their values, one below the other; the value wraps and can be selected.

    A browser takes a selectable text for a field and says nothing of what stands in it, so each row is read
    out as a whole.
    """
    return ft.Column(
        [
            ft.Semantics(
                content=ft.ResponsiveRow(
                    [
                        text(ui, name, "small", theme.MUTED, col={"xs": 12, "sm": 4}),
                        text(ui, value, "small", col={"xs": 12, "sm": 8}, selectable=True),
                    ],
                    spacing=theme.NEAR,
                    run_spacing=0,
                ),
                label=f"{name} {value}",
                container=True,
                exclude_semantics=True,
            )
            for name, value in rows
        ],
        spacing=theme.NEAR,
        tight=True,
    )
