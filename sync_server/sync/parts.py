"""New parts of one aggregate in a row, the bulk of every push: what they share is looked at once.

This is :meth:`Applier.apply` for creations below a living root that the slice has already cleared
(``Handler.cleared``), and nothing else. Whatever is not plainly so is left to the applier, which says why
(tests/contract/test_push_bulk.py holds the two against each other).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import lru_cache

from shared_models.ids import is_id
from shared_models.problems import Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.apply import Applier, new_row
from sync_server.sync.handlers import HANDLERS
from sync_server.sync.journal import Entry
from sync_server.sync.merge import PLAIN_STAMP, latest_stamp


def take_parts(applier: Applier, ops: Sequence[Op], start: int, faults: Container[str]) -> int:
    """Apply the plain creations that begin at ``start``; the place of the first op that was not taken.

    ``faults``: ids of ops that could not be read.
    """
    first = ops[start]
    entity, root_id = first.entity, first.aggregate_id
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
        add(Entry(entity, row_id, root_id, 1, False, audience, dealer_id, person_id, stamp), made)
    return len(ops)


@lru_cache(maxsize=64)
def _root_of(entity: str) -> str | None:
    """The root's entity of parts whose only parent is the root."""
    spec = ENTITIES.get(entity)
    if spec is None or spec.reference or entity not in HANDLERS or len(spec.parents) != 1:
        return None
    column, parent = spec.parents[0]
    return parent if column == spec.aggregate_field else None
