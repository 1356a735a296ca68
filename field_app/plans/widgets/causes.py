"""Causes of a weak item: known ones by a tap, others in words, each with its category and its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.plans.widgets.marks import gap_note
from field_app.plans.widgets.suggestions import Suggestions
from field_app.plans.workflow import PlanDraft
from field_app.shell.choosing import Option, choose_button
from field_app.shell.parts import button, card, choice, heading, icon_button, note, text
from field_app.shell.ui import Ui
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists.stages import CAUSE_CATEGORIES, Stage

OTHER_CATEGORY = Stage.CARE
"""Where causes of after-sales items begin: their stages are none of the nine categories."""


def causes_card(
    ui: Ui, draft: PlanDraft, plan_item_id: str, aimed: str, aim: Callable[[str], None]
) -> ft.Control:
    """``aimed`` is the cause that evidence is attached to."""
    stage = draft.finding(plan_item_id).stage
    category = stage if stage in CAUSE_CATEGORIES else OTHER_CATEGORY
    causes = draft.causes_of(plan_item_id)
    used = {row["code"] for row in causes if row["code"]}

    async def add(text_of: str, code: str) -> None:
        aim(await draft.add_cause(plan_item_id, category.value, text_of, code))

    rows: list[ft.Control] = [
        heading(ui, ui.t("desk.cause.title")),
        *gap_note(ui, [gap for gap in draft.gaps if gap.reason == "cause"], f"plan_item.{plan_item_id}"),
    ]
    rows += [_cause(ui, draft, place, row, row["id"] == aimed, aim) for place, row in enumerate(causes)]
    known = [one for one in draft.known_causes(plan_item_id) if one["code"] not in used]
    if known:
        rows.append(text(ui, ui.t("desk.cause.known"), "small", theme.MUTED))
        rows += [
            choice(
                ui,
                _words(ui, one),
                f"cause-known-{one['code']}",
                ui.on(add, _words(ui, one), one["code"]),
                chosen=False,
                multiple=True,
                align_start=True,
            )
            for one in known
        ]
    rows.append(
        ft.Row([button(ui, ui.t("desk.cause.other"), "cause-add", ui.on(add, "", ""), icon=ft.Icons.ADD)])
    )
    rows.append(Suggestions(ui, draft, plan_item_id, key=f"suggest-{plan_item_id}"))  # pyright: ignore[reportCallIssue]
    return card(*rows)


def _words(ui: Ui, known: Mapping[str, str]) -> str:
    return known["zh"] if ui.t.is_chinese else (known["en"] or known["zh"])


def _cause(
    ui: Ui, draft: PlanDraft, place: int, row: Mapping[str, Any], aimed: bool, aim: Callable[[str], None]
) -> ft.Control:
    cause_id = row["id"]

    async def save(written: str) -> None:
        await draft.change_cause(cause_id, text=written.strip())

    async def categorise(key: str) -> None:
        await draft.change_cause(cause_id, category=key)

    async def drop(evidence_id: str) -> None:
        await draft.change_cause(
            cause_id, evidence=[one for one in row["evidence"] if one["id"] != evidence_id]
        )

    categories = [Option(one.value, ui.t(f"checklists.stage.{one.value}")) for one in CAUSE_CATEGORIES]
    parts: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(
                    choose_button(
                        ui,
                        ui.t("desk.cause.category"),
                        f"cause-{place}-category",
                        categories,
                        row["category"],
                        categorise,
                        icon=ft.Icons.CATEGORY_OUTLINED,
                    ),
                    expand=True,
                    alignment=ft.Alignment.CENTER_LEFT,
                ),
                icon_button(
                    ui, ft.Icons.DELETE_OUTLINE, ui.t("desk.cause.remove"), f"cause-{place}-remove",
                    ui.on(draft.remove_cause, cause_id),
                ),
            ]
        ),
        SavedText(
            ui,
            ui.t("desk.cause.text"),
            f"cause-{place}-text",
            row["text"],
            save,
            multiline=True,
            min_lines=1,
            max_lines=4,
            key=f"cause-{cause_id}",  # pyright: ignore[reportCallIssue]
        ),
    ]  # fmt: skip
    parts += [
        ft.Row(
            [
                ft.Icon(ft.Icons.ATTACH_FILE, size=ui.look.icon - 2, color=theme.MUTED),
                text(ui, one.get("label", ""), "small", expand=True),
                icon_button(
                    ui,
                    ft.Icons.CLOSE,
                    ui.t("desk.cause.drop_evidence"),
                    f"cause-{place}-evidence-{at}-remove",
                    ui.on(drop, one["id"]),
                ),
            ],
            spacing=6,
        )
        for at, one in enumerate(row["evidence"])
    ]
    if aimed:
        parts.append(note(ui, ui.t("desk.cause.aimed"), "accent", ft.Icons.ADD_LINK))
    else:
        parts.append(
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("desk.cause.aim"),
                        f"cause-{place}-aim",
                        ui.on(aim, cause_id),
                        look="quiet",
                        icon=ft.Icons.ADD_LINK,
                    )
                ]
            )
        )
    return ft.Container(
        ft.Column(parts, spacing=theme.NEAR, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        border=ft.Border.all(2 if aimed else 1, theme.ACCENT if aimed else theme.LINE),
        border_radius=theme.ROUND,
        padding=theme.GAP,
    )
