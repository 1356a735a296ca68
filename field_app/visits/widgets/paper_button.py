"""The report to hand over, drawn on the spot on this device."""

from __future__ import annotations

import asyncio

import flet as ft

from field_app.shell.parts import button
from field_app.shell.ui import Ui
from field_app.visits.workflow_cards import VisitCard
from field_app.visits.workflow_reading import VisitReading
from shared_models.checklists import Source
from shared_models.problems import Code, Problem

SHOWN = 0.3
"""Seconds in which the screen says that the report is being drawn, before drawing keeps the app busy."""


def paper_button(ui: Ui, one: VisitCard) -> ft.Control:
    """Nothing for a covert visit."""
    if one.source is Source.SHOP:
        return ft.Container(width=0, height=0)

    async def make() -> None:
        device = ui.app.platform
        ui.tell(ui.t("visits.paper.drawing"))
        if not await device.load_paper():
            raise Problem(Code.PAPER_NOT_HERE)
        await asyncio.sleep(SHOWN)
        from field_app.visits.paper.record import visit_paper

        store = ui.work.store
        session = VisitReading(store, one.id)
        try:
            held = {row["sha256"]: await store.blobs.get(row["sha256"]) for row in session.attachments}
            here = {sha256: data for sha256, data in held.items() if data is not None}
            data = visit_paper(ui, session, here, ui.work.account.name)
        finally:
            session.close()
        day = one.visit_date.isoformat() if one.visit_date else "visit"
        saved = await device.save_file(f"{one.dealer.code}-{day}.pdf", "application/pdf", data)
        if saved.how != "cancelled":
            ui.tell(ui.t("visits.paper.saved", name=str(saved.path or one.dealer.code)))

    return button(
        ui,
        ui.t("visits.paper.make"),
        f"paper-{one.id}",
        ui.on(make),
        look="quiet",
        icon=ft.Icons.PICTURE_AS_PDF_OUTLINED,
    )
