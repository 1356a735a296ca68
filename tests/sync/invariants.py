"""The invariants of docs/sync-protocol.md as checks of a simulated run, counted by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import exists, literal, select, union_all

from field_app.store import media
from field_app.store.outbox import UNCONFIRMED
from field_app.store.tables import SYNCED
from shared_models.clock import MAX_DRIFT_MS, Stamp
from shared_models.columns import sql_table
from shared_models.people.access import Access
from shared_models.problems import Code
from shared_models.sync.codec import encode_row
from shared_models.sync.registry import ENTITIES, Merge
from sync_server.people import service as people
from sync_server.sync.lines import load_rows, whole_journal
from sync_server.sync.oplog import lines_of
from sync_server.sync.pull import pull
from sync_server.sync.tables import sync_history
from sync_server.sync.upcast import upcast
from sync_server.visits.tables import visit_check
from tests.sync.devices import SimDevice

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

_FINAL = ("applied", "merged")


class Violated(AssertionError):
    """An invariant does not hold."""


def hold(run: Simulation, name: str, holds: bool, why: Callable[[], object]) -> None:
    """Count a check; Violated where it fails."""
    run.checked[name] += 1
    if not holds:
        raise Violated(f"{name}: {why()}")


# -- after every step --------------------------------------------------------------------------------------


class _Op(NamedTuple):
    op_id: str
    entity: str
    row_id: str
    kind: str
    base_version: int
    confirmed_at: str
    """When a server confirmed it that has since been put back to a backup, else ""."""
    problem: str
    """The problem as text; of an op never refused, "null" or nothing."""
    fields: dict[str, Any]


_OPS = f"SELECT {', '.join(_Op._fields)} FROM outbox_op WHERE state IN {UNCONFIRMED} ORDER BY seq"


def check_device(run: Simulation, device: SimDevice) -> None:
    """What must hold on a device at any time, whatever has just broken."""
    mark = device.local.mark, device.blobs.files.keys()
    if device.checked == mark:
        return
    device.checked = device.local.mark, set(device.blobs.files)
    ops = [_Op._make((*line[:-1], json.loads(line[-1]))) for line in device.local.lines(_OPS)]
    shadows = device.local.lines("SELECT entity, row_id FROM shadow_row")
    files = device.local.lines("SELECT sha256, state FROM media_file")
    run.op_ids |= {op.op_id for op in ops}
    _overlay(run, device, ops)
    keys = {(op.entity, op.row_id) for op in ops}
    for shadow in shadows:
        hold(run, "shadow rows have ops", shadow in keys, lambda s=shadow: (device.name, s))
    for sha256, state in files:
        if state != media.GONE:
            here = sha256 in device.blobs.files
            hold(run, "L7 files stay until their grace ends", here, lambda f=sha256: (device.name, f))


def _overlay(run: Simulation, device: SimDevice, ops: list[_Op]) -> None:
    """Rows with ops show the person's own values."""
    own: dict[tuple[str, str], dict[str, Any]] = {}
    for op in ops:
        if op.kind == "delete":
            own.pop((op.entity, op.row_id), None)
        elif op.kind != "transition":
            own.setdefault((op.entity, op.row_id), {}).update(op.fields)
    rows = {name: _rows(device, name) for name in {entity for entity, _ in own}}
    for (entity, row_id), fields in own.items():
        row = rows[entity].get(row_id)
        if row is None:
            of_row = [op for op in ops if op.row_id == row_id]
            # what a restored server called for once more, of a row that has left this device since
            left = all(op.kind in ("create", "update") and op.confirmed_at for op in of_row)
            # a revocation holds nothing back (L3): the person's own deletion may have gone in before these
            overtaken = all(Code.ACCOUNT_REVOKED.value in (op.problem or "") for op in of_row)
            gone = left or overtaken or any(op.kind == "delete" for op in of_row)
            hold(run, "overlay", gone, lambda e=entity, r=row_id: f"{device.name}: {e} {r} is gone")
            continue
        shown = encode_row(entity, row)
        spec = ENTITIES[entity]
        # a revocation holds nothing back (L3): a later change of the row may have gone in before this one
        late = {
            name
            for op in ops
            if (op.entity, op.row_id) == (entity, row_id) and Code.ACCOUNT_REVOKED.value in (op.problem or "")
            for name in op.fields
            if row["version"] > op.base_version
        }
        wrong = {
            name: (value, shown[name])
            for name, value in fields.items()
            if name in shown.keys() - late and spec.rule(name) is Merge.LAST_WRITER and shown[name] != value
        }
        hold(run, "overlay", not wrong, lambda e=entity, w=wrong: f"{device.name}: {e} {w}")


