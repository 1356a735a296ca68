"""Messages of the sync protocol. Every instant is ISO 8601 UTC text; every id a UUIDv7 text."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER

PROTOCOL = 1
"""Version in the path (``/api/v1``)."""
OP_SCHEMA = 3
"""Version of the op shape that this build writes; the server upcasts older ones."""
PUSH_LIMIT = 500
"""Most ops in one push."""
PULL_LIMIT = 2000
"""Most rows in one page of a pull."""
SERVER_EPOCH = "X-Revisit-Server-Epoch"
"""Header: the server's epoch, as the server has it or as the device knows it."""
SAFE_UNTIL = "X-Revisit-Safe-Until"
"""Header of answers: ops confirmed before this instant are in two backups ("" if there are none)."""
AGAIN = "X-Revisit-Again"
"""Header of a push, "1": the device is bringing back ops that the server had confirmed and lost."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class OpKind(StrEnum):
    """What an op does to its row."""

    CREATE = "create"
    UPDATE = "update"
    TRANSITION = "transition"
    DELETE = "delete"


class Outcome(StrEnum):
    """What became of an op. The stored outcome is given again on every re-push."""

    APPLIED = "applied"
    MERGED = "merged"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    WAITING_PARENT = "waiting_parent"


FINAL = frozenset({Outcome.APPLIED, Outcome.MERGED})
"""Outcomes after which the op is done and leaves the outbox."""


class Op(_Message):
    """One change of one row, made on a device."""

    # fields that a newer client sends are kept in the log
    model_config = ConfigDict(extra="allow", defer_build=LATER)

    op_id: str
    device_id: str
    epoch: str
    seq: int = Field(ge=1)
    aggregate_id: str
    entity: str
    row_id: str
    kind: OpKind
    base_version: int = 0
    """Version of the row that the person saw; 0 for a row the server has not confirmed yet."""
    fields: dict[str, Any] = Field(default_factory=dict[str, Any])
    """create, update: plain values by column; transition: ``{"action": name, ...its fields}``."""
    hlc: str
    template_version: str | None = None
    schema_version: int = OP_SCHEMA
    wall_time: str
    utc_offset: int = 0
    """Minutes east of UTC on the device."""


class PushRequest(_Message):
    """Ops of one device and epoch in rising ``seq``; ``sent_at`` is the device's clock, for its skew."""

    device_id: str
    epoch: str
    client: str = ""
    sent_at: str
    ops: list[Op] = Field(max_length=PUSH_LIMIT)


class OpResult(_Message):
    """The stored outcome of one op; ``problem`` is an RFC 9457 object where it failed."""

    op_id: str
    seq: int
    outcome: Outcome
    version: int = 0
    problem: dict[str, Any] | None = None


class PushResponse(_Message):
    """Results in the order of the ops, and what the server knows of the device's clock."""

    results: list[OpResult]
    server_time: str
    skew_ms: int = 0
    """Device clock minus server clock, in milliseconds."""


class RowChange(_Message):
    """The newest state of a row, or its tombstone."""

    entity: str
    row_id: str
    aggregate_id: str
    version: int
    deleted: bool = False
    fields: dict[str, Any] | None = None


class Departure(_Message):
    """A row that has left the person's scope: the device removes it (unless ops are pending on it)."""

    entity: str
    row_id: str


class PullResponse(_Message):
    """One page of changes in commit order. Store rows and cursor in one transaction, ask again while more."""

    cursor: str
    more: bool
    server_time: str
    snapshot: bool = False
    """The cursor was too old or unknown: this is the start of a full re-snapshot."""
    changes: list[RowChange] = Field(default_factory=list[RowChange])
    departures: list[Departure] = Field(default_factory=list[Departure])


class AggregateDigest(_Message):
    """How many rows of an aggregate there are and the hash over their ids and versions."""

    aggregate_id: str
    count: int
    sha256: str


class DigestRequest(_Message):
    """Aggregates that the device holds without pending ops."""

    digests: list[AggregateDigest] = Field(max_length=1000)


class DigestResponse(_Message):
    """Rows of the aggregates that differ, whole, so that the device can mend itself."""

    differing: list[str] = Field(default_factory=list[str])
    changes: list[RowChange] = Field(default_factory=list[RowChange])
