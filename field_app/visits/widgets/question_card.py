"""One question: what is asked, how to judge it, answer, comment, evidence, and whether it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, card, named, note, tag, text
from field_app.shell.picking import Chosen, FileKind
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import LiveVisit
from field_app.visits.photos import keep_photo
from field_app.visits.widgets.answers import answer_control
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists import AnswerValue, Question, QuestionKind, Source
from shared_models.checklists.repeats import split_key


@guarded
def QuestionCard(ui: Ui, live: LiveVisit, question: Question) -> ft.Control:  # noqa: N802
    """Drawn again only when this question's answer, comment, evidence or saved state changes."""
    code = question.code
    guided, set_guided = ft.use_state(False)
    commenting, set_commenting = ft.use_state(False)
    use_redraw(lambda call: live.listen([code], call), live, code)

    answer = live.session.answers.get(code)
    comment = live.session.comments.get(code, "")
    attachments = live.attachments(code)
    missing = {m.kind: m.count for m in live.session.completeness.missing_evidence if m.question == code}

    async def put(state: str, value: Any) -> None:
        await live.put(code, state, value)

    async def save_comment(written: str) -> None:
        await live.comment(code, written.strip())

    computed = question.calculation is not None
    control = (
        _computed(ui, question, answer)
        if computed
        else answer_control(
            ui,
            question,
            answer,
            put,
            lambda begun: live.typing(code, begun),
            live.session.id,
            lambda: live.session.answers.get(code),
        )
    )
    parts: list[ft.Control] = [_top(ui, live, question, answer, missing)]
    parts.append(text(ui, question.text.text(ui.language), "body"))
    if question.guidance is not None and guided:
        parts.append(note(ui, question.guidance.text(ui.language), icon=ft.Icons.MENU_BOOK_OUTLINED))
    editable = live.session.editable
    if control is not None:
        parts.append(control if editable else ft.Container(control, ignore_interactions=True))
    if question.carry_over and answer is None and editable:
        parts += _from_before(ui, live, question)
    if editable and (question.kind is QuestionKind.AUDIO or "audio" in missing):
        from field_app.visits.widgets.record_button import RecordButton  # few checklists ask for one

        parts.append(RecordButton(ui, live, code))
    if answer is not None and answer.state == "na" and question.kind is not QuestionKind.YES_NO_NA:
        parts.append(note(ui, ui.t("visits.answer.na_is"), icon=ft.Icons.DO_NOT_DISTURB_ON_OUTLINED))
    if answer is not None and answer.state == "unobserved":
        parts.append(note(ui, ui.t("visits.answer.unobserved_is"), icon=ft.Icons.VISIBILITY_OFF_OUTLINED))
    for kind, count in missing.items() if editable else ():
        parts.append(
            note(
                ui,
                ui.t(f"visits.evidence.missing_{kind}", count=count),
                "warn",
                ft.Icons.NOTES if kind == "words" else ft.Icons.PHOTO_CAMERA_OUTLINED,
            )
        )
    if attachments:
        from field_app.visits.widgets.media_strip import media_strip

        parts.append(media_strip(ui, live, code, attachments))
    if comment and not editable:
        parts.append(note(ui, comment, icon=ft.Icons.NOTES))
    elif comment or commenting:
        parts.append(
            SavedText(
                ui,
                ui.t("visits.comment.label"),
                f"q-{code}-comment",
                comment,
                save_comment,
                on_typing=lambda begun: live.typing(code, begun),
                multiline=True,
                min_lines=1,
                max_lines=6,
                autofocus=commenting and not comment,
            )
        )
    opener = _opener(ui, question, guided, lambda: set_guided(lambda on: not on))
    commented = bool(comment) or commenting
    parts.append(foot(ui, live, question, answer, commented, lambda: set_commenting(True), opener))
    padding = ft.Padding(left=theme.ROOM, right=theme.ROOM, top=theme.GAP, bottom=theme.TIGHT)
    return named(card(*parts, padding=padding), f"q-{code}", key=ft.ScrollKey(f"q-{code}"))


