"""The small square that stands for a picture or a recording; a tap on it looks closer."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme

SIDE = 88
"""Side of a small picture in logical pixels."""


def tile(icon: ft.IconData, picture: bytes | None, identifier: str, label: str, on_click: Any) -> ft.Control:
    """The picture, decoded at the size shown; the icon while there is none."""
    face: ft.Control = ft.Icon(icon, size=32, color=theme.MUTED)
    if picture is not None:
        face = ft.Image(
            src=picture,
            width=SIDE,
            height=SIDE,
            fit=ft.BoxFit.COVER,
            cache_width=SIDE * 2,
            gapless_playback=True,
        )
    return ft.Semantics(
        content=ft.Container(
            face,
            width=SIDE,
            height=SIDE,
            bgcolor=theme.SUNKEN,
            border=ft.Border.all(1, theme.LINE),
            border_radius=theme.ROUND,
            clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
            alignment=ft.Alignment.CENTER,
            on_click=on_click,
            ink=True,
        ),
        identifier=identifier,
        label=label,
        button=True,
    )
