"""How the app looks: colours, type sizes, spacing and shapes, light and dark. Nothing else sets them.

Controls name colours by role (``theme.INK``), never by value: a role is a token of the colour scheme, so a
change between light and dark is the client's alone and no screen is rendered again. Success and warning are
carried by roles of the scheme that Material widgets do not use themselves. Every pair of a text colour and a
ground that the app uses reaches WCAG 2.1 AA (4.5:1); tests/unit/ui holds that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import flet as ft

# colours by role
GROUND = ft.Colors.SURFACE
CARD = ft.Colors.SURFACE_CONTAINER_LOWEST
SUNKEN = ft.Colors.SURFACE_CONTAINER
RAISED = ft.Colors.SURFACE_CONTAINER_HIGH
INK = ft.Colors.ON_SURFACE
MUTED = ft.Colors.ON_SURFACE_VARIANT
LINE = ft.Colors.OUTLINE_VARIANT
EDGE = ft.Colors.OUTLINE
ACCENT = ft.Colors.PRIMARY
ON_ACCENT = ft.Colors.ON_PRIMARY
ACCENT_SOFT = ft.Colors.PRIMARY_CONTAINER
ON_ACCENT_SOFT = ft.Colors.ON_PRIMARY_CONTAINER
GOOD = ft.Colors.TERTIARY
ON_GOOD = ft.Colors.ON_TERTIARY
GOOD_SOFT = ft.Colors.TERTIARY_CONTAINER
ON_GOOD_SOFT = ft.Colors.ON_TERTIARY_CONTAINER
WARN = ft.Colors.SECONDARY
ON_WARN = ft.Colors.ON_SECONDARY
WARN_SOFT = ft.Colors.SECONDARY_CONTAINER
ON_WARN_SOFT = ft.Colors.ON_SECONDARY_CONTAINER
BAD = ft.Colors.ERROR
ON_BAD = ft.Colors.ON_ERROR
BAD_SOFT = ft.Colors.ERROR_CONTAINER
ON_BAD_SOFT = ft.Colors.ON_ERROR_CONTAINER
MARK = "#E53935"
"""What is drawn on a photo, by day and by night: the photo does not change with the theme."""

LIGHT: dict[str, str] = {
    "primary": "#1D4E6F",
    "on_primary": "#FFFFFF",
    "primary_container": "#DCEAF4",
    "on_primary_container": "#123A55",
    "secondary": "#8A5A00",
    "on_secondary": "#FFFFFF",
    "secondary_container": "#FBEBCB",
    "on_secondary_container": "#5A3A00",
    "tertiary": "#1E6B4A",
    "on_tertiary": "#FFFFFF",
    "tertiary_container": "#D8EFE3",
    "on_tertiary_container": "#0F4A31",
    "error": "#B3261E",
    "on_error": "#FFFFFF",
    "error_container": "#FBE1DE",
    "on_error_container": "#7A1610",
    "surface": "#F3F5F7",
    "on_surface": "#17212A",
    "on_surface_variant": "#4F5D69",
    "outline": "#76838E",
    "outline_variant": "#D5DCE2",
    "inverse_surface": "#22303B",
    "on_inverse_surface": "#F3F5F7",
    "inverse_primary": "#9CCBE9",
    "surface_container_lowest": "#FFFFFF",
    "surface_container_low": "#FAFBFC",
    "surface_container": "#ECEFF2",
    "surface_container_high": "#E4E8EC",
    "surface_container_highest": "#DDE2E7",
    "surface_tint": "#F3F5F7",
    "shadow": "#101A22",
    "scrim": "#101A22",
}

DARK: dict[str, str] = {
    "primary": "#8FC4E6",
    "on_primary": "#06293F",
    "primary_container": "#1E3D52",
    "on_primary_container": "#D3E8F6",
    "secondary": "#F0BF6A",
    "on_secondary": "#3A2600",
    "secondary_container": "#4A3610",
    "on_secondary_container": "#FBE3B5",
    "tertiary": "#85D3AE",
    "on_tertiary": "#053823",
    "tertiary_container": "#1B4533",
    "on_tertiary_container": "#C9EEDB",
    "error": "#F5A9A2",
    "on_error": "#5A0F0A",
    "error_container": "#5B2420",
    "on_error_container": "#FCDCD8",
    "surface": "#0F151A",
    "on_surface": "#E5EBF0",
    "on_surface_variant": "#A9B6C1",
    "outline": "#84919C",
    "outline_variant": "#32404B",
    "inverse_surface": "#E5EBF0",
    "on_inverse_surface": "#1A242C",
    "inverse_primary": "#1D4E6F",
    "surface_container_lowest": "#182129",
    "surface_container_low": "#141C23",
    "surface_container": "#202B34",
    "surface_container_high": "#293641",
    "surface_container_highest": "#33424E",
    "surface_tint": "#0F151A",
    "shadow": "#000000",
    "scrim": "#000000",
}

READ_TOGETHER: tuple[tuple[str, str], ...] = (
    ("on_surface", "surface"),
    ("on_surface", "surface_container_lowest"),
    ("on_surface", "surface_container"),
    ("on_surface", "surface_container_high"),
    ("on_surface_variant", "surface"),
    ("on_surface_variant", "surface_container_lowest"),
    ("on_surface_variant", "surface_container"),
    ("on_surface_variant", "surface_container_high"),
    ("primary", "surface"),
    ("primary", "surface_container_lowest"),
    ("primary", "surface_container"),
    ("tertiary", "surface_container_lowest"),
    ("tertiary", "surface"),
    ("secondary", "surface_container_lowest"),
    ("secondary", "surface"),
    ("error", "surface_container_lowest"),
    ("error", "surface"),
    ("on_primary", "primary"),
    ("on_secondary", "secondary"),
    ("on_tertiary", "tertiary"),
    ("on_error", "error"),
    ("on_primary_container", "primary_container"),
    ("on_secondary_container", "secondary_container"),
    ("on_tertiary_container", "tertiary_container"),
    ("on_error_container", "error_container"),
    ("on_inverse_surface", "inverse_surface"),
)
"""Text colour on ground: every pair that a screen puts together."""

# spacing in logical pixels, one step is 4
TIGHT, NEAR, GAP, ROOM, WIDE = 4, 8, 12, 16, 24
TOUCH = 48
"""Smallest side of anything that is tapped (WCAG 2.5.5 asks 44, Material 48)."""
ROUND = 10
"""Corner radius of cards and buttons."""
READING = 760
"""Widest column of questions and forms; longer lines read badly."""

Kind = Literal["display", "title", "heading", "body", "strong", "small", "caption"]
_TYPE: dict[Kind, tuple[int, ft.FontWeight, float]] = {
    "display": (28, ft.FontWeight.W_600, 1.25),
    "title": (20, ft.FontWeight.W_600, 1.3),
    "heading": (17, ft.FontWeight.W_600, 1.35),
    "body": (16, ft.FontWeight.W_400, 1.5),
    "strong": (16, ft.FontWeight.W_600, 1.45),
    "small": (14, ft.FontWeight.W_400, 1.45),
    "caption": (13, ft.FontWeight.W_400, 1.4),
}
"""Size in logical pixels, weight, line height: Chinese needs more leading than Latin."""


class Width(StrEnum):
    """How much room there is across; screens choose their layout by it."""

    PHONE = "phone"
    TABLET = "tablet"
    DESK = "desk"


def width_class(pixels: float | None) -> Width:
    """The class of a width: phones below 700, upright tablets below 1100, then desks and lying tablets."""
    if pixels is None or pixels < 700:
        return Width.PHONE
    return Width.TABLET if pixels < 1100 else Width.DESK


@dataclass(frozen=True)
class Look:
    """What the layout depends on: the room across and how large the person wants the text (1 to 2)."""

    width: Width = Width.PHONE
    scale: float = 1.0

    @property
    def phone(self) -> bool:
        """Whether there is room for one column only; large text needs the room of a smaller screen."""
        return self.width is Width.PHONE or (self.width is Width.TABLET and self.scale > 1.5)

    def size(self, kind: Kind) -> float:
        """Type size of a kind of text; headings grow less, they are large already."""
        size = _TYPE[kind][0]
        grown = self.scale if size <= 17 else 1 + (self.scale - 1) * 0.6
        return round(size * grown, 1)

    def style(
        self, kind: Kind, color: ft.ColorValue | None = None, family: str | None = None
    ) -> ft.TextStyle:
        """The full style of a kind of text; ``family`` only where the style does not inherit the theme's."""
        _, weight, height = _TYPE[kind]
        return ft.TextStyle(
            size=self.size(kind), weight=weight, height=height, color=color, font_family=family
        )

    @property
    def icon(self) -> float:
        """Size of an icon beside text; large text needs no huge icons."""
        return round(20 * min(self.scale, 1.4), 1)

    @property
    def cramped(self) -> bool:
        """Whether large text on a small screen leaves room for the necessary only."""
        return self.phone and self.scale > 1.3


