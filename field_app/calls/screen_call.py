"""One call: who it is, the number to dial, the interview, and what came of the attempt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import flet as ft

from field_app import theme
from field_app.calls.screen_calls import WATCHED, call_marks
from field_app.calls.times import again_choices, read_time
from field_app.calls.workflow import CallCard
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, choice, facts, heading, named, note, text, text_field
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.ways import visit_way
from shared_models.surveys import Disposition

_FINAL = {Disposition.REFUSED, Disposition.WRONG_NUMBER, Disposition.NOT_THE_PERSON, Disposition.BROKEN_OFF}


@screen
def CallScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The call of the route."""
    call_id = ft.use_route_params().get("call_id", "")

    async def read(_first: Callable[[CallCard], None]) -> CallCard:
        return ui.work.calls.card(call_id)

    got = use_reading(ui, read, call_id, entities=WATCHED)
    bar = title_bar(ui, ui.t("calls.call"), back=ui.going("/calls"), actions=[SyncChip(ui, brief=True)])
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "calls", bar, stand_in or busy(ui))
    one = got.value
    parts: list[ft.Control] = [_who(ui, one)]
    if one.open:
        parts.append(_interview(ui, one))
        parts.append(OutcomeForm(ui, one, key=f"outcome-{len(one.attempts)}-{one.visit_id}"))  # pyright: ignore[reportCallIssue]
    else:
        parts.append(note(ui, ui.t("calls.over"), "good", ft.Icons.CHECK))
    if one.attempts:
        parts.append(_attempts(ui, one))
    return framed(ui, "calls", bar, column(*parts))


def _who(ui: Ui, one: CallCard) -> ft.Control:
    rows = [
        (ui.t("calls.dealer"), one.dealer.name.text(ui.language)),
        (ui.t("calls.car"), one.car),
        (ui.t("calls.employee"), one.employee),
        (ui.t("calls.event"), one.event_day.isoformat()),
    ]
    # a customer's number leaves this device only through the telephone
    dial: Any = button(
        ui, one.phone, "dial", None, look="main", icon=ft.Icons.PHONE, spoken=ui.t("calls.dial"),
        disabled=not one.open,
    )  # fmt: skip
    if one.open:
        cast(ft.FilledButton, dial.content).url = ft.Url(f"tel:{one.phone}", target=ft.UrlTarget.SELF)
    return card(
        heading(ui, one.customer, "title"),
        call_marks(ui, one),
        ft.Row([dial], wrap=True),
        facts(ui, [(name, value) for name, value in rows if value]),
    )


def _interview(ui: Ui, one: CallCard) -> ft.Control:
    async def begin() -> None:
        session = await ui.work.calls.begin(one.id)
        ui.app.shelf.adopt(session)
        ui.go(visit_way(ui, session.id))

    label = ui.t("calls.resume" if one.visit_id else "calls.begin")
    parts: list[ft.Control] = [
        heading(ui, one.title.text(ui.language)),
        text(ui, ui.t("calls.begin_hint"), "small", theme.MUTED),
    ]
    if one.judged:
        hint = ui.t("calls.judged_hint", count=one.judged)
        parts.append(note(ui, hint, "accent", ft.Icons.FLAG_OUTLINED))
    parts.append(ft.Row([button(ui, label, "interview", ui.on(begin), look="main", icon=ft.Icons.EDIT_NOTE)]))
    return card(*parts)


@guarded
def OutcomeForm(ui: Ui, one: CallCard) -> ft.Control:  # noqa: N802
    """What came of the attempt: chosen, explained where it has to be, then recorded."""
    chosen, choose = ft.use_state("")
    again, set_again = ft.use_state(cast(datetime | None, None))
    words, own = ui.work.typed.of(f"call/{one.id}"), ui.work.typed.of(f"call-again/{one.id}")

    async def record() -> None:
        disposition = Disposition(chosen)
        at = (
            (again or read_time(ui.work.store.context, own.text))
            if disposition is Disposition.CALL_LATER
            else None
        )
        if disposition is Disposition.CALL_LATER and at is None:
            ui.tell(ui.t("calls.again.needed"))
            return
        await ui.work.calls.report(one.id, disposition, note=words.text, again_at=at)
        if one.visit_id and disposition is Disposition.BROKEN_OFF:
            ui.app.shelf.clear()
        words.clear()
        own.clear()
        ui.tell(ui.t("calls.recorded"))
        ui.go("/calls")
        ui.page.run_task(ui.work.sync.run_once)

    options = [
        choice(
            ui,
            ui.t(f"surveys.disposition.{outcome.value}"),
            f"outcome-{outcome.value}",
            ui.on(choose, outcome.value),
            chosen=chosen == outcome.value,
            tone="bad" if outcome in _FINAL else "warn",
            expand=False,
        )
        for outcome in one.outcomes
    ]
    parts: list[ft.Control] = [
        heading(ui, ui.t("calls.outcome")),
        ft.Row(cast(list[ft.Control], options), spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True),
    ]
    if not one.visit_id and Disposition.UNREACHABLE not in one.outcomes:
        part = ui.t(f"calls.part.{one.part_now}")
        parts.append(note(ui, ui.t("calls.tried_now", part=part), "warn", ft.Icons.SCHEDULE))
    if chosen == Disposition.CALL_LATER:
        times = [
            choice(
                ui,
                instant_text(ui, at),
                f"again-{place}",
                ui.on(set_again, at),
                chosen=again == at,
                expand=False,
            )
            for place, at in enumerate(again_choices(ui.work.store.context))
        ]
        parts.append(text(ui, ui.t("calls.again.title"), "strong"))
        parts.append(
            ft.Row(cast(list[ft.Control], times), spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)
        )

        def typed(event: Any) -> None:
            own.hear(event)
            if again is not None:
                set_again(None)

        parts.append(
            text_field(ui, ui.t("calls.again.own"), "again-own", own.text, on_change=ui.on_event(typed))
        )
    if chosen:
        if chosen == Disposition.BROKEN_OFF:
            parts.append(note(ui, ui.t("calls.broken_hint"), "warn", ft.Icons.INFO_OUTLINE))
        elif Disposition(chosen) in _FINAL:
            parts.append(note(ui, ui.t("calls.final_hint"), "warn", ft.Icons.INFO_OUTLINE))
        parts.append(
            text_field(
                ui,
                ui.t("calls.note"),
                "call-note",
                words.text,
                on_change=ui.on_event(words.hear),
                multiline=True,
                min_lines=1,
                max_lines=4,
            )
        )
        parts.append(
            ft.Row(
                [button(ui, ui.t("calls.record"), "record", ui.on(record), look="main", icon=ft.Icons.CHECK)]
            )
        )
    return named(card(*parts), "outcome")


def _attempts(ui: Ui, one: CallCard) -> ft.Control:
    rows: list[ft.Control] = []
    for attempt in reversed(one.attempts):
        said = ui.t(f"surveys.disposition.{attempt.disposition.value}")
        if attempt.again_at is not None:
            said += " · " + ui.t("calls.agreed", at=instant_text(ui, attempt.again_at))
        rows.append(text(ui, f"{instant_text(ui, attempt.at)} · {said}", "small"))
        if attempt.note:
            rows.append(text(ui, attempt.note, "small", theme.MUTED))
    return card(heading(ui, ui.t("calls.attempts")), *rows)
