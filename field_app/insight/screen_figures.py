"""Tables of figures: satisfaction, quality of the survey, people; each with what it says and cannot say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.desk.filters import address, use_filters
from field_app.desk.widgets.figure_table import figure_table
from field_app.insight.answers import answers_route
from field_app.insight.widgets.figures import age_note
from field_app.insight.widgets.fused import months_text
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Handler, Ui
from shared_models.checklists.stages import Source
from shared_models.insight import Funnel, NetworkTable
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES, Role

TABLES = (
    "acsi", "nps", "rater", "indices", "weights", "drivers", "people", "technicians", "dealers",
    "outcomes", "interviewers", "visitors", "sources",
)  # fmt: skip
PATH = "/overview/figures"
_HEADQUARTERS = frozenset({"weights", "drivers"})
_DESKS = frozenset({"visitors", "interviewers", "dealers"})
_OF_SOURCES = frozenset({"people", "dealers"})
"""Tables that may be narrowed to one source."""
PAGE = 30


@dataclass(frozen=True)
class Wanted:
    """What is shown; kept in the address."""

    table: str = ""
    source: str = ""
    rows: bool = False
    """The table instead of the picture."""


@screen
def FiguresScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One table at a time, of the newest closed months; every row opens to the answers behind it."""
    access = ui.work.access
    names = [
        name
        for name in TABLES
        if (name not in _HEADQUARTERS or access.has(Role.HQ))
        and (name not in _DESKS or access.has(*DESK_ROLES))
    ]
    wanted, want = use_filters(ui, PATH, Wanted())
    shown, set_shown = use_value(PAGE)
    name = wanted.table if wanted.table in names else names[0]
    source = wanted.source if name in _OF_SOURCES else ""

    async def read(first: Callable[[Fetched[NetworkTable]], None]) -> Fetched[NetworkTable]:
        return await fresh(
            first, lambda kept: ui.work.insight.table(name, kept_first=kept, source=source or None)
        )

    got = use_reading(ui, read, name, source)
    found = got.value.value if got.value and got.value.value.name == name else None
    under = months_text(found.months) if found and found.months else "…"
    bar = title_bar(
        ui,
        ui.t("insight.figures.title"),
        under=under,
        back=ui.going("/overview"),
        actions=[SyncChip(ui, brief=ui.look.phone)],
    )
    rows: list[ft.Control] = [_choices(ui, names, replace(wanted, table=name), want, set_shown)]
    stand_in = got.stand_in(ui)
    if stand_in is not None or found is None or got.value is None:
        return framed(ui, "overview", bar, column(*rows, stand_in or busy(ui)))
    rows += [*age_note(ui, got.value), _explained(ui, found)]
    back = address(PATH, replace(wanted, table=name), Wanted())
    if found.funnel is not None and not wanted.rows:
        rows.append(_funnel(ui, found, found.funnel, back, want, replace(wanted, table=name)))
        return framed(ui, "overview", bar, column(*rows, width=theme.READING + 320))
    if found.funnel is not None:
        rows.append(ft.Row([_flip(ui, want, replace(wanted, table=name))]))
    rows.append(_table(ui, found, shown, back))
    left = len(found.rows) - shown
    if left > 0:
        more = ui.on(lambda: set_shown(shown + PAGE))
        rows.append(ft.Row([button(ui, ui.t("desk.more", count=left), "figures-more", more, expand=True)]))
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 320))


def _choices(
    ui: Ui,
    names: Sequence[str],
    wanted: Wanted,
    want: Callable[[Wanted], None],
    set_shown: Callable[[int], None],
) -> ft.Control:
    def pick(key: str) -> None:
        set_shown(PAGE)
        want(replace(wanted, table=key))

    options = [Option(one, ui.t(f"insight.table.{one}.title")) for one in names]
    label = ui.t("insight.figures.choose")
    row: list[ft.Control] = [
        choose_button(ui, label, "figures-table", options, wanted.table, pick, expand=ui.look.phone)
    ]
    if wanted.table in _OF_SOURCES:
        sources = [Option("", ui.t("desk.source.all"))]
        sources += [Option(one.value, ui.t(f"checklists.source.{one.value}")) for one in Source]

        def pick_source(key: str) -> None:
            want(replace(wanted, source=key))

        label = ui.t("desk.source.label")
        row.append(choose_button(ui, label, "figures-source", sources, wanted.source, pick_source))
    return ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=not ui.look.phone)


