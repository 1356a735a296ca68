"""What the tests of push share: outcomes as text, a visit without answers, one answer."""

from __future__ import annotations

from typing import Any

from shared_models.ids import new_id
from tests.server.device import Device, plain_row


def codes(results: list[dict[str, Any]]) -> list[str]:
    """Outcome, with the problem's code where there is one."""
    return [one["outcome"] + (f":{one['problem']['code']}" if one["problem"] else "") for one in results]


def start(device: Device, dealer: str = "N01", template: str = "showroom_observation") -> str:
    """Record a visit without answers; its id."""
    world = device.world
    visit_id = new_id()
    fields = {
        "assignment_id": world.assign(device.login, dealer, template),
        "dealer_id": world.dealers[dealer],
        "template_version_id": world.versions[template],
        "person_id": device.person_id,
        "source": "audit",
    }
    device.op(visit_id, "visit", visit_id, "create", fields)
    return visit_id


def answer(device: Device, visit_id: str, question: str = "obs_appearance", **fields: Any) -> dict[str, Any]:
    """Record an answer; the op."""
    whole = plain_row("answer", {"visit_id": visit_id, "question": question, **fields})
    return device.op(visit_id, "answer", new_id(), "create", whole)
