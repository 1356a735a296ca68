"""What a survey file brought: counts, and the rows that are wrong, each with column, reason and value."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.shell.parts import card, facts, heading, note, tag, text
from field_app.shell.times import since_text, size_text
from field_app.shell.ui import Ui
from shared_models.imports.mapping import CheckLevel
from shared_models.imports.wire import ImportBatch, ImportCounts, RowFinding

COUNTS = (
    "read",
    "loaded",
    "revised",
    "unchanged",
    "duplicates",
    "rejected",
    "skipped",
    "noted",
    "observations",
)


def counts_row(ui: Ui, counts: ImportCounts, names: Sequence[str] = COUNTS) -> ft.Control:
    """The counts that are not zero, always read, loaded and rejected."""
    given = {name: int(getattr(counts, name)) for name in names}
    tiles: list[ft.Control] = []
    for name, value in given.items():
        if not value and name not in ("read", "loaded", "rejected"):
            continue
        ink = theme.BAD if name == "rejected" and value else theme.INK
        tiles.append(
            ft.Container(
                ft.Column(
                    [
                        text(ui, str(value), "title", ink),
                        text(ui, ui.t(f"desk.import.count.{name}"), "caption", theme.MUTED),
                    ],
                    spacing=0,
                    tight=True,
                ),
                padding=ft.Padding(right=theme.WIDE),
            )
        )
    return ft.Row(tiles, spacing=0, run_spacing=theme.NEAR, wrap=True)


def batch_facts(ui: Ui, batch: ImportBatch) -> ft.Control:
    """Which file it was."""
    rows = [
        (ui.t("desk.import.file"), batch.file_name),
        (ui.t("desk.import.size"), size_text(batch.file_size)),
        (ui.t("desk.import.mapping"), batch.mapping),
        (ui.t("desk.source.label"), ui.t(f"checklists.source.{batch.source.value}")),
        (ui.t("desk.import.at"), since_text(ui, batch.imported_at)),
        (ui.t("desk.import.encoding"), batch.encoding),
    ]
    return facts(ui, [(name, value) for name, value in rows if value])


def repeated_note(ui: Ui, batch: ImportBatch) -> list[ft.Control]:
    """That the very same file had been imported before."""
    return [note(ui, ui.t("desk.import.repeated"), "accent", ft.Icons.CONTENT_COPY)] if batch.repeated else []


def findings_card(ui: Ui, findings: Sequence[RowFinding], total: int) -> ft.Control:
    """Rejected rows first, then notes; each line names row, column, reason and what stood there."""
    if not findings:
        return card(note(ui, ui.t("desk.import.no_findings"), "good", ft.Icons.CHECK_CIRCLE_OUTLINE))
    ordered = sorted(findings, key=lambda one: (one.level is not CheckLevel.REJECT, one.row))
    rows: list[ft.Control] = [heading(ui, ui.t("desk.import.findings", count=total))]
    rows += [_finding(ui, one) for one in ordered]
    if total > len(findings):
        rows.append(
            text(ui, ui.t("desk.import.findings_cut", count=total - len(findings)), "small", theme.MUTED)
        )
    return card(*rows)


def _finding(ui: Ui, one: RowFinding) -> ft.Control:
    reason = ui.t(f"imports.reason.{one.reason.value}")
    where = ui.t("desk.import.where", row=one.row, column=one.column or "–")
    lines: list[ft.Control] = [
        ft.Row(
            [
                tag(
                    ui,
                    ui.t(f"imports.level.{one.level.value}"),
                    "bad" if one.level is CheckLevel.REJECT else "plain",
                ),
                text(ui, where, "small", theme.MUTED),
            ],
            spacing=6,
            run_spacing=4,
            wrap=True,
        ),
        text(ui, reason),
    ]
    if one.value:
        lines.append(text(ui, ui.t("desk.import.value", value=one.value), "small", theme.MUTED))
    if one.other_row is not None:
        lines.append(text(ui, ui.t("desk.import.other_row", row=one.other_row), "small", theme.MUTED))
    return ft.Container(
        ft.Column(lines, spacing=2, tight=True),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(top=theme.NEAR),
    )
