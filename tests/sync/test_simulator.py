"""A few seeds of the simulator; tests/sync/simulator.py says what happens in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from sync_server.cli import app as cli
from sync_server.cli import simulate
from tests.sync import persons
from tests.sync.breaking import disk_full
from tests.sync.minimise import minimise
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation


@pytest.mark.parametrize("seed", range(1, 13))
def test_nothing_is_lost_and_all_agree_when_quiet(seed: int) -> None:
    run = Simulation(Plan(seed, devices=3, steps=25))
    run.run()
    assert run.checked["D1 all agree"]


def test_the_faults_of_a_few_seeds_are_of_every_kind() -> None:
    met: set[str] = set()
    for seed in range(100, 106):
        run = Simulation(Plan(seed, devices=2, steps=40, fault_rate=0.5, kill_rate=0.2, befall_rate=0.5))
        run.run()
        met |= run.met.keys()
    assert {"drop", "lost_ack", "duplicate", "reorder", "cut", "crash_after_commit", "server_busy"} <= met
    assert {"killed", "power lost", "disk full", "clock jump", "backup", "scope shrink", "revoked"} <= met


def test_a_run_that_fails_in_a_way_nobody_foresaw_is_cut_down_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaking(*_given: object) -> str:
        raise RuntimeError("a typo")

    monkeypatch.setitem(persons.ACTS, "sync", breaking)
    smallest = minimise(Plan(3, devices=1, steps=8))
    assert smallest is not None
    assert smallest.plan.kept is not None
    assert len(smallest.plan.kept) == 1
    assert smallest.trace[-1] == "RuntimeError: a typo"


def test_what_the_simulator_itself_looks_for_meets_no_fault() -> None:
    run = Simulation(Plan(3, devices=1))

    async def full() -> None:
        (device,) = run.devices
        burnt = device.local.statements.burnt  # of earlier runs as well: files are lent again
        device.local.statements.arm(0, disk_full)
        assert (device.unconfirmed(), device.held(waiting=True), device.kept()) == (set(), set(), set())
        assert device.local.statements.burnt == burnt

    run.play(full())


def _told(hash_seed: str) -> list[str]:
    command = [sys.executable, "-m", "tests.sync", "--seed", "5", "--runs", "2", "--steps", "15"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed}
    )
    return [json.loads(line)["trace"] for line in done.stdout.splitlines()]


def test_the_same_seed_gives_the_same_trace_in_every_process() -> None:
    assert _told("1") == _told("2")


def test_an_interrupted_simulation_tells_of_the_runs_it_has_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def ctrl_c_after_the_first_line(_title: str) -> Generator[Callable[[float, float], None]]:
        presses = [KeyboardInterrupt()]

        def step(_done: float, _total: float) -> None:
            if presses:
                raise presses.pop()

        yield step

    monkeypatch.setattr(simulate, "progress", ctrl_c_after_the_first_line)
    given = ["--runs", "2000", "--steps", "1", "--devices", "1", "--json"]
    assert cli.run(["simulate", *given]) == 130
    assert 5 <= json.loads(capsys.readouterr().out)["runs"] < 2000
