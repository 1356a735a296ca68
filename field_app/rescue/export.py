"""The rescue file of one account: pending ops, drafts and media in one zip, readable without this program.

The format is written down in docs/sync-protocol.md, section "Rescue"; FORMAT names its version.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from sqlalchemy import select

from field_app.store import Account, Store
from field_app.store.outbox import SET_ASIDE, to_wire
from field_app.store.tables import SYNCED, media_file, outbox_op
from shared_models.clock import to_text
from shared_models.sync.codec import encode_row
from shared_models.sync.registry import ENTITIES

FORMAT = 1
_DRAFT_STATES = ("draft", "returned")


async def rescue_zip(account: Account, store: Store) -> bytes:
    """The zip's bytes. Photos are stored as they are (they do not compress); texts are deflated."""
    ops, drafts, files = _read(store)
    kept: list[dict[str, Any]] = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ops.jsonl", "".join(_line(op) for op in ops))
        archive.writestr("drafts.jsonl", "".join(_line(row) for row in drafts))
        for file in files:
            data = await store.blobs.get(file["sha256"])
            kept.append({**file, "present": data is not None})
            if data is not None:
                archive.writestr(f"media/{file['sha256']}", data, compress_type=zipfile.ZIP_STORED)
        manifest = {
            "format": FORMAT,
            "made_at": to_text(store.context.now()),
            "server": account.server,
            "login": account.login,
            "person_id": account.person_id,
            "device_id": store.device_id,
            "epoch": store.epoch,
            "ops": len(ops),
            "drafts": len(drafts),
            "media": kept,
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return buffer.getvalue()


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _read(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    with store.read() as connection:
        found = connection.execute(select(outbox_op).order_by(outbox_op.c.seq)).all()
        ops = [
            {
                **to_wire(op, store.device_id).model_dump(mode="json"),
                "local": {"state": op.state, "attempts": op.attempts, "problem": op.problem},
            }
            for op in found
        ]
        pending = {op.aggregate_id for op in found if op.state != SET_ASIDE}
        media = connection.execute(select(media_file).where(media_file.c.stored_at == "")).all()
        files = [
            {"sha256": one.sha256, "size": one.size, "mime": one.mime, "state": one.state} for one in media
        ]
    return ops, _drafts(store, pending), files


def _drafts(store: Store, pending: set[str]) -> list[dict[str, Any]]:
    """All rows, as they stand here, of visits and plans that are drafts or have ops."""
    wanted = {
        row["id"]
        for name in ("visit", "plan", "appeal")
        for row in store.by(name)
        if row["status"] in _DRAFT_STATES or row["id"] in pending
    }
    drafts: list[dict[str, Any]] = []
    for name, spec in ENTITIES.items():
        if spec.reference:
            continue
        columns = SYNCED[name].c
        parts = ("visit_id", "plan_id", "appeal_id")
        keys = [columns[c] for c in parts if c in columns] if spec.aggregate_field != "id" else [columns.id]
        for key in keys:
            drafts += [
                {"entity": name, "id": row["id"], "version": row["version"], **encode_row(name, row)}
                for row in store.rows(name, key.in_(sorted(wanted)))
            ]
    return drafts
