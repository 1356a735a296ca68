"""New parts of one aggregate in a row, the bulk of every push: what they share is looked at once.

This is :meth:`Applier.apply` for creations below a living root that the slice has already cleared
(``Handler.cleared``), and nothing else. Whatever is not plainly so is left to the applier, which says why
(tests/contract/test_push_bulk.py holds the two against each other).
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import islice

from shared_models.ids import are_ids, is_id
from shared_models.problems import Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.apply import Applier, new_row
from sync_server.sync.handlers import HANDLERS
from sync_server.sync.journal import Entry, Parts
from sync_server.sync.merge import PLAIN_STAMP, latest_stamp, of_epoch
from sync_server.sync.runs import IN_RUNS, LONGEST, SHORTEST


def take_parts(applier: Applier, ops: Sequence[Op], start: int, faults: Container[str]) -> int:
    """Apply the plain creations that begin at ``start``; the place of the first op that was not taken.

    ``faults``: ids of ops that could not be read.
    """
    first = ops[start]
    entity, root_id = first.entity, first.aggregate_id
    if entity in IN_RUNS and (end := _take_many(applier, ops, start, faults)) > start:
        return end
    root_entity = _root_of(entity)
    if root_entity is None or first.kind is not OpKind.CREATE:
        return start
    working, ctx = applier.working, applier.ctx
    root, row = working.entry(root_entity, root_id), working.find(root_entity, root_id)
    if root is None or row is None:
        return start
    try:
        check = HANDLERS[entity].cleared(ctx, row)
    except Problem:
        return start
    if check is None:
        return start
    add = working.adder(root_id)
    column = ENTITIES[entity].aggregate_field
    latest = latest_stamp(applier.now)
    audience, dealer_id, person_id = root.audience, root.dealer_id, root.person_id
    for place in range(start, len(ops)):
        op = ops[place]
        row_id, stamp = op.row_id, op.hlc
        if (
            op.entity != entity
            or op.aggregate_id != root_id
            or op.kind is not OpKind.CREATE
            or op.fields.get(column) != root_id
            or not is_id(row_id)
            or working.entry(entity, row_id) is not None
            or PLAIN_STAMP(stamp) is None
            or stamp[:13] > latest
            or op.op_id in faults
        ):
            return place
        try:
            made = check(new_row(entity, op))
        except Problem:
            return place
        stamp = of_epoch(stamp, op.epoch)
        add(Entry(entity, row_id, root_id, 1, False, audience, dealer_id, person_id, stamp), made)
    return len(ops)


_stamps = re.compile(r"(?:[0-9]{13}\.[0-9]{5}\.[^\n]+\n)*").fullmatch


def _take_many(applier: Applier, ops: Sequence[Op], start: int, faults: Container[str]) -> int:
    """All plain creations of one entity in one aggregate from ``start`` on, or none of them."""
    entity, root_id = ops[start].entity, ops[start].aggregate_id
    end = start
    for op in islice(ops, start, None):
        if op.entity != entity or op.aggregate_id != root_id or op.kind is not OpKind.CREATE:
            break
        end += 1
    root_entity = _root_of(entity)
    if end - start < SHORTEST or end - start > LONGEST or root_entity is None:
        return start
    working, ctx, part = applier.working, applier.ctx, ops[start:end]
    root, row = working.entry(root_entity, root_id), working.find(root_entity, root_id)
    if root is None or row is None or (faults and any(op.op_id in faults for op in part)):
        return start
    ids, stamps = [op.row_id for op in part], [op.hlc for op in part]
    marks = "\n".join(stamps) + "\n"
    if not are_ids(ids) or _stamps(marks) is None or max(stamps)[:13] > latest_stamp(applier.now):
        return start
    if len(set(ids)) < len(ids) or not working.lacks(entity, ids):
        return start
    try:
        make = HANDLERS[entity].many(ctx, row)
        rows = make(part) if make is not None else None
    except Problem:
        return start
    if rows is None:
        return start
    stamps = [of_epoch(op.hlc, op.epoch) for op in part]
    working.add_parts(Parts(entity, root, ids, stamps, rows))
    return end


@lru_cache(maxsize=64)
def _root_of(entity: str) -> str | None:
    """The root's entity of parts whose only parent is the root."""
    spec = ENTITIES.get(entity)
    if spec is None or spec.reference or entity not in HANDLERS or len(spec.parents) != 1:
        return None
    column, parent = spec.parents[0]
    return parent if column == spec.aggregate_field else None
