"""What was sent: receipts, where each visit stands in review, and what came back."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_task, use_value
from field_app.shell.parts import Tone, busy, button, card, empty, named, note, tag, text
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.ways import visit_way
from field_app.visits.widgets.progress import percent_text
from field_app.visits.workflow_cards import VisitCard
from shared_models.checklists import Source

STATUS: dict[str, Tone] = {
    "submitted": "accent",
    "returned": "warn",
    "accepted": "good",
    "rejected": "bad",
}


_NOT_READ: tuple[VisitCard, ...] | None = None


@screen
def HistoryScreen(ui: Ui) -> ft.View:  # noqa: N802
    """All visits of the person that have been sent once, newest first."""
    bar = title_bar(ui, ui.t("visits.history.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    return framed(ui, "history", bar, HistoryList(ui))


@guarded
def HistoryList(ui: Ui) -> ft.Control:  # noqa: N802
    """Read when shown, and again when rows or receipts come in."""
    cards, set_cards = use_value(_NOT_READ)

    async def load() -> None:
        set_cards(await ui.work.history.load())

    async def reload() -> None:
        await ui.attempt(load)

    ft.use_effect(reload, [ui.work])
    use_task(ui, lambda call: ui.work.store.watch(lambda _: call()), reload, ui.work)
    if cards is None:
        return busy(ui)
    if not cards:
        return empty(ui, ui.t("visits.history.empty"), ui.t("visits.history.empty_hint"), ft.Icons.HISTORY)
    return column(*(history_card(ui, one) for one in cards))


def transfer_text(ui: Ui, one: VisitCard) -> tuple[str, Tone, ft.IconData]:
    """What of a visit is still on this device only, in words."""
    if one.held:
        return ui.t("visits.held"), "bad", ft.Icons.ERROR_OUTLINE
    if one.pending:
        return ui.t("visits.transfer.records", count=one.pending), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED
    if one.pending_files:
        return ui.t("visits.transfer.files", count=one.pending_files), "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED
    if one.evidence_complete:
        return ui.t("visits.transfer.complete"), "good", ft.Icons.CLOUD_DONE_OUTLINED
    return ui.t("visits.transfer.received"), "plain", ft.Icons.CLOUD_DONE_OUTLINED


def history_card(ui: Ui, one: VisitCard) -> ft.Control:
    """One visit: state, score, transfer, the reviewer's words."""
    words, tone, icon = transfer_text(ui, one)
    marks: list[ft.Control] = [
        tag(ui, ui.t(f"visits.status.{one.status}"), STATUS.get(one.status, "plain")),
        tag(ui, words, tone, icon),
    ]
    if one.revision:
        marks.append(tag(ui, ui.t("visits.history.revision", number=one.revision)))
    when = instant_text(ui, one.submitted_at) if one.submitted_at else ""
    parts: list[ft.Control] = [
        ft.Row(
            [
                ft.Column(
                    [
                        text(ui, one.dealer.name.text(ui.language), "heading"),
                        text(
                            ui,
                            " · ".join(p for p in (one.title.text(ui.language), when) if p),
                            "small",
                            theme.MUTED,
                        ),
                    ],
                    spacing=2,
                    tight=True,
                    expand=True,
                ),
                text(ui, percent_text(ui, one.percent), "title", theme.ACCENT),
            ],
            spacing=theme.GAP,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
    ]
    if one.review_note:
        parts.append(
            note(
                ui,
                one.review_note,
                "warn" if one.status != "accepted" else "plain",
                ft.Icons.RATE_REVIEW_OUTLINED,
            )
        )
    if one.status == "returned":
        opener = button(
            ui,
            ui.t("visits.today.answer_returned"),
            f"open-{one.id}",
            ui.going(visit_way(ui, one.id)),
            look="main",
            icon=ft.Icons.EDIT_NOTE,
        )
    else:
        opener = button(
            ui,
            ui.t("visits.history.open"),
            f"open-{one.id}",
            ui.going(visit_way(ui, one.id)),
            look="quiet",
            icon=ft.Icons.VISIBILITY_OUTLINED,
        )
    foot: list[ft.Control] = [opener]
    if one.status != "returned" and one.source is not Source.SHOP:
        from field_app.visits.widgets.paper_button import paper_button

        foot.append(paper_button(ui, one))
    parts.append(ft.Row(foot, wrap=True))
    return named(card(*parts), f"history-{one.id}")
