"""The editor: outline and form side by side, one after the other on phones; all changes keep themselves."""

from __future__ import annotations

import asyncio
from typing import cast

import flet as ft

from field_app import theme
from field_app.checklists.open_draft import FORM, SHAPE, STATE, OpenDraft
from field_app.checklists.widgets.changes import show_changes
from field_app.checklists.widgets.fields import fault_words
from field_app.checklists.widgets.forms import PartForm
from field_app.checklists.widgets.outline import Outline
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose
from field_app.shell.frame import bare, framed, screen, title_bar
from field_app.shell.hooks import use_redraw, use_task, use_value
from field_app.shell.parts import busy, button, icon_button, text
from field_app.shell.ui import Ui, failure_panel, guarded
from field_app.theme import Width
from shared_models.problems import Code, Problem

SEND_AFTER = 2.0
"""Seconds after the last change at which a draft without faults goes to the server."""


@screen
def EditorScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The draft of the route's checklist."""
    code = ft.use_route_params().get("code", "")
    opened, set_opened = use_value(cast(OpenDraft | Problem | None, None))
    formed, set_formed = use_value(False)

    async def open_it() -> None:
        try:
            desk = await ui.work.checklists.open(code)
            set_opened(OpenDraft(ui.work.checklists, desk, ui.work.checklists.items(ui.language)))
        except Problem as problem:
            set_opened(problem)

    async def ledger() -> None:
        if isinstance(opened, OpenDraft):
            opened.know(ui.work.checklists.items(ui.language))

    store = ui.work.store
    ft.use_effect(open_it, [code, ui.language])
    use_task(
        ui,
        lambda call: store.watch(lambda touched: call() if "item" in touched.entities else None),
        ledger,
        store,
    )
    if not isinstance(opened, OpenDraft):
        bar = title_bar(ui, ui.t("checklists.edit.title"), back=ui.going("/checklists"))
        return bare(ft.use_view_path(), bar, busy(ui) if opened is None else failure_panel(ui, opened))
    draft = opened

    async def publish(untranslated: bool) -> None:
        number = await draft.publish(untranslated=untranslated)
        ui.tell(ui.t("checklists.edit.published", number=number))
        ui.go("/checklists")

    actions: list[ft.Control] = [
        UndoStep(ui, draft),
        icon_button(
            ui,
            ft.Icons.PLAY_CIRCLE_OUTLINE,
            ui.t("checklists.try.open"),
            "editor-try",
            ui.on(_try, ui, draft, code),
        ),
    ]
    if ui.look.phone:
        actions.append(
            icon_button(
                ui,
                ft.Icons.PUBLISH_OUTLINED,
                ui.t("checklists.changes.title"),
                "editor-changes",
                ui.on(show_changes, ui, draft, publish),
                color=theme.ACCENT,
            )
        )
    else:
        actions.append(
            button(
                ui,
                ui.t("checklists.changes.title"),
                "editor-changes",
                ui.on(show_changes, ui, draft, publish),
                look="main",
                icon=ft.Icons.PUBLISH_OUTLINED,
            )
        )
    bar = ft.Column(
        [
            title_bar(
                ui, code, under=ui.t("checklists.edit.title"), back=ui.going("/checklists"), actions=actions
            ),
            StateLine(ui, draft, lambda: set_formed(True)),
        ],
        spacing=0,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    outline = Outline(ui, draft, lambda: set_formed(True))
    if ui.look.phone:
        inner = FormPane(ui, draft, lambda: set_formed(False)) if formed else outline
        return framed(ui, "checklists", bar, inner)
    across = ft.Row(
        [
            ft.Container(
                outline,
                width=(340 if ui.look.width is Width.DESK else 270) * max(1, ui.look.scale * 0.85),
                border=ft.Border(right=ft.BorderSide(1, theme.LINE)),
            ),
            ft.Container(FormPane(ui, draft, None), expand=True),
        ],
        spacing=0,
        expand=True,
        vertical_alignment=ft.CrossAxisAlignment.STRETCH,
    )
    return framed(ui, "checklists", bar, across, narrow=True)


@guarded
def FormPane(ui: Ui, draft: OpenDraft, back: object) -> ft.Control:  # noqa: N802
    """The form of the chosen part; another part gets a form of its own."""
    use_redraw(lambda call: draft.listen([FORM], call), draft)
    return PartForm(ui, draft, draft.chosen, back, key=f"form-{draft.chosen}")


@guarded
def UndoStep(ui: Ui, draft: OpenDraft) -> ft.Control:  # noqa: N802
    """Takes the last step back."""
    use_redraw(lambda call: draft.listen([SHAPE], call), draft)
    return icon_button(
        ui,
        ft.Icons.UNDO,
        ui.t("checklists.edit.undo"),
        "editor-undo",
        ui.on(draft.undo),
        disabled=not draft.drafting.can_undo,
    )


@guarded
def StateLine(ui: Ui, draft: OpenDraft, opened: object) -> ft.Control:  # noqa: N802
    """Where the draft is kept, how many faults it has, and the way to each; it also sends the draft."""
    use_redraw(lambda call: draft.listen([STATE], call), draft)

    async def soon() -> None:
        await asyncio.sleep(SEND_AFTER)
        if draft.waits:
            await draft.send()

    use_task(ui, lambda call: draft.listen([SHAPE], call), soon, draft)

    def jump(place: str) -> None:
        fault = draft.faults[int(place)]
        draft.choose(draft.drafting.key_at(fault.section, fault.question))
        if callable(opened):
            opened()

    def faults() -> None:
        options = [
            Option(str(at), fault_words(ui, one), _where(ui, draft, one.section, one.question))
            for at, one in enumerate(draft.faults)
        ]
        choose(ui, ui.t("checklists.edit.faults", count=len(options)), "editor-fault", options, jump)

    async def again() -> None:
        draft.problem = None
        await draft.send()
        if draft.problem is not None:
            ui.tell_problem(draft.problem)

    def over() -> None:
        ask(
            ui,
            "editor-over",
            ui.t("checklists.edit.over_title"),
            ui.t("checklists.edit.over_body"),
            ui.t("checklists.edit.over"),
            draft.take_over,
            look="danger",
        )

    if draft.desk.sent:
        words, icon, colour = "checklists.kept.server", ft.Icons.CLOUD_DONE_OUTLINED, theme.GOOD
    else:
        words, icon, colour = "checklists.kept.here", ft.Icons.TABLET_ANDROID, theme.MUTED
    row: list[ft.Control] = [
        ft.Semantics(
            content=ft.Row(
                [ft.Icon(icon, size=ui.look.icon, color=colour), text(ui, ui.t(words), "small", colour)],
                spacing=4,
                tight=True,
            ),
            identifier="editor-sent" if draft.desk.sent else "editor-kept",
            container=True,
        )
    ]
    if draft.faults:
        row.append(
            button(
                ui,
                ui.t("checklists.edit.faults", count=len(draft.faults)),
                "editor-faults",
                ui.on(faults),
                look="danger",
                icon=ft.Icons.ERROR_OUTLINE,
                small=True,
            )
        )
    elif draft.problem is not None and draft.problem.code is Code.CONFLICT:
        row.append(
            button(
                ui,
                ui.t("checklists.edit.conflict"),
                "editor-conflict",
                ui.on(over),
                look="danger",
                small=True,
            )
        )
    elif draft.problem is not None:
        row.append(button(ui, ui.t("checklists.edit.send"), "editor-send", ui.on(again), small=True))
    return ft.Container(
        ft.Row(row, spacing=theme.ROOM, run_spacing=2, wrap=True),
        bgcolor=theme.CARD,
        border=ft.Border(bottom=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding.symmetric(horizontal=theme.ROOM, vertical=theme.TIGHT),
    )


def _where(ui: Ui, draft: OpenDraft, section: int | None, question: int | None) -> str:
    part = draft.drafting.part(draft.drafting.key_at(section, question)) or {}
    language = "zh" if ui.t.is_chinese else "en"
    words = (part.get("text") or part.get("title") or {}).get(language) or ui.t("checklists.edit.untitled")
    return f"{part.get('code', '')} · {words}"


def _try(ui: Ui, draft: OpenDraft, code: str) -> None:
    if draft.faults:
        raise Problem(Code.CHECKLIST_INVALID, {"count": len(draft.faults)})
    ui.go(f"/checklists/draft/{code}/try")
