"""One submitted visit: what it says, what backs it, what looks odd, and the decision."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.review.widgets.answer_row import AnswerRow
from field_app.review.widgets.answer_text import answer_tone
from field_app.review.widgets.decision import decision_bar
from field_app.review.widgets.drive_log import drive_card
from field_app.review.widgets.grade import GradeCard
from field_app.review.widgets.places_card import places_card
from field_app.review.widgets.summary import summary_card
from field_app.shell.choosing import Option, choose_chips
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import busy, text
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.store.typed import Typed
from field_app.visits.route_log import route_file
from field_app.visits.widgets.progress import percent_text
from field_app.visits.workflow import ReviewSession
from shared_models.checklists import Question
from shared_models.problems import Problem

ISSUES = "issues"
"""The place before the sections: whatever failed, was commented or asked about."""
DRIVE = "drive"


class Asked:
    """The reviewer's questions being written, by question code; kept until the visit is decided."""

    def __init__(self, typed: Typed, visit_id: str) -> None:
        self._typed = typed
        self._place = f"review/{visit_id}/ask/"

    @property
    def written(self) -> dict[str, str]:
        """Those with words in them."""
        return {
            code: words.strip() for code, words in self._typed.under(self._place).items() if words.strip()
        }

    def put(self, code: str, words: str) -> None:
        """What stands in the field of a question now."""
        self._typed.of(self._place + code).put(words)


class _Held:
    session: ReviewSession | None = None


def _closed() -> ReviewSession | Problem | None:
    return None


@screen
def ReviewScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The visit of the route."""
    visit_id = ft.use_route_params().get("visit_id", "")
    opened, set_opened = use_value(_closed())
    held = ft.use_ref(_Held).current
    _, beat = ft.use_state(0)
    assert held is not None
    asked = Asked(ui.work.typed, visit_id)

    def close() -> None:
        if held.session is not None:
            held.session.close()
            held.session = None

    async def open_it() -> None:
        close()
        try:
            held.session = await ui.work.open_review(visit_id)
        except Problem as problem:
            set_opened(problem)
        else:
            set_opened(held.session)

    ft.use_effect(open_it, [visit_id], cleanup=close)
    use_redraw(
        lambda call: opened.subscribe(lambda _: call()) if isinstance(opened, ReviewSession) else None, opened
    )
    back = ui.going("/review")
    if opened is None or isinstance(opened, Problem):
        bar = title_bar(ui, ui.t("review.visit.title"), back=back)
        return framed(ui, "review", bar, busy(ui) if opened is None else failure_panel(ui, opened))
    bar = title_bar(
        ui, opened.dealer.name.text(ui.language), under=opened.document.title.text(ui.language), back=back
    )
    bottom = None
    if opened.visit["status"] == "submitted":

        def ask(code: str, words: str) -> None:
            had = len(asked.written)
            asked.put(code, words)
            if len(asked.written) != had:
                beat(lambda count: count + 1)

        bottom = decision_bar(ui, opened, asked.written)
        return framed(ui, "review", bar, ReviewBody(ui, opened, asked, ask), bottom=bottom)
    return framed(ui, "review", bar, ReviewBody(ui, opened, asked, None))


@guarded
def ReviewBody(  # noqa: N802
    ui: Ui, session: ReviewSession, asked: Asked, ask: Callable[[str, str], None] | None
) -> ft.Control:
    """Summary, then one section at a time."""
    spot, go_to = use_value(ISSUES)
    rows: list[ft.Control] = [
        summary_card(ui, session),
        *places_card(ui, session),
        GradeCard(ui, session, key=f"grade-{session.id}"),  # pyright: ignore[reportCallIssue]
        _places(ui, session, spot, go_to),
    ]
    if spot == DRIVE:
        rows.append(drive_card(ui, session))
    else:
        questions = _questions(session, spot)
        if not questions:
            rows.append(text(ui, ui.t("review.issues.none"), "small", theme.MUTED))
        rows += [
            AnswerRow(
                ui,
                session,
                question,
                asked.written.get(question.code, ""),
                ask,
                key=f"answer-{question.code}",  # pyright: ignore[reportCallIssue]
            )
            for question in questions
        ]
    return column(*rows, width=theme.READING + 240)


def _questions(session: ReviewSession, spot: str) -> list[Question]:
    shown = set(session.shown)
    if spot == ISSUES:
        return [question for question in session.document.questions() if _stands_out(session, question)]
    section = next((one for one in session.document.sections if one.code == spot), None)
    return [question for question in section.questions if question.code in shown] if section else []


def _stands_out(session: ReviewSession, question: Question) -> bool:
    code = question.code
    return (
        answer_tone(question, session.answers.get(code)) == "bad"
        or bool(session.comments.get(code))
        or any(one["question"] == code for one in session.notes)
        or bool(session.changes_of(code))
    )


def _places(ui: Ui, session: ReviewSession, spot: str, go_to: Callable[[str], None]) -> ft.Control:
    issues = sum(_stands_out(session, question) for question in session.document.questions())
    chips = [(ISSUES, ui.t("review.issues.title", count=issues))]
    scores = {score.code: score for score in session.score.sections}
    chips += [
        (
            section.code,
            ui.t(
                "review.section",
                section=section.title.text(ui.language),
                score=percent_text(ui, scores[section.code].percent),
            ),
        )
        for section in session.document.sections
        if scores[section.code].shown
    ]
    if session.stamps or session.drive or route_file(session.attachments):
        chips.append((DRIVE, ui.t("visits.drive.title")))
    options = [Option(key, label) for key, label in chips]
    return choose_chips(ui, ui.t("review.section_label"), "review-section", options, spot, go_to)
