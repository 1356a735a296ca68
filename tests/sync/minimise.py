"""A failing run cut down to the steps that matter, by leaving out ever smaller pieces (delta debugging)."""

from __future__ import annotations

from dataclasses import replace

from tests.sync.invariants import Violated
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation

TRIES = 60
"""Runs that cutting down may take."""


def breaks(plan: Plan) -> Simulation | None:
    """The run of this plan, if it fails, in whatever way."""
    run = Simulation(plan)
    try:
        run.run()
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is cut down as well
        kind = "violated" if isinstance(error, Violated) else type(error).__name__
        run.trace.append(f"{kind}: {error}")
        return run
    return None


def minimise(plan: Plan, tries: int = TRIES) -> Simulation | None:
    """The smallest failing run found; None if the plan does not fail at all."""
    found = breaks(plan)
    if found is None:
        return None
    kept = list(plan.kept if plan.kept is not None else range(plan.steps))
    size = max(1, len(kept) // 2)
    while tries > 0:
        smaller = None
        for start in range(0, len(kept), size):
            rest = (*kept[:start], *kept[start + size :])
            tries -= 1
            smaller = breaks(replace(plan, kept=rest))
            if smaller is not None:
                found, kept = smaller, list(rest)
                break
            if tries <= 0:
                break
        if smaller is None:
            if size == 1:
                break
            size = max(1, size // 2)
    return found
