"""python -m tests.sync: many runs of the simulator (``revisit simulate`` starts this).

Prints one JSON line per piece of work on stdout: ``{"done": ..., "faults": {...}, "checks": {...}}``, and at
the end of a failing run ``{"failed": {"seed": ..., "why": ..., "trace": [...]}}``. Exit code 1 if one failed.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field

from tests.sync.minimise import minimise
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation, stage

EVERY = 5
"""Runs per line."""


def main() -> int:
    """Run seed after seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync")
    for name, default in (("seed", 1), ("devices", 3), ("steps", 30), ("runs", 1), ("every", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    logging.getLogger("revisit").setLevel(logging.CRITICAL)
    told, failed = _Piece(), False
    stage()
    gc.freeze()  # what stays is not looked through again; runs leave their cycles until a line is told
    gc.disable()
    seeds = range(given.seed, given.seed + given.runs * given.every, given.every)
    try:
        for place, seed in enumerate(seeds, start=1):
            failed = _run(Plan(seed, given.devices, given.steps), told) or failed
            if place % EVERY == 0 or place == given.runs:
                gc.collect()
                told = told.tell()
    except KeyboardInterrupt:  # the runs that were done count; the one under way does not
        told.tell()
        return 128 + signal.SIGINT
    return 1 if failed else 0


@dataclass
class _Piece:
    """What a few runs together did."""

    done: int = 0
    ops: int = 0
    seed: int = 0
    trace: str = ""
    faults: Counter[str] = field(default_factory=Counter[str])
    checks: Counter[str] = field(default_factory=Counter[str])

    def tell(self) -> _Piece:
        """Print it as a line; an empty piece to go on with."""
        if self.done:
            print(json.dumps(vars(self)), flush=True)
        return _Piece()


def _run(plan: Plan, told: _Piece) -> bool:
    """One run, added to the piece; True if it broke an invariant, which is told at once."""
    run, failed = Simulation(plan), False
    try:
        run.run()
    except Exception as error:  # noqa: BLE001 - any way to fail is worth its seed
        failed = True
        gc.enable()
        smallest = minimise(plan) or run
        gc.disable()
        why = f"{type(error).__name__}: {error}"
        known = {"seed": plan.seed, "why": why, "steps": len(smallest.trace), "trace": smallest.trace}
        print(json.dumps({"failed": known}), flush=True)
    told.faults += run.met
    told.checks += run.checked
    told.done, told.ops = told.done + 1, told.ops + len(run.op_ids)
    told.seed, told.trace = plan.seed, run.trace_hash
    return failed


if __name__ == "__main__":
    sys.exit(main())
