"""python -m tests.sync: many runs of the simulator (``revisit simulate`` starts this).

Prints one JSON line per piece of work on stdout: ``{"done": ..., "faults": {...}, "checks": {...}}``, and at
the end of a failing run ``{"failed": {"seed": ..., "why": ..., "trace": [...]}}``. Exit code 1 if one failed.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import sys
from collections import Counter

from tests.sync.minimise import minimise
from tests.sync.simulator import Plan, Simulation, stage

EVERY = 5
"""Runs per line."""


def main() -> int:
    """Run seed after seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync")
    for name, default in (("seed", 1), ("devices", 3), ("steps", 30), ("runs", 1), ("every", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    logging.getLogger("revisit").setLevel(logging.CRITICAL)
    faults, checks, done, ops, failed = Counter[str](), Counter[str](), 0, 0, False
    stage()
    gc.freeze()  # what stays is not looked through again; runs leave their cycles until a line is told
    gc.disable()
    seeds = range(given.seed, given.seed + given.runs * given.every, given.every)
    for place, seed in enumerate(seeds, start=1):
        plan = Plan(seed, given.devices, given.steps)
        run = Simulation(plan)
        try:
            run.run()
        except Exception as error:  # noqa: BLE001 - any way to fail is worth its seed
            failed = True
            gc.enable()
            smallest = minimise(plan) or run
            gc.disable()
            why = f"{type(error).__name__}: {error}"
            told = {"seed": seed, "why": why, "steps": len(smallest.trace), "trace": smallest.trace}
            print(json.dumps({"failed": told}), flush=True)
        faults += run.met
        checks += run.checked
        done, ops = done + 1, ops + len(run.op_ids)
        if place % EVERY == 0 or place == given.runs:
            gc.collect()
            line = {"done": done, "ops": ops, "seed": seed, "trace": run.trace_hash}
            print(json.dumps({**line, "faults": dict(faults), "checks": dict(checks)}), flush=True)
            faults, checks, done, ops = Counter[str](), Counter[str](), 0, 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
