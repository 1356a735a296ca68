"""A row of buttons of which one is chosen: which state, which list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from field_app import theme
from field_app.shell.parts import choice
from field_app.shell.ui import Ui


def filter_row(
    ui: Ui,
    prefix: str,
    options: Sequence[tuple[str, str]],
    chosen: str,
    pick: Callable[[str], Awaitable[object] | object],
) -> ft.Control:
    """``options``: key and label; a button is found under ``prefix-key``. The row wraps on phones."""
    return ft.Row(
        [
            choice(ui, label, f"{prefix}-{key}", ui.on(pick, key), chosen=key == chosen, expand=False)
            for key, label in options
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