def _explained(ui: Ui, found: NetworkTable) -> ft.Control:
    says, cannot = found.explained.get("zh_CN" if ui.t.is_chinese else "en", ("", ""))
    lines = [text(ui, says, "body"), text(ui, cannot, "small", theme.MUTED)]
    if found.funnel is not None and found.funnel.dispersion > 1:
        wider = ui.t("insight.funnel.dispersion", factor=number_text(found.funnel.dispersion))
        lines.append(text(ui, wider, "small", theme.MUTED))
    return card(*lines)


def _flip(ui: Ui, want: Callable[[Wanted], None], wanted: Wanted) -> ft.Control:
    return button(
        ui,
        ui.t("desk.trend.as_chart" if wanted.rows else "desk.trend.as_table"),
        "figures-flip",
        ui.on(want, replace(wanted, rows=not wanted.rows)),
        look="quiet",
        icon=ft.Icons.SCATTER_PLOT_OUTLINED if wanted.rows else ft.Icons.TABLE_ROWS_OUTLINED,
    )


def _funnel(
    ui: Ui,
    found: NetworkTable,
    funnel: Funnel,
    back: str,
    want: Callable[[Wanted], None],
    wanted: Wanted,
) -> ft.Control:
    """The picture, and beneath it those outside the limits by name."""
    from field_app.insight.widgets.funnel_chart import funnel_chart, line_name

    outside = [place for place, row in enumerate(found.rows) if row.get("flagged")]
    said = ui.t("insight.funnel.found", count=len(outside), whole=len(found.rows))
    lines: list[ft.Control] = [
        ft.Row([ft.Container(text(ui, said, "strong"), expand=True), _flip(ui, want, wanted)]),
        funnel_chart(ui, funnel, found.rows),
    ]
    for place in outside[:PAGE]:
        row = found.rows[place]
        low = float(row.get("rate") or 0) < funnel.centre
        words = ui.t(
            "insight.funnel.line.low" if low else "insight.funnel.line.high",
            name=line_name(row),
            rate=number_text(float(row.get("rate") or 0)),
            n=number_text(float(row.get("n") or 0)),
        )
        go = _opening(ui, found, place, line_name(row), back)
        lines.append(
            ft.Row(
                [button(ui, words, f"funnel-{place}", go, look="quiet", icon=ft.Icons.CHEVRON_RIGHT)]
                if go is not None
                else [text(ui, words)],
                wrap=True,
            )
        )
    return card(*lines)


def _opening(ui: Ui, found: NetworkTable, place: int, called: str, back: str) -> Handler | None:
    questions = found.behind[place] if place < len(found.behind) else ()
    if not questions:
        return None
    title = ui.t(f"insight.table.{found.name}.title")
    return ui.going(answers_route(questions[0], f"{title} · {called}", back))


def _table(ui: Ui, found: NetworkTable, shown: int, back: str) -> ft.Control:
    if not found.rows:
        return card(text(ui, ui.t("insight.figures.none"), "small", theme.MUTED))
    heads = [ui.t(f"insight.column.{name}") for name in found.columns]
    rows = [[_value(ui, name, row.get(name)) for name in found.columns] for row in found.rows[:shown]]

    def open_row(place: int) -> Handler | None:
        words = [
            _value(ui, name, found.rows[place].get(name))
            for name in found.columns
            if isinstance(found.rows[place].get(name), str) and found.rows[place].get(name)
        ]
        return _opening(ui, found, place, " · ".join(words[:3]), back)

    hint = text(ui, ui.t("insight.figures.open_hint"), "caption", theme.MUTED)
    return card(hint, figure_table(ui, "figures-rows", heads, rows, open_row))


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