def _scheme(colours: dict[str, str]) -> ft.ColorScheme:
    return ft.ColorScheme(**colours)  # pyright: ignore[reportArgumentType]


def theme(dark: bool, look: Look, font_family: str | None = None) -> ft.Theme:
    """The Flet theme of one brightness."""
    shape = ft.RoundedRectangleBorder(radius=ROUND)
    padding = ft.Padding.symmetric(horizontal=18, vertical=12)
    label = look.style("strong", family=font_family)
    still = ft.PageTransitionTheme.NONE
    return ft.Theme(
        color_scheme=_scheme(DARK if dark else LIGHT),
        font_family=font_family,
        scaffold_bgcolor=GROUND,
        visual_density=ft.VisualDensity.STANDARD,
        page_transitions=ft.PageTransitionsTheme(
            android=still, ios=still, linux=still, macos=still, windows=still
        ),
        filled_button_theme=ft.FilledButtonTheme(
            style=ft.ButtonStyle(shape=shape, padding=padding, text_style=label)
        ),
        outlined_button_theme=ft.OutlinedButtonTheme(
            style=ft.ButtonStyle(
                shape=shape, padding=padding, text_style=label, side=ft.BorderSide(1, EDGE), color=INK
            )
        ),
        text_button_theme=ft.TextButtonTheme(
            style=ft.ButtonStyle(shape=shape, padding=ft.Padding.symmetric(horizontal=12, vertical=12))
        ),
        dialog_theme=ft.DialogTheme(
            bgcolor=CARD,
            shape=ft.RoundedRectangleBorder(radius=ROUND + 4),
            title_text_style=look.style("heading", INK, font_family),
            content_text_style=look.style("body", INK, font_family),
        ),
        snackbar_theme=ft.SnackBarTheme(
            content_text_style=look.style("small", ft.Colors.ON_INVERSE_SURFACE, font_family),
            behavior=ft.SnackBarBehavior.FLOATING,
        ),
        divider_theme=ft.DividerTheme(color=LINE, thickness=1, space=1),
        text_theme=ft.TextTheme(
            body_large=look.style("body", family=font_family),
            body_medium=look.style("body", family=font_family),
            body_small=look.style("small", family=font_family),
            title_medium=look.style("heading", family=font_family),
            label_large=look.style("strong", family=font_family),
        ),
    )


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#RRGGBB`` colours after WCAG 2.1 (1 to 21)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
