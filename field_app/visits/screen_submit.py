"""Before sending: what is still open and the way there, what failed critically, the score, the sealing."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.frame import bare, column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import busy, button, card, heading, named, note, tag, text
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.visits.live import PROGRESS, SHOWN, VISIT, LiveVisit
from field_app.visits.ways import visit_way, visits_home, visits_place
from field_app.visits.widgets.location import locate
from field_app.visits.widgets.notes_to_assign import NotesToAssign
from field_app.visits.widgets.open_visit import use_live_visit
from field_app.visits.widgets.progress import percent_text
from field_app.visits.widgets.route_card import keep_route
from field_app.visits.widgets.saved_text import SavedText
from field_app.visits.workflow import Place
from shared_models.checklists import Source
from shared_models.checklists.repeats import split_key
from shared_models.problems import Problem

LISTED = 12
"""So many open questions are listed; with more, the rest is counted."""


_NOWHERE: Place | None = None


@screen
def SubmitScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Stands on the visit."""
    visit_id = ft.use_route_params().get("visit_id", "")
    live = use_live_visit(ui, visit_id)
    back = ui.going(visit_way(ui, visit_id))
    if live is None or isinstance(live, Problem):
        bar = title_bar(ui, ui.t("visits.submit.title"), back=back)
        return bare(ft.use_view_path(), bar, busy(ui) if live is None else failure_panel(ui, live))
    bar = title_bar(
        ui, ui.t("visits.submit.title"), under=live.session.dealer.name.text(ui.language), back=back
    )
    return framed(ui, visits_place(ui), bar, SubmitBody(ui, live))


@guarded
def SubmitBody(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """Drawn again when progress changes."""
    use_redraw(lambda call: live.listen([PROGRESS, SHOWN, VISIT], call), live)
    session = live.session
    place, set_place = use_value(_NOWHERE)
    sending, set_sending = ft.use_state(False)

    async def find_place() -> None:
        if session.document.source is not Source.CALLBACK:  # nobody goes anywhere to telephone
            set_place(await locate())

    ft.use_effect(find_place, [])
    missing = session.completeness

    async def send() -> None:
        set_sending(True)
        try:
            await keep_route(ui, live)
            if await ui.attempt(session.submit, place):
                ui.app.shelf.clear()
                ui.tell(ui.t("visits.submit.done"))
                ui.go(visits_home(ui))
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            set_sending(False)

    def ask() -> None:
        async def sure() -> None:
            ui.page.pop_dialog()
            await send()

        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(ui.t("visits.submit.sure")),
                content=text(ui, ui.t("visits.submit.sealing")),
                actions=[
                    button(
                        ui, ui.t("shell.cancel"), "submit-cancel", ui.on(ui.page.pop_dialog), look="quiet"
                    ),
                    button(ui, ui.t("visits.submit.seal"), "submit-sure", ui.on(sure), look="main"),
                ],
                scrollable=True,
            )
        )

    parts: list[ft.Control] = [_verdict(ui, live)]
    if missing.unanswered:
        parts.append(
            _open_list(
                ui, live, "unanswered", [(code, "") for code in missing.unanswered], ft.Icons.HELP_OUTLINE
            )
        )
    if missing.missing_evidence:
        lacking = [
            (m.question, ui.t(f"visits.evidence.missing_{m.kind}", count=m.count))
            for m in missing.missing_evidence
        ]
        parts.append(_open_list(ui, live, "evidence", lacking, ft.Icons.PHOTO_CAMERA_OUTLINED))
    if session.score.critical_failures:
        failed = [(code, "") for code in session.score.critical_failures]
        parts.append(_open_list(ui, live, "critical", failed, ft.Icons.PRIORITY_HIGH))
    parts.append(_scores(ui, live))
    parts.append(NotesToAssign(ui, live))
    parts.append(_about(ui, live))
    if session.editable:
        parts.append(note(ui, ui.t("visits.submit.sealing"), icon=ft.Icons.LOCK_OUTLINE))
        parts.append(
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("visits.submit.send"),
                        "submit",
                        ui.on(ask),
                        look="main",
                        icon=ft.Icons.SEND,
                        expand=True,
                        disabled=not missing.ready or sending,
                    )
                ]
            )
        )
    return column(*parts)


