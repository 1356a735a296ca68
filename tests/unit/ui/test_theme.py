"""The look holds what it promises: readable contrast, touch targets, layouts by room."""

from __future__ import annotations

import pytest

from field_app import theme
from field_app.theme import Look, Width


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), theme.READ_TOGETHER)
def test_text_on_every_ground_reaches_contrast_aa(palette: dict[str, str], ink: str, ground: str) -> None:
    assert theme.contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_edge_of_a_field_is_seen_against_its_ground(palette: dict[str, str]) -> None:
    assert theme.contrast(palette["outline"], palette["surface_container_lowest"]) >= 3


def test_black_on_white_has_the_contrast_that_wcag_names() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_both_palettes_name_the_same_roles() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()


@pytest.mark.parametrize(
    ("pixels", "width"),
    [(None, Width.PHONE), (320, Width.PHONE), (699, Width.PHONE), (800, Width.TABLET), (1280, Width.DESK)],
)
def test_the_layout_follows_the_room_across(pixels: float | None, width: Width) -> None:
    assert theme.width_class(pixels) is width


def test_large_text_on_an_upright_tablet_gets_the_layout_of_a_phone() -> None:
    assert not Look(Width.TABLET, 1.0).phone
    assert Look(Width.TABLET, 2.0).phone


def test_text_at_two_hundred_percent_is_twice_as_large() -> None:
    assert Look(scale=2.0).size("body") == 2 * Look().size("body")
