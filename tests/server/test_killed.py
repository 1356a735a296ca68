"""A real server process that is killed: what it has acknowledged is there."""

from __future__ import annotations

import json
import signal

import httpx

from shared_models.clock import to_text, utc_now
from tests.benchmarks.bench_sync import serving
from tests.server.device import Device, record_visit, stored
from tests.server.world import World


def test_what_was_acknowledged_survives_the_kill_of_the_server(world: World) -> None:
    """P8"""
    device = Device(world, "auditor")
    made = record_visit(device)
    body = {
        "device_id": device.device_id,
        "epoch": device.epoch,
        "sent_at": to_text(utc_now()),
        "ops": device.ops,
    }
    headers = {"Authorization": f"Bearer {world.token('auditor')}"}
    with serving(world, 1) as (address, process):
        answer = httpx.post(f"{address}/sync/push", content=json.dumps(body), headers=headers, timeout=60)
        process.send_signal(signal.SIGKILL)
    assert {one["outcome"] for one in answer.json()["results"]} == {"applied"}
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert visit["status"] == "submitted"
