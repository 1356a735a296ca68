"""Objections and requests for more time below an action: asking, deciding, and what was decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import flet as ft

from field_app import theme
from field_app.plans.widgets.dates import day_field
from field_app.plans.workflow import ActionCard
from field_app.plans.workflow_requests import RequestCard
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, button, card, heading, tag, text, text_field
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from shared_models.plans import RequestKind, RequestStatus

TONES: dict[RequestStatus, Tone] = {
    RequestStatus.OPEN: "warn",
    RequestStatus.GRANTED: "good",
    RequestStatus.REFUSED: "bad",
    RequestStatus.WITHDRAWN: "plain",
}
DISTANCES = (7, 14, 30)
"""Days of more time that are one tap away."""


def asked_marks(ui: Ui, one: ActionCard) -> list[ft.Control]:
    """What waits for a decision."""
    return [
        tag(ui, ui.t(f"desk.request.waits.{kind}"), "warn", ft.Icons.CONTACT_SUPPORT) for kind in one.asked
    ]


def requests_card(ui: Ui, one: ActionCard) -> list[ft.Control]:
    """Requests with their decisions, and what this person may ask; nothing where there is neither."""
    listed = ui.work.requests.of(one.id)
    may = ui.work.requests.may_ask(one.id)
    rows: list[ft.Control] = []
    for place, request in enumerate(listed):
        rows.append(request_lines(ui, place, request))
        if ui.work.requests.may_decide(request.id):
            rows.append(DecideForm(ui, request, key=f"decide-{request.id}"))  # pyright: ignore[reportCallIssue]
        elif ui.work.requests.may_withdraw(request.id):
            rows.append(_withdraw(ui, request))
    if may:
        key = f"ask-{'-'.join(sorted(may))}"
        rows.append(AskForm(ui, one, may, key=key))  # pyright: ignore[reportCallIssue]
    return [card(heading(ui, ui.t("desk.request.title")), *rows)] if rows else []


def request_lines(ui: Ui, place: int, request: RequestCard) -> ft.Control:
    """A request with its dates, reason and decision."""
    when = instant_text(ui, request.at) if request.at else ""
    lines: list[ft.Control] = [
        ft.Row(
            [
                tag(ui, ui.t(f"desk.request.kind.{request.kind.value}")),
                tag(ui, ui.t(f"desk.request.status.{request.status.value}"), TONES[request.status]),
            ],
            spacing=6,
            run_spacing=6,
            wrap=True,
        ),
        text(ui, request.reason),
        text(ui, ui.t("desk.request.by", name=request.author or "–", at=when), "caption", theme.MUTED),
    ]
    if request.due_wanted is not None:
        words = ui.t("desk.request.dates", before=request.due_before or "–", wanted=request.due_wanted)
        lines.insert(1, text(ui, words, "strong"))
    if request.decided_at is not None:
        told = ui.t(
            "desk.request.decided", name=request.decided_by or "–", at=instant_text(ui, request.decided_at)
        )
        if request.due_granted is not None:
            told = f"{told}  {ui.t('desk.request.until', due=request.due_granted)}"
        lines.append(text(ui, told, "caption", theme.MUTED))
        if request.decision:
            lines.append(text(ui, request.decision, "small"))
    return ft.Container(
        ft.Column(lines, spacing=theme.TIGHT, tight=True),
        border=ft.Border(left=ft.BorderSide(3, theme.LINE)),
        padding=ft.Padding(left=theme.GAP),
        key=f"request-{place}",
    )


async def _saved(ui: Ui, act: Callable[[], Awaitable[object]], said: str) -> bool:
    done = bool(await ui.attempt(act))
    if done:
        ui.tell(ui.t(said))
        ui.page.run_task(ui.work.sync.run_once)
    return done


def _withdraw(ui: Ui, request: RequestCard) -> ft.Control:
    async def back() -> None:
        await _saved(ui, lambda: ui.work.requests.withdraw(request.id), "desk.request.withdrawn")

    return ft.Row([button(ui, ui.t("desk.request.withdraw"), "request-withdraw", ui.on(back), look="quiet")])


@guarded
def AskForm(ui: Ui, one: ActionCard, may: frozenset[RequestKind]) -> ft.Control:  # noqa: N802
    """Opens when the owner wants to object or needs more time."""
    begun = ui.work.typed.under(f"request/{one.id}/")
    open_kind, open_as = use_value(
        next((kind.value for kind in RequestKind if kind in may and kind.value in begun), "")
    )
    wanted, want = use_value(one.due_on)
    draft = ui.work.typed.of(f"request/{one.id}/{open_kind}")

    async def send() -> None:
        if not draft.text.strip():
            ui.tell(ui.t("desk.request.reason_needed"))
            return
        if open_kind == RequestKind.EXTENSION:
            if wanted is None or wanted == one.due_on:
                ui.tell(ui.t("desk.request.day_needed"))
                return
            day = wanted
            done = await _saved(
                ui, lambda: ui.work.requests.extend(one.id, day, draft.text), "desk.request.sent"
            )
        else:
            done = await _saved(ui, lambda: ui.work.requests.object(one.id, draft.text), "desk.request.sent")
        if done:
            draft.clear()
            open_as("")

    if not open_kind:
        return ft.Row(
            [
                button(
                    ui,
                    ui.t(f"desk.request.ask.{kind.value}"),
                    f"request-{kind.value}",
                    ui.on(open_as, kind.value),
                    icon=ft.Icons.MORE_TIME if kind is RequestKind.EXTENSION else ft.Icons.GAVEL,
                )
                for kind in RequestKind
                if kind in may
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )

    async def put(day: date) -> None:
        want(day)

    rows: list[ft.Control] = []
    if open_kind == RequestKind.EXTENSION:
        chosen = None if wanted == one.due_on else wanted
        rows.append(
            day_field(
                ui,
                ui.t("desk.request.new_due"),
                "request-due",
                chosen,
                put,
                after=DISTANCES,
                since=one.due_on,
            )
        )
    rows.append(
        text_field(
            ui,
            ui.t(f"desk.request.reason.{open_kind}"),
            "request-reason",
            draft.text,
            multiline=True,
            min_lines=2,
            max_lines=6,
            on_change=ui.on_event(draft.hear),
        )
    )
    rows.append(
        ft.Row(
            [
                button(ui, ui.t("shell.cancel"), "request-cancel", ui.on(open_as, ""), look="quiet"),
                button(ui, ui.t("desk.request.send"), "request-send", ui.on(send), look="main"),
            ],
            spacing=theme.NEAR,
        )
    )
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


@guarded
def DecideForm(ui: Ui, request: RequestCard) -> ft.Control:  # noqa: N802
    """The decider's answer; refusing needs words, another date than the one asked for may be granted."""
    draft = ui.work.typed.of(f"request-decision/{request.id}")
    due, set_due = use_value(request.due_wanted)
    kind = request.kind.value

    async def put(day: date) -> None:
        set_due(day)

    async def grant() -> None:
        if await _saved(
            ui, lambda: ui.work.requests.grant(request.id, draft.text, due), "desk.request.granted"
        ):
            draft.clear()

    async def refuse() -> None:
        if not draft.text.strip():
            ui.tell(ui.t("desk.request.reason_needed"))
            return
        if await _saved(ui, lambda: ui.work.requests.refuse(request.id, draft.text), "desk.request.refused"):
            draft.clear()

    rows: list[ft.Control] = [
        text_field(
            ui,
            ui.t("desk.request.decision"),
            f"request-{kind}-decision",
            draft.text,
            multiline=True,
            min_lines=1,
            max_lines=4,
            on_change=ui.on_event(draft.hear),
        )
    ]
    if request.kind is RequestKind.EXTENSION:
        rows.append(day_field(ui, ui.t("desk.request.new_due"), "request-granted-due", due, put))
    rows.append(
        ft.Row(
            [
                button(
                    ui, ui.t("desk.request.refuse"), f"request-{kind}-refuse", ui.on(refuse), look="danger"
                ),
                button(
                    ui,
                    ui.t(f"desk.request.grant.{request.kind.value}"),
                    f"request-{kind}-grant",
                    ui.on(grant),
                    look="main",
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    )
    return ft.Column(rows, spacing=theme.NEAR, tight=True)
