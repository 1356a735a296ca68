"""Importing survey files: choose the house's mapping, choose the file, read what became of its rows."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.imports.widgets.report import batch_facts, counts_row, findings_card, repeated_note
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, empty, heading, named, note, tag, text
from field_app.shell.picking import Chosen
from field_app.shell.reading import Reading, fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import since_text
from field_app.shell.ui import Ui
from shared_models.imports.wire import ImportBatch, ImportReport, MappingSummary

PAGE = 30
_BRIEF = ("read", "loaded", "revised", "unchanged", "duplicates", "rejected")
Mappings = Fetched[tuple[MappingSummary, ...]]
Batches = Fetched[tuple[ImportBatch, ...]]


def _no_report() -> ImportReport | None:
    return None


@screen
def ImportsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Sending is for the network; lists stay readable without."""
    mapping, set_mapping = use_value("")
    sending, set_sending = use_value("")
    report, set_report = use_value(_no_report())
    imports = ui.work.imports

    async def read_mappings(first: Callable[[Mappings], None]) -> Mappings:
        return await fresh(first, lambda kept: imports.mappings(kept_first=kept))

    async def read_batches(first: Callable[[Batches], None]) -> Batches:
        return await fresh(first, lambda kept: imports.batches(kept_first=kept))

    mappings = use_reading(ui, read_mappings)
    batches = use_reading(ui, read_batches)

    async def take(files: list[Chosen]) -> None:
        if sending or not files:
            return
        set_sending(files[0].name)
        set_report(None)
        try:
            set_report(await imports.send(files[0].name, files[0].data, mapping))
        finally:
            set_sending("")
        await batches.again()

    rows: list[ft.Control] = [_sender(ui, mappings, mapping, set_mapping, sending, take)]
    if report is not None:
        rows += [
            named(
                card(
                    heading(ui, ui.t("desk.import.done")),
                    *repeated_note(ui, report.batch),
                    counts_row(ui, report.batch.counts),
                    batch_facts(ui, report.batch),
                ),
                "import-report",
                container=True,
            ),
            findings_card(ui, report.findings, report.findings_total),
        ]
    rows += _history(ui, batches)
    bar = title_bar(ui, ui.t("desk.import.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    return framed(ui, "imports", bar, column(*rows, width=theme.READING + 120))


def _sender(
    ui: Ui,
    mappings: Reading[Mappings],
    mapping: str,
    set_mapping: Callable[[str], None],
    sending: str,
    take: Callable[[list[Chosen]], object],
) -> ft.Control:
    stand_in = mappings.stand_in(ui)
    if stand_in is not None or mappings.value is None:
        return card(heading(ui, ui.t("desk.import.send")), stand_in or busy(ui))
    options = [
        Option(one.name, one.title.text(ui.language), f"{one.house} · {one.format.value.upper()}")
        for one in mappings.value.value
    ]
    parts = ui.app.picking.button_parts(ui, "any", take, several=False)  # type: ignore[arg-type]
    chosen = next((one for one in mappings.value.value if one.name == mapping), None)
    rows: list[ft.Control] = [
        heading(ui, ui.t("desk.import.send")),
        text(ui, ui.t("desk.import.hint"), "small", theme.MUTED),
        ft.Row(
            [
                choose_button(
                    ui,
                    ui.t("desk.import.mapping"),
                    "import-mapping",
                    options,
                    mapping,
                    set_mapping,
                    icon=ft.Icons.VIEW_COLUMN_OUTLINED,
                    hint=ui.t("desk.import.mapping_pick"),
                ),
                button(
                    ui,
                    ui.t("desk.import.pick"),
                    "import-file",
                    parts["on_click"],  # type: ignore[arg-type]
                    look="main",
                    icon=ft.Icons.UPLOAD_FILE,
                    disabled=chosen is None or bool(sending),
                    action=parts["action"] if chosen is not None else None,
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    ]
    if sending:
        rows += [note(ui, ui.t("desk.import.sending", file=sending), "accent", ft.Icons.HOURGLASS_BOTTOM)]
    return card(*rows)


def _history(ui: Ui, batches: Reading[Batches]) -> list[ft.Control]:
    rows: list[ft.Control] = [heading(ui, ui.t("desk.import.batches"))]
    stand_in = batches.stand_in(ui)
    if stand_in is not None or batches.value is None:
        return [*rows, stand_in or busy(ui)]
    rows += age_note(ui, batches.value)
    if not batches.value.value:
        rows.append(empty(ui, ui.t("desk.import.none"), ui.t("desk.import.none_hint"), ft.Icons.UPLOAD_FILE))
    rows += [_batch(ui, place, one) for place, one in enumerate(batches.value.value[:PAGE])]
    return rows


def _batch(ui: Ui, place: int, one: ImportBatch) -> ft.Control:
    return named(
        card(
            text(ui, one.file_name, "heading"),
            ft.Row(
                [
                    tag(ui, ui.t(f"checklists.source.{one.source.value}"), "accent"),
                    tag(ui, one.mapping),
                    text(ui, since_text(ui, one.imported_at), "caption", theme.MUTED),
                ],
                spacing=6,
                run_spacing=6,
                wrap=True,
            ),
            counts_row(ui, one.counts, _BRIEF),
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("desk.import.open"),
                        f"import-row-{place}",
                        ui.going(f"/imports/batch/{one.id}"),
                        look="quiet",
                        icon=ft.Icons.CHEVRON_RIGHT,
                        spoken=ui.t("desk.import.open_spoken", file=one.file_name),
                    )
                ],
                alignment=ft.MainAxisAlignment.END,
            ),
            padding=theme.GAP,
        ),
        f"import-{one.id}",
        container=True,
    )
