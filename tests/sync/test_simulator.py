"""A few seeds of the simulator; tests/sync/simulator.py says what happens in them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.sync.simulator import Simulation


async def simulate(simulation: Simulation, steps: int) -> None:
    try:
        await simulation.run(steps)
    finally:
        await simulation.close()


@pytest.mark.parametrize("seed", range(1, 4))
def test_nothing_is_lost_and_all_agree_when_quiet(tmp_path: Path, seed: int) -> None:
    simulation = Simulation(seed, tmp_path)
    asyncio.run(simulate(simulation, steps=100))
    assert simulation.met["killed"]
    assert simulation.met["answers compared"]
