"""Tables of figures: satisfaction, quality of the survey, people; each with what it says and cannot say."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.desk.widgets.figure_table import figure_table
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.fused import months_text
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.insight import NetworkTable
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES, Role

TABLES = (
    "acsi", "nps", "rater", "indices", "weights", "drivers", "people", "technicians",
    "outcomes", "interviewers", "visitors", "sources",
)  # fmt: skip
_HEADQUARTERS = frozenset({"weights", "drivers"})
_DESKS = frozenset({"visitors", "interviewers"})
PAGE = 30


@screen
def FiguresScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One table at a time, of the newest closed months."""
    access = ui.work.access
    names = [
        name
        for name in TABLES
        if (name not in _HEADQUARTERS or access.has(Role.HQ))
        and (name not in _DESKS or access.has(*DESK_ROLES))
    ]
    name, set_name = use_value(names[0])
    shown, set_shown = use_value(PAGE)

    async def read(first: Callable[[Fetched[NetworkTable]], None]) -> Fetched[NetworkTable]:
        return await fresh(first, lambda kept: ui.work.insight.table(name, kept_first=kept))

    got = use_reading(ui, read, name)
    found = got.value.value if got.value and got.value.value.name == name else None
    under = months_text(found.months) if found and found.months else "…"
    bar = title_bar(
        ui,
        ui.t("insight.figures.title"),
        under=under,
        back=ui.going("/overview"),
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )

    def pick(key: str) -> None:
        set_shown(PAGE)
        set_name(key)

    options = [Option(one, ui.t(f"insight.table.{one}.title")) for one in names]
    label = ui.t("insight.figures.choose")
    rows: list[ft.Control] = [
        ft.Row([choose_button(ui, label, "figures-table", options, name, pick, expand=ui.look.phone)])
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or found is None or got.value is None:
        return framed(ui, "overview", bar, column(*rows, stand_in or busy(ui)))
    rows += [*age_note(ui, got.value), _explained(ui, found), _table(ui, found, shown)]
    left = len(found.rows) - shown
    if left > 0:
        more = ui.on(lambda: set_shown(shown + PAGE))
        rows.append(ft.Row([button(ui, ui.t("desk.more", count=left), "figures-more", more, expand=True)]))
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 320))


def _explained(ui: Ui, found: NetworkTable) -> ft.Control:
    says, cannot = found.explained.get("zh_CN" if ui.t.is_chinese else "en", ("", ""))
    return card(text(ui, says, "body"), text(ui, cannot, "small", theme.MUTED))


def _table(ui: Ui, found: NetworkTable, shown: int) -> ft.Control:
    if not found.rows:
        return card(text(ui, ui.t("insight.figures.none"), "small", theme.MUTED))
    heads = [ui.t(f"insight.column.{name}") for name in found.columns]
    rows = [[_value(ui, name, row.get(name)) for name in found.columns] for row in found.rows[:shown]]
    return card(figure_table(ui, "figures-rows", heads, rows))


def _value(ui: Ui, column_name: str, value: str | int | float | bool | None) -> str:
    """A dash where too little is known to say anything."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return ui.t("insight.figures.yes" if value else "insight.figures.no")
    return _named(ui, column_name, value) if isinstance(value, str) else number_text(value)


def _named(ui: Ui, column_name: str, value: str) -> str:
    """Codes of some columns have words of their own."""
    match column_name:
        case "level":
            return ui.t(f"insight.figures.level.{value}")
        case "source":
            return ui.t(f"checklists.source.{value}")
        case "dimension":
            return ui.t(f"checklists.rater.{value}")
        case "stage":
            return ui.t(f"checklists.stage.{value}")
        case _:
            return value
