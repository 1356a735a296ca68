"""The figures behind a picture, as a table that scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flet as ft

from field_app import theme
from field_app.shell.parts import button, named, text
from field_app.shell.ui import Handler, Ui


def figure_table(
    ui: Ui,
    identifier: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    open_row: Callable[[int], Handler | None] | None = None,
) -> ft.Control:
    """The first column names the line, the others are figures; ``open_row`` makes the names lead on."""
    table = ft.DataTable(
        columns=[
            ft.DataColumn(label=text(ui, head, "caption", theme.MUTED), numeric=place > 0)
            for place, head in enumerate(heads)
        ],
        rows=[
            ft.DataRow(
                cells=[
                    ft.DataCell(_name(ui, identifier, at, value, open_row) if not place else _cell(ui, value))
                    for place, value in enumerate(row)
                ]
            )
            for at, row in enumerate(rows)
        ],
        column_spacing=theme.ROOM,
        horizontal_margin=theme.NEAR,
        data_row_min_height=theme.TOUCH,
    )
    return named(ft.Row([table], scroll=ft.ScrollMode.AUTO), identifier, container=True)


def _cell(ui: Ui, value: str) -> ft.Control:
    return text(ui, value, "small")


def _name(
    ui: Ui, identifier: str, at: int, value: str, open_row: Callable[[int], Handler | None] | None
) -> ft.Control:
    act = open_row(at) if open_row is not None else None
    if act is None:
        return _cell(ui, value)
    return button(ui, value or "–", f"{identifier}-{at}", act, look="quiet", icon=ft.Icons.CHEVRON_RIGHT)
