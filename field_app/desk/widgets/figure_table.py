"""The figures behind a picture, as a table that scrolls sideways."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.shell.parts import named, text
from field_app.shell.ui import Ui


def figure_table(ui: Ui, identifier: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> ft.Control:
    """The first column names the line, the others are figures."""
    table = ft.DataTable(
        columns=[
            ft.DataColumn(label=text(ui, head, "caption", theme.MUTED), numeric=place > 0)
            for place, head in enumerate(heads)
        ],
        rows=[ft.DataRow(cells=[ft.DataCell(text(ui, value, "small")) for value in row]) for row in rows],
        column_spacing=theme.ROOM,
        horizontal_margin=theme.NEAR,
        data_row_min_height=theme.TOUCH,
    )
    return named(ft.Row([table], scroll=ft.ScrollMode.AUTO), identifier, container=True)