def _rows(device: SimDevice, entity: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in device.store.by(entity)}


# -- when all is quiet -------------------------------------------------------------------------------------


def check_all(run: Simulation) -> None:
    """What must hold once everything has come to rest."""
    with run.world.db.read() as session:
        log = sorted(map(asdict, lines_of(session)), key=lambda line: line["received_at"])
        entries = {(one.entity, one.row_id): asdict(one) for _, one in whole_journal(session)}
        lost = {(row.row_id, row.field, row.value) for row in session.execute(select(sync_history))}
        checks = session.execute(select(visit_check)).all()
        rows = {
            (name, row_id): row
            for name in ENTITIES
            for row_id, row in load_rows(session, name, [k[1] for k in entries if k[0] == name]).items()
        }
    _log(run, log)
    _journal(run, log, entries, rows)
    _merged(run, log, rows, lost)
    for check in checks:
        hold(run, "V3 device score = server score", check.flag != "score_differs", lambda c=check: c)
    _evidence(run, rows)
    _no_orphans(run, rows)
    for device in run.devices:
        agrees(run, device)


def _log(run: Simulation, log: list[dict[str, Any]]) -> None:
    stored = {line["op_id"]: line["outcome"] for line in log}
    gone = run.lost_with_device if run.server_restores else set[str]()
    missing = run.op_ids - stored.keys() - run.given_up - gone
    hold(run, "no op is lost", not missing, lambda: f"ops that nobody has: {sorted(missing)}")
    given_up = run.given_up if run.server_restores else set[str]()
    for op_id in run.rules.acknowledged.keys() - gone - given_up:
        hold(run, "acknowledged ops are in", stored.get(op_id) in _FINAL, lambda o=op_id: (o, stored.get(o)))
    undone = {o: x for o, x in stored.items() if x not in _FINAL and o not in run.given_up}
    hold(run, "every queue empties", not undone, lambda: undone)
    streams = [(line["stream_id"], line["seq"]) for line in log]
    hold(run, "P1 each op applies once", len(set(streams)) == len(streams), lambda: streams)


def _journal(run: Simulation, log: Any, entries: Any, rows: Any) -> None:
    latest = int(run.clock().timestamp() * 1000) + MAX_DRIFT_MS
    for key, entry in entries.items():
        stamps = json.loads(entry["clock"]) if entry["clock"].startswith("{") else {"": entry["clock"]}
        for stamp in stamps.values():
            ahead = bool(stamp) and Stamp.parse(stamp.split("|")[0]).milliseconds > latest
            hold(run, "M3 clocks are bounded", not ahead, lambda k=key, s=stamp: (k, s))
        living = key in rows
        hold(run, "journal and rows agree", living is not entry["deleted"], lambda k=key: k)
        if living:
            hold(run, "journal and rows agree", rows[key]["version"] == entry["version"], lambda k=key: k)
    for line in log:
        body = json.loads(line["body"])
        if body["kind"] == "delete" and line["outcome"] in _FINAL:
            entry = entries.get((body["entity"], body["row_id"]))
            gone = entry is None or entry["deleted"]
            hold(run, "M5 what is deleted stays so", gone, lambda b=body: (b["entity"], b["row_id"]))


@dataclass(frozen=True)
class _Write:
    """One value that an op wrote into a field."""

    stamp: str
    op_id: str
    stream: int
    base: int
    after: int
    """Version of the row after it."""
    value: Any


