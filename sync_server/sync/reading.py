"""Bodies of pushes: read quickly where they are as they should be, and op by op with reasons where not.

An op's text is kept as it came. What the quick reader does not take is read by the wire's own model, which
says what is wrong; a bad op does not take the others along.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

import msgspec
from pydantic import BaseModel, ValidationError

from shared_models.clock import from_text
from shared_models.ids import are_ids, is_id
from shared_models.problems import Code, Place, Problem
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import OP_SCHEMA, PUSH_LIMIT, Op, OpKind
from sync_server.sync.upcast import upcast

_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Reading:
    """The ops of one push in rising ``seq``, their texts, and what is wrong with those not understood."""

    ops: Sequence[Op]
    bodies: Sequence[str]
    faults: dict[str, Problem]


@dataclass(frozen=True)
class Envelope:
    """A push around its ops; each op is its JSON text."""

    device_id: str
    epoch: str
    client: str
    sent_at: datetime
    ops: list[str]


class _Envelope(BaseModel):
    device_id: str
    epoch: str
    client: str = ""
    sent_at: str
    ops: list[dict[str, Any]]


class _QuickEnvelope(msgspec.Struct):
    device_id: str
    epoch: str
    sent_at: str
    ops: list[msgspec.Raw]
    client: str = ""


class _QuickOp(msgspec.Struct):
    """An op of the present schema whose fields all have the type of the wire; handlers see it as an Op."""

    op_id: str
    device_id: str
    epoch: str
    seq: int
    aggregate_id: str
    entity: str
    row_id: str
    kind: OpKind
    hlc: str
    wall_time: str
    schema_version: int
    base_version: int = 0
    fields: dict[str, Any] = {}
    template_version: str | None = None
    utc_offset: int = 0


_read_envelope = msgspec.json.Decoder(_QuickEnvelope).decode
_read_op = msgspec.json.Decoder(_QuickOp).decode
_read_all = msgspec.json.Decoder(list[_QuickOp]).decode


def read_envelope(data: bytes) -> Envelope:
    """The push of a body; INVALID_REQUEST where it is none, TOO_LARGE for too many ops."""
    try:
        text = data.decode()
        quick = _read_envelope(text)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return _read_slowly(data)
    if len(quick.ops) > PUSH_LIMIT:
        raise Problem(Code.TOO_LARGE, {"limit": PUSH_LIMIT})
    ops = [str(memoryview(raw), "utf-8") for raw in quick.ops]
    if not all(op.startswith("{") for op in ops):
        return _read_slowly(data)
    return _checked(quick.device_id, quick.epoch, quick.client, quick.sent_at, ops)


def _read_slowly(data: bytes) -> Envelope:
    try:
        plain = json.loads(data, parse_constant=_no_number)
        envelope = _Envelope.model_validate(plain)
    except ValidationError as error:
        raise Problem(Code.INVALID_REQUEST, {}, _places(error)[:50]) from None
    except (ValueError, RecursionError):
        raise Problem(Code.INVALID_REQUEST, {}, [Place("body", "not JSON")]) from None
    if len(envelope.ops) > PUSH_LIMIT:
        raise Problem(Code.TOO_LARGE, {"limit": PUSH_LIMIT})
    ops = [op_text(raw) for raw in envelope.ops]
    return _checked(envelope.device_id, envelope.epoch, envelope.client, envelope.sent_at, ops)


def _checked(device_id: str, epoch: str, client: str, sent_at: str, ops: list[str]) -> Envelope:
    try:
        at = from_text(sent_at)
    except ValueError as error:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("sent_at", str(error))]) from None
    for name, text in (("device_id", device_id), ("epoch", epoch)):
        if not 0 < len(text) <= 64:
            raise Problem(Code.INVALID_REQUEST, {}, [Place(name, "1 to 64 characters")])
    return Envelope(device_id, epoch, client, at, ops)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def op_text(raw: dict[str, Any]) -> str:
    """JSON text of an op; letters that no database takes (lone surrogates) stay escaped."""
    text = _plain(raw)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(raw, separators=(",", ":"))
    return text


def read_ops(texts: Sequence[str], device_id: str, epoch: str) -> Reading:
    """Ops from their texts. Raises INVALID_REQUEST where their ids and rising numbers cannot be read."""
    quick = _read_plain(texts, device_id, epoch)
    if quick is not None:
        return Reading(quick, texts, {})
    ops: list[Op] = []
    faults: dict[str, Problem] = {}
    last, ids = 0, set[str]()
    for place, text in enumerate(texts):
        try:
            quick = _read_op(text)
            op = cast(Op, quick) if quick.schema_version == OP_SCHEMA else _read_with_reasons(text, faults)
        except msgspec.DecodeError:
            op = _read_with_reasons(text, faults)
        op_id = "" if op is None else op.op_id
        if op is None or not last < op.seq < 2**62 or op_id in ids or not is_id(op_id):
            at = f"ops.{place}"
            raise Problem(Code.INVALID_REQUEST, {}, [Place(at, "op_id and rising seq are needed")])
        if op_id not in faults and (op.device_id != device_id or op.epoch != epoch):
            faults[op_id] = Problem(Code.INVALID_FIELD, {"field": "epoch"}, [Place("epoch", "differs")])
        last = op.seq
        ids.add(op_id)
        ops.append(op)
    return Reading(ops, texts, faults)


def _read_plain(texts: Sequence[str], device_id: str, epoch: str) -> Sequence[Op] | None:
    """All ops at once; None where one of them is not as it should be."""
    try:
        ops = _read_all(f"[{','.join(texts)}]")
    except msgspec.DecodeError:
        return None
    last, ids = 0, set[str]()
    for op in ops:
        if not last < op.seq or op.device_id != device_id or op.epoch != epoch:
            return None
        if op.schema_version != OP_SCHEMA:
            return None
        last = op.seq
        ids.add(op.op_id)
    if last >= 2**62 or len(ids) < len(ops) or not are_ids(ids):
        return None
    return cast(Sequence[Op], ops)


def _read_with_reasons(text: str, faults: dict[str, Problem]) -> Op | None:
    """An op by the wire's model; None without id and number, a stand-in and a fault where it is not one."""
    raw = cast(dict[str, Any], json.loads(text))
    op_id, seq = raw.get("op_id"), raw.get("seq")
    if not isinstance(op_id, str) or not isinstance(seq, int):
        return None
    try:
        op = Op.model_validate(upcast(raw))
        if "\\ud" in text.lower():
            json.dumps(raw, ensure_ascii=False).encode()
        return op
    except ValidationError as error:
        wrong = _places(error)
    except UnicodeEncodeError:
        wrong = [Place("fields", "text")]
    faults[op_id] = Problem(Code.INVALID_FIELD, {"field": wrong[0].at}, wrong)
    return Op.model_construct(
        op_id=op_id,
        seq=seq,
        aggregate_id=str(raw.get("aggregate_id", "")),
        entity="",
        row_id="",
        kind=OpKind.UPDATE,
        hlc="",
        fields={},
    )


def _places(error: ValidationError) -> list[Place]:
    return [Place(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False)]


def touched(ops: Iterable[Op]) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """Rows, parents and roots that these ops name; and of rows that they say to be new the aggregate."""
    keys: set[tuple[str, str]] = set()
    new_in: dict[tuple[str, str], str] = {}
    before: str | None = None
    parents: Sequence[tuple[str, str]] = ()
    known: object = None
    for op in ops:
        entity = op.entity
        if entity != before:
            spec = ENTITIES.get(entity)
            before, parents, known = (None, (), None) if spec is None else (entity, spec.parents, None)
        if before is None:
            continue
        key = entity, op.row_id
        keys.add(key)
        if op.kind is OpKind.CREATE:
            new_in[key] = op.aggregate_id
        fields = op.fields
        for column, parent in parents:
            value = fields.get(column)
            # parts of one parent follow each other
            if value != known and isinstance(value, str):
                keys.add((parent, value))
                known = value if len(parents) == 1 else None
    return keys, new_in


def is_same(body: str, other: str) -> bool:
    """Whether an op that came again is the one of this body; its number may have moved."""
    if body == other:
        return True
    moved = {"seq": 0, "epoch": ""}
    return {**json.loads(body), **moved} == {**json.loads(other), **moved}
