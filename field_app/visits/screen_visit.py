"""Recording a visit: sections beside the questions, or one column for one hand on a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.frame import bare, bottom_actions, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_task, use_value
from field_app.shell.parts import busy, button, heading, icon_button, note, text
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.visits.live import AIM, DRIVE, PROGRESS, SHOWN, LiveVisit
from field_app.visits.ways import visit_way, visits_home, visits_place
from field_app.visits.widgets.finding_questions import SectionEnd, UndoButton, search_button
from field_app.visits.widgets.open_visit import use_live_visit
from field_app.visits.widgets.progress import SETTLE, UNSEEN, SectionRail, VisitProgress
from field_app.visits.widgets.question_card import QuestionCard
from shared_models.checklists import Question, Source
from shared_models.problems import Problem

EAGER = 30
"""Sections of up to so many questions are laid out whole, so that one can jump to any; longer ones lazily."""


class _Spot:
    """Where in the checklist the screen stands."""

    section = ""
    aims = 0


SMALL = 360
"""Logical pixels below which there is no room for three actions beside the title, nor for steps below."""
CARD_HEIGHT, AROUND = 185, 180
"""Logical pixels of a short card, and of what stands above the first one."""
AT_ONCE = 5
"""Cards that are drawn first where the window does not tell its height."""
STEP = 6
"""Cards that follow at a time once the first ones are shown, so that a tap in between does not wait long."""
PAUSE = 0.1
"""Seconds between two steps."""
EVERYTHING = 10_000


@screen
def VisitScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Opens the visit of the route and shows its first section with something left to answer."""
    visit_id = ft.use_route_params().get("visit_id", "")
    live = use_live_visit(ui, visit_id)
    _, beat = ft.use_state(0)
    spot = ft.use_ref(_Spot).current
    assert spot is not None
    use_redraw(lambda call: live.listen([AIM], call) if isinstance(live, LiveVisit) else None, live)

    def show(code: str) -> None:
        spot.section = code
        beat(lambda count: count + 1)

    pick = ft.use_callback(show, [])  # the same one each time, so that only the rows that change are drawn
    if live is None or isinstance(live, Problem):
        bar = title_bar(ui, ui.t("visits.visit.title"), back=ui.going(visits_home(ui)))
        return bare(ft.use_view_path(), bar, busy(ui) if live is None else failure_panel(ui, live))
    if live.aimed[1] != spot.aims:
        spot.aims = live.aimed[1]
        spot.section = _section_of(live, live.aimed[0])
    if not any(section.code == spot.section for section in live.session.document.sections):
        spot.section = ""  # it was one of several cars and has been taken out
    current = spot.section = spot.section or _first_open(live)

    def jump() -> None:
        question = live.next_unanswered(live.aimed[0], current)
        if question is None:
            ui.tell(ui.t("visits.jump.none"))
        else:
            live.aim(question.code)

    return _layout(ui, live, current, pick, jump)


def _first_open(live: LiveVisit) -> str:
    question = live.next_unanswered()
    return _section_of(live, question.code) if question else live.session.document.sections[0].code


def _section_of(live: LiveVisit, code: str) -> str:
    """The section of a question, or the one of this code; the first where there is none any more."""
    sections = live.session.document.sections
    found = (
        section.code
        for section in sections
        if section.code == code or any(question.code == code for question in section.questions)
    )
    return next(found, sections[0].code)


