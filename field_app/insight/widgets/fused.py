"""What all sources together say, in figures and in plain words: how much, how sure, what it cannot say."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import percent, rate_words, scale_bar
from field_app.shell.parts import Tone, button, card, heading, note, tag, text
from field_app.shell.ui import Handler, Ui
from shared_models.insight import ARROW_FROM, FusedRate, FusedSource, SourceConflict, WeakItem
from shared_models.insight.words import number_text, probability_text

_LEVELS: dict[str, tuple[Tone, ft.IconData]] = {
    "listed": ("bad", ft.Icons.FLAG),
    "watch": ("warn", ft.Icons.VISIBILITY_OUTLINED),
}


def level_tag(ui: Ui, weak: WeakItem) -> ft.Control:
    """How sure it is that the item is weak."""
    tone, icon = _LEVELS[weak.level]
    return tag(ui, ui.t(f"insight.level.{weak.level}"), tone, icon)


def fused_tone(fused: FusedRate) -> str:
    """Red where the rate is surely below the target, green where surely not, amber between."""
    if fused.listed:
        return theme.BAD
    return theme.GOOD if fused.p_below < 50 else theme.WARN


def _values(weak: WeakItem, fused: FusedRate) -> dict[str, str]:
    return {
        "rate": number_text(fused.rate),
        "low": number_text(fused.low),
        "high": number_text(fused.high),
        "executed": number_text(fused.executed),
        "applicable": number_text(fused.applicable),
        "raw": number_text(fused.raw_rate),
        "probability": probability_text(fused.p_below),
        "target": number_text(weak.target),
        "months": months_text(fused.months),
    }


def months_text(months: Sequence[str]) -> str:
    """First and last month of a window."""
    return months[0] if len(months) == 1 else f"{months[0]} – {months[-1]}"


def fused_block(ui: Ui, weak: WeakItem, fused: FusedRate) -> ft.Control:
    """The rate with interval, target, chance to be below it, and the month's own figure."""
    values = _values(weak, fused)
    return ft.Semantics(
        content=ft.Column(
            [
                ft.Row(
                    [
                        text(ui, percent(fused.rate), "title", fused_tone(fused)),
                        text(ui, ui.t("desk.rate.target", target=values["target"]), "caption", theme.MUTED),
                    ],
                    spacing=theme.NEAR,
                    wrap=True,
                    run_spacing=0,
                    vertical_alignment=ft.CrossAxisAlignment.END,
                ),
                scale_bar(fused.rate, fused.low, fused.high, weak.target, fused_tone(fused)),
                text(ui, ui.t("insight.fused.below", probability=values["probability"]), "small"),
                text(ui, ui.t("insight.fused.interval", **values), "caption", theme.MUTED),
                text(ui, ui.t("insight.fused.month", rate=_month(ui, weak)), "caption", theme.MUTED),
            ],
            spacing=2,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
        container=True,
    )


def _month(ui: Ui, weak: WeakItem) -> str:
    if weak.merged.rate is None:
        return ui.t("insight.cell.empty")
    return f"{percent(weak.merged.rate)} · {rate_words(ui, weak.merged)}"


def level_words(ui: Ui, weak: WeakItem) -> str:
    """What the level means."""
    if weak.level == "watch":
        return ui.t("insight.level.watch_hint")
    if weak.fused is not None and weak.fused.listed:
        return ui.t("insight.level.listed_hint", share=number_text(weak.fused.false_share))
    return ui.t("insight.level.decline_hint")


def explanation(ui: Ui, weak: WeakItem, fused: FusedRate) -> list[ft.Control]:
    """What the rate says, what it cannot say, how many answers and how sure, in plain words."""
    values = _values(weak, fused)
    lines: list[ft.Control] = [
        text(ui, level_words(ui, weak), "small"),
        text(ui, ui.t("insight.fused.says", **values), "small", theme.MUTED),
        text(ui, ui.t("insight.fused.cannot", **values), "small", theme.MUTED),
    ]
    rough = [one for one in fused.sources if not one.calibrated and one.source.value != "shop"]
    if rough:
        named = ui.t("insight.list_separator").join(_name(ui, one) for one in rough)
        lines.append(text(ui, ui.t("insight.fused.uncalibrated", sources=named), "small", theme.MUTED))
    words = "insight.priority.weighed" if weak.importance != 1 else "insight.priority.equal"
    lines.append(text(ui, ui.t(words, factor=number_text(weak.importance)), "small", theme.MUTED))
    if weak.management_score is not None:
        score = ui.t("insight.score.management", score=number_text(weak.management_score))
        lines.append(text(ui, score, "caption", theme.MUTED))
    if fused.applicable < ARROW_FROM:
        lines.insert(0, note(ui, ui.t("insight.fused.few", **values), icon=ft.Icons.HELP_OUTLINE))
    return lines


def _name(ui: Ui, one: FusedSource) -> str:
    return ui.t(f"checklists.source.{one.source.value}")


def decline_card(ui: Ui, weak: WeakItem) -> ft.Control | None:
    """Whether it falls: a warning, a confirmed decline, or why nothing can be said yet."""
    signs = weak.decline
    if signs is None:
        return None
    rows: list[ft.Control] = [heading(ui, ui.t("insight.decline.title"))]
    drop = number_text(signs.drop)
    if signs.confirmed:
        words = ui.t("insight.decline.confirmed", drop=drop)
        rows.append(note(ui, words, "bad", ft.Icons.TRENDING_DOWN))
    if signs.warning_month is not None:
        words = ui.t("insight.decline.warning", month=signs.warning_month)
        rows.append(note(ui, words, "warn", ft.Icons.WARNING_AMBER))
    if len(rows) == 1:
        short = signs.months < signs.needed
        key = "insight.decline.short" if short else "insight.decline.none"
        words = ui.t(key, months=signs.months, needed=signs.needed)
        rows.append(text(ui, words, "small", theme.MUTED))
    if signs.drop is not None and not signs.confirmed:
        fell = number_text(-signs.drop) if signs.drop < 0 else f"−{drop}"
        sign = "+" if signs.drop < 0 else ""
        words = ui.t("insight.decline.change", drop=f"{sign}{fell}")
        rows.append(text(ui, words, "caption", theme.MUTED))
    return card(*rows)


def conflict_card(ui: Ui, place: int, one: SourceConflict, review: Handler | None) -> ft.Control:
    """Both sides of a conflict, and the mark that somebody has looked into it."""
    name = ui.t(f"checklists.source.{one.source.value}")
    own, sign = one.own, "+" if one.gap > 0 else ""
    own_words = ui.t(
        "insight.conflict.own",
        source=name,
        rate=number_text(own.rate),
        executed=number_text(own.executed),
        applicable=number_text(own.applicable),
        low=number_text(own.low),
        high=number_text(own.high),
    )
    others_words = ui.t(
        "insight.conflict.others",
        rate=number_text(one.others_rate),
        executed=number_text(one.others_executed),
        applicable=number_text(one.others_applicable),
        low=number_text(one.others_low),
        high=number_text(one.others_high),
    )
    gap = ui.t(
        "insight.conflict.gap",
        gap=f"{sign}{number_text(one.gap)}",
        low=number_text(one.gap_low),
        high=number_text(one.gap_high),
    )
    rows: list[ft.Control] = [
        heading(ui, ui.t("insight.conflict.title", source=name)),
        text(ui, own_words, "body"),
        text(ui, others_words, "body"),
        text(ui, gap, "small", theme.MUTED),
    ]
    if one.whole_dealer:
        key = "insight.conflict.reviewed" if one.reviewed else "insight.conflict.dealer"
        words = ui.t(key, weight=number_text(own.weight * 100) + "%")
        rows.append(note(ui, words, "plain" if one.reviewed else "warn", ft.Icons.COMPARE_ARROWS))
        if not one.reviewed and review is not None:
            label = ui.t("insight.conflict.review")
            rows.append(ft.Row([button(ui, label, f"conflict-review-{place}", review)]))
    return card(*rows)
