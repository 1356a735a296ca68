"""Parts that the administration's screens share: pager, search line, labelled value, typed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flet as ft

from field_app import theme
from field_app.admin.workflow import PAGE, Admin
from field_app.shell.parts import button, text, text_field
from field_app.shell.ui import Ui
from field_app.store.typed import TypedWords
from shared_models.people.access import Role


def admin_of(ui: Ui) -> Admin:
    """The administration of the signed-in account."""
    return Admin(ui.work.api)


def is_hq(ui: Ui) -> bool:
    """Whether the signed-in person may change things for the whole company."""
    return ui.work.access.whole_company(Role.HQ)


class Typed:
    """What is typed into a form; kept beside the drawing, so that a redraw never takes a letter away.

    With ``kept`` it also outlives the screen and the app: what differs from the start lies on this device
    until it is sent. Every form has it; only a search line begins empty (:meth:`for_search`).
    """

    def __init__(self, kept: TypedWords | None, /, **values: str) -> None:
        self._kept, self._start = kept, dict(values)
        self.values: dict[str, str] = {**values, **(kept.lines[0] if kept is not None and kept.lines else {})}

    @classmethod
    def for_search(cls) -> Typed:
        """What stands in a search line: gone with its screen."""
        return cls(None)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def put(self, name: str, value: str) -> None:
        """What stands in a field now."""
        self.values[name] = value
        if self._kept is not None:
            changed = {one: said for one, said in self.values.items() if said != self._start.get(one, "")}
            self._kept.lines[:] = [changed] if changed else []
            self._kept.changed()

    def sent(self) -> None:
        """The server has it: nothing is left behind here, and a form of values starts from them."""
        self._start = {name: self.values[name] for name in self._start}
        if self._kept is not None:
            self._kept.clear()

    def field(self, ui: Ui, name: str, label: str, identifier: str, **more: Any) -> ft.Control:
        """A text field of the form."""

        def take(event: ft.Event[ft.TextField]) -> None:
            self.put(name, event.control.value or "")

        value = self.values.get(name, "")
        return text_field(ui, label, identifier, value, on_change=ui.on_event(take), **more)


def wide(ui: Ui, *controls: ft.Control) -> ft.Control:
    """Controls side by side where there is room, one below the other on phones."""
    each = max(3, 12 // max(1, len(controls)))
    share: dict[str | ft.ResponsiveRowBreakpoint, ft.Number] = {"xs": 12, "md": each}
    return ft.ResponsiveRow(
        [ft.Container(one, col=share) for one in controls], spacing=theme.NEAR, run_spacing=theme.GAP
    )


def line(*controls: ft.Control) -> ft.Control:
    """Controls side by side that wrap."""
    return ft.Row(
        list(controls),
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )


def ruled(*controls: ft.Control) -> ft.Control:
    """Lines below a hairline, within a card."""
    return ft.Container(
        ft.Column(
            list(controls),
            spacing=theme.TIGHT,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(top=theme.GAP),
    )


def search_line(
    ui: Ui, typed: Typed, identifier: str, hint: str, search: Callable[[], object], *more: ft.Control
) -> Sequence[ft.Control]:
    """A search field with its button, and filters beside it."""
    field = typed.field(
        ui,
        "text",
        hint,
        f"{identifier}-search",
        on_submit=ui.on(search),
        prefix_icon=ft.Icons.SEARCH,
        expand=True,
    )
    go = button(ui, ui.t("admin.search"), f"{identifier}-go", ui.on(search), look="main")
    rows: list[ft.Control] = [
        ft.Row([field, go], spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.CENTER)
    ]
    if more:
        rows.append(line(*more))
    return rows


def pager(
    ui: Ui, identifier: str, offset: int, total: int, turn: Callable[[int], object]
) -> Sequence[ft.Control]:
    """Which lines these are of how many, and the way to the others."""
    words = ui.t("admin.page", first=min(offset + 1, total), last=min(offset + PAGE, total), total=total)
    said = text(ui, words, "small", theme.MUTED)
    if total <= PAGE:
        return [said]
    before = button(
        ui,
        ui.t("admin.page.before"),
        f"{identifier}-before",
        ui.on(turn, max(0, offset - PAGE)),
        disabled=offset == 0,
        icon=ft.Icons.CHEVRON_LEFT,
    )
    after = button(
        ui,
        ui.t("admin.page.after"),
        f"{identifier}-after",
        ui.on(turn, offset + PAGE),
        disabled=offset + PAGE >= total,
        icon=ft.Icons.CHEVRON_RIGHT,
    )
    return [line(said, before, after)]
