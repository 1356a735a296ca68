"""Fields of the editor's form: texts in both languages side by side, numbers, switches, choices of a list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import flet as ft

from field_app import theme
from field_app.checklists.drafting import Part
from field_app.checklists.open_draft import OpenDraft
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import choice, note, text
from field_app.shell.ui import Ui
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists.faults import Fault

_OPTIONAL = frozenset({"calculation"})


def fault_words(ui: Ui, fault: Fault) -> str:
    """What is wrong, with the field's name."""
    what = ui.t(f"checklists.fault.{fault.kind}", detail=fault.detail)
    if not fault.field:
        return what
    name = ui.t(f"checklists.field.{fault.field}")
    if fault.detail == "zh":
        name = ui.t("checklists.both.zh", field=name)
    elif fault.detail == "en":
        name = ui.t("checklists.both.en", field=name)
    return ui.t("checklists.fault.at", field=name, what=what)


def group(ui: Ui, title: str, *controls: ft.Control) -> ft.Control:
    """Fields that belong together, under a small heading."""
    return ft.Column([text(ui, title, "small", theme.MUTED), *controls], spacing=theme.NEAR, tight=True)


def pair(ui: Ui, left: ft.Control, right: ft.Control) -> ft.Control:
    """Two fields side by side, one below the other on phones."""
    half = {"xs": 12, "md": 6} if not ui.look.phone else {"xs": 12}
    left.col = right.col = half  # type: ignore[assignment]
    return ft.ResponsiveRow([left, right], spacing=theme.NEAR, run_spacing=theme.NEAR)


def both(ui: Ui, draft: OpenDraft, part: Part, field: str, *, lines: int = 1) -> ft.Control:
    """A text of a part in both languages."""
    key = part["_key"]

    def one(language: str) -> ft.Control:
        async def save(written: str) -> None:
            await draft.write(key, field, language, written.strip())

        return ft.Container(
            SavedText(
                ui,
                ui.t(f"checklists.both.{language}", field=ui.t(f"checklists.field.{field}")),
                f"part-{field}-{language}",
                str((part.get(field) or {}).get(language) or ""),
                save,
                multiline=lines > 1,
                min_lines=1,
                max_lines=lines,
            )
        )

    return pair(ui, one("zh"), one("en"))


def written(ui: Ui, draft: OpenDraft, part: Part, field: str) -> ft.Control:
    """A short text that is no prose: a code."""

    async def save(value: str) -> None:
        await draft.put(
            part["_key"], field, value.strip() or (None if field in _OPTIONAL else ""), form=False
        )

    label = ui.t(f"checklists.field.{field}")
    return ft.Container(SavedText(ui, label, f"part-{field}", str(part.get(field) or ""), save))


def number_field(
    ui: Ui, label: str, identifier: str, value: Any, put: Callable[[str | None], Awaitable[object]]
) -> ft.Control:
    """A number kept as text, as the document has it; empty takes it out."""

    def refuse(typed: str) -> str | None:
        if not typed.strip():
            return None
        try:
            return None if Decimal(typed.strip()).is_finite() else ui.t("visits.number.unreadable")
        except InvalidOperation:
            return ui.t("visits.number.unreadable")

    async def save(typed: str) -> None:
        await put(typed.strip() or None)

    shown = "" if value is None else str(value)
    return ft.Container(
        SavedText(ui, label, identifier, shown, save, refuse=refuse, keyboard_type=ft.KeyboardType.NUMBER)
    )


def number(ui: Ui, draft: OpenDraft, part: Part, field: str, unset: Any = None) -> ft.Control:
    """A number of a part; ``unset`` is what holds while it is not given."""

    async def put(value: str | None) -> None:
        await draft.put(part["_key"], field, value, form=False)

    label = ui.t(f"checklists.field.{field}")
    return number_field(ui, label, f"part-{field}", part.get(field, unset), put)


def switch(ui: Ui, draft: OpenDraft, part: Part, field: str, unset: bool) -> ft.Control:
    """Yes or no; what equals the document's default is left out."""
    now = bool(part.get(field, unset))

    async def toggle() -> None:
        await draft.put(part["_key"], field, None if (not now) is unset else not now)

    return choice(
        ui,
        ui.t(f"checklists.field.{field}"),
        f"part-{field}",
        ui.on(toggle),
        chosen=now,
        multiple=True,
        expand=False,
    )


def listed(
    ui: Ui, draft: OpenDraft, part: Part, field: str, options: list[Option], unset: str | None = None
) -> ft.Control:
    """One of a list; an option with the key "" takes the field out."""

    async def pick(key: str) -> None:
        await draft.put(part["_key"], field, key or None)

    label = ui.t(f"checklists.field.{field}")
    chosen = str(part.get(field) or unset or "")
    hint = ui.t("desk.choose.labelled", label=label, choice=chosen) if chosen else label
    name = f"part-{field}"
    return ft.Row([choose_button(ui, label, name, options, chosen, pick, labelled=True, hint=hint)])


def told(ui: Ui, draft: OpenDraft, key: str) -> list[ft.Control]:
    """The faults of a part, at the head of its form."""
    return [note(ui, fault_words(ui, one), "bad", ft.Icons.ERROR_OUTLINE) for one in draft.faults_of(key)]
