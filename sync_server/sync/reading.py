"""Ops as they come over the wire: read one by one, so that a bad one does not take the others along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from shared_models.ids import is_id
from shared_models.problems import Code, Place, Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.upcast import upcast

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON text of an op as the log keeps it."""


def read_ops(
    raw_ops: Sequence[dict[str, Any]], device_id: str, epoch: str
) -> tuple[list[Op], dict[str, Problem]]:
    """The ops, and what is wrong with those that have a number but cannot be understood."""
    ops: list[Op] = []
    faults: dict[str, Problem] = {}
    last, ids = 0, set[str]()
    for place, raw in enumerate(raw_ops):
        op_id, seq = raw.get("op_id"), raw.get("seq")
        numbered = is_id(op_id) and isinstance(seq, int) and last < seq < 2**62 and op_id not in ids
        if not numbered or not isinstance(op_id, str) or not isinstance(seq, int):
            at = f"ops.{place}"
            raise Problem(Code.INVALID_REQUEST, {}, [Place(at, "op_id and rising seq are needed")])
        last = seq
        ids.add(op_id)
        try:
            op = Op.model_validate(upcast(raw))
            if (op.device_id, op.epoch) != (device_id, epoch):
                faults[op_id] = Problem(Code.INVALID_FIELD, {"field": "epoch"}, [Place("epoch", "differs")])
        except ValidationError as error:
            wrong = [Place(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)]
            faults[op_id] = Problem(Code.INVALID_FIELD, {"field": wrong[0].at}, wrong)
            op = Op.model_construct(
                op_id=op_id,
                seq=seq,
                aggregate_id=str(raw.get("aggregate_id", "")),
                entity="",
                row_id="",
                kind=OpKind.UPDATE,
                fields={},
            )
        ops.append(op)
    return ops, faults


def touched(ops: Sequence[Op]) -> set[tuple[str, str]]:
    """Rows, parents and roots that these ops name."""
    keys: set[tuple[str, str]] = set()
    for op in ops:
        spec = ENTITIES.get(op.entity)
        if spec is None:
            continue
        keys.add((op.entity, op.row_id))
        for column, parent in spec.parents:
            value = op.fields.get(column)
            if isinstance(value, str):
                keys.add((parent, value))
    return keys


def is_same(body: str, raw: dict[str, Any]) -> bool:
    """Whether an op that came again is the one of this body; its number may have moved."""
    before = json.loads(body)
    return {**before, "seq": 0, "epoch": ""} == {**raw, "seq": 0, "epoch": ""}
