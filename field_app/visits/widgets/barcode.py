"""A bar code or vehicle identification number: typed, or read from a picture where the device can."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, text
from field_app.shell.picking import Chosen
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import Typing
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists import Question

Put = Callable[[str, Any], Awaitable[object]]
_VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")


@guarded
def BarcodeAnswer(  # noqa: N802
    ui: Ui, question: Question, value: Any, put: Put, on_typing: Callable[[Typing], None]
) -> ft.Control:
    """The field, whether the check digit of a VIN holds, and the camera where it reads codes."""
    reads, told = use_value(False)

    async def ask_device() -> None:
        told(await ui.app.platform.reads_codes())

    ft.use_effect(ask_device, [])
    rows = barcode_rows(ui, question, value, put, on_typing, reads=reads)
    stretch = ft.CrossAxisAlignment.STRETCH
    return ft.Column(rows, spacing=theme.TIGHT, tight=True, horizontal_alignment=stretch)


def barcode_rows(
    ui: Ui, question: Question, value: Any, put: Put, on_typing: Callable[[Typing], None], *, reads: bool
) -> list[ft.Control]:
    """The parts; ``reads``: the device reads codes from pictures. Such a picture is read and not kept."""

    async def save(written: str) -> None:
        written = written.strip().upper()
        await (put("answered", written) if written else put("clear", None))

    async def take(files: list[Chosen]) -> None:
        found = code_of(await _read(ui, files[0])) if files else ""
        if found:
            await put("answered", found)
        elif files:
            ui.tell(ui.t("visits.barcode.none"))

    rows: list[ft.Control] = [
        SavedText(
            ui,
            ui.t("visits.barcode.label"),
            f"q-{question.code}-value",
            "" if value is None else str(value),
            save,
            on_typing=on_typing,
            capitalization=ft.TextCapitalization.CHARACTERS,
            helper=ui.t("visits.barcode.hint" if reads else "visits.barcode.hint_typed"),
            helper_max_lines=3,
        )
    ]
    if value and len(str(value)) == 17 and not vin_holds(str(value)):
        rows.append(text(ui, ui.t("visits.barcode.vin_doubtful"), "small", theme.WARN))
    if reads:
        parts = ui.app.picking.button_parts(ui, "photo", take, several=False)
        scan = button(
            ui,
            ui.t("visits.barcode.scan"),
            f"q-{question.code}-scan",
            parts["on_click"],  # pyright: ignore[reportArgumentType]
            action=parts["action"],
            icon=ft.Icons.QR_CODE_SCANNER,
            small=True,
        )
        rows.append(ft.Row([scan]))
    return rows


async def _read(ui: Ui, file: Chosen) -> str:
    try:
        return await ui.app.platform.read_code(file.data)
    except ValueError:
        return ""  # no picture that this device can open: nothing was read in it either


def code_of(read: str) -> str:
    """What was read, in capitals; the I that Code 39 labels carry before a VIN is left out."""
    code = read.strip().upper()
    return code[1:] if len(code) == 18 and code.startswith("I") and vin_holds(code[1:]) else code


def vin_holds(vin: str) -> bool:
    """Whether a vehicle identification number of 17 signs carries the right check digit (GB 16735)."""
    if not _VIN.match(vin):
        return False
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    rest = sum(int(values.get(sign, sign)) * weight for sign, weight in zip(vin, weights, strict=True)) % 11
    return vin[8] == ("X" if rest == 10 else str(rest))