def _computed(ui: Ui, question: Question, answer: AnswerValue | None) -> ft.Control:
    """The value that follows from other answers; nobody writes it."""
    from field_app.review.widgets.answer_text import answer_text

    words = answer_text(ui, question, answer) if answer is not None else "–"
    return named(
        ft.Row(
            [
                ft.Icon(ft.Icons.FUNCTIONS, size=ui.look.icon, color=theme.MUTED),
                text(ui, words, "heading"),
                text(ui, ui.t("visits.computed"), "caption", theme.MUTED),
            ],
            spacing=theme.NEAR,
            wrap=True,
        ),
        f"q-{question.code}-computed",
        container=True,  # its words are read once as they stand
    )


def _from_before(ui: Ui, live: LiveVisit, question: Question) -> list[ft.Control]:
    """What the last visit said; it is an answer only once it is taken over."""
    before = live.session.carrying.offered(question)
    if before is None:
        return []
    from field_app.review.widgets.answer_text import answer_text

    words = answer_text(ui, question, AnswerValue("answered", before.value))
    label = ui.t("visits.carried.take")
    return [
        note(ui, ui.t("visits.carried.before", day=before.day, answer=words), icon=ft.Icons.HISTORY),
        ft.Row(
            [
                button(
                    ui,
                    label,
                    f"q-{question.code}-carry",
                    ui.on(live.put, question.code, "answered", before.value),
                    icon=ft.Icons.CHECK,
                    small=True,
                    spoken=f"{label} · {words}",
                )
            ]
        ),
    ]


