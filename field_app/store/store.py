"""One account's store: every change is one transaction that writes the row and its op."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Update, bindparam, func, select, update
from sqlalchemy.exc import OperationalError

from field_app.store import held as held_ops
from field_app.store import kept, media, outbox, overlay, rows
from field_app.store.held import Held
from field_app.store.migrate import ACCOUNT_REVISIONS, ensure_schema, transaction
from field_app.store.outbox import PENDING, QUARANTINED, REFUSED, WAITING, Envelope, RowWrite
from field_app.store.ports import Blobs, Context, LocalStore
from field_app.store.tables import ACCOUNT, SYNCED, cached_view, outbox_op, sync_state
from shared_models.clock import HybridClock, Stamp, to_text
from shared_models.problems import Code, Problem
from shared_models.sync.wire import Op, OpResult

log = logging.getLogger("revisit.store")


@dataclass(frozen=True)
class Touched:
    """What a transaction changed: entities and aggregates, for screens that show them."""

    entities: frozenset[str]
    aggregates: frozenset[str]
    local: bool
    """True for the person's own change, False for what came from the server."""


@dataclass(frozen=True)
class Counts:
    """Figures of the sync chip, counted from what is stored (receipts), never from calls that returned."""

    pending: int
    """Ops not confirmed by the server and not refused."""
    held: int
    """Refused ops."""
    files: int
    """Files without the server's receipt."""
    file_bytes: int
    poisoned: int


PATIENCE = timedelta(days=1)
"""How long a change waits for another record before its person is asked whether it is still wanted: that
record may be on a tablet that comes back to a network in the evening."""

Watcher = Callable[[Touched], None]
_T = TypeVar("_T")

_state = select(sync_state)
_counters = select(sync_state.c.counters)
_keep = update(sync_state).values(seq=bindparam("seq"), hlc=bindparam("hlc"))


@lru_cache(maxsize=64)
def _setting(columns: tuple[str, ...]) -> Update:
    return update(sync_state).values({name: bindparam(name) for name in columns})


