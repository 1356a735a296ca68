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


def is_sealed(
    manifest: Mapping[str, Any],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    attachments: Sequence[Mapping[str, Any]],
) -> bool:
    """Whether these rows by entity and these attachments are what the manifest seals."""
    listed: list[list[str]] = []
    for entity, found in rows.items():
        for row in found:
            row_id = row["id"]
            plain = _answer(row) if entity == "answer" else {**encode_row(entity, row), "id": row_id}
            listed.append([entity, row_id, hashlib.sha256(_canonical(plain)).hexdigest()])
    listed.sort()
    media = sorted([one["id"], one["sha256"], one["size"]] for one in attachments)
    seal = hashlib.sha256(_canonical({"media": media, "rows": listed})).hexdigest()
    return seal == manifest.get("sha256")


def _answer(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "comment": row["comment"],
        "id": row["id"],
        "question": row["question"],
        "repeat": row["repeat"],
        "state": row["state"],
        "value": row["value"],
    }
