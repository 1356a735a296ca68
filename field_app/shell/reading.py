"""Reading what a screen shows: busy, then the value or the problem in words, and again when rows change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

import flet as ft

from field_app.shell.hooks import use_task, use_value
from field_app.shell.parts import busy
from field_app.shell.ui import Ui, failure_panel, log
from shared_models.problems import Code, Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What was read so far."""

    value: T | None
    problem: Problem | None
    again: Callable[[], Awaitable[None]]

    def stand_in(self, ui: Ui) -> ft.Control | None:
        """What stands in the value's place while there is none."""
        if self.value is not None:
            return None
        return busy(ui) if self.problem is None else failure_panel(ui, self.problem)


class _Turn:
    number = 0


def _nothing_yet() -> tuple[Any, Problem | None]:
    return None, None


def use_reading(
    ui: Ui,
    read: Callable[[Callable[[T], None]], Awaitable[T]],
    *on: object,
    entities: frozenset[str] = frozenset(),
) -> Reading[T]:
    """Read when ``on`` changes, and again when rows of ``entities`` change on this device.

    ``read`` gets a function for a first answer (a kept copy) to show while the real one is on its way, and
    gives the final one. If that fails, the first answer stays. An answer that comes after a newer question
    was asked is dropped.
    """
    shown, show = use_value(_nothing_yet())
    turn = ft.use_ref(_Turn).current
    assert turn is not None

    async def load() -> None:
        turn.number += 1
        mine = turn.number
        early: list[T] = []

        def first(value: T) -> None:
            early.append(value)
            if turn.number == mine:
                show((value, None))

        try:
            value = await read(first)
        except Problem as problem:
            _failed(problem, mine, bool(early))
        except Exception:  # noqa: BLE001  the last line before the person: log it, say it, go on
            log.exception("could not read for a screen")
            _failed(Problem(Code.INTERNAL), mine, bool(early))
        else:
            if turn.number == mine:
                show((value, None))

    def _failed(problem: Problem, mine: int, something_shown: bool) -> None:
        if turn.number != mine:
            return
        if something_shown:
            ui.tell_problem(problem)
        else:
            show((None, problem))

    store = ui.work.store
    ft.use_effect(load, [ui, *on])
    use_task(
        ui,
        lambda call: (
            store.watch(lambda touched: call() if touched.entities & entities else None) if entities else None
        ),
        load,
        store,
        *on,
    )
    return Reading(shown[0], shown[1], load)


async def fresh(first: Callable[[T], None], ask: Callable[[bool], Awaitable[T]]) -> T:
    """The kept copy shown at once, then the server's answer; ``ask(kept_first)`` gives a ``Fetched``."""
    got = await ask(True)
    if getattr(got, "live", True):
        return got
    first(replace(cast(Any, got), asking=True))
    return await ask(False)
