"""Who took part in a training, drill or briefing: picked from the dealer's employees, or typed."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import button, icon_button, tag, text, text_field
from field_app.shell.ui import Ui


def attendance(
    ui: Ui,
    dealer_id: str,
    action_id: str,
    attendees: list[dict[str, str]],
    changed: Callable[[], None],
    *,
    key: str,
) -> list[ft.Control]:
    """``attendees`` (name, employee_id) is added to and taken from in place."""
    typed = ui.work.typed.of(f"attendance/{action_id}")
    known = ui.work.plans.employees(dealer_id)
    there = {one.get("employee_id") for one in attendees}

    def pick(employee_id: str) -> None:
        row = next((row for row in known if row["id"] == employee_id), None)
        if row is not None:
            attendees.append({"name": row["name"], "employee_id": employee_id})
            changed()

    def add() -> None:
        names = [name.strip() for name in typed.text.replace("、", ",").replace("，", ",").split(",")]
        attendees.extend({"name": name} for name in names if name)
        typed.clear()
        changed()

    def drop(place: int) -> None:
        del attendees[place]
        changed()

    rows: list[ft.Control] = [text(ui, ui.t("desk.attendance.title"), "caption", theme.MUTED)]
    if attendees:
        rows.append(
            ft.Row(
                [_present(ui, place, one["name"], drop) for place, one in enumerate(attendees)],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            )
        )
    field = text_field(
        ui,
        ui.t("desk.attendance.names"),
        "attendance-names",
        typed.text,
        expand=True,
        on_change=ui.on_event(typed.hear),
        key=key,
    )
    rows.append(
        ft.Row(
            [field, button(ui, ui.t("desk.attendance.add"), "attendance-add", ui.on(add), icon=ft.Icons.ADD)],
            spacing=theme.NEAR,
        )
    )
    free = [Option(row["id"], row["name"], row["position"]) for row in known if row["id"] not in there]
    if free:
        rows.append(
            ft.Row(
                [
                    choose_button(
                        ui,
                        ui.t("desk.attendance.pick"),
                        "attendance-pick",
                        free,
                        "",
                        pick,
                        icon=ft.Icons.PERSON_ADD_OUTLINED,
                    )
                ]
            )
        )
    return rows


def _present(ui: Ui, place: int, name: str, drop: Callable[[int], None]) -> ft.Control:
    spoken = ui.t("desk.attendance.drop", name=name)
    return ft.Row(
        [
            tag(ui, name, "accent", ft.Icons.PERSON_OUTLINE),
            icon_button(ui, ft.Icons.CLOSE, spoken, f"attendance-{place}-remove", ui.on(drop, place)),
        ],
        spacing=0,
        tight=True,
    )
