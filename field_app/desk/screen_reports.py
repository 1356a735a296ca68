"""Monthly reports that lie ready: by month, to be saved as files; headquarters say when they are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import flet as ft

from field_app import theme
from field_app.desk.widgets.files import save_file
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, choice, empty, heading, named, note, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui
from shared_models.reports import LAST_DAY, ReportSchedule, StoredReport, StoredReports

PAGE = 40


@screen
def ReportsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Of the regions and dealers that this person reads."""
    shown, show = use_value(PAGE)

    async def read(first: Callable[[Fetched[StoredReports]], None]) -> Fetched[StoredReports]:
        return await fresh(first, lambda kept: ui.work.desk.stored(kept_first=kept))

    got = use_reading(ui, read)
    bar = title_bar(ui, ui.t("desk.reports.title"), back=ui.going("/overview"))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "overview", bar, stand_in or busy(ui))
    made = got.value.value

    async def change(given: ReportSchedule) -> None:
        await ui.work.desk.set_schedule(given)
        await got.again()
        ui.tell(ui.t("desk.reports.changed"))

    rows: list[ft.Control] = [*age_note(ui, got.value), schedule_card(ui, made, change)]
    if not made.files:
        hint = ui.t("desk.reports.none_hint")
        rows.append(empty(ui, ui.t("desk.reports.none"), hint, ft.Icons.FOLDER_OPEN_OUTLINED))
    rows += report_rows(ui, made.files[: shown * 2])
    if len(made.files) > shown * 2:
        label = ui.t("desk.more", count=len(made.files) // 2 - shown)
        more = ui.on(lambda: show(shown + PAGE))
        rows.append(ft.Row([button(ui, label, "reports-more", more, expand=True)]))
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 120))


def schedule_card(ui: Ui, made: StoredReports, change: Callable[[ReportSchedule], object]) -> ft.Control:
    """When they are made; headquarters change it."""
    now = made.schedule
    said = ui.t("desk.reports.on" if now.enabled else "desk.reports.off", day=now.day)
    if not made.may_change:
        return note(ui, said, icon=ft.Icons.SCHEDULE)

    def pick_day(key: str) -> object:
        return change(now.model_copy(update={"day": int(key)}))

    def pick_language(key: str) -> object:
        return change(now.model_copy(update={"language": key}))

    days = [Option(str(day), ui.t("desk.reports.day_of", day=day)) for day in range(1, LAST_DAY + 1)]
    languages = [Option(key, ui.t(f"desk.pdf.{key}")) for key in ("zh", "en", "both")]
    row: list[ft.Control] = [
        choice(
            ui,
            ui.t("desk.reports.enable"),
            "reports-enable",
            ui.on(change, now.model_copy(update={"enabled": not now.enabled})),
            chosen=now.enabled,
            multiple=True,
            expand=False,
        ),
        choose_button(ui, ui.t("desk.reports.day"), "reports-day", days, str(now.day), pick_day),
        choose_button(
            ui, ui.t("desk.reports.language"), "reports-language", languages, now.language, pick_language
        ),
    ]
    return card(
        heading(ui, ui.t("desk.reports.schedule")),
        text(ui, said, "small", theme.MUTED),
        ft.Row(row, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
    )


def report_rows(ui: Ui, files: Sequence[StoredReport]) -> list[ft.Control]:
    """A card per month, a line per place with a button per format."""
    cards: list[ft.Control] = []
    number = 0
    for month, group in groupby(files, key=lambda one: one.month):
        lines: list[ft.Control] = [heading(ui, month)]
        for (_, _), formats in groupby(group, key=lambda one: (one.kind, one.code)):
            both = list(formats)
            lines.append(_line(ui, number, both))
            number += 1
        cards.append(card(*lines))
    return cards


def _line(ui: Ui, number: int, both: Sequence[StoredReport]) -> ft.Control:
    first = both[0]
    place = first.place if ui.t.is_chinese else (first.place_en or first.place)
    kind = ui.t(f"desk.reports.kind.{first.kind}")
    name = f"{first.code} {place}"

    async def bring(one: StoredReport) -> None:
        await save_file(ui, f"/reports/files/{one.id}", one.name, one.format)

    buttons = [
        button(
            ui,
            one.format.upper(),
            f"report-{number}-{one.format}",
            ui.on(bring, one),
            look="quiet",
            spoken=f"{kind} {name} {one.format.upper()}",
        )
        for one in both
    ]
    words = ft.Column(
        [text(ui, name), text(ui, kind, "caption", theme.MUTED)], spacing=0, tight=True, expand=True
    )
    return named(ft.Row([words, *buttons], spacing=theme.TIGHT), f"report-{number}", container=True)