def _top(
    ui: Ui, live: LiveVisit, question: Question, answer: AnswerValue | None, missing: dict[str, int]
) -> ft.Control:
    marks: list[ft.Control] = [tag(ui, split_key(question.code)[0])]
    if question.critical:
        marks.append(tag(ui, ui.t("visits.mark.critical"), "bad", ft.Icons.PRIORITY_HIGH))
    if question.evidence is not None and question.evidence.when == "always":
        marks.append(tag(ui, ui.t(f"visits.mark.{question.evidence.kind}"), "warn" if missing else "plain"))
    if question.item in live.session.judged and live.session.document.source is not Source.SHOP:
        marks.append(tag(ui, ui.t("visits.mark.judged"), "accent", ft.Icons.FLAG_OUTLINED))
    if not question.required:
        marks.append(tag(ui, ui.t("visits.mark.optional")))
    return ft.Row(
        [
            ft.Row(marks, spacing=6, run_spacing=4, wrap=True, expand=True),
            *([] if question.calculation is not None else [_saved_mark(ui, live, question.code, answer)]),
        ],
        spacing=theme.NEAR,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _saved_mark(ui: Ui, live: LiveVisit, code: str, answer: AnswerValue | None) -> ft.Control:
    if live.refused(code):
        state, icon, colour = "refused", ft.Icons.ERROR_OUTLINE, theme.BAD
    elif live.saving(code):
        state, icon, colour = "saving", ft.Icons.MORE_HORIZ, theme.MUTED
    elif answer is not None or live.attachments(code):
        state, icon, colour = "saved", ft.Icons.CHECK_CIRCLE, theme.GOOD
    else:
        state, icon, colour = "open", ft.Icons.RADIO_BUTTON_UNCHECKED, theme.EDGE
    label = ui.t(f"visits.saved.{state}")
    row: list[ft.Control] = [ft.Icon(icon, size=ui.look.icon, color=colour)]
    written = not ui.look.phone or state in ("saving", "refused")
    if written:
        row.append(text(ui, label, "caption", theme.MUTED if state in ("saving", "open") else colour))
    return ft.Semantics(
        content=ft.Row(row, spacing=4, tight=True),
        identifier=f"q-{code}-{state}",
        label=None if written else label,  # written it is read once already
        container=True,
    )


def _opener(ui: Ui, question: Question, shown: bool, toggle: Callable[[], None]) -> list[ft.Semantics]:
    if question.guidance is None:
        return []
    label = ui.t("visits.guidance.hide" if shown else "visits.guidance.show")
    icon = ft.Icons.EXPAND_LESS if shown else ft.Icons.INFO_OUTLINE
    name = f"q-{question.code}-guidance"
    spoken = f"{ui.t('visits.guidance.spoken')} {question.code}"
    return [button(ui, label, name, ui.on(toggle), look="quiet", icon=icon, small=True, spoken=spoken)]


def foot(
    ui: Ui,
    live: LiveVisit,
    question: Question,
    answer: AnswerValue | None,
    commented: bool,
    comment: Callable[[], None],
    opener: list[ft.Semantics],
) -> ft.Control:
    """Everything beside the answer itself, in one row that wraps."""
    code = question.code
    row: list[ft.Semantics] = [*opener]
    if not live.session.editable:
        return ft.Row(_each_its_own(row), wrap=True)

    def adder(kind: FileKind, icon: ft.IconData, strong: bool) -> ft.Semantics:
        async def take(files: list[Chosen]) -> None:
            for file in files:
                if kind == "photo":
                    await keep_photo(ui, live, code, file)
                else:
                    await live.attach(code, file.data, file.mime, kind)

        parts = ui.app.picking.button_parts(ui, kind, take)
        return button(
            ui,
            ui.t(f"visits.media.take_{kind}" if strong else f"visits.media.add_{kind}"),
            f"q-{code}-add-{kind}",
            parts["on_click"],  # pyright: ignore[reportArgumentType]
            action=parts["action"],
            look="plain" if strong else "quiet",
            icon=icon,
            small=True,
            spoken=ui.t(f"visits.media.take_{kind}"),
        )

    wants = {m.kind for m in live.session.completeness.missing_evidence if m.question == code}
    if question.kind is QuestionKind.AUDIO or "audio" in wants:
        row.append(adder("audio", ft.Icons.MIC_NONE, True))
    if question.kind is not QuestionKind.AUDIO:
        strong = question.kind is QuestionKind.PHOTO or "photo" in wants
        row.append(adder("photo", ft.Icons.PHOTO_CAMERA_OUTLINED, strong))
    if question.calculation is not None:
        pass  # nobody answers it
    elif answer is None:
        row.append(
            button(
                ui,
                ui.t("visits.answer.unobserved"),
                f"q-{code}-unobserved",
                ui.on(live.put, code, "unobserved"),
                look="quiet",
                icon=ft.Icons.VISIBILITY_OFF_OUTLINED,
                small=True,
                spoken=ui.t("visits.answer.unobserved_spoken"),
            )
        )
    else:
        row.append(
            button(
                ui,
                ui.t("visits.answer.clear"),
                f"q-{code}-clear",
                ui.on(live.take_back, code),
                look="quiet",
                icon=ft.Icons.UNDO,
                small=True,
                spoken=ui.t("visits.answer.clear_spoken"),
            )
        )
    # last, since it goes when tapped: nothing that takes an answer back may slide under the finger
    if not commented:
        row.append(
            button(
                ui,
                ui.t("visits.comment.add"),
                f"q-{code}-add-comment",
                ui.on(comment),
                look="quiet",
                icon=ft.Icons.NOTES,
                small=True,
            )
        )
    return ft.Row(_each_its_own(row), spacing=0, run_spacing=0, wrap=True)


def _each_its_own(row: list[ft.Semantics]) -> list[ft.Control]:
    """Keys for buttons that come and go: without them the next one would take over an earlier one's control,
    and a second tap on that, still under way, would do what the next one does."""
    for one in row:
        one.key = one.identifier
    return [*row]