def _merged(run: Simulation, log: Any, rows: Any, lost: set[tuple[str, str, str]]) -> None:
    """M1 and M2 by a plain-dict oracle: the latest stamp's value stands, one displaced unseen is kept."""
    writes: dict[tuple[str, str, str], list[_Write]] = {}
    skip: set[tuple[str, str]] = set()
    for line in log:
        op = upcast(json.loads(line["body"]))
        row_key = op["entity"], op["row_id"]
        if line["outcome"] not in _FINAL or op["kind"] not in ("create", "update"):
            continue
        if line["clamped"]:
            skip.add(row_key)
        for name, value in op["fields"].items():
            if name in _columns(op["entity"]) and ENTITIES[op["entity"]].rule(name) is Merge.LAST_WRITER:
                one = _Write(
                    op["hlc"], op["op_id"], line["stream_id"], op["base_version"], line["version"], value
                )
                writes.setdefault((*row_key, name), []).append(one)
    for (entity, row_id, name), found in writes.items():
        row = rows.get((entity, row_id))
        if row is None or (entity, row_id) in skip or name in _SERVER_TOUCHES.get(entity, ()):
            continue
        stands = encode_row(entity, row)[name]
        newest = max(found, key=lambda one: one.stamp)
        won = stands == newest.value
        hold(run, "M1 the latest stamp wins", won, lambda n=name, f=found, s=stands: (n, s, f))
        if ENTITIES[entity].name == "attachment":
            continue
        for one in found:
            unseen = one.stream != newest.stream and newest.base < one.after
            if one.value == newest.value or not unseen or any(_between(one, two, newest) for two in found):
                continue
            kept = (row_id, name, json.dumps(one.value, ensure_ascii=False)) in lost
            hold(run, "M2 what lost is kept", kept, lambda n=name, o=one, w=newest: (n, o, w))


def _between(one: _Write, two: _Write, newest: _Write) -> bool:
    """Whether another write may have replaced this one before the newest came."""
    return two is not one and two is not newest and (two.stamp > one.stamp or two.stream == one.stream)


_SERVER_TOUCHES: dict[str, tuple[str, ...]] = {"cause": ("evidence",), "action_progress": ("author_id", "at")}


def _columns(entity: str) -> frozenset[str]:
    return frozenset(sql_table(ENTITIES[entity].table).columns.keys())


def _evidence(run: Simulation, rows: Any) -> None:
    blobs = run.world.app.state.blobs
    folder = run.world.settings.blob_dir
    for path in folder.rglob("*"):
        if path.is_file() and len(path.name) == 64:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            hold(run, "E2 a file is what its name says", digest == path.name, lambda p=path: p.name)
    for (entity, row_id), row in rows.items():
        if entity == "visit" and row["evidence_complete"]:
            for _, sha256, size in row["manifest"]["media"]:
                whole = blobs.has(sha256) and blobs.size(sha256) == size
                hold(run, "E4 evidence complete means stored", whole, lambda r=row_id, s=sha256: (r, s))
        if entity == "attachment" and row["stored_at"] is not None:
            there = blobs.has(row["sha256"])
            hold(run, "E4 a receipt means stored", there, lambda r=row_id: r)


def _no_orphans(run: Simulation, rows: Any) -> None:
    for (entity, row_id), row in rows.items():
        for column, parent in ENTITIES[entity].parents:
            if row[column] is not None:
                there = (parent, row[column]) in rows
                hold(run, "no orphan", there, lambda e=entity, r=row_id, c=column: (e, r, c))


_any_rows = union_all(
    *(select(literal(name)).where(exists(select(table.c.id))) for name, table in SYNCED.items())
)


def _with_rows(device: SimDevice) -> list[str]:
    with device.store.read() as connection:
        return list(connection.execute(_any_rows).scalars())


def agrees(run: Simulation, device: SimDevice) -> None:
    """D1: the rows here are those that a first sync would bring, same versions, same values."""
    theirs: dict[tuple[str, str], tuple[int, Any]] = {}
    with run.world.db.read() as session:
        access: Access = people.access_of(session, device.person_id)
        cursor, more = "", True
        while more:
            page = pull(session, access, cursor, 2000, run.clock()).response
            theirs |= {(one.entity, one.row_id): (one.version, one.fields) for one in page.changes}
            cursor, more = page.cursor, page.more
    mine = {
        (name, row["id"]): (row["version"], encode_row(name, row))
        for name in _with_rows(device)
        for row in device.store.by(name)
    }
    for key in mine.keys() ^ theirs.keys():
        # a checklist stays on a device that once had it
        kept = key[0] == "template_version" and key in mine
        hold(
            run,
            "D1 all agree",
            kept,
            lambda k=key: f"{device.name}: {k} is {'here' if k in mine else 'there'} only",
        )
    for key, value in theirs.items():
        hold(
            run,
            "D1 all agree",
            mine[key] == value,
            lambda k=key, v=value: f"{device.name} {k}: {mine[k]} != {v}",
        )
