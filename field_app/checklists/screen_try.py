"""A test run: the draft as the visitor sees it, in the frame of a tablet or a phone, in either language."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import flet as ft

from field_app import theme
from field_app.checklists.rehearsal import rehearse
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import bare, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import busy, button, choice, icon_button, note, text
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.theme import Look, Width
from field_app.visits.live import AIM, PROGRESS, SHOWN, LiveVisit
from field_app.visits.screen_visit import QuestionSheet
from field_app.visits.widgets.progress import SectionRail, VisitProgress
from shared_models.checklists.document import TemplateDocument
from shared_models.messages import words
from shared_models.problems import Code, Problem

FRAMES = {"tablet": (820, Width.TABLET), "phone": (390, Width.PHONE)}
"""Widths of the frames in logical pixels: an upright tablet, a phone."""


@screen
def TryScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Nothing that is answered here is stored or sent."""
    code = ft.use_route_params().get("code", "")
    opened, set_opened = use_value(cast(LiveVisit | Problem | None, None))
    frame, set_frame = use_value("phone" if ui.look.phone else "tablet")
    language, set_language = use_value(ui.language)

    async def begin() -> None:
        try:
            desk = await ui.work.checklists.open(code)
            document = TemplateDocument.model_validate(desk.drafting.plain())
            place = (words("zh_CN")("checklists.try.dealer"), words("en")("checklists.try.dealer"))
            set_opened(rehearse(document, ui.work.store.context, place))
        except Problem as problem:
            set_opened(problem)
        except ValueError:
            set_opened(Problem(Code.CHECKLIST_INVALID, {"count": 1}))

    ft.use_effect(begin, [code])
    back = ui.going(f"/checklists/draft/{code}")
    if not isinstance(opened, LiveVisit):
        bar = title_bar(ui, ui.t("checklists.try.title"), back=back)
        return bare(ft.use_view_path(), bar, busy(ui) if opened is None else failure_panel(ui, opened))
    actions = [
        button(ui, ui.t("checklists.try.again"), "try-again", ui.on(begin), look="quiet", small=True)
        if not ui.look.phone
        else icon_button(ui, ft.Icons.REFRESH, ui.t("checklists.try.again"), "try-again", ui.on(begin))
    ]
    bar = title_bar(ui, ui.t("checklists.try.title"), under=code, back=back, actions=actions)
    picks: list[ft.Control] = []
    if not ui.look.phone:
        picks += [
            choice(
                ui,
                ui.t(f"checklists.try.{one}"),
                f"try-{one}",
                ui.on(set_frame, one),
                chosen=one == frame,
                expand=False,
            )
            for one in FRAMES
        ]
    picks += [
        choice(
            ui,
            ui.t(f"checklists.try.{one}"),
            f"try-{one}",
            ui.on(set_language, one),
            chosen=one == language,
            expand=False,
        )
        for one in ("zh_CN", "en")
    ]
    width, room = FRAMES[frame]
    shown = Framed(ui, opened, language, room, key=f"{opened.session.id}-{frame}-{language}")
    inside: ft.Control = shown
    if not ui.look.phone:
        inside = ft.Container(
            ft.Container(
                shown,
                width=width,
                bgcolor=theme.GROUND,
                border=ft.Border.all(8, theme.EDGE),
                border_radius=theme.ROUND * 2,
                clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
            ),
            alignment=ft.Alignment.TOP_CENTER,
            padding=theme.GAP,
            expand=True,
        )
    head = ft.Container(
        ft.Row(picks, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
        padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.NEAR),
    )
    hint = ft.Container(
        note(ui, ui.t("checklists.try.hint"), icon=ft.Icons.INFO_OUTLINE),
        padding=ft.Padding.symmetric(horizontal=theme.ROOM),
    )
    content = ft.Column(
        [head, *([] if ui.look.phone else [hint]), ft.Container(inside, expand=True)], spacing=0
    )
    return framed(ui, "checklists", bar, content, narrow=True)


@guarded
def Framed(ui: Ui, live: LiveVisit, language: str, room: Width) -> ft.Control:  # noqa: N802
    """The visit's own parts in the room and language chosen."""
    inner = ft.use_memo(
        lambda: replace(ui, t=words(language), look=Look(room, ui.look.scale)), [ui, language, room]
    )
    sections = live.session.document.sections
    current, set_current = use_value(sections[0].code)
    use_redraw(lambda call: live.listen([AIM], call), live)
    sheet = ft.memo(QuestionSheet)(inner, live, current, key=f"sheet-{current}")
    bar = ft.Container(
        ft.Column(
            [
                text(inner, live.session.document.title.text(inner.language), "heading"),
                VisitProgress(inner, live),
                Left(inner, live),
            ],
            spacing=theme.TIGHT,
            tight=True,
        ),
        bgcolor=theme.CARD,
        border=ft.Border(bottom=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.NEAR),
    )
    if inner.look.phone:
        options = [Option(one.code, one.title.text(inner.language)) for one in sections]
        picker = choose_button(
            inner,
            inner.t("visits.section.open_list"),
            "try-section",
            options,
            current,
            set_current,
            expand=True,
            icon=ft.Icons.LIST,
        )
        foot = ft.Container(ft.Row([picker]), bgcolor=theme.CARD, padding=theme.NEAR)
        return ft.Column([bar, ft.Container(sheet, expand=True), foot], spacing=0, expand=True)
    across = ft.Row(
        [
            ft.Container(
                SectionRail(inner, live, current, set_current),
                width=260 * max(1, inner.look.scale * 0.85),
                border=ft.Border(right=ft.BorderSide(1, theme.LINE)),
            ),
            ft.Container(sheet, expand=True),
        ],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    return ft.Column([bar, ft.Container(across, expand=True)], spacing=0, expand=True)


@guarded
def Left(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """What would still keep this visit from being sent."""
    use_redraw(lambda call: live.listen([PROGRESS, SHOWN], call), live)
    missing = live.session.completeness
    evidence = sum(one.count for one in missing.missing_evidence)
    ready = not missing.unanswered and not evidence
    said = (
        ui.t("checklists.try.ready")
        if ready
        else ui.t("checklists.try.left", answers=len(missing.unanswered), evidence=evidence)
    )
    return text(ui, said, "small", theme.GOOD if ready else theme.MUTED)
