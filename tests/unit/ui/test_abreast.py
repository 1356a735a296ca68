"""Choices stand beside each other as long as their words have room."""

from __future__ import annotations

from dataclasses import replace

import flet as ft
import pytest

from field_app.shell.parts import abreast, choice
from field_app.theme import Look, Width
from tests.unit.ui_desk.drawing import make_ui


@pytest.mark.parametrize(
    ("width", "scale", "across"),
    [(Width.PHONE, 1.0, True), (Width.PHONE, 2.0, False), (Width.DESK, 2.0, True)],
)
def test_large_text_on_a_phone_puts_choices_below_each_other(
    width: Width, scale: float, across: bool
) -> None:
    ui = replace(make_ui(width=width), look=Look(width, scale))
    made = abreast(ui, [choice(ui, one, one, None, chosen=False) for one in ("yes", "no")])
    assert isinstance(made, ft.Row) is across