def _layout(ui: Ui, live: LiveVisit, current: str, pick: Any, jump: Any) -> ft.View:
    session = live.session
    bar = ft.Column(
        [
            title_bar(
                ui,
                session.dealer.name.text(ui.language),
                under=session.document.title.text(ui.language),
                back=ui.going(visits_home(ui)),
                actions=_actions(ui, live) if session.editable else [],
                lines=3 if _small(ui) else 2,
            ),
            ft.Container(
                VisitProgress(ui, live),
                bgcolor=theme.CARD,
                border=ft.Border(bottom=ft.BorderSide(1, theme.LINE)),
                padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.NEAR),
            ),
        ],
        spacing=0,
        tight=True,
    )
    sheet = ft.memo(QuestionSheet)(ui, live, current, key=f"sheet-{current}")
    if ui.look.phone:
        bottom = PhoneBar(ui, live, current, pick, jump)
        return framed(ui, visits_place(ui), bar, sheet, bottom=bottom)
    across = ft.Row(
        [
            ft.Container(
                ft.Column([SectionRail(ui, live, current, pick), _extras(ui, live, jump)], spacing=0),
                width=300 * max(1, ui.look.scale * 0.85),
                border=ft.Border(right=ft.BorderSide(1, theme.LINE)),
            ),
            ft.Container(sheet, expand=True),
        ],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    return framed(ui, visits_place(ui), bar, across, narrow=True)


def _small(ui: Ui) -> bool:
    return ui.look.cramped or (ui.page.width or SMALL) < SMALL


def _actions(ui: Ui, live: LiveVisit) -> list[ft.Control]:
    """On the bar: search, undo, and for a covert visit the way out of sight."""
    found: list[ft.Control] = [UndoButton(ui, live)]
    if not _small(ui):
        found.insert(0, search_button(ui, live))
    if live.session.document.source is Source.SHOP:
        route = visit_way(ui, live.session.id, "quiet")
        label = ui.t("visits.quiet.open")
        found.insert(0, icon_button(ui, ft.Icons.DARK_MODE_OUTLINED, label, "open-quiet", ui.going(route)))
    return found


def _extras(ui: Ui, live: LiveVisit, jump: Any) -> ft.Control:
    """Below the sections: the next open question, the test drive, checking and sending."""
    visit = live.session.id
    parts: list[ft.Control] = [
        button(ui, ui.t("visits.jump.next"), "jump-next", ui.on(jump), icon=ft.Icons.SKIP_NEXT, expand=True),
    ]
    if live.session.document.test_drive_log:
        parts.append(
            button(
                ui,
                ui.t("visits.drive.title"),
                "open-drive",
                ui.going(visit_way(ui, visit, "drive")),
                icon=ft.Icons.DIRECTIONS_CAR_OUTLINED,
                expand=True,
            )
        )
    parts.append(
        button(
            ui,
            ui.t("visits.submit.open"),
            "open-submit",
            ui.going(visit_way(ui, visit, "submit")),
            look="main",
            icon=ft.Icons.FACT_CHECK_OUTLINED,
            expand=True,
        )
    )
    return ft.Container(
        ft.Column([ft.Row([part]) for part in parts], spacing=theme.NEAR, tight=True),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=theme.NEAR,
    )


@guarded
def QuestionSheet(ui: Ui, live: LiveVisit, current: str) -> ft.Control:  # noqa: N802
    """The questions of one section. A question that appears or goes redraws the list, an answer its card."""
    use_redraw(lambda call: live.listen([SHOWN], call), live)
    scroller = ft.use_ref(lambda: ft.Ref[Any]()).current
    assert scroller is not None
    section = next((one for one in live.session.document.sections if one.code == current), None)
    questions = live.questions(section) if section is not None else []

    slices = _use_slices(ui, questions, live.aimed[0])
    outdated, set_outdated = use_value(False)

    async def look_for_newer() -> None:
        await slices.complete.wait()  # both checklists are read whole
        if live.session.visit["status"] == "draft":
            from field_app.visits.workflow_moving import newer

            set_outdated(newer(ui.work.store, live.session.id) is not None)

    ft.use_effect(look_for_newer, [])

    async def go_there() -> None:
        code, _ = live.aimed
        at = next((at for at, question in enumerate(questions) if question.code == code), -1)
        if at >= slices.drawn:
            await slices.complete.wait()
        if at >= 0 and scroller.current is not None:
            await scroller.current.scroll_to(scroll_key=f"q-{code}", duration=250)

    ft.use_effect(go_there, [live])
    use_task(ui, lambda call: live.listen([AIM], call), go_there, live)
    if section is None:
        return ft.Container()  # taken out; the screen is about to show another
    head: list[ft.Control] = [heading(ui, section.title.text(ui.language))]
    if live.session.editable and live.session.repeats.section(current) is not None:
        from field_app.visits.widgets.instances import InstanceHead

        head.append(InstanceHead(ui, live, current, key=f"head-{current}"))
    if section.intro is not None:
        head.append(text(ui, section.intro.text(ui.language), "small", theme.MUTED))
    if not live.session.editable:
        head.append(note(ui, ui.t("visits.visit.sealed"), "accent", ft.Icons.LOCK_OUTLINE))
    if live.session.notes:
        head.append(ReturnedNotes(ui, live))
    if outdated:
        from field_app.visits.widgets.newer_version import newer_version

        head += newer_version(ui, live)
    cards = [_card(ui, live, question) for question in questions[: slices.drawn]]
    rows = [*head, *cards, *_one_more(ui, live, current), _end_of_section(ui, live, current)]
    padding = ft.Padding.all(theme.GAP if ui.look.phone else theme.ROOM)
    if len(questions) <= EAGER:
        whole = ft.Column(rows, spacing=theme.GAP, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        return ft.Column(
            [ft.Container(_narrow(whole), alignment=ft.Alignment.TOP_CENTER, padding=padding)],
            scroll=ft.ScrollMode.AUTO,
            expand=True,
            spacing=0,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            ref=scroller,
            on_size_change=slices.stands,
        )
    return ft.ListView(
        [ft.Container(_narrow(row), alignment=ft.Alignment.TOP_CENTER) for row in rows],
        spacing=theme.GAP,
        padding=padding,
        expand=True,
        ref=scroller,
        on_size_change=slices.stands,
    )


def _narrow(control: ft.Control) -> ft.Control:
    return ft.Container(control, width=theme.READING)


class _Slices:
    """How many cards of the section are drawn, and what is waited for."""

    def __init__(self) -> None:
        self.drawn = 0
        self.standing = asyncio.Event()
        self.complete = asyncio.Event()

    def stands(self, _: object) -> None:
        """The client has laid the first cards out."""
        self.standing.set()


def _use_slices(ui: Ui, questions: Sequence[Question], aimed: str) -> _Slices:
    """Draw only those cards first that fill the window (and lead up to the one aimed at).

    The others would keep the first ones waiting; they follow in small steps once these are laid out.
    """
    slices = ft.use_ref(_Slices).current
    assert slices is not None
    at = next((at for at, question in enumerate(questions) if question.code == aimed), -1)
    fitting = 1 + int((ui.page.height - AROUND) // CARD_HEIGHT) if ui.page.height else AT_ONCE
    drawn, draw = ft.use_state(lambda: max(fitting, 2, at + 3))
    slices.drawn = drawn

    async def follow() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(UNSEEN):
                await slices.standing.wait()
                await asyncio.sleep(SETTLE)
        for _ in range(drawn, len(questions), STEP):
            draw(lambda count: count + STEP)
            await asyncio.sleep(PAUSE)
        draw(lambda _: EVERYTHING)  # also those that an answer lets appear
        await asyncio.sleep(PAUSE)
        slices.complete.set()

    ft.use_effect(follow, [])
    return slices


def _one_more(ui: Ui, live: LiveVisit, current: str) -> list[ft.Control]:
    if not live.session.editable or live.session.repeats.section(current) is None:
        return []
    from field_app.visits.widgets.instances import AddInstance

    return [AddInstance(ui, live, current, key=f"add-{current}")]


def _card(ui: Ui, live: LiveVisit, question: Question) -> ft.Control:
    return ft.memo(QuestionCard)(ui, live, question, key=question.code)


def _end_of_section(ui: Ui, live: LiveVisit, current: str) -> ft.Control:
    codes = [section.code for section in live.session.document.sections]
    last = codes.index(current) == len(codes) - 1
    return SectionEnd(ui, live, current, last)


@guarded
def ReturnedNotes(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """The reviewer's questions on a returned visit, each with room for the reply."""
    from field_app.visits.widgets.review_notes import review_notes

    use_redraw(lambda call: live.listen([PROGRESS, DRIVE, *live.session.shown], call), live)
    return review_notes(ui, live)


@guarded
def PhoneBar(ui: Ui, live: LiveVisit, current: str, pick: Any, jump: Any) -> ft.Control:  # noqa: N802
    """Everything the thumb needs: sections, back and forth, the next open question."""
    codes = [section.code for section in live.session.document.sections]
    at = codes.index(current)

    def sections() -> None:
        def choose(code: str) -> None:
            ui.page.pop_dialog()
            pick(code)

        from field_app.visits.widgets.progress import section_row

        scores = {score.code: score for score in live.session.score.sections}
        rows: list[ft.Control] = [
            section_row(ui, one, scores[one.code], one.code == current, choose)
            for one in live.session.document.sections
        ]
        if live.session.document.test_drive_log:
            rows.append(ft.Divider())
            rows.append(
                _leave(ui, "visits.drive.title", "open-drive", visit_way(ui, live.session.id, "drive"))
            )
        ui.page.show_dialog(
            ft.BottomSheet(
                ft.Container(
                    ft.Column(rows, spacing=theme.TIGHT, scroll=ft.ScrollMode.AUTO, tight=True),
                    padding=theme.GAP,
                ),
                scrollable=True,
                show_drag_handle=True,
                bgcolor=theme.CARD,
            )
        )

    def step(by: int) -> ft.Control:
        there = 0 <= at + by < len(codes)
        return icon_button(
            ui,
            ft.Icons.CHEVRON_LEFT if by < 0 else ft.Icons.CHEVRON_RIGHT,
            ui.t("visits.section.previous" if by < 0 else "visits.section.next"),
            "section-previous" if by < 0 else "section-next",
            ui.on(pick, codes[at + by]) if there else None,
            disabled=not there,
        )

    lister = button(
        ui,
        ui.t("visits.section.of", number=at + 1, count=len(codes)),
        "sections",
        ui.on(sections),
        icon=ft.Icons.LIST,
        expand=True,
        spoken=ui.t("visits.section.open_list"),
    )
    search = [search_button(ui, live)] if live.session.editable else []
    around = [lister, *search] if _small(ui) else [step(-1), lister, step(1)]
    return bottom_actions(
        *around,
        icon_button(
            ui, ft.Icons.SKIP_NEXT, ui.t("visits.jump.next"), "jump-next", ui.on(jump), color=theme.ACCENT
        ),
        icon_button(
            ui,
            ft.Icons.FACT_CHECK_OUTLINED,
            ui.t("visits.submit.open"),
            "open-submit",
            ui.going(visit_way(ui, live.session.id, "submit")),
            color=theme.ACCENT,
        ),
    )


def _leave(ui: Ui, key: str, identifier: str, route: str) -> ft.Control:
    def leave() -> None:
        ui.page.pop_dialog()
        ui.go(route)

    return ft.Row(
        [button(ui, ui.t(key), identifier, ui.on(leave), icon=ft.Icons.DIRECTIONS_CAR_OUTLINED, expand=True)]
    )
