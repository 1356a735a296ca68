"""The finding of a weak item as it stood when the plan was written."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import percent, rate_block, rate_tone, rate_words
from field_app.insight.widgets.fused import fused_block
from field_app.insight.widgets.weak_card import reasons
from field_app.plans.workflow import PlanDraft
from field_app.shell.parts import card, heading, tag, text
from field_app.shell.ui import Ui
from shared_models.insight import RateCell, WeakItem


def finding_card(ui: Ui, draft: PlanDraft, plan_item_id: str) -> ft.Control:
    """Item, rate with interval, reasons, trend in figures, sources."""
    weak = draft.finding(plan_item_id)
    return card(
        heading(ui, draft.name_of(plan_item_id).text(ui.language)),
        ft.Row(
            [
                tag(ui, ui.t(f"checklists.stage.{weak.stage.value}")),
                tag(ui, ui.t("desk.finding.month", month=weak.month), icon=ft.Icons.CALENDAR_MONTH_OUTLINED),
            ],
            spacing=6,
            run_spacing=6,
            wrap=True,
        ),
        *finding_lines(ui, weak),
    )


def finding_lines(ui: Ui, weak: WeakItem) -> list[ft.Control]:
    """The figures of a finding."""
    trend = "  →  ".join(f"{point.month} {percent(point.merged.rate)}" for point in weak.trend)
    fused = weak.fused
    figure = fused_block(ui, weak, fused) if fused else rate_block(ui, weak.merged, weak.target)
    lines: list[ft.Control] = [figure, *reasons(ui, weak)]
    if len(weak.trend) > 1:
        lines.append(text(ui, trend, "small", theme.MUTED))
    lines += [_source(ui, cell, weak.target) for cell in weak.by_source]
    return lines


def _source(ui: Ui, cell: RateCell, target: float) -> ft.Control:
    name = ui.t(f"checklists.source.{cell.source.value}") if cell.source else ""
    figure = text(ui, percent(cell.rate), "small", rate_tone(cell, target))
    words = text(ui, rate_words(ui, cell), "caption", theme.MUTED)
    if ui.look.phone:
        head = ft.Row([ft.Container(text(ui, name, "small"), expand=True), figure])
        return ft.Column([head, words], spacing=0, tight=True)
    widths = (140 * ui.look.scale, 64 * ui.look.scale)
    columns = [ft.Container(text(ui, name, "small"), width=widths[0]), ft.Container(figure, width=widths[1])]
    return ft.Row([*columns, ft.Container(words, expand=True)], spacing=theme.NEAR)
