"""One appeal: what is disputed and why, the evidence, the decision, and what it did to the score."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.appeals.widgets.decision_form import DecisionForm
from field_app.appeals.widgets.marks import marks
from field_app.appeals.workflow import AppealCard
from field_app.review.widgets.answer_text import answer_text
from field_app.review.widgets.photos import photos
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, facts, heading, note, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.widgets.progress import percent_text
from shared_models.checklists import AnswerValue, Question
from shared_models.people.access import DESK_ROLES


@screen
def AppealScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The appeal of the route."""
    appeal_id = ft.use_route_params().get("appeal_id", "")

    async def read(_first: Callable[[AppealCard], None]) -> AppealCard:
        return ui.work.appeals.card(appeal_id)

    got = use_reading(ui, read, appeal_id, entities=frozenset({"appeal", "attachment", "visit"}))
    bar = title_bar(
        ui, ui.t("appeals.one.title"), back=ui.going("/appeals"), actions=[SyncChip(ui, brief=True)]
    )
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "appeals", bar, stand_in or busy(ui))
    one = got.value
    question = ui.work.appeals.question(one.id)
    may = ui.work.appeals.may(one.id)
    parts: list[ft.Control] = [_what(ui, one, question)]
    if one.decided_at is not None or one.decision_note:
        parts.append(_decision(ui, one, question))
    if "uphold" in may and question is not None:
        parts.append(DecisionForm(ui, one, question))
    if "withdraw" in may:
        take_back = button(
            ui,
            ui.t("appeals.withdraw"),
            "appeal-withdraw",
            ui.on(_withdraw, ui, one.id),
            look="danger",
            icon=ft.Icons.UNDO,
        )
        parts.append(ft.Row([take_back]))
    return framed(ui, "appeals", bar, column(*parts))


async def _withdraw(ui: Ui, appeal_id: str) -> None:
    await ui.work.appeals.withdraw(appeal_id)
    ui.tell(ui.t("appeals.withdrawn"))
    ui.page.run_task(ui.work.sync.run_once)


def _words(ui: Ui, question: Question | None, answer: AnswerValue | None) -> str:
    if answer is None:
        return "–"
    if question is not None:
        return answer_text(ui, question, answer)
    if answer.state != "answered":
        return ui.t(f"visits.answer.{answer.state}")
    return ui.t(f"visits.answer.{answer.value}") if answer.value in ("yes", "no") else str(answer.value)


def _what(ui: Ui, one: AppealCard, question: Question | None) -> ft.Control:
    rows = [
        (ui.t("desk.plan.dealer"), one.dealer.name.text(ui.language)),
        (ui.t("appeals.one.visit_date"), one.visit_date.isoformat() if one.visit_date else "–"),
        (ui.t("appeals.one.disputed"), _words(ui, question, one.old)),
    ]
    if one.filed_at is not None:
        who = " · ".join(part for part in (instant_text(ui, one.filed_at), one.author) if part)
        rows.append((ui.t("appeals.one.filed"), who))
    parts: list[ft.Control] = [
        heading(ui, one.wording.text(ui.language), "title"),
        marks(ui, one),
        facts(ui, rows),
        text(ui, ui.t("appeals.one.reason"), "caption", theme.MUTED),
        text(ui, one.text),
    ]
    if one.photos:
        parts.append(photos(ui, one.photos, "appeal-photo", ui.t("appeals.one.photo")))
    desk = ui.work.access.has(*DESK_ROLES)
    route = f"/review/visit/{one.visit_id}" if desk else f"/appeals/result/{one.visit_id}"
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("appeals.one.visit"),
                    "appeal-visit",
                    ui.going(route),
                    look="quiet",
                    icon=ft.Icons.FACT_CHECK_OUTLINED,
                )
            ]
        )
    )
    return card(*parts)


def _decision(ui: Ui, one: AppealCard, question: Question | None) -> ft.Control:
    rows: list[tuple[str, str]] = []
    if one.decided_at is not None:
        who = " · ".join(part for part in (instant_text(ui, one.decided_at), one.decided_by) if part)
        rows.append((ui.t("appeals.one.decided"), who))
    if one.status == "upheld":
        rows.append((ui.t("appeals.one.now"), _words(ui, question, one.new)))
        before, after = percent_text(ui, one.score_before), percent_text(ui, one.score_after)
        rows.append((ui.t("appeals.one.score"), ui.t("appeals.score_change", before=before, after=after)))
    parts: list[ft.Control] = [heading(ui, ui.t("appeals.one.decision")), facts(ui, rows)]
    if one.decision_note:
        tone = "good" if one.status == "upheld" else "plain"
        parts.append(note(ui, one.decision_note, tone, ft.Icons.GAVEL_OUTLINED))
    return card(*parts)
