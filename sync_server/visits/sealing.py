"""The seal of a visit as the server computes it, quickly.

The same canonical JSON as ``shared_models.visits.manifest`` for all but unusual numbers. JSON names its
content without ambiguity, so an equal hash means equal content; where the hashes differ, the exact comparison
decides and names what differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared_models.sync.codec import encode_row

_canonical = msgspec.json.Encoder(order="sorted").encode


class _Answer(msgspec.Struct):
    """What of an answer is sealed; its fields stand in the order of the canonical form."""

    comment: str
    id: str
    question: str
    repeat: int
    state: str
    value: Any


_as_it_stands = msgspec.json.Encoder().encode
"""Canonical too, for what has its fields in order and no objects inside."""


def is_sealed(
    manifest: Mapping[str, Any],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    attachments: Sequence[Mapping[str, Any]],
) -> bool:
    """Whether these rows by entity and these attachments are what the manifest seals."""
    listed: list[list[str]] = []
    sha256 = hashlib.sha256
    for entity, found in rows.items():
        for row in found:
            row_id = row["id"]
            if entity == "answer":
                value = row["value"]
                plain = _Answer(row["comment"], row_id, row["question"], row["repeat"], row["state"], value)
                text = _as_it_stands(plain) if type(value) is str else _canonical(plain)
            else:
                text = _canonical({**encode_row(entity, row), "id": row_id})
            listed.append([entity, row_id, sha256(text).hexdigest()])
    listed.sort()
    media = sorted([one["id"], one["sha256"], one["size"]] for one in attachments)
    seal = sha256(_canonical({"media": media, "rows": listed})).hexdigest()
    return seal == manifest.get("sha256")
