"""One accepted visit as the dealer sees it, and the way to dispute an answer."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.appeals.widgets.appeal_form import AppealForm
from field_app.appeals.widgets.marks import marks
from field_app.appeals.workflow import AppealCard
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.review.widgets.answer_text import answer_text, answer_tone
from field_app.review.widgets.photos import Load, loaded_photos
from field_app.shell.choosing import Option, choose_chips
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, heading, named, note, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.progress import percent_text
from shared_models.appeals import Result, ResultAnswer
from shared_models.checklists import AnswerValue
from shared_models.people.access import Role

FAILED = "failed"
"""The place before the sections: answers that earn nothing."""


@screen
def ResultScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The visit of the route; readable offline once it was opened."""
    visit_id = ft.use_route_params().get("visit_id", "")
    spot, go_to = use_value(FAILED)

    async def read(first: Callable[[Fetched[Result]], None]) -> Fetched[Result]:
        return await fresh(first, lambda kept: ui.work.appeals.result(visit_id, kept_first=kept))

    got = use_reading(ui, read, visit_id, entities=frozenset({"appeal", "attachment"}))
    bar = title_bar(ui, ui.t("appeals.result.title"), back=ui.going("/appeals"))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "appeals", bar, stand_in or busy(ui))
    one = got.value.value
    disputed = ui.work.appeals.of_visit(visit_id)
    answers = [answer for answer in _of(one, spot) if answer.state or answer.photos]
    rows: list[ft.Control] = [*age_note(ui, got.value), _summary(ui, one), _places(ui, one, spot, go_to)]
    if not answers:
        rows.append(text(ui, ui.t("appeals.result.none_failed"), "small", theme.MUTED))
    rows += [
        ResultRow(ui, one, answer, disputed.get(answer.question.code), key=f"{spot}-{answer.question.code}")  # pyright: ignore[reportCallIssue]
        for answer in answers
    ]
    return framed(ui, "appeals", bar, column(*rows, width=theme.READING + 120))


def _of(one: Result, spot: str) -> list[ResultAnswer]:
    if spot != FAILED:
        return [answer for section in one.sections if section.code == spot for answer in section.answers]
    return [
        answer
        for section in one.sections
        for answer in section.answers
        if answer_tone(answer.question, _value(answer)) == "bad"
    ]


def _value(answer: ResultAnswer) -> AnswerValue | None:
    return AnswerValue(answer.state, answer.value) if answer.state else None  # type: ignore[arg-type]


def _summary(ui: Ui, one: Result) -> ft.Control:
    lines: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(heading(ui, one.title.text(ui.language)), expand=True),
                named(text(ui, percent_text(ui, one.score), "title", theme.ACCENT), "result-score"),
            ],
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
    ]
    if one.day is not None:
        lines.append(text(ui, one.day.isoformat(), "small", theme.MUTED))
    if one.score != one.first_score:
        was = ui.t("appeals.score_was", score=percent_text(ui, one.first_score))
        lines.append(text(ui, was, "small"))
    now = ui.work.store.context.now()
    if one.appeal_until is not None:
        open_ = one.appeal_until > now
        key = "appeals.result.until" if open_ else "appeals.result.over"
        words = ui.t(key, at=instant_text(ui, one.appeal_until))
        lines.append(note(ui, words, "accent" if open_ else "plain", ft.Icons.SCHEDULE))
    return card(*lines)


def _places(ui: Ui, one: Result, spot: str, go_to: Callable[[str], None]) -> ft.Control:
    options = [Option(FAILED, ui.t("appeals.failed", count=len(_of(one, FAILED))))]
    options += [
        Option(
            section.code,
            ui.t(
                "review.section",
                section=section.title.text(ui.language),
                score=percent_text(ui, section.percent),
            ),
        )
        for section in one.sections
    ]
    return choose_chips(ui, ui.t("review.section_label"), "result-section", options, spot, go_to)


@guarded
def ResultRow(ui: Ui, one: Result, answer: ResultAnswer, appeal: AppealCard | None) -> ft.Control:  # noqa: N802
    """An answer with its words and photos; below it the appeal, or the button that begins one."""
    disputing, dispute = use_value(False)
    question, value = answer.question, _value(answer)
    code = question.code
    chips: list[ft.Control] = [tag(ui, code)]
    if question.critical:
        chips.append(tag(ui, ui.t("review.mark.critical"), "plain", ft.Icons.PRIORITY_HIGH))
    parts: list[ft.Control] = [
        ft.Row(chips, spacing=6, wrap=True),
        text(ui, question.text.text(ui.language)),
        ft.Row([tag(ui, answer_text(ui, question, value), answer_tone(question, value))], wrap=True),
    ]
    if answer.recorded_state:
        recorded = AnswerValue(answer.recorded_state, answer.recorded_value)  # type: ignore[arg-type]
        was = ui.t("appeals.result.recorded", answer=answer_text(ui, question, recorded))
        parts.append(text(ui, was, "small", theme.MUTED))
    if answer.comment:
        parts.append(text(ui, ui.t("desk.evidence.said", words=answer.comment), "small"))
    if answer.photos:
        label = ui.t("desk.evidence.photo")
        parts.append(
            loaded_photos(
                ui,
                [(photo, _loader(ui, one.visit_id, photo)) for photo in answer.photos],
                f"result-{code}-photo",
                label,
            )
        )
    in_time = one.appeal_until is not None and one.appeal_until > ui.work.store.context.now()
    mine = ui.work.access.has(Role.OWNER)
    if appeal is not None:
        parts.append(marks(ui, appeal))
        go = ui.going(f"/appeals/appeal/{appeal.id}")
        parts.append(ft.Row([button(ui, ui.t("appeals.open"), f"appeal-of-{code}", go, look="quiet")]))
    if mine and in_time and (appeal is None or appeal.status == "withdrawn"):
        if disputing:
            parts.append(AppealForm(ui, one, answer, lambda: dispute(False)))
        else:
            begin = ui.on(dispute, True)
            label = ui.t("appeals.dispute")
            parts.append(
                ft.Row(
                    [
                        button(
                            ui,
                            label,
                            f"dispute-{code}",
                            begin,
                            icon=ft.Icons.GAVEL_OUTLINED,
                            spoken=f"{label} {code}",
                        )
                    ]
                )
            )
    return named(card(*parts, padding=theme.GAP), f"result-answer-{code}", container=True)


def _loader(ui: Ui, visit_id: str, photo_id: str) -> Load:
    return lambda: ui.work.appeals.photo(visit_id, photo_id)
