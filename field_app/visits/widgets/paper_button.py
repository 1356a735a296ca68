"""The report to hand over: made on the spot by the native app; the browser says why it cannot."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui
from field_app.visits.workflow_cards import VisitCard
from field_app.visits.workflow_reading import VisitReading
from shared_models.checklists import Source


def paper_button(ui: Ui, one: VisitCard) -> ft.Control:
    """Nothing for a covert visit."""
    if one.source is Source.SHOP:
        return ft.Container(width=0, height=0)
    if ui.app.platform.kind != "native":
        return text(ui, ui.t("visits.paper.browser"), "caption", theme.MUTED)

    async def make() -> None:
        from field_app.visits.native.paper import visit_paper

        store = ui.work.store
        session = VisitReading(store, one.id)
        try:
            held = {row["sha256"]: await store.blobs.get(row["sha256"]) for row in session.attachments}
            here = {sha256: data for sha256, data in held.items() if data is not None}
            data = visit_paper(ui, session, here, ui.work.account.name)
        finally:
            session.close()
        day = one.visit_date.isoformat() if one.visit_date else "visit"
        saved = await ui.app.platform.save_file(f"{one.dealer.code}-{day}.pdf", "application/pdf", data)
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
