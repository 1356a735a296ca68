"""Reporting on an action: the owner's progress with photos, the supervisor's verification or return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from field_app import theme
from field_app.plans.widgets.attendance import attendance
from field_app.plans.widgets.evidence_photos import evidence_photos
from field_app.plans.workflow import ActionCard, Photo
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, note, text, text_field
from field_app.shell.ui import Ui, guarded
from shared_models.plans import ATTENDED, evidence_missing

STEPS = (10, 25, 50, 75, 90)
"""Percent that are one tap away; 100 is said by reporting the action done."""


@guarded
def ReportForm(ui: Ui, one: ActionCard, may: frozenset[str]) -> ft.Control:  # noqa: N802
    """Only what the person may do now is shown. Each report is durable before it is called saved."""
    draft = ui.work.typed.of(f"action/{one.id}")
    percent, set_percent = use_value(one.percent)
    working, set_working = use_value(False)
    under_way = ft.use_ref(list[bool]).current
    assert under_way is not None
    again, draw = use_value(0)
    actions = ui.work.actions

    def changed() -> None:
        draft.changed()
        draw(again + 1)

    async def look() -> None:
        if await ui.work.typed.load(draft):
            draw(again + 1)

    ft.use_effect(look, [])

    def photos() -> list[Photo]:
        return [Photo(file.data, kind=file.kind) for file in draft.files if file.data is not None]

    async def run(act: Callable[[], Awaitable[object]], said: str, *, sent: bool = True) -> None:
        """``sent``: what was written and chosen has gone with it."""
        if under_way:
            return
        under_way.append(True)  # also heard by a second tap that comes before the first is drawn
        set_working(True)
        try:
            await ui.work.typed.load(draft)
            if await ui.attempt(act):
                if sent:
                    draft.clear()
                draw(again + 1)
                ui.tell(ui.t(said))
                ui.page.run_task(ui.work.sync.run_once)
        finally:
            under_way.clear()
            set_working(False)

    async def accept() -> None:
        await run(lambda: actions.accept(one.id), "desk.action.accepted", sent=False)

    async def start() -> None:
        await run(lambda: actions.start(one.id), "desk.action.started", sent=False)

    async def report() -> None:
        said = draft.text.strip() or draft.files or draft.lines
        if not said and percent == one.percent:
            ui.tell(ui.t("desk.action.nothing"))
            return
        await run(
            lambda: actions.progress(one.id, percent, draft.text.strip(), photos(), draft.lines),
            "desk.action.reported",
        )

    async def finish() -> None:
        await run(
            lambda: actions.finish(one.id, draft.text.strip(), photos(), draft.lines),
            "desk.action.finished",
        )

    async def verify() -> None:
        await run(lambda: actions.verify(one.id, draft.text.strip()), "desk.action.verified")

    async def send_back() -> None:
        if not draft.text.strip():
            ui.tell(ui.t("desk.action.reason_needed"))
            return
        await run(lambda: actions.send_back(one.id, draft.text.strip()), "desk.action.sent_back")

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
            on_change=ui.on_event(draft.hear),
            key=f"text-{again}",
        )
    )
    if owner:
        rows.append(evidence_photos(ui, one.method, draft, changed))
        if one.method in ATTENDED:
            rows += attendance(ui, one.dealer.id, one.id, draft.lines, changed, key=f"attendance-{again}")
    lacking = evidence_missing(
        one.method,
        {file.kind for file in draft.files} | {kind for entry in one.progress for kind in entry.kinds},
        attendees=len(draft.lines) + sum(len(entry.attendees) for entry in one.progress),
    )
    if lacking:
        named = ui.t("insight.list_separator").join(ui.t(f"desk.evidence.kind.{kind}") for kind in lacking)
        rows.append(note(ui, ui.t("desk.action.missing", what=named), "warn", ft.Icons.CAMERA_ALT_OUTLINED))
    go: list[ft.Control] = []
    if "accept" in may:
        go.append(_do(ui, "accept", accept, working, ft.Icons.THUMB_UP_OUTLINED, main=False))
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
