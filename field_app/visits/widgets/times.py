"""Answers that are times: a duration with a running timer, a date, a time of day, both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui, guarded
from field_app.store.typed import Typed
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists import Question, QuestionKind

Put = Callable[[str, Any], Awaitable[object]]


def clock_text(seconds: int) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on."""
    hours, rest = divmod(max(0, seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def parse_clock(written: str) -> int | None:
    """Seconds of ``m:ss``, ``h:mm:ss`` or plain minutes; None for an empty field; ValueError otherwise."""
    plain = written.strip().replace("：", ":")
    if not plain:
        return None
    parts = plain.split(":")
    if len(parts) == 1:
        return round(float(parts[0]) * 60)
    if len(parts) > 3 or any(not part.isdigit() for part in parts) or any(int(p) > 59 for p in parts[1:]):
        raise ValueError(written)
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds


@guarded
def Ticking(  # noqa: N802
    ui: Ui, since: datetime, kind: theme.Kind = "display", color: str = theme.INK, size: float | None = None
) -> ft.Control:
    """The time since an instant, counting; only this text is drawn each second. ``size`` instead of the
    kind's, for what is read at arm's length."""
    _, beat = ft.use_state(0)

    async def tick() -> None:
        while True:
            await asyncio.sleep(1)
            beat(lambda count: count + 1)

    running = ft.use_ref(None)

    def start() -> None:
        running.current = asyncio.create_task(tick())

    def stop() -> None:
        if running.current is not None:
            running.current.cancel()

    ft.use_effect(start, [since], cleanup=stop)
    elapsed = int((datetime.now(UTC) - since).total_seconds())
    if size is not None:
        return ft.Text(clock_text(elapsed), size=size, color=color)
    return text(ui, clock_text(elapsed), kind, color)


class Stopwatch:
    """A timer of one question of one visit: it runs on when the app is closed in between."""

    def __init__(self, typed: Typed, visit_id: str, code: str) -> None:
        self._store = typed.store
        self._kept = typed.of(f"timer/{visit_id}/{code}")

    @property
    def since(self) -> datetime | None:
        """When it was started; None while it does not run."""
        return datetime.fromisoformat(self._kept.text) if self._kept.text else None

    async def start(self) -> None:
        """Start now; returns when that is durable."""
        self._kept.put(self._store.context.instant().isoformat())
        self._kept.write()
        await self._store.durable()

    def seconds(self) -> int:
        """Seconds since the start; 0 where it does not run, or the clock was set back in between."""
        since = self.since
        return 0 if since is None else max(0, int((self._store.context.instant() - since).total_seconds()))

    def clear(self) -> None:
        """It has been read."""
        self._kept.clear()


@guarded
def DurationAnswer(  # noqa: N802
    ui: Ui,
    question: Question,
    value: Any,
    put: Put,
    on_typing: Callable[[bool | None], None],
    visit_id: str,
) -> ft.Control:
    """Start and stop by the thumb, or write minutes and seconds.

    Without a visit there is nothing to time, only minutes to write.
    """
    watch = Stopwatch(ui.work.typed, visit_id, question.code) if visit_id else None
    since, set_since = ft.use_state(watch.since if watch else None)

    async def start() -> None:
        if watch is not None:
            await watch.start()
            set_since(watch.since)

    async def stop() -> None:
        if watch is not None:
            await put("answered", watch.seconds())
            watch.clear()  # only now: what could not be saved can be stopped once more
            set_since(None)

    def refuse(written: str) -> str | None:
        try:
            parse_clock(written)
        except ValueError:
            return ui.t("visits.duration.unreadable")
        return None

    async def save(written: str) -> None:
        seconds = parse_clock(written)
        await (put("clear", None) if seconds is None else put("answered", seconds))

    if since is not None:
        return ft.Row(
            [
                Ticking(ui, since),
                button(
                    ui,
                    ui.t("visits.duration.stop"),
                    f"q-{question.code}-stop",
                    ui.on(stop),
                    look="main",
                    icon=ft.Icons.STOP,
                    expand=True,
                ),
            ],
            spacing=theme.ROOM,
        )
    starter = button(
        ui,
        ui.t("visits.duration.start"),
        f"q-{question.code}-start",
        ui.on(start),
        icon=ft.Icons.PLAY_ARROW,
    )
    return ft.Row(
        [
            SavedText(
                ui,
                ui.t("visits.duration.label"),
                f"q-{question.code}-value",
                "" if value is None else clock_text(int(value)),
                save,
                refuse=refuse,
                on_typing=on_typing,
                expand=True,
            ),
            *([starter] if watch is not None else []),
        ],
        spacing=theme.NEAR,
    )


@guarded
def DateTimeAnswer(ui: Ui, question: Question, value: Any, put: Put) -> ft.Control:  # noqa: N802
    """A date, a time of day, or both, by the pickers of the platform and by 'now'."""
    with_date = question.kind is not QuestionKind.TIME
    with_time = question.kind is not QuestionKind.DATE
    day, clock = _read(question.kind, value)

    async def put_both(new_day: date | None, new_clock: time | None) -> None:
        now = datetime.now().astimezone()
        if question.kind is QuestionKind.DATE:
            await put("answered", (new_day or now.date()).isoformat())
        elif question.kind is QuestionKind.TIME:
            await put("answered", (new_clock or now.time()).strftime("%H:%M"))
        else:
            at = datetime.combine(new_day or now.date(), new_clock or now.time())
            await put("answered", at.astimezone().isoformat(timespec="minutes"))

    async def picked_day(event: ft.Event[ft.DatePicker]) -> None:
        if event.control.value is not None:
            await put_both(picked_date(event.control.value), clock)

    async def picked_clock(event: ft.Event[ft.TimePicker]) -> None:
        if event.control.value is not None:
            await put_both(day, event.control.value)

    def ask_day() -> None:
        ui.page.show_dialog(
            ft.DatePicker(
                value=datetime.combine(day, time(12)) if day else None,
                on_change=ui.on_event(picked_day),
                confirm_text=ui.t("shell.ok"),
                cancel_text=ui.t("shell.cancel"),
            )
        )

    def ask_clock() -> None:
        ui.page.show_dialog(
            ft.TimePicker(
                value=clock or datetime.now().astimezone().time(),
                on_change=ui.on_event(picked_clock),
                hour_format=ft.TimePickerHourFormat.H24,
                confirm_text=ui.t("shell.ok"),
                cancel_text=ui.t("shell.cancel"),
            )
        )

    row: list[ft.Control] = []
    if with_date:
        label = day.isoformat() if day else ui.t("visits.date.pick")
        row.append(button(ui, label, f"q-{question.code}-date", ui.on(ask_day), icon=ft.Icons.EVENT))
    if with_time:
        label = clock.strftime("%H:%M") if clock else ui.t("visits.time.pick")
        row.append(button(ui, label, f"q-{question.code}-time", ui.on(ask_clock), icon=ft.Icons.SCHEDULE))
    now = button(
        ui, ui.t("visits.time.now"), f"q-{question.code}-now", ui.on(put_both, None, None), look="quiet"
    )
    return ft.Row([*row, now], spacing=theme.NEAR, wrap=True)


def picked_date(value: datetime | date) -> date:
    """The day that was tapped: the picker gives local midnight of that day as an instant in UTC."""
    if isinstance(value, datetime):
        return (value.astimezone() if value.tzinfo is not None else value).date()
    return value


def _read(kind: QuestionKind, value: Any) -> tuple[date | None, time | None]:
    if not isinstance(value, str):
        return None, None
    if kind is QuestionKind.DATE:
        return date.fromisoformat(value), None
    if kind is QuestionKind.TIME:
        return None, time.fromisoformat(value)
    at = datetime.fromisoformat(value)
    return at.date(), at.time().replace(tzinfo=None)
