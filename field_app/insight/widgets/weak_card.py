"""A weak item in the list: where, what, how weak, how sure, why, and the mark to take it into a plan."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import rate_block
from field_app.insight.widgets.fused import fused_block, level_tag
from field_app.shell.parts import button, card, icon_button, named, tag, text
from field_app.shell.ui import Handler, Ui
from shared_models.insight import ReasonKind, WeakItem
from shared_models.insight.words import reason_text

_REASON_ICONS = {
    ReasonKind.DECLINE: ft.Icons.TRENDING_DOWN,
    ReasonKind.WARNING: ft.Icons.WARNING_AMBER,
    ReasonKind.CONFIRMED_DECLINE: ft.Icons.TRENDING_DOWN,
}


def item_name(ui: Ui, weak: WeakItem) -> str:
    """The item's name in the language shown."""
    return weak.item_name if ui.t.is_chinese else (weak.item_name_en or weak.item_name)


def dealer_name(ui: Ui, weak: WeakItem) -> str:
    """The dealer's name in the language shown."""
    return weak.dealer_name if ui.t.is_chinese else (weak.dealer_name_en or weak.dealer_name)


def weak_key(weak: WeakItem) -> str:
    """What tells one weak item of a month from another."""
    return f"{weak.dealer_id}/{weak.item_id}"


def weak_route(weak: WeakItem) -> str:
    """Address of the item's page."""
    return f"/weak/item/{weak.month}/{weak.dealer_id}/{weak.item_id}"


def reasons(ui: Ui, weak: WeakItem) -> list[ft.Control]:
    """Why it is weak, a line each."""
    return [
        ft.Row(
            [
                ft.Icon(
                    _REASON_ICONS.get(reason.kind, ft.Icons.SOUTH),
                    size=ui.look.icon - 2,
                    color=theme.BAD if weak.level == "listed" else theme.MUTED,
                ),
                text(ui, reason_text(reason, ui.t), "small", expand=True),
            ],
            spacing=6,
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
        for reason in weak.all_reasons
    ]


def weak_card(
    ui: Ui, place: int, weak: WeakItem, *, picked: bool, pick: Handler | None, open_it: Handler
) -> ft.Control:
    """``pick`` is None where the item cannot go into the plan being put together (another dealer's)."""
    marks: list[ft.Control] = [
        level_tag(ui, weak),
        tag(ui, ui.t(f"checklists.stage.{weak.stage.value}")),
    ]
    if weak.conflicts:
        marks.append(tag(ui, ui.t("insight.conflict.tag"), "warn", ft.Icons.COMPARE_ARROWS))
    if weak.running_plan_id:
        marks.append(tag(ui, ui.t("desk.weak.in_plan"), "accent", ft.Icons.ASSIGNMENT_OUTLINED))
    if weak.merged.small:
        marks.append(tag(ui, ui.t("desk.weak.few"), "plain", ft.Icons.HELP_OUTLINE))
    names: list[ft.Control] = [
        text(ui, item_name(ui, weak), "heading"),
        text(ui, f"{dealer_name(ui, weak)} · {weak.dealer_code}", "small", theme.MUTED),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
        *reasons(ui, weak),
    ]
    said = ft.Column(names, spacing=theme.TIGHT, tight=True)
    fused = weak.fused
    figure = fused_block(ui, weak, fused) if fused else rate_block(ui, weak.merged, weak.target)
    label = ui.t("desk.weak.pick", item=item_name(ui, weak))
    mark = icon_button(
        ui,
        ft.Icons.CHECK_BOX if picked else ft.Icons.CHECK_BOX_OUTLINE_BLANK,
        label,
        f"weak-pick-{place}",
        pick,
        color=theme.ACCENT if picked else theme.EDGE,
        disabled=pick is None,
    )
    opener = button(
        ui,
        ui.t("desk.weak.open"),
        f"weak-row-{place}",
        open_it,
        look="quiet",
        icon=ft.Icons.CHEVRON_RIGHT,
        spoken=ui.t("desk.weak.open_spoken", item=item_name(ui, weak), dealer=dealer_name(ui, weak)),
    )
    top = ft.CrossAxisAlignment.START
    if ui.look.phone:
        body: ft.Control = ft.Column(
            [
                ft.Row([mark, ft.Container(said, expand=True)], spacing=theme.TIGHT, vertical_alignment=top),
                figure,
                ft.Row([opener], alignment=ft.MainAxisAlignment.END),
            ],
            spacing=theme.NEAR,
            tight=True,
        )
    else:
        side = ft.Column(
            [figure, ft.Row([opener], alignment=ft.MainAxisAlignment.END)], spacing=theme.TIGHT, tight=True
        )
        body = ft.Row(
            [
                mark,
                ft.Container(said, expand=3),
                ft.Container(side, expand=2, padding=ft.Padding(left=theme.ROOM)),
            ],
            spacing=theme.TIGHT,
            vertical_alignment=top,
        )
    return named(card(body, padding=theme.GAP), f"weak-{weak.dealer_code}-{weak.item_code}", container=True)
