"""The sealed manifest of a visit: every answer and every attachment by hash.

Canonical JSON (sorted keys, no spaces, UTF-8) of each row without id-independent server fields is hashed with
SHA-256; the manifest lists the hashes and its own hash seals the list. The server calls a visit complete only
when everything on the list has arrived with the same hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared_models.problems import Code, Place, Problem

_ANSWER_FIELDS = ("question", "repeat", "state", "value", "comment")
_SEALED = ("answer", "test_drive", "test_drive_event")


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(data: Any) -> bytes:
    """Canonical JSON bytes of plain data."""
    return _encode(data).encode()


def _hash(data: Any) -> str:
    return hashlib.sha256(canonical(data)).hexdigest()


def row_hash(entity: str, row_id: str, fields: Mapping[str, Any]) -> str:
    """Hash of one sealed row from its plain fields (see shared_models.sync.codec.encode_row)."""
    names = _ANSWER_FIELDS if entity == "answer" else tuple(sorted(fields))
    return _hash({"id": row_id, **{name: fields.get(name) for name in names}})


def build_manifest(
    rows: Iterable[tuple[str, str, Mapping[str, Any]]], attachments: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of a visit.

    ``rows`` are (entity, row id, plain fields) of its answers and test drive; ``attachments`` plain fields of
    the living attachments with their ``id``.
    """
    listed = sorted(
        [entity, row_id, row_hash(entity, row_id, fields)]
        for entity, row_id, fields in rows
        if entity in _SEALED
    )
    media = sorted([a["id"], a["sha256"], a["size"]] for a in attachments if not a.get("removed"))
    body = {"rows": listed, "media": media}
    return {**body, "sha256": _hash(body)}


def verify_manifest(
    manifest: Mapping[str, Any],
    rows: Iterable[tuple[str, str, Mapping[str, Any]]],
    attachments: Iterable[Mapping[str, Any]],
) -> None:
    """Raise MANIFEST_MISMATCH naming what differs between a manifest and the rows that arrived."""
    actual = build_manifest(rows, attachments)
    if actual["sha256"] == manifest.get("sha256"):
        return
    places: list[Place] = []
    for part in ("rows", "media"):
        wanted = {str(one[-3 if part == "media" else 1]): list(one) for one in manifest.get(part, [])}
        got = {str(one[-3 if part == "media" else 1]): list(one) for one in actual[part]}
        places += [Place(f"{part}.{key}", "missing") for key in wanted.keys() - got.keys()]
        places += [Place(f"{part}.{key}", "not listed") for key in got.keys() - wanted.keys()]
        places += [Place(f"{part}.{k}", "differs") for k in wanted.keys() & got.keys() if wanted[k] != got[k]]
    raise Problem(Code.MANIFEST_MISMATCH, {"count": len(places)}, sorted(places, key=lambda p: p.at)[:50])
