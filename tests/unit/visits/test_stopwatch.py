"""The timer of a question: its visit's own, and running on while the app is closed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from field_app.store.typed import Typed
from field_app.visits.widgets.times import Stopwatch
from tests.factories.device import Clock, make_store


def test_a_timer_runs_on_over_a_restart_of_the_app(tmp_path: Path) -> None:
    clock = Clock()
    asyncio.run(Stopwatch(Typed(make_store(tmp_path / "a.db", clock=clock)), "visit-1", "R01").start())
    clock.forward(minutes=4)
    typed = Typed(make_store(tmp_path / "a.db", clock=clock))
    again = Stopwatch(typed, "visit-1", "R01")
    assert again.seconds() == 240
    again.clear()
    assert again.since is None
    assert Stopwatch(Typed(make_store(tmp_path / "a.db", clock=clock)), "visit-1", "R01").since is None


def test_a_timer_of_one_visit_does_not_run_in_another(tmp_path: Path) -> None:
    typed = Typed(make_store(tmp_path / "a.db"))
    asyncio.run(Stopwatch(typed, "visit-1", "R01").start())
    assert Stopwatch(typed, "visit-2", "R01").since is None


def test_a_clock_set_back_gives_no_negative_duration(tmp_path: Path) -> None:
    clock = Clock()
    watch = Stopwatch(Typed(make_store(tmp_path / "a.db", clock=clock)), "visit-1", "R01")
    asyncio.run(watch.start())
    clock.forward(days=-1)
    assert watch.seconds() == 0