class Store:
    """The database of one account. Writes are synchronous and short; then ``await durable()``."""

    def __init__(self, local: LocalStore, blobs: Blobs, context: Context) -> None:
        self._local = local
        self.engine = local.engine
        self.blobs = blobs
        self.context = context
        self._watchers: list[Watcher] = []
        self._missed: list[tuple[Watcher, Touched]] = []
        """Who could not read what was told, and is told again."""
        self._known: dict[str, Any] = {}
        """Figures that every run and every screen asks for, until the next write: nobody else writes here."""
        ensure_schema(self.engine, ACCOUNT, ACCOUNT_REVISIONS)
        with transaction(self.engine) as connection:
            state = connection.execute(select(sync_state)).first()
            if state is None:
                connection.execute(sync_state.insert(), self._first_state())
                state = connection.execute(select(sync_state)).one()
        self.device_id: str = state.device_id
        self.epoch: str = state.epoch
        self._seq: int = state.seq
        last = Stamp.parse(state.hlc) if state.hlc else None
        # the epoch, not the device: copies of a database share the device, and no two clocks may share a node
        self._clock = HybridClock(self.epoch, context.now, last)

    def _first_state(self) -> dict[str, Any]:
        return {
            "id": 1,
            "device_id": self.context.new_id(),
            "epoch": self.context.new_id(),
            "seq": 0,
            "hlc": "",
            "cursor": "",
            "snapshot": False,
            "skew_ms": 0,
            "digest_after": "",
            "last_success": "",
            "counters": {},
            "server_epoch": "",
            "safe_until": "",
        }

    # -- changes made by the person ------------------------------------------------------------------------

    def apply(
        self, writes: Sequence[RowWrite], *, files: Sequence[media.NewFile] = (), back: bool = False
    ) -> list[rows.Values | None]:
        """Write rows, their ops and new media files in one transaction.

        ``back``: gives each write's row as it stands then (None: gone), read before the commit, so that who
        keeps rows in memory need not read what is stored already. A failure (a full disk, a busy database)
        leaves everything as it was, sequence and clock included.
        """
        if not writes:
            return []
        seq, last = self._seq, self._clock.last
        now = self.context.now()
        envelope = Envelope(self.epoch, to_text(now), self.context.offset(now))
        try:
            with self.write() as connection:
                for one in writes:
                    self._seq = outbox.record(
                        connection,
                        one,
                        envelope,
                        op_id=self.context.new_id(),
                        seq=self._seq + 1,
                        hlc=str(self._clock.tick()),
                    )
                media.add(connection, files, envelope.wall_time)
                self._keep_clock(connection)
                found = [rows.read(connection, w.entity, w.row_id) for w in writes] if back else []
        except BaseException as error:
            self._seq, self._clock.last = seq, last
            if isinstance(error, OperationalError):
                full = "full" in str(error.orig)
                raise Problem(Code.STORAGE_FULL if full else Code.STORAGE_UNAVAILABLE) from error
            raise
        self._tell({w.entity for w in writes}, {w.aggregate_id for w in writes}, local=True)
        return found

    def _keep_clock(self, connection: Connection) -> None:
        connection.execute(_keep, {"seq": self._seq, "hlc": str(self._clock.last)})

    async def durable(self) -> None:
        """Return once everything committed so far survives a kill."""
        await self._local.durable()

    # -- reading -------------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection for reading; keep no await inside."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A write transaction for the device's own tables; keep no await inside."""
        try:
            with transaction(self.engine) as connection:
                yield connection
        finally:
            self._known.clear()

    def _until_written(self, name: str, read: Callable[[Connection], _T]) -> _T:
        if name not in self._known:
            with self.read() as connection:
                self._known[name] = read(connection)
        return self._known[name]

    def row(self, entity: str, row_id: str) -> rows.Values | None:
        """One row as it stands here, own changes included."""
        with self.read() as connection:
            return rows.read(connection, entity, row_id)

    def rows(self, entity: str, *where: Any, order: Sequence[Any] = ()) -> list[rows.Values]:
        """Rows that fit conditions on ``SYNCED[entity].c``."""
        with self.read() as connection:
            return rows.find(connection, entity, *where, order=order)

    def by(self, entity: str, **equal: Any) -> list[rows.Values]:
        """Rows whose columns equal these values."""
        with self.read() as connection:
            return rows.find_by(connection, entity, equal)

    def counts(self) -> Counts:
        """What is still to be sent, held back, or without a receipt."""
        return self._until_written("counts", self._count)

    def _states(self) -> Mapping[str, int]:
        """How many ops stand in each state: what nobody waits for need not be looked for."""
        return self._until_written("states", overlay.count_states)

    def _count(self, connection: Connection) -> Counts:
        states = self._states()
        files, size, poisoned = media.unstored(connection)
        return Counts(
            pending=states.get(PENDING, 0) + states.get(WAITING, 0),
            held=sum(states.get(state, 0) for state in REFUSED),
            files=files,
            file_bytes=size,
            poisoned=poisoned,
        )

    def pending_of(self, aggregate_id: str) -> int:
        """Ops of one aggregate that the server has not confirmed."""
        with self.read() as connection:
            return connection.execute(
                select(func.count())
                .select_from(outbox_op)
                .where(outbox_op.c.aggregate_id == aggregate_id, outbox_op.c.state.in_(outbox.UNCONFIRMED))
            ).scalar_one()

    # -- what the sync engine does -------------------------------------------------------------------------

    def state(self) -> Mapping[str, Any]:
        """The line of sync_state."""
        return self._until_written("state", lambda c: dict(c.execute(_state).mappings().one()))

    def set_state(self, **values: Any) -> None:
        """Change columns of sync_state; figures of the other tables stay as they are known."""
        try:
            with transaction(self.engine) as connection:
                connection.execute(_setting(tuple(sorted(values))), values)
        finally:
            self._known.pop("state", None)

    async def next_batch(
        self, *, after: int, limit: int, ask_again: bool, without: Collection[str] = ()
    ) -> list[Op]:
        """The next ops to send, none of the aggregates in ``without``; their attempt is durable by then."""
        if not self._states().keys() & {PENDING, WAITING, *((QUARANTINED,) if ask_again else ())}:
            return []
        with self.write() as connection:
            found = outbox.sendable(
                connection, after=after, limit=limit, ask_again=ask_again, without=without
            )
            if found:
                outbox.mark_sent(connection, [row.op_id for row in found])
        if found:
            await self.durable()
        return [outbox.to_wire(row, self.device_id) for row in found]

    def settle(self, results: Sequence[OpResult], *, skew_ms: int, at: str = "") -> overlay.Arrival:
        """Take the outcomes of a push in one transaction; ``at``: the server's time of it."""
        with self.write() as connection:
            arrival = overlay.settle(connection, results, at)
            connection.execute(_setting(("skew_ms",)), {"skew_ms": skew_ms})
            count_up(connection, ops_confirmed=arrival.written)
        self._tell(arrival.entities, arrival.aggregates, local=False)
        return arrival

    def hear(self, server_epoch: str, safe_until: str) -> None:
        """Note the server's epoch, if none is known yet, and up to when its backups hold everything."""
        state = self.state()
        heard = {"server_epoch": state["server_epoch"] or server_epoch, "safe_until": safe_until}
        if any(state[name] != value for name, value in heard.items()):
            self.set_state(**heard)

    def server_restored(self, server_epoch: str) -> None:
        """The server was put back to a backup: what it may have lost is to be sent, all else to be read."""
        epoch, seq = self.epoch, self._seq
        with self.write() as connection:
            if not kept.offer_again(connection, epoch):  # their numbers are of several epochs of ours
                epoch, seq = self._renumbered(connection)
            media.offer_again(connection)
            overlay.begin_snapshot(connection)
            connection.execute(
                update(sync_state).values(
                    server_epoch=server_epoch, safe_until="", cursor="", snapshot=True, digest_after=""
                )
            )
            count_up(connection, servers_restored=1)
        self._begin(epoch, seq)
        self._tell(set(SYNCED), set(), local=False)

    def brings_back(self) -> int:
        """How many ops are to be confirmed once more, because the server was put back to a backup."""
        return self._until_written("coming back", kept.coming_back) if self.counts().pending else 0

    def forget_kept(self, server_now: datetime) -> None:
        """Drop confirmed ops that the server's backups hold by now."""
        oldest = kept.oldest_to_keep(self.state()["safe_until"], server_now)
        first = self._until_written("first kept", kept.first)
        if first is not None and first < oldest:
            with self.write() as connection:
                kept.forget(connection, oldest)

    def new_epoch(self) -> str:
        """Begin anew under another epoch (a restored or cloned database): pending ops keep id and order."""
        with self.write() as connection:
            epoch, seq = self._renumbered(connection)
        self._begin(epoch, seq)
        return epoch

    def _renumbered(self, connection: Connection) -> tuple[str, int]:
        epoch = self.context.new_id()
        seq = outbox.renumber(connection, epoch)
        connection.execute(update(sync_state).values(epoch=epoch, seq=seq))
        return epoch, seq

    def _begin(self, epoch: str, seq: int) -> None:
        self.epoch, self._seq = epoch, seq
        self._clock.node = epoch

    def renew(self, op_ids: Collection[str]) -> None:
        """Give ops other ids, under which the server will take them as ops of their own."""
        with self.write() as connection:
            outbox.renew(connection, op_ids, self.context.new_id)

    def observe(self, stamp: Stamp) -> None:
        """Take note of the server's time, so that later stamps here are later."""
        if not self._clock.observe(stamp):
            with self.write() as connection:
                count_up(connection, clocks_clamped=1)

    def tell(self, arrival: overlay.Arrival) -> None:
        """Tell the watchers what came in."""
        self._tell(arrival.entities, arrival.aggregates, local=False)

    # -- held back -----------------------------------------------------------------------------------------

    def held(self) -> list[Held]:
        """Refused changes with their problems."""
        if not self._states().keys() & {*REFUSED}:
            return []
        return list(self._until_written("held", held_ops.held))

    def overdue(self) -> list[Held]:
        """Changes that have waited for longer than PATIENCE for a record that has not arrived."""
        if WAITING not in self._states():
            return []
        until = to_text(self.context.now() - PATIENCE)
        return [one for one in self._until_written("waiting", held_ops.waiting) if one.wall_time <= until]

    async def try_again(self, aggregate_id: str) -> int:
        """Queue an aggregate's refused changes again; how many there were."""
        with self.write() as connection:
            count = held_ops.try_again(
                connection,
                aggregate_id,
                next_seq=self._next_seq,
                new_id=self.context.new_id,
                stamp=lambda: str(self._clock.tick()),
            )
            self._keep_clock(connection)
        await self.durable()
        self._tell(set(), {aggregate_id}, local=True)
        return count

    async def set_aside(self, aggregate_id: str) -> int:
        """Give up an aggregate's refused changes (kept for the rescue export); how many ops that were."""
        with self.write() as connection:
            count = held_ops.set_aside(connection, aggregate_id)
        await self.durable()
        self._tell(set(SYNCED), {aggregate_id}, local=True)
        return count

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    # -- cached figures ------------------------------------------------------------------------------------

    def cached(self, key: str) -> tuple[Any, str] | None:
        """A cached answer of the server and when it was fetched."""
        with self.read() as connection:
            row = connection.execute(
                select(cached_view.c.body, cached_view.c.fetched_at).where(cached_view.c.key == key)
            ).first()
        return None if row is None else (row.body, row.fetched_at)

    def cache(self, key: str, body: Any) -> None:
        """Keep an answer of the server."""
        values = {"key": key, "body": body, "fetched_at": to_text(self.context.now())}
        statement = rows.insert(cached_view).values(values)
        with self.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))

    # -- watching ------------------------------------------------------------------------------------------

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call back after every commit that touched synced rows; gives the function that ends it."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop

    def _tell(self, entities: set[str], aggregates: set[str], *, local: bool) -> None:
        if entities or aggregates:
            touched = Touched(frozenset(entities), frozenset(aggregates), local)
            again = [(watcher, told) for watcher, told in self._missed if watcher in self._watchers]
            self._missed = []
            for watcher, told in [*again, *((watcher, touched) for watcher in self._watchers)]:
                try:
                    watcher(told)
                except OperationalError:  # it is stored: what a busy database hides now is read next time
                    log.warning("a watcher could not read what was stored", exc_info=True)
                    self._missed.append((watcher, told))

    async def close(self) -> None:
        """Give the file back."""
        await self._local.close()


def count_up(connection: Connection, **by: int) -> None:
    """Raise counters of sync_state."""
    counters = dict(connection.execute(_counters).scalar_one() or {})
    for name, number in by.items():
        counters[name] = counters.get(name, 0) + number
    connection.execute(_setting(("counters",)), {"counters": counters})
