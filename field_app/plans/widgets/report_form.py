"""Reporting on an action: the owner's progress with photos, the supervisor's verification or return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import flet as ft

from field_app import theme
from field_app.plans.workflow import ActionCard
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, icon_button, text, text_field
from field_app.shell.picking import Chosen
from field_app.shell.ui import Ui, guarded
from field_app.visits.photos import LONGEST_EDGE, QUALITY
from shared_models.problems import Code, Problem

STEPS = (10, 25, 50, 75, 90)
"""Percent that are one tap away; 100 is said by reporting the action done."""
SIDE = 88


@dataclass
class _Draft:
    """What is written and not yet reported."""

    text: str = ""
    photos: list[bytes] = field(default_factory=list[bytes])


@guarded
def ReportForm(ui: Ui, one: ActionCard, may: frozenset[str]) -> ft.Control:  # noqa: N802
    """Only what the person may do now is shown. Each report is durable before it is called saved."""
    draft = ft.use_ref(_Draft).current
    assert draft is not None
    percent, set_percent = use_value(one.percent)
    working, set_working = use_value(False)
    again, draw = use_value(0)
    actions = ui.work.actions

    async def add(files: list[Chosen]) -> None:
        for file in files:
            draft.photos.append(await _smaller(ui, file))
        draw(again + 1)

    def drop(place: int) -> None:
        del draft.photos[place]
        draw(again + 1)

    def clear() -> None:
        draft.text = ""
        draft.photos.clear()
        draw(again + 1)

    async def run(act: Callable[[], Awaitable[object]], said: str) -> None:
        if working:
            return
        set_working(True)
        try:
            if await ui.attempt(act):
                clear()
                ui.tell(ui.t(said))
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            set_working(False)

    def pictures() -> list[tuple[bytes, str]]:
        return [(data, "image/jpeg") for data in draft.photos]

    async def start() -> None:
        await run(lambda: actions.start(one.id), "desk.action.started")

    async def report() -> None:
        if not draft.text.strip() and not draft.photos and percent == one.percent:
            ui.tell(ui.t("desk.action.nothing"))
            return
        await run(
            lambda: actions.progress(one.id, percent, draft.text.strip(), pictures()), "desk.action.reported"
        )

    async def finish() -> None:
        await run(lambda: actions.finish(one.id, draft.text.strip(), pictures()), "desk.action.finished")

    async def verify() -> None:
        await run(lambda: actions.verify(one.id, draft.text.strip()), "desk.action.verified")

    async def send_back() -> None:
        if not draft.text.strip():
            ui.tell(ui.t("desk.action.reason_needed"))
            return
        await run(lambda: actions.send_back(one.id, draft.text.strip()), "desk.action.sent_back")

    def typed(event: ft.Event[ft.TextField]) -> None:
        draft.text = event.control.value or ""

    owner = "progress" in may or "finish" in may
    rows: list[ft.Control] = [
        heading(ui, ui.t("desk.action.report" if owner else "desk.action.verification"))
    ]
    if "progress" in may:
        rows.append(_steps(ui, percent, set_percent))
    rows.append(
        text_field(
            ui,
            ui.t("desk.action.text" if owner else "desk.action.remark"),
            "action-text",
            draft.text,
            multiline=True,
            min_lines=2,
            max_lines=6,
            on_change=ui.on_event(typed),
            key=f"text-{again}",
        )
    )
    if owner:
        rows.append(_photos(ui, draft, add, drop))
    go: list[ft.Control] = []
    if "start" in may:
        go.append(_do(ui, "start", start, working, ft.Icons.PLAY_ARROW, main=False))
    if "progress" in may:
        go.append(_do(ui, "progress", report, working, ft.Icons.SAVE_OUTLINED, main=False))
    if "finish" in may:
        go.append(_do(ui, "finish", finish, working, ft.Icons.TASK_ALT, main=True))
    if "send_back" in may:
        go.append(_do(ui, "send_back", send_back, working, ft.Icons.REPLY, main=False))
    if "verify" in may:
        go.append(_do(ui, "verify", verify, working, ft.Icons.VERIFIED_OUTLINED, main=True))
    rows.append(ft.Row(go, spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True))
    return card(*rows)


def _do(
    ui: Ui,
    what: str,
    act: Callable[[], Awaitable[None]],
    working: bool,
    icon: ft.IconData,
    *,
    main: bool,
) -> ft.Control:
    return button(
        ui,
        ui.t(f"desk.action.{what}"),
        f"action-{what.replace('_', '-')}",
        ui.on(act),
        look="main" if main else "plain",
        icon=icon,
        disabled=working,
    )


def _steps(ui: Ui, percent: int, set_percent: Callable[[int], None]) -> ft.Control:
    return ft.Column(
        [
            text(ui, ui.t("desk.action.percent"), "caption", theme.MUTED),
            ft.Row(
                [
                    choice(
                        ui,
                        f"{step}%",
                        f"action-percent-{step}",
                        ui.on(set_percent, step),
                        chosen=percent == step,
                        expand=False,
                    )
                    for step in STEPS
                ],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            ),
        ],
        spacing=theme.TIGHT,
        tight=True,
    )


def _photos(
    ui: Ui, draft: _Draft, add: Callable[[list[Chosen]], Awaitable[object]], drop: Callable[[int], None]
) -> ft.Control:
    thumbs: list[ft.Control] = [
        ft.Stack(
            [
                ft.Image(
                    src=data,
                    width=SIDE,
                    height=SIDE,
                    fit=ft.BoxFit.COVER,
                    cache_width=SIDE * 2,
                    border_radius=theme.ROUND,
                    semantics_label=ui.t("desk.evidence.photo"),
                ),
                ft.Container(
                    icon_button(
                        ui,
                        ft.Icons.CANCEL,
                        ui.t("desk.action.drop_photo"),
                        f"action-photo-{place}-remove",
                        ui.on(drop, place),
                        color=theme.BAD,
                    ),
                    right=-8,
                    top=-8,
                ),
            ],
            width=SIDE,
            height=SIDE,
        )
        for place, data in enumerate(draft.photos)
    ]
    parts = ui.app.picking.button_parts(ui, "photo", add)
    chooser = button(
        ui,
        ui.t("desk.action.add_photo"),
        "action-photo",
        parts["on_click"],  # type: ignore[arg-type]
        icon=ft.Icons.ADD_A_PHOTO_OUTLINED,
        action=parts["action"],
    )
    return ft.Row([*thumbs, chooser], spacing=theme.GAP, run_spacing=theme.NEAR, wrap=True)


async def _smaller(ui: Ui, file: Chosen) -> bytes:
    try:
        return await ui.app.platform.shrink_photo(file.data, longest_edge=LONGEST_EDGE, quality=QUALITY)
    except ValueError:
        values = {"file": file.name, "reason": ui.t("visits.media.no_picture")}
        raise Problem(Code.FILE_UNREADABLE, values) from None