def _verdict(ui: Ui, live: LiveVisit) -> ft.Control:
    session = live.session
    if not session.editable:
        return note(ui, ui.t("visits.visit.sealed"), "accent", ft.Icons.LOCK_OUTLINE)
    missing = session.completeness
    if missing.ready:
        return named(
            note(ui, ui.t("visits.submit.ready"), "good", ft.Icons.CHECK_CIRCLE_OUTLINE), "submit-ready"
        )
    words = ui.t(
        "visits.submit.not_ready",
        questions=len(missing.unanswered),
        files=sum(one.count for one in missing.missing_evidence),
    )
    return named(note(ui, words, "warn", ft.Icons.PENDING_ACTIONS), "submit-not-ready")


def _open_list(
    ui: Ui, live: LiveVisit, kind: str, entries: list[tuple[str, str]], icon: ft.IconData
) -> ft.Control:
    rows: list[ft.Control] = [
        ft.Row(
            [
                ft.Icon(icon, size=ui.look.icon, color=theme.BAD if kind == "critical" else theme.WARN),
                heading(ui, ui.t(f"visits.submit.{kind}", count=len(entries)), expand=True),
            ],
            spacing=theme.NEAR,
        )
    ]
    rows += [_jump(ui, live, kind, code, more) for code, more in entries[:LISTED]]
    if len(entries) > LISTED:
        rows.append(
            text(ui, ui.t("visits.submit.and_more", count=len(entries) - LISTED), "small", theme.MUTED)
        )
    return card(*rows)


def _jump(ui: Ui, live: LiveVisit, kind: str, code: str, more: str) -> ft.Control:
    question = live.session.document.question(code)

    def go() -> None:
        live.aim(code)
        ui.go(visit_way(ui, live.session.id))

    words: list[ft.Control] = [text(ui, question.text.text(ui.language), "small")]
    section = next(one for one in live.session.document.sections if question in one.questions)
    if live.session.repeats.section(section.code):
        words.append(text(ui, section.title.text(ui.language), "caption", theme.MUTED))
    if more:
        words.append(text(ui, more, "caption", theme.WARN))
    control = ft.TextButton(
        content=ft.Row(
            [
                tag(ui, split_key(code)[0]),
                ft.Column(words, spacing=0, tight=True, expand=True),
                ft.Icon(ft.Icons.CHEVRON_RIGHT, color=theme.MUTED),
            ],
            spacing=theme.NEAR,
        ),
        on_click=ui.on(go),
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.TIGHT, vertical=theme.GAP),
        ),
        expand=True,
    )
    return named(
        ft.Row([control], spacing=0), f"jump-{kind}-{code}", question.text.text(ui.language), button=True
    )


def _scores(ui: Ui, live: LiveVisit) -> ft.Control:
    session = live.session
    titles = {section.code: section.title.text(ui.language) for section in session.document.sections}
    rows: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(heading(ui, ui.t("visits.submit.score")), expand=True),
                named(
                    text(ui, percent_text(ui, session.score.percent), "title", theme.ACCENT), "submit-score"
                ),
            ]
        )
    ]
    for one in session.score.sections:
        words: list[ft.Control] = [text(ui, titles[one.code], "small", expand=True)]
        if one.capped:
            words.append(tag(ui, ui.t("visits.score.capped"), "bad"))
        words.append(
            text(
                ui,
                ui.t("visits.progress.counts", answered=one.answered, shown=one.shown),
                "caption",
                theme.MUTED,
            )
        )
        words.append(
            ft.Container(
                text(ui, percent_text(ui, one.percent), "strong", text_align=ft.TextAlign.END),
                width=64 * ui.look.scale,
            )
        )
        rows.append(ft.Row(words, spacing=theme.GAP))
    return card(*rows)


def _about(ui: Ui, live: LiveVisit) -> ft.Control:
    """What belongs to the visit as a whole: who advised, anything else to say."""

    def words(field: str, lines: int) -> ft.Control:
        async def save(written: str) -> None:
            await live.set_visit(field, written.strip())

        value: Any = live.session.visit[field]
        if not live.session.editable:
            return text(
                ui, ui.t(f"visits.submit.{field}_is", value=value or ui.t("visits.submit.none")), "small"
            )
        return SavedText(
            ui,
            ui.t(f"visits.submit.{field}"),
            f"visit-{field}",
            value,
            save,
            on_typing=lambda begun: live.typing("visit." + field, begun),
            multiline=lines > 1,
            min_lines=lines if lines > 1 else None,
            max_lines=8 if lines > 1 else 1,
        )

    return card(heading(ui, ui.t("visits.submit.about")), words("consultant", 1), words("note", 3))
