"""Holidays and worked weekend days of this year and the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, ruled, wide
from field_app.admin.widgets.roles import day_of
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, tag, text
from field_app.shell.ui import Ui, guarded
from shared_models.company.wire import CalendarDay
from shared_models.company.workdays import DayKind
from shared_models.problems import Code, Place, Problem


@guarded
def CalendarCard(  # noqa: N802
    ui: Ui, days: Sequence[CalendarDay], again: Callable[[], Awaitable[None]]
) -> ft.Control:
    """Days that are not what their weekday says."""
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of("admin/calendar"))).current
    assert typed is not None
    kind, set_kind = use_value(DayKind.HOLIDAY)

    async def add() -> None:
        day = day_of(typed, "day")
        if day is None:
            raise Problem(Code.INVALID_REQUEST, {}, [Place("day", "")])
        entry = CalendarDay(day=day, kind=kind, name=typed["name"])
        await admin_of(ui).write("/company/calendar", entry.model_dump(mode="json"))
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    async def drop(day: str) -> None:
        await admin_of(ui).remove(f"/company/calendar/{day}")
        ui.tell(ui.t("admin.saved"))
        await again()

    rows: list[ft.Control] = [
        heading(ui, ui.t("admin.rules.calendar")),
        text(ui, ui.t("admin.rules.calendar_about"), "small", theme.MUTED),
        wide(
            ui,
            typed.field(ui, "day", ui.t("admin.rules.day"), "rule-day", hint_text="2027-01-01"),
            typed.field(ui, "name", ui.t("admin.rules.day_name"), "rule-day-name"),
        ),
        line(
            *(
                choice(
                    ui,
                    ui.t(f"admin.rules.kind.{one.value}"),
                    f"rule-kind-{one.value}",
                    ui.on(set_kind, one),
                    chosen=one is kind,
                    expand=False,
                )
                for one in DayKind
            ),
            button(ui, ui.t("admin.rules.day_add"), "rule-day-add", ui.on(add), look="main"),
        ),
    ]
    for one in days:
        day = one.day.isoformat()
        tone = "accent" if one.kind is DayKind.HOLIDAY else "warn"
        label = ui.t("admin.rules.drop")
        rows.append(
            ruled(
                line(
                    text(ui, day, "strong"),
                    tag(ui, ui.t(f"admin.rules.kind.{one.kind.value}"), tone),
                    text(ui, one.name, "small", theme.MUTED),
                    button(
                        ui,
                        label,
                        f"rule-day-drop-{day}",
                        ui.on(drop, day),
                        look="quiet",
                        spoken=f"{label}: {day}",
                    ),
                )
            )
        )
    return card(*rows, spacing=theme.GAP)
