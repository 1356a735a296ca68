"""Writing a plan: its weak items one by one with finding, causes and measures, the evidence beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import flet as ft

from field_app import theme
from field_app.insight.widgets.evidence import EvidenceList, evidence_label
from field_app.insight.workflow import Fetched
from field_app.plans.widgets.causes import causes_card
from field_app.plans.widgets.finding import finding_card
from field_app.plans.widgets.marks import gap_note
from field_app.plans.widgets.measures import measures_card
from field_app.plans.widgets.plan_tools import plan_tools
from field_app.plans.workflow import PlanDraft
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose_chips
from field_app.shell.frame import bottom_actions, column
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import button, card, icon_button, note, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from field_app.theme import Width
from field_app.visits.widgets.saved_text import SavedText
from shared_models.insight import Evidence
from shared_models.people.wire import DirectoryEntry
from shared_models.problems import Place

WHOLE = "whole"
"""The place beside the weak items where measures for the whole plan stand."""


@guarded
def PlanEditor(ui: Ui, draft: PlanDraft) -> ft.Control:  # noqa: N802
    """One weak item is open at a time."""
    use_redraw(draft.subscribe, draft)
    spot, go_to = use_value("")
    aimed, aim = use_value("")

    async def read(
        first: Callable[[Fetched[tuple[DirectoryEntry, ...]]], None],
    ) -> Fetched[tuple[DirectoryEntry, ...]]:
        return await fresh(first, lambda kept: ui.work.directory.at(draft.plan["dealer_id"], kept_first=kept))

    directory = use_reading(ui, read, draft.plan["dealer_id"])
    people = directory.value.value if directory.value else ()
    ids = [row["id"] for row in draft.items]
    current = spot if spot in (*ids, WHOLE) else (ids[0] if ids else WHOLE)
    today = datetime.now().astimezone().date()
    head: list[ft.Control] = [
        _about(ui, draft),
        plan_tools(ui, draft, today),
        _places(ui, draft, current, go_to),
    ]
    if draft.plan["approval_note"]:
        said = ui.t("desk.approval.returned", note=draft.plan["approval_note"])
        head.insert(0, note(ui, said, "warn", ft.Icons.REPLY))
    if current == WHOLE:
        return column(*head, measures_card(ui, draft, None, people, today), width=theme.READING + 120)
    causes = draft.causes_of(current)
    target = aimed if any(row["id"] == aimed for row in causes) else (causes[-1]["id"] if causes else "")
    body: list[ft.Control] = [
        finding_card(ui, draft, current),
        causes_card(ui, draft, current, target, aim),
        measures_card(ui, draft, current, people, today),
        _removal(ui, draft, current),
    ]
    evidence = card(_evidence(ui, draft, current, target))
    if ui.look.width is not Width.DESK:
        return column(*head, *body[:2], evidence, *body[2:])
    left = ft.ListView([*head, *body], spacing=theme.GAP, padding=theme.ROOM, expand=True)
    right = ft.ListView([evidence], padding=ft.Padding(right=theme.ROOM, top=theme.ROOM, bottom=theme.ROOM))
    return ft.Row(
        [ft.Container(left, expand=3), ft.Container(right, expand=2)],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _about(ui: Ui, draft: PlanDraft) -> ft.Control:
    async def save_title(written: str) -> None:
        await draft.set_plan("title", written.strip())

    async def save_summary(written: str) -> None:
        await draft.set_plan("summary", written.strip())

    return card(
        SavedText(ui, ui.t("desk.plan.name"), "plan-title", draft.plan["title"], save_title),
        SavedText(
            ui,
            ui.t("desk.plan.summary"),
            "plan-summary",
            draft.plan["summary"],
            save_summary,
            multiline=True,
            min_lines=1,
            max_lines=6,
            helper=ui.t("desk.plan.summary_hint"),
        ),
        *gap_note(ui, draft.gaps, f"plan.{draft.id}"),
    )


def _places(ui: Ui, draft: PlanDraft, current: str, go_to: Callable[[str], None]) -> ft.Control:
    places: list[Option] = []
    for row in draft.items:
        lacking = len(_gaps_of(draft, row["id"]))
        name = draft.name_of(row["id"]).text(ui.language)
        label = ui.t("desk.plan.item_gaps", item=name, count=lacking) if lacking else name
        places.append(Option(row["id"], label))
    whole = len(draft.actions_of(None))
    label = ui.t("desk.plan.whole_count", count=whole) if whole else ui.t("desk.plan.whole")
    places.append(Option(WHOLE, label))
    return choose_chips(ui, ui.t("desk.plan.item_label"), "plan-item", places, current, go_to)


def _gaps_of(draft: PlanDraft, plan_item_id: str) -> list[Place]:
    rows = {f"plan_item.{plan_item_id}"} | {f"action.{row['id']}" for row in draft.actions_of(plan_item_id)}
    return [gap for gap in draft.gaps if gap.at in rows]


def _evidence(ui: Ui, draft: PlanDraft, plan_item_id: str, cause_id: str) -> ft.Control:
    finding = draft.finding(plan_item_id)
    cause = next((row for row in draft.causes if row["id"] == cause_id), None)
    given: list[dict[str, str]] = list(cause["evidence"]) if cause else []
    cited = {one["id"] for one in given}

    def beside(place: int, one: Evidence) -> ft.Control | None:
        if cause is None:
            return None
        attached = one.id in cited

        async def attach() -> None:
            label = evidence_label(ui, one)
            reference = {"kind": one.kind.value, "id": one.id, "label": label}
            await draft.change_cause(cause_id, evidence=[*given, reference])

        async def detach() -> None:
            await draft.change_cause(cause_id, evidence=[e for e in given if e["id"] != one.id])

        return icon_button(
            ui,
            ft.Icons.LINK_OFF if attached else ft.Icons.ADD_LINK,
            ui.t("desk.cause.detach" if attached else "desk.cause.attach"),
            f"evidence-{place}-attach",
            ui.on(detach if attached else attach),
            color=theme.GOOD if attached else theme.ACCENT,
        )

    months = tuple(point.month for point in reversed(finding.trend))
    sources = tuple(cell.source for cell in finding.by_source if cell.source is not None)
    return EvidenceList(
        ui,
        finding.dealer_id,
        finding.item_id,
        months,
        sources,
        beside,
        key=f"evidence-{plan_item_id}",  # pyright: ignore[reportCallIssue]
    )


def _removal(ui: Ui, draft: PlanDraft, plan_item_id: str) -> ft.Control:
    async def remove() -> None:
        await draft.remove_item(plan_item_id)

    def sure() -> None:
        title = ui.t("desk.plan.remove_item")
        ask(ui, "remove", title, ui.t("desk.plan.remove_item_sure"), title, remove, look="danger")

    return ft.Row(
        [
            button(
                ui,
                ui.t("desk.plan.remove_item"),
                "plan-item-remove",
                ui.on(sure),
                look="quiet",
                icon=ft.Icons.REMOVE_CIRCLE_OUTLINE,
            )
        ]
    )


def publish_bar(ui: Ui, draft: PlanDraft) -> ft.Control:
    """What is still missing, and publishing once nothing is."""
    gaps = draft.gaps

    async def publish() -> None:
        await draft.publish()
        ui.tell(ui.t("desk.plan.published"))
        ui.page.run_task(ui.work.sync.run_once)

    def sure() -> None:
        body = ui.t("desk.plan.publish_hint", dealer=draft.dealer.name.text(ui.language))
        ask(ui, "publish", ui.t("desk.plan.publish_sure"), body, ui.t("desk.plan.publish"), publish)

    words = ui.t("desk.plan.gaps", count=len(gaps)) if gaps else ui.t("desk.plan.ready")
    return bottom_actions(
        ft.Icon(
            ft.Icons.PENDING_OUTLINED if gaps else ft.Icons.CHECK_CIRCLE_OUTLINE,
            size=ui.look.icon,
            color=theme.WARN if gaps else theme.GOOD,
        ),
        ft.Container(text(ui, words, "small"), expand=True),
        button(
            ui,
            ui.t("desk.plan.publish"),
            "plan-publish",
            ui.on(sure),
            look="main",
            icon=ft.Icons.SEND,
            disabled=bool(gaps),
        ),
    )
