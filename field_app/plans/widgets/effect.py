"""What the figures say about an item after its plan: before, after, the difference and how sure it is."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.insight.answers import counted_answers, runs
from field_app.insight.widgets.answers_link import answers_link
from field_app.insight.widgets.figures import percent
from field_app.insight.widgets.fused import months_text
from field_app.plans.widgets.marks import VERDICT_TONES
from field_app.shell.parts import note, text
from field_app.shell.ui import Ui
from shared_models.insight import EffectCell, Evaluation
from shared_models.insight.words import look_text, number_text

_ICONS = {
    "improved": ft.Icons.TRENDING_UP,
    "not_improved": ft.Icons.TRENDING_FLAT,
    "worse": ft.Icons.TRENDING_DOWN,
    "not_enough_data": ft.Icons.HELP_OUTLINE,
}


def effect_lines(ui: Ui, found: Evaluation) -> list[ft.Control]:
    """The verdict with its figures, merged and per source."""
    verdict = found.verdict.value
    lines: list[ft.Control] = [
        note(
            ui,
            ui.t(
                "desk.effect.verdict",
                verdict=ui.t(f"insight.verdict.{verdict}"),
                trend=ui.t(f"insight.trend.{found.trend.value}"),
            ),
            VERDICT_TONES.get(verdict, "plain"),
            _ICONS.get(verdict),
        ),
        text(ui, _cell(ui, found.merged), "small"),
        text(
            ui,
            ui.t(
                "insight.effect.answers",
                before=number_text(found.merged.before_applicable),
                after=number_text(found.merged.after_applicable),
            ),
            "caption",
            theme.MUTED,
        ),
    ]
    lines += [text(ui, _cell(ui, cell), "small", theme.MUTED) for cell in found.by_source]
    lines += [text(ui, look_text(look, ui.t), "small") for look in found.looks]
    months = ui.t(
        "desk.effect.months",
        before=ui.t("insight.list_separator").join(found.before_months) or "–",
        after=ui.t("insight.list_separator").join(found.after_months) or "–",
    )
    lines.append(text(ui, months, "caption", theme.MUTED))
    lines.append(text(ui, ui.t("insight.effect.cannot"), "caption", theme.MUTED))
    return lines


def effect_answers(
    ui: Ui, place: int, found: Evaluation, dealer_id: str, item_id: str, called: str, back: str
) -> list[ft.Control]:
    """The ways to the answers before and after the plan, and to those of the later looks that were taken."""
    looks = [look.after_months for look in found.looks if look.complete]
    wanted = [found.before_months, found.after_months, *looks]
    spans = list(dict.fromkeys(span for months in wanted for span in runs(months)))
    if not spans:
        return []
    links = [
        answers_link(
            ui,
            f"effect-answers-{place}-{at}",
            counted_answers(span, dealer_id=dealer_id, item_id=item_id),
            called,
            back,
            months_text(span),
        )
        for at, span in enumerate(spans)
    ]
    said = text(ui, ui.t("insight.answers.title"), "caption", theme.MUTED)
    return [said, ft.Row(links, spacing=theme.NEAR, run_spacing=0, wrap=True)]


def _cell(ui: Ui, cell: EffectCell) -> str:
    name = ui.t(f"checklists.source.{cell.source.value}") if cell.source else ui.t("desk.effect.merged")
    shown = {"name": name, "before": percent(cell.before_rate), "after": percent(cell.after_rate)}
    if cell.difference is None:
        return ui.t("desk.effect.cell_open", **shown)
    sign = "+" if cell.difference > 0 else ""
    return ui.t(
        "desk.effect.cell",
        difference=f"{sign}{number_text(cell.difference)}",
        low=number_text(cell.low),
        high=number_text(cell.high),
        **shown,
    )
