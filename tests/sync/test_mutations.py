"""Seeded bugs: the simulator finds each within a few seeds, so it can find those that nobody seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from field_app.store import held as held_ops
from field_app.store import kept as kept_ops
from field_app.store import media as media_queue
from field_app.store import outbox, overlay
from field_app.store.store import Store
from field_app.store.tables import outbox_op, shadow_row
from field_app.sync import media as sending
from field_app.sync.engine import SyncEngine
from shared_models.problems import Code
from sync_server.media import service as storing
from sync_server.media.blobs import FolderBlobs
from sync_server.sync import apply, judging, oplog
from sync_server.sync import pull as pulling
from sync_server.sync import push as taking
from sync_server.sync.cursor import Cursor
from tests.sync import network
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation

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


def queue_cleared_on_revoke(patch: Patch) -> None:
    """A revoked account's queue is emptied."""
    conclude = SyncEngine._conclude

    def clearing(self: Any, report: Any) -> None:
        if report.problem is not None and report.problem.code is Code.ACCOUNT_REVOKED:
            with self._store.write() as connection:
                connection.execute(delete(outbox_op))
        conclude(self, report)

    patch.setattr(SyncEngine, "_conclude", clearing)


def dedupe_by_hash_broken(patch: Patch) -> None:
    """A file that is stored is asked for again."""
    patch.setattr(storing.repository, "blob", lambda _session, _sha256: None)
    patch.setattr(storing.repository, "add_blob", _upsert_blob)
    patch.setattr(sending.MediaQueue, "_receipts", _no_receipts(sending.MediaQueue._receipts))


def _upsert_blob(session: Any, values: Any) -> None:
    table = storing.repository.media_blob
    session.execute(delete(table).where(table.c.sha256 == values["sha256"]))
    session.execute(table.insert().values(values))


def _no_receipts(receipts: Any) -> Any:
    async def blind(self: Any, hashes: list[str], report: Any) -> set[str]:
        sent = {one.sha256 for one in self._due()}
        return await receipts(self, [one for one in hashes if one not in sent], report)

    return blind


def clock_unbounded(patch: Patch) -> None:
    """A clock that is a year ahead wins for ever."""
    patch.setattr(judging, "bounded_stamp", lambda text, _now, _seq: (text, False))


def last_writer_by_arrival(patch: Patch) -> None:
    """Whoever arrives last wins, whatever its stamp."""
    merge = apply.merge_fields

    def by_arrival(row: Any, values: Any, stamp: str, **_given: Any) -> Any:
        return merge(row, values, stamp, clock_of=lambda _column: ("", 0), base_version=10**6)

    patch.setattr(apply, "merge_fields", by_arrival)


def losers_forgotten(patch: Patch) -> None:
    """Values that lost are not kept."""
    patch.setattr(oplog, "add_history", lambda _session, _lines: None)


def sent_ops_are_changed(patch: Patch) -> None:
    """A further change is folded into an op that has left."""
    patch.setattr(outbox, "mark_sent", lambda _connection, _op_ids: None)


def ops_leave_before_they_are_durable(patch: Patch) -> None:
    """A batch is sent before its attempt is on disk."""
    batch = Store.next_batch

    async def hasty(self: Any, **given: Any) -> Any:
        durable, self.durable = self.durable, _at_once
        try:
            return await batch(self, **given)
        finally:
            self.durable = durable

    async def _at_once() -> None:
        return

    patch.setattr(Store, "next_batch", hasty)


async def _no_digests(*_given: Any) -> None:
    return


def files_go_without_receipt(patch: Patch) -> None:
    """The local file goes as soon as it was sent."""
    patch.setattr(media_queue, "GRACE", media_queue.GRACE * 0)
    send = sending.MediaQueue._send

    async def careless(self: Any, file: Any, report: Any) -> None:
        await send(self, file, report)
        await self._store.blobs.delete(file.sha256)

    patch.setattr(sending.MediaQueue, "_send", careless)


def tried_again_under_the_old_id(patch: Patch) -> None:
    """A refused op that is tried again keeps its id: the stored refusal comes back."""
    again = held_ops.try_again

    def same(connection: Any, aggregate_id: str, **given: Any) -> int:
        ids = [one.op_id for one in held_ops.held(connection) if one.aggregate_id == aggregate_id]
        given["new_id"] = iter(ids).__next__
        return again(connection, aggregate_id, **given)

    patch.setattr(held_ops, "try_again", same)


def tombstones_ignored(patch: Patch) -> None:
    """A row that was deleted elsewhere stays on the device."""
    take = overlay.take_changes

    def blind(connection: Any, changes: Any, **given: Any) -> overlay.Arrival:
        return take(connection, [one for one in changes if not one.deleted], **given)

    patch.setattr(overlay, "take_changes", blind)


def departures_ignored(patch: Patch) -> None:
    """A row that has left the person's scope stays on the device."""
    patch.setattr(overlay, "take_departures", lambda _connection, _departures: overlay.Arrival())


def receipts_without_the_file(patch: Patch) -> None:
    """The server gives a receipt for a file that it has thrown away."""
    patch.setattr(FolderBlobs, "finish", lambda self, upload_id, _sha256: self.drop(upload_id))


def confirmed_ops_forgotten(patch: Patch) -> None:
    """Nothing is kept for a server that is put back to a backup."""
    patch.setattr(kept_ops, "keep", lambda _connection, _op, _at: None)


BUGS: dict[Callable[[Patch], None], int] = {
    ack_before_commit: 18,
    outcome_not_stored: 0,
    overlay_rule_dropped: 3,
    shadow_row_lost: 6,
    shadow_never_revealed: 3,
    cursor_skips_a_late_commit: 7,
    epoch_ignored: 9,
    queue_cleared_on_revoke: 0,
    dedupe_by_hash_broken: 16,
    clock_unbounded: 3,
    last_writer_by_arrival: 6,
    losers_forgotten: 6,
    sent_ops_are_changed: 0,
    ops_leave_before_they_are_durable: 16,
    files_go_without_receipt: 0,
    tried_again_under_the_old_id: 3,
    tombstones_ignored: 9,
    departures_ignored: 3,
    receipts_without_the_file: 0,
    confirmed_ops_forgotten: 20,
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
