"""Bulk import: choose what, take the workbook, choose the file, read what it would do, take it."""

from __future__ import annotations

from dataclasses import dataclass

import flet as ft

from field_app import theme
from field_app.admin.widgets.codes import codes_card
from field_app.admin.widgets.parts import admin_of, line, ruled
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, named, note, tag, text
from field_app.shell.picking import Chosen
from field_app.shell.ui import Ui
from shared_models.people.admin_wire import BulkReport, BulkRow, RowProblem, RowState, Sheet

SHEETS: tuple[Sheet, ...] = ("regions", "dealers", "people", "targets", "sales", "calls")
COUNTS = ("rows", "new", "changed", "same", "rejected", "missing")
SHOWN = 60
"""Lines of a kind that are drawn; a longer file is read in the workbook."""
_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class BulkState:
    """The file chosen and what was said about it."""

    sheet: Sheet = "people"
    name: str = ""
    data: bytes = b""
    report: BulkReport | None = None
    invite: bool = True
    busy: bool = False


@screen
def BulkScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The preview stays until another file is chosen; taking it again changes nothing."""
    state, put = use_value(BulkState())

    async def template() -> None:
        data = await admin_of(ui).template(state.sheet)
        name = f"{ui.t(f'people.bulk.{state.sheet}')}.xlsx"
        saved = await ui.app.platform.save_file(name, _MIME, data)
        if saved.how != "cancelled":
            ui.tell(ui.t("desk.pdf.saved", name=str(saved.path or name)))

    async def look(files: list[Chosen]) -> None:
        if not files:
            return
        chosen = files[0]
        put(BulkState(state.sheet, chosen.name, chosen.data, None, state.invite, busy=True))
        report = None
        try:
            report = await admin_of(ui).bulk(state.sheet, chosen.name, chosen.data, apply=False)
        finally:
            put(BulkState(state.sheet, chosen.name, chosen.data, report, state.invite))

    async def take() -> None:
        put(BulkState(state.sheet, state.name, state.data, state.report, state.invite, busy=True))
        report = state.report
        try:
            report = await admin_of(ui).bulk(
                state.sheet,
                state.name,
                state.data,
                apply=True,
                invite=state.invite and state.sheet == "people",
            )
        finally:
            put(BulkState(state.sheet, state.name, state.data, report, state.invite))

    parts = ui.app.picking.button_parts(ui, "any", look, several=False)
    rows: list[ft.Control] = [
        card(
            heading(ui, ui.t("admin.import.title")),
            text(ui, ui.t("admin.import.how"), "small", theme.MUTED),
            line(
                *(
                    choice(
                        ui,
                        ui.t(f"people.bulk.{sheet}"),
                        f"bulk-{sheet}",
                        ui.on(put, BulkState(sheet)),
                        chosen=sheet == state.sheet,
                        expand=False,
                    )
                    for sheet in SHEETS
                )
            ),
            line(
                button(
                    ui,
                    ui.t("admin.import.template"),
                    "bulk-template",
                    ui.on(template),
                    icon=ft.Icons.DOWNLOAD,
                ),
                button(
                    ui,
                    ui.t("admin.import.pick"),
                    "bulk-file",
                    parts["on_click"],  # type: ignore[arg-type]
                    look="main",
                    icon=ft.Icons.UPLOAD_FILE,
                    action=parts["action"],
                    disabled=state.busy,
                ),
            ),
            spacing=theme.GAP,
        )
    ]
    if state.busy:
        rows.append(
            note(ui, ui.t("desk.import.sending", file=state.name), "accent", ft.Icons.HOURGLASS_BOTTOM)
        )
    if state.report is not None:
        rows += report_cards(ui, state, put, take)
    bar = title_bar(ui, ui.t("admin.import.title"), back=ui.going("/admin"))
    return framed(ui, "admin", bar, column(*rows, width=theme.READING + 120))


def report_cards(ui: Ui, state: BulkState, put: object, take: object) -> list[ft.Control]:
    """What a file would do or did: counts, codes, wrong rows, changes, who is missing."""
    report = state.report
    assert report is not None
    useful = report.counts.new + report.counts.changed
    tiles: list[ft.Control] = [
        ft.Container(
            ft.Column(
                [
                    text(ui, str(getattr(report.counts, name)), "title"),
                    text(ui, ui.t(f"people.bulk.count.{name}"), "caption", theme.MUTED),
                ],
                spacing=0,
                tight=True,
            ),
            padding=ft.Padding(right=theme.WIDE),
        )
        for name in COUNTS
    ]
    head: list[ft.Control] = [
        heading(ui, ui.t("admin.import.done" if report.applied else "admin.import.preview")),
        text(ui, report.file_name, "small", theme.MUTED),
        ft.Row(tiles, spacing=0, run_spacing=theme.NEAR, wrap=True),
    ]
    if report.applied:
        head.append(note(ui, ui.t("admin.import.applied"), "good", ft.Icons.CHECK_CIRCLE_OUTLINE))
    else:
        if report.counts.rejected:
            head.append(note(ui, ui.t("admin.import.some_rejected", count=report.counts.rejected), "warn"))
        actions: list[ft.Control] = []
        if state.sheet == "people" and report.counts.new:
            flipped = BulkState(state.sheet, state.name, state.data, report, not state.invite)
            actions.append(
                choice(
                    ui,
                    ui.t("admin.import.invite"),
                    "bulk-invite",
                    ui.on(put, flipped),  # type: ignore[arg-type]
                    chosen=state.invite,
                    multiple=True,
                    expand=False,
                )
            )
        actions.append(
            button(
                ui,
                ui.t("admin.import.take", count=useful),
                "bulk-take",
                ui.on(take),  # type: ignore[arg-type]
                look="main",
                disabled=state.busy or not useful,
            )
        )
        head.append(line(*actions))
    rows: list[ft.Control] = [named(card(*head, spacing=theme.GAP), "bulk-report", container=True)]
    if report.invitations:
        rows.append(codes_card(ui, report.invitations))
    if report.problems:
        shown = [_problem(ui, one) for one in report.problems[:SHOWN]]
        rows.append(card(heading(ui, ui.t("admin.import.problems")), *shown))
    if report.rows:
        lines = [_row(ui, one) for one in report.rows[:SHOWN]]
        rows.append(card(heading(ui, ui.t("admin.import.rows")), *lines))
    if report.missing:
        names = "、".join(report.missing[:SHOWN])
        title = ui.t("admin.import.missing", count=report.counts.missing)
        rows.append(card(heading(ui, title), text(ui, names, "small", theme.MUTED)))
    return rows


def _problem(ui: Ui, one: RowProblem) -> ft.Control:
    where = ui.t("desk.import.where", row=one.row, column=one.column or "–")
    words = ui.t(f"people.bulk.reason.{one.reason}")
    said = f"{words}: {one.value}" if one.value else words
    return ruled(line(tag(ui, where, "bad"), text(ui, said, "small")))


def _row(ui: Ui, one: BulkRow) -> ft.Control:
    tone = "good" if one.state is RowState.NEW else "accent"
    rows: list[ft.Control] = [
        line(
            tag(ui, ui.t(f"people.bulk.state.{one.state.value}"), tone),
            text(ui, f"{one.row}  {one.key}  {one.name}", "small"),
        )
    ]
    if one.state is RowState.CHANGED:
        for name, (old, new) in one.changes.items():
            key = f"admin.field.{name}"
            label = ui.t(key) if ui.t.has(key) else name
            rows.append(text(ui, f"{label}: {old or '—'} → {new or '—'}", "caption", theme.MUTED))
    return ruled(*rows)
