"""Buttons that bring a report as PDF or XLSX."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.parts import button
from field_app.shell.ui import Ui

_MIME = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file_buttons(ui: Ui, path: str, name: str, **query: str) -> ft.Control:
    """``path``: the report below /reports; ``name``: the file's name without its ending."""

    async def bring(kind: str) -> None:
        ui.tell(ui.t("desk.pdf.drawing"))
        language = "zh" if ui.t.is_chinese else "en"
        await save_file(ui, path, f"{name}.{kind}", kind, format=kind, language=language, **query)

    icons = {"pdf": ft.Icons.PICTURE_AS_PDF_OUTLINED, "xlsx": ft.Icons.TABLE_VIEW_OUTLINED}
    return ft.Row(
        [
            button(ui, ui.t(f"desk.file.{kind}"), f"report-{kind}", ui.on(bring, kind), icon=icons[kind])
            for kind in _MIME
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )


async def save_file(ui: Ui, path: str, name: str, kind: str, **query: str) -> None:
    """Fetch a report and hand it to the person under this name; ``kind`` is pdf or xlsx."""
    data = await ui.work.desk.file(path, **query)
    saved = await ui.app.platform.save_file(name, _MIME[kind], data)
    if saved.how != "cancelled":
        ui.tell(ui.t("desk.pdf.saved", name=str(saved.path or name)))
