"""Seeded bugs: the simulator finds each within a few seeds, so it can find those that nobody seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from field_app.store import overlay
from field_app.store.tables import shadow_row
from sync_server.sync import apply, oplog
from sync_server.sync import pull as pulling
from sync_server.sync import push as taking
from sync_server.sync.cursor import Cursor
from tests.sync import network
from tests.sync.simulator import Plan, Simulation

SEEDS = 40
Patch = pytest.MonkeyPatch


def ack_before_commit(patch: Patch) -> None:
    """Every fifth transaction is answered as if it had been committed, and rolled back."""
    exit_of, calls = network._Write.__exit__, [0]

    def leave(self: Any, *error: Any) -> Any:
        calls[0] += 1
        if error[0] is None and calls[0] % 5 == 0:
            self._inner.gen.close()  # the transaction ends without a commit, nobody is told
            return False
        return exit_of(self, *error)

    patch.setattr(network._Write, "__exit__", leave)


def outcome_not_stored(patch: Patch) -> None:
    """The log forgets every third push."""
    add, calls = oplog.add, [0]

    def forgetful(session: Any, lines: Any) -> None:
        calls[0] += 1
        if calls[0] % 3:
            add(session, lines)

    patch.setattr(oplog, "add", forgetful)


def overlay_rule_dropped(patch: Patch) -> None:
    """A pull writes over rows that have ops."""
    patch.setattr(overlay, "pending_keys", lambda _connection: set())


def shadow_row_lost(patch: Patch) -> None:
    """The newer server state of a row with ops is not kept."""
    patch.setattr(overlay, "_shade", lambda _connection, _one: None)


def shadow_never_revealed(patch: Patch) -> None:
    """The kept server state is thrown away when the ops are done."""

    def forget(connection: Any, entity: str, row_id: str, **_: Any) -> None:
        where = shadow_row.c.entity == entity, shadow_row.c.row_id == row_id
        connection.execute(delete(shadow_row).where(*where))

    patch.setattr(overlay, "reveal", forget)


def cursor_skips_a_late_commit(patch: Patch) -> None:
    """The cursor runs one number ahead of what was committed."""
    to_text = Cursor.to_text
    patch.setattr(Cursor, "to_text", lambda self: to_text(replace(self, position=self.position + 1)))
    patch.setattr(pulling, "max", min, raising=False)


def epoch_ignored(patch: Patch) -> None:
    """A reused number counts as the op that had it before."""

    def taken(op: Any, _language: str) -> taking.Told:
        return taking.Told(op.op_id, op.seq, "applied", 1)

    patch.setattr(taking, "_reused", taken)


def tombstone_ignored(patch: Patch) -> None:
    """An edit of a deleted row raises it from the dead."""
    entry = apply.Working.entry

    def blind(self: Any, entity: str, row_id: str) -> Any:
        found = entry(self, entity, row_id)
        return None if found is not None and found.deleted and entity != "visit" else found

    patch.setattr(apply.Working, "entry", blind)


BUGS: dict[Callable[[Patch], None], int] = {
    ack_before_commit: 16,
    outcome_not_stored: 0,
    overlay_rule_dropped: 2,
    shadow_row_lost: 0,
    shadow_never_revealed: 0,
    cursor_skips_a_late_commit: 7,
    epoch_ignored: 0,
    tombstone_ignored: 9,
}
"""Each bug with a seed that has caught it: where the search begins, so that it is short."""


def plan_of(seed: int) -> Plan:
    """A short run with much that befalls it."""
    return Plan(seed, devices=2 + seed % 2, steps=25, befall_rate=0.3)


def caught(first: int) -> int | None:
    """The first seed from there on at which the simulator objects."""
    for seed in range(first, first + SEEDS):
        try:
            Simulation(plan_of(seed)).run()
        except Exception:  # noqa: BLE001 - a seeded bug may break a run in any way: it is seen
            return seed
    return None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_the_simulator_catches(bug: Callable[[Patch], None], monkeypatch: Patch) -> None:
    Simulation(Plan(0)).play(_nothing())
    bug(monkeypatch)
    seed = caught(BUGS[bug])
    assert seed is not None, bug.__doc__
    monkeypatch.undo()
    Simulation(plan_of(seed)).run()  # and it is the bug that is caught, nothing else


async def _nothing() -> None:
    """The stage is made before anything is broken."""
