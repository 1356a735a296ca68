"""Digest of an aggregate: both ends compute it and compare (sync invariant: when quiet, all agree)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from shared_models.sync.wire import AggregateDigest


def aggregate_digest(aggregate_id: str, rows: Iterable[tuple[str, str, int]]) -> AggregateDigest:
    """Count and SHA-256 over the sorted (entity, row id, version) of an aggregate's living rows."""
    lines = sorted(f"{entity}:{row_id}:{version}" for entity, row_id, version in rows)
    text = "\n".join(lines).encode()
    return AggregateDigest(
        aggregate_id=aggregate_id, count=len(lines), sha256=hashlib.sha256(text).hexdigest()
    )
