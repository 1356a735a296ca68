"""A text field that saves by itself: shortly after the last key, and at once when it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import flet as ft

from field_app.shell.parts import text_field
from field_app.shell.ui import Ui, guarded

PAUSE = 0.6
"""Seconds without a key after which what was typed is saved."""


@dataclass
class _Typing:
    """What stands in the field, and what of it is saved."""

    typed: str
    saved: str
    waiting: asyncio.Task[None] | None = None

    @property
    def dirty(self) -> bool:
        return self.typed != self.saved


@guarded
def SavedText(  # noqa: N802  components are named like classes
    ui: Ui,
    label: str,
    identifier: str,
    value: str,
    save: Callable[[str], Awaitable[object]],
    *,
    refuse: Callable[[str], str | None] | None = None,
    on_typing: Callable[[bool | None], None] | None = None,
    **more: Any,
) -> ft.Control:
    """``refuse`` gives the reason why a text cannot be saved yet, or None; ``on_typing`` hears True at the
    first key, None while what stands there is refused, and False once nothing unsaved is left."""
    state = ft.use_ref(lambda: _Typing(value, value)).current
    assert state is not None
    problem, set_problem = ft.use_state("")
    if not state.dirty and value != state.saved:
        state.typed = state.saved = value

    async def flush() -> None:
        if state.waiting is not None and state.waiting is not asyncio.current_task():
            state.waiting.cancel()
        state.waiting = None
        if not state.dirty:
            if on_typing:
                on_typing(False)
            return
        reason = refuse(state.typed) if refuse else None
        set_problem(reason or "")
        if reason is not None and on_typing:
            on_typing(None)
        if reason is None:
            going = state.typed
            if await ui.attempt(save, going):
                state.saved = going
                if on_typing and not state.dirty:
                    on_typing(False)

    async def soon() -> None:
        await asyncio.sleep(PAUSE)
        await flush()

    async def changed(event: ft.Event[ft.TextField]) -> None:
        was_dirty = state.dirty
        state.typed = event.control.value or ""
        if state.waiting is not None:
            state.waiting.cancel()
        if state.dirty:
            if on_typing and (not was_dirty or problem):
                on_typing(True)
            state.waiting = asyncio.create_task(soon())

    def leave() -> None:
        if state.dirty:
            asyncio.create_task(flush())  # noqa: RUF006  the write must outlive this component

    ft.use_effect(lambda: None, [], cleanup=leave)
    return text_field(
        ui,
        label,
        identifier,
        state.typed,
        on_change=ui.on_event(changed),
        on_blur=ui.on(flush),
        on_submit=ui.on(flush),
        error=problem or None,
        **more,
    )
