"""revisit simulate: many runs of the sync simulator, which stands in the source checkout (tests/sync)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Annotated, Any

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.exits import Exit
from sync_server.cli.language import t
from sync_server.cli.options import AsJson
from sync_server.cli.output import Step, progress, say, show, table

_INTERRUPTED = 128 + signal.SIGINT
"""Exit code of a command that Ctrl-C has ended."""
_CHECKOUT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Tally:
    """What all runs together did."""

    runs: int = 0
    ops: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    checks: Counter[str] = field(default_factory=Counter[str])
    failed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    trace: str = ""
    """Hash of the last run's trace: the same seed gives the same one."""

    def add(self, line: str) -> None:
        """Take in a line of a piece of work."""
        told: dict[str, Any] = json.loads(line)
        if "failed" in told:
            self.failed.append(told["failed"])
            return
        self.runs += told["done"]
        self.ops += told["ops"]
        self.faults.update(told["faults"])
        self.checks.update(told["checks"])
        self.trace = told["trace"]


def simulate(
    seed: Annotated[int, typer.Option(metavar="N", min=0, help=t("cli.simulate.seed"))] = 1,
    devices: Annotated[int, typer.Option(metavar="N", min=1, max=8, help=t("cli.simulate.devices"))] = 3,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help=t("cli.simulate.steps"))] = 30,
    runs: Annotated[int, typer.Option(metavar="N", min=1, help=t("cli.simulate.runs"))] = 1,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, max=64, help=t("cli.simulate.jobs"))] = 1,
    as_json: AsJson = False,
) -> None:
    """Run seed after seed; exit code 1 where an invariant was broken, 130 after Ctrl-C (with the tally)."""
    if not (_CHECKOUT / "tests" / "sync" / "__main__.py").is_file():
        raise Problem(Code.TOOL_MISSING, {"tool": "tests/sync (source checkout)"})
    tally = Tally()
    with progress(t("cli.simulate.title")) as step:
        whole = _work(tally, seed, devices, steps, runs, min(jobs, runs), step)
    shown = {**tally.__dict__, "faults": dict(tally.faults), "checks": dict(tally.checks)}
    show(shown, as_json, lambda: _print(tally, seed, runs))
    for one in tally.failed:
        say(t("cli.simulate.failed", seed=one["seed"], why=one["why"]))
        say(t("cli.simulate.again", steps=one["steps"]))
        for line in one["trace"]:
            say(f"  {line}")
    if not whole:
        raise SystemExit(_INTERRUPTED)
    if tally.failed:
        raise SystemExit(int(Exit.DATA))


def _work(tally: Tally, seed: int, devices: int, steps: int, runs: int, jobs: int, step: Step) -> bool:
    """Share the seeds out among processes and add up what they tell; False if Ctrl-C came between."""
    selector = DefaultSelector()
    working: list[subprocess.Popen[str]] = []
    for place in range(jobs):
        share = len(range(place, runs, jobs))
        command = [sys.executable, "-m", "tests.sync", "--seed", str(seed + place), "--every", str(jobs)]
        command += ["--runs", str(share), "--devices", str(devices), "--steps", str(steps)]
        process = subprocess.Popen(command, cwd=_CHECKOUT, stdout=subprocess.PIPE, text=True)
        working.append(process)
        assert process.stdout is not None
        selector.register(process.stdout, EVENT_READ, process)
    interrupted = False
    try:
        while selector.get_map():
            try:
                _listen(tally, selector, lambda: step(tally.runs, runs))
            except KeyboardInterrupt:  # each process tells of the runs it has done, and ends
                interrupted = True
                for process in working:
                    process.send_signal(signal.SIGINT)
        for process in working:
            if process.wait() not in (0, 1) and not interrupted:
                raise Problem(Code.TOOL_MISSING, {"tool": "tests.sync"})
    finally:
        for process in working:
            process.terminate()
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
        selector.close()
    return not interrupted


def _listen(tally: Tally, selector: DefaultSelector, told: Callable[[], None]) -> None:
    for key, _ in selector.select():
        line = key.fileobj.readline()  # type: ignore[union-attr]
        if line:
            tally.add(line)
            told()
        else:
            selector.unregister(key.fileobj)


def _print(tally: Tally, seed: int, runs: int) -> None:
    columns = [t("cli.simulate.what"), t("cli.simulate.count")]
    table(columns, sorted(tally.faults.items()), right=(1,))
    table(columns, sorted(tally.checks.items()), right=(1,))
    print(
        t(
            "cli.simulate.summary",
            runs=tally.runs,
            ops=tally.ops,
            faults=sum(tally.faults.values()),
            checks=sum(tally.checks.values()),
            failed=len(tally.failed),
        )
    )
    if runs == 1:
        print(t("cli.simulate.trace", seed=seed, trace=tally.trace))
