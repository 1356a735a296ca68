"""The end of a simulated run: everything works again, and all comes to rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sync_server.sync import epoch
from tests.sync import invariants
from tests.sync.devices import SimDevice
from tests.sync.invariants import Violated

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

_PATIENCE_ENDS = {3: epoch.AHEAD, 6: epoch.RECOVERY}
"""Rounds before which time passes: what waits for ops that no device has any more is judged then."""
ROUNDS = 10
"""Runs per device within which everything is sent once the network is well."""


async def heal(run: Simulation) -> None:
    """Everything works again; refused changes are let in or given up by their person."""
    calm = run.plan.chance("heal")
    await _everything_works(run)
    for number in range(ROUNDS):
        if number in _PATIENCE_ENDS and run.server_restores:
            run.clock.forward(seconds=_PATIENCE_ENDS[number].total_seconds())
        for device in run.devices:
            run.clock.forward(minutes=30)
            run.note("heal", device, await run.sync(device, calm=True))
            if number > 1:
                for aggregate in sorted(device.held(waiting=number > max(_PATIENCE_ENDS))):
                    await run.give_up(device, aggregate)
        if not number and calm.random() < 0.5:
            judged = run.requeue_all()
            run.trace.append(f"heal: {judged} judged anew")
            if judged:
                continue  # what came in is read in another round
        if all(_is_empty(device) for device in run.devices):
            break
    else:
        left = [device.store.counts() for device in run.devices]
        raise Violated(f"every queue empties: {left}")
    run.checked["every queue empties"] += len(run.devices)
    for device in run.devices:  # what the others sent last
        run.note("heal", device, await run.sync(device, calm=True))
        invariants.check_device(run, device)


def _is_empty(device: SimDevice) -> bool:
    counts = device.store.counts()
    return not counts.pending and not counts.held and not counts.files


async def _everything_works(run: Simulation) -> None:
    for device in run.devices:
        device.disarm()
        device.net.rate, device.net.down, device.skew, device.free_bytes = 0.0, False, timedelta(), None
        while device.net.late:
            await device.net.arrive_late()
    settings = run.world.app.state.settings
    run.world.app.state.settings = type(settings)(**{**settings.__dict__, "min_client": ""})
    for login in sorted(run.revoked):
        run.set_active(login, True)
