"""Random pushes of several people and tablets: new visits, edits, repetitions, stale and bad ones.

The same seed gives the same pushes for the same network, whatever becomes of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared_models.clock import Stamp, to_text
from shared_models.ids import new_id
from tests.server.device import Device, record_visit
from tests.server.world import World

Json = dict[str, Any]
LOGINS = ("shopper", "shopper", "auditor", "auditor", "shopper2", "manager", "hq", "owner", "manager_south")


@dataclass
class Sender:
    """One tablet of one person."""

    device: Device
    sent: list[Json] = field(default_factory=list[Json])


@dataclass
class RandomPushes:
    """Makes pushes as (login, body)."""

    world: World
    seed: int
    dice: random.Random = field(init=False)
    senders: list[Sender] = field(init=False)
    visits: list[Json] = field(default_factory=list[Json])
    """The creations of visits that were ever sent."""
    answers: list[Json] = field(default_factory=list[Json])

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.senders = [Sender(Device(self.world, login)) for login in LOGINS]

    def round(self) -> list[tuple[str, bytes]]:
        """Pushes of some of the tablets, at most one of each."""
        who = self.dice.sample(self.senders, self.dice.randint(2, len(self.senders)))
        return [(one.device.login, self._push(one)) for one in who]

    def _push(self, sender: Sender) -> bytes:
        device, dice = sender.device, self.dice
        makers: list[Callable[[Sender], None]] = [
            self._visit, self._visit, self._whole_visit, self._answers, self._answers, self._edit, self._edit,
            self._delete, self._assignment, self._decide, self._note,
        ]  # fmt: skip
        for _ in range(dice.randint(1, 4)):
            dice.choice(makers)(sender)
        fresh, device.ops = device.ops, []
        for op in fresh:
            if dice.random() < 0.04:
                self._spoil(op)
        if dice.random() < 0.05 and fresh:
            del fresh[dice.randrange(len(fresh))]
        again = [dict(op) for op in dice.sample(sender.sent, min(len(sender.sent), dice.randint(0, 3)))]
        for op in again:
            if dice.random() < 0.3 and isinstance(op["fields"], dict):
                op["fields"] = {**op["fields"], "comment": "not what was sent before"}
            elif dice.random() < 0.5:
                device.seq += 1
                op["seq"] = device.seq
        ops = sorted([*again, *fresh], key=lambda op: op["seq"])
        sender.sent += fresh
        body = {
            "device_id": device.device_id,
            "epoch": device.epoch,
            "client": "random",
            "sent_at": to_text(datetime.now(UTC) + timedelta(seconds=dice.randint(-900, 900))),
            "ops": ops,
        }
        spaced = dice.random() < 0.5 or "\\ud83d" in repr(ops)
        return json.dumps(body, ensure_ascii=spaced, separators=None if spaced else (",", ":")).encode()

    def _visit(self, sender: Sender) -> None:
        device, dice = sender.device, self.dice
        visit_id = new_id()
        fields: Json = {
            "dealer_id": dice.choice(list(self.world.dealers.values())),
            "template_version_id": self.world.versions["showroom_observation"],
            "person_id": device.person_id,
            "source": dice.choice(["audit"] * 9 + ["shop"]),
            "note": dice.choice(["", "记录", "x" * 300]),
            "started_at": to_text(datetime.now(UTC)),
        }
        early = dice.random() < 0.1
        self.visits.append({"visit_id": visit_id, "login": device.login})
        if early:
            self._answer(sender, visit_id)
        device.op(visit_id, "visit", visit_id, "create", fields)
        for _ in range(dice.randint(0, 6)):
            self._answer(sender, visit_id)

    def _whole_visit(self, sender: Sender) -> None:
        dealer = self.dice.choice(list(self.world.dealers))
        made = record_visit(sender.device, dealer, assignment_id=self.assignments(sender)[dealer])
        self.visits.append({"visit_id": made.visit_id, "login": sender.device.login})

    def assignments(self, sender: Sender) -> dict[str, str]:
        """Assignments of the sender by dealer, as the world began; those of another person now and then."""
        mine = self.world.planned[sender.device.login]
        return mine if self.dice.random() < 0.9 else self.world.planned["auditor"]

    def _answers(self, sender: Sender) -> None:
        if self.visits:
            visit = self._some_visit(sender)
            for _ in range(self.dice.randint(1, 8)):
                self._answer(sender, visit)

    def _some_visit(self, sender: Sender) -> str:
        """Mostly a visit of one's own."""
        own = [one["visit_id"] for one in self.visits if one["login"] == sender.device.login]
        everybody = [one["visit_id"] for one in self.visits]
        return self.dice.choice(own if own and self.dice.random() < 0.85 else everybody)

    def _answer(self, sender: Sender, visit_id: str) -> None:
        dice = self.dice
        question = dice.choice([*self.world.questions, "no_such_question"])
        fields: Json = {
            "visit_id": visit_id,
            "question": question,
            "state": dice.choice(["answered", "answered", "answered", "na", "cleared"]),
            "value": dice.choice(["yes", "no"] * 8 + ["perhaps", 7, None]),
            "comment": dice.choice(["", "好", "long " * 30]),
            "answered_at": to_text(datetime.now(UTC)),
        }
        row_id = new_id()
        made = sender.device.op(visit_id, "answer", row_id, "create", fields)
        if dice.random() < 0.04:
            made["hlc"] = _ahead()
        self.answers.append({"visit_id": visit_id, "row_id": row_id, "fields": fields})

    def _edit(self, sender: Sender) -> None:
        dice = self.dice
        base = dice.randint(0, 3)
        if self.answers and dice.random() < 0.6:
            one = dice.choice(self.answers)
            fields = {"value": dice.choice(["yes", "no", 7]), "comment": dice.choice(["a", "b", "c"])}
            kind = "update" if dice.random() < 0.8 else "create"
            given = fields if kind == "update" else {**one["fields"], **fields}
            sender.device.op(one["visit_id"], "answer", one["row_id"], kind, given, base)
        elif self.visits:
            visit = self._some_visit(sender)
            fields = {"note": dice.choice(["a", "b", "c"]), "consultant": dice.choice(["李", "王"])}
            sender.device.op(visit, "visit", visit, "update", fields, base)

    def _delete(self, sender: Sender) -> None:
        if self.answers and self.dice.random() < 0.7:
            one = self.dice.choice(self.answers)
            sender.device.op(one["visit_id"], "answer", one["row_id"], "delete", {}, 1)
        elif self.visits and self.dice.random() < 0.4:
            visit = self._some_visit(sender)
            sender.device.op(visit, "visit", visit, "delete", {}, 1)

    def _assignment(self, sender: Sender) -> None:
        given = self.dice.choice(list(self.assignments(sender).values()))
        action = self.dice.choice(["start", "accept", "decline", "finish", "cancel", "dance"])
        fields = {"action": action}
        sender.device.op(given, "assignment", given, "transition", fields, self.dice.randint(0, 3))

    def _decide(self, sender: Sender) -> None:
        if self.visits:
            visit = self.dice.choice(self.visits)["visit_id"]
            fields: Json = {"action": self.dice.choice(["accept", "return", "reject", "submit"])}
            if self.dice.random() < 0.5:
                fields["review_note"] = "看过"
            sender.device.op(visit, "visit", visit, "transition", fields, self.dice.randint(1, 4))

    def _note(self, sender: Sender) -> None:
        if self.visits:
            visit = self.dice.choice(self.visits)["visit_id"]
            fields = {
                "visit_id": visit,
                "text": "为什么",
                "author_id": sender.device.person_id,
                "created_at": to_text(datetime.now(UTC)),
            }
            sender.device.op(visit, "review_note", new_id(), "create", fields)

    def _spoil(self, op: Json) -> None:
        """One of the ways in which an op may be wrong."""
        spoilt: list[Json] = [
            {"hlc": "yesterday"},
            {"hlc": _ahead()},
            {"hlc": "+000000000001.00000.x"},
            {"kind": "explode"},
            {"kind": "create"},
            {"epoch": "another"},
            {"row_id": "no id"},
            {"aggregate_id": new_id()},
            {"entity": "spaceship"},
            {"entity": "dealer"},
            {"base_version": "2"},
            {"base_version": None},
            {"mood": "bright", "fields": {**op["fields"], "weather": 1e300}},
            {"fields": {**op["fields"], "state": None}},
            {"fields": {**op["fields"], "value": {"deep": [1, 2.5, None]}}},
            {"fields": {**op["fields"], "repeat": True, "comment": 5}},
            {"fields": {**op["fields"], "repeat": 2**31}},
            {"fields": {**op["fields"], "question": "q" * 41}},
            {"fields": {**op["fields"], "comment": "nul \x00"}},
            {"fields": {**op["fields"], "comment": "half \ud83d"}},
            {"fields": {**op["fields"], "answered_at": "2026-11-03T10:00:00"}},
            {"fields": {**op["fields"], "visit_id": new_id()}},
            {"fields": {**op["fields"], "visit_id": None}},
            {"fields": {**op["fields"], "version": 9, "id": new_id()}},
            {"fields": []},
            {"schema_version": 99},
            {"fields": {"action": ["submit"]}},
        ]
        op.update(self.dice.choice(spoilt))


def _ahead() -> str:
    """The stamp of a clock that is months ahead."""
    far = datetime.now(UTC) + timedelta(days=300)
    return str(Stamp(int(far.timestamp() * 1000), 3, "elsewhere"))
