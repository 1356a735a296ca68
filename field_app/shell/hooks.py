"""Drawing a component again when something it shows has changed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import flet as ft

from field_app.shell.ui import Ui

T = TypeVar("T")
Listen = Callable[[Callable[[], None]], Callable[[], None] | None]
"""Takes a callback, gives the way to stop listening (None: nothing is listened to)."""


def use_listener(listen: Listen, call: Callable[[], None], *on: object) -> None:
    """Call back as long as the component stands; ``on`` names what is listened to.

    The way to stop is kept in a ref: a cleanup that an effect returns is forgotten at the next drawing
    (flet 1.0.5, use_effect sets ``hook.cleanup`` each time).
    """
    stop = ft.use_ref(_nothing)
    newest = ft.use_ref(_nothing)
    newest.current = call

    def end() -> None:
        if stop.current is not None:
            stop.current()
            stop.current = None

    def heard() -> None:
        if newest.current is not None:
            newest.current()

    def begin() -> None:
        end()
        stop.current = listen(heard)

    ft.use_effect(begin, list(on), cleanup=end)


def _nothing() -> Callable[[], None] | None:
    return None


def use_redraw(listen: Listen, *on: object) -> None:
    """Draw this component again whenever ``listen`` calls back."""
    _, beat = ft.use_state(0)
    use_listener(listen, lambda: beat(lambda count: count + 1), *on)


def use_task(ui: Ui, listen: Listen, work: Callable[[], Awaitable[None]], *on: object) -> None:
    """Run ``work`` whenever ``listen`` calls back; calls that come while it runs make it run once more."""
    state = ft.use_ref(_Busy)

    async def run() -> None:
        busy = state.current
        assert busy is not None
        busy.again = True
        if busy.running:
            return
        busy.running = True
        try:
            while busy.again:
                busy.again = False
                await work()
        finally:
            busy.running = False

    use_listener(listen, lambda: void(ui.page.run_task(run)), *on)


def use_redraw_soon(ui: Ui, seconds: float, listen: Listen, *on: object) -> None:
    """As :func:`use_redraw`, but later and once for all calls until then; for what only follows a tap."""
    _, beat = ft.use_state(0)

    async def pause() -> None:
        await asyncio.sleep(seconds)
        beat(lambda count: count + 1)

    use_task(ui, listen, pause, *on)


class _Busy:
    running = False
    again = False


def void(_: object) -> None:
    """Nothing comes back."""


def use_value(first: T) -> tuple[T, Callable[[T], None]]:
    """State of a component: its value and the way to set it (``ft.use_state`` with its type told)."""
    value, set_value = ft.use_state(lambda: first)

    def put(new: T) -> None:
        set_value(lambda _: new)

    return value, put
