"""The wire of the sync protocol v1 and what both ends must agree on (docs/sync-protocol.md)."""

from shared_models.sync.codec import decode_fields, encode_fields, encode_row
from shared_models.sync.digest import aggregate_digest
from shared_models.sync.registry import ENTITIES, Entity, Merge, entity
from shared_models.sync.wire import (
    OP_SCHEMA,
    PROTOCOL,
    AggregateDigest,
    Departure,
    DigestRequest,
    DigestResponse,
    Op,
    OpKind,
    OpResult,
    Outcome,
    PullResponse,
    PushRequest,
    PushResponse,
    RowChange,
)

__all__ = [
    "ENTITIES",
    "OP_SCHEMA",
    "PROTOCOL",
    "AggregateDigest",
    "Departure",
    "DigestRequest",
    "DigestResponse",
    "Entity",
    "Merge",
    "Op",
    "OpKind",
    "OpResult",
    "Outcome",
    "PullResponse",
    "PushRequest",
    "PushResponse",
    "RowChange",
    "aggregate_digest",
    "decode_fields",
    "encode_fields",
    "encode_row",
    "entity",
]
