"""A server in memory that follows shared_models/sync/wire.py, for tests of the device alone.

It merges field by field (last writer by clock stamp), keeps outcomes by op id, speaks tus, and refuses what a
test tells it to refuse. It checks no permissions: the real server is used in tests/sync.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from shared_models.sync.codec import encode_fields
from shared_models.sync.digest import aggregate_digest
from shared_models.sync.registry import ENTITIES
from shared_models.sync.wire import (
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
from tests.factories.device import Clock

TOP = "/api/v1"
Key = tuple[str, str]


@dataclass
class Upload:
    """A tus upload under way."""

    sha256: str
    size: int
    data: bytes = b""


@dataclass
class FakeServer(httpx.AsyncBaseTransport):
    """One account's server."""

    clock: Clock
    page_size: int = 50
    seq: int = 0
    rows: dict[Key, RowChange] = field(default_factory=dict)
    journal: dict[Key, int] = field(default_factory=dict)
    stamps: dict[tuple[Key, str], str] = field(default_factory=dict)
    outcomes: dict[str, OpResult] = field(default_factory=dict)
    numbers: dict[tuple[str, str, int], str] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    bytes_in: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    refuse: Callable[[Op], tuple[Outcome, Code] | None] = lambda op: None
    fail: Callable[[httpx.Request], Problem | None] = lambda request: None
    cursor_gone: bool = False

    def put(self, *changes: RowChange) -> None:
        """Rows the server has of its own."""
        for one in changes:
            key = one.entity, one.row_id
            self.seq += 1
            version = self.rows[key].version + 1 if key in self.rows else one.version
            self.rows[key] = one.model_copy(update={"version": version})
            self.journal[key] = self.seq

    # -- transport -----------------------------------------------------------------------------------------

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path = request.url.path.removeprefix(TOP)
        self.requests.append((request.method, path))
        problem = self.fail(request)
        if problem is not None:
            return self._problem(problem)
        try:
            return self._route(request, path, body)
        except Problem as caught:
            return self._problem(caught)

    @staticmethod
    def _problem(problem: Problem) -> httpx.Response:
        headers = {"Content-Type": "application/problem+json"}
        return httpx.Response(problem.status, headers=headers, content=json.dumps(problem.to_json("en")))

    def _route(self, request: httpx.Request, path: str, body: bytes) -> httpx.Response:
        match request.method, path:
            case "POST", "/session":
                asked = json.loads(body)
                if asked["password"] != "right":
                    raise Problem(Code.SIGN_IN_FAILED)
                grant = {"role": "shopper", "scope_kind": "company", "scope_id": ""}
                person = {"id": f"person-{asked['login']}", "name": asked["login"], "language": "en"}
                return self._json({"token": "t", "person": person, "grants": [grant], "expires_at": ""})
            case "DELETE", "/session":
                return httpx.Response(204)
            case "POST", "/sync/push":
                return self._json(self._push(PushRequest.model_validate_json(body)))
            case "GET", "/sync/pull":
                return self._json(self._pull(request.url.params.get("cursor") or ""))
            case "POST", "/sync/digests":
                return self._json(self._digests(DigestRequest.model_validate_json(body)))
            case "POST", "/media/receipts":
                asked = json.loads(body)["sha256"]
                stored = {one: to_text(self.clock()) for one in asked if one in self.blobs}
                return self._json({"stored": stored})
            case "POST", "/media":
                return self._create(request)
            case (("HEAD" | "PATCH"), _) if path.startswith("/media/"):
                return self._upload(request, path.removeprefix("/media/"), body)
            case _:
                raise Problem(Code.NOT_FOUND, {"what": path})

    @staticmethod
    def _json(data: Any) -> httpx.Response:
        plain = data if isinstance(data, dict) else data.model_dump(mode="json")
        return httpx.Response(200, json=plain)

    # -- sync ----------------------------------------------------------------------------------------------

    def _push(self, push: PushRequest) -> PushResponse:
        assert [op.seq for op in push.ops] == sorted({op.seq for op in push.ops})
        results = [self._take(op) for op in push.ops]
        return PushResponse(results=results, server_time=to_text(self.clock()))

    def _take(self, op: Op) -> OpResult:
        if op.op_id in self.outcomes:
            kept = self.outcomes[op.op_id]
            if kept.outcome is not Outcome.WAITING_PARENT:
                return kept
        number = op.device_id, op.epoch, op.seq
        if self.numbers.setdefault(number, op.op_id) != op.op_id:
            return self._result(op, Outcome.REJECTED, Code.SEQUENCE_REUSED)
        refusal = self.refuse(op)
        if refusal is None and self._parent_missing(op):
            refusal = Outcome.WAITING_PARENT, Code.WAITING_PARENT
        result = self._result(op, *refusal) if refusal else self._apply(op)
        self.outcomes[op.op_id] = result
        return result

    def _result(self, op: Op, outcome: Outcome, code: Code) -> OpResult:
        return OpResult(op_id=op.op_id, seq=op.seq, outcome=outcome, problem=Problem(code).to_json("en"))

    def _parent_missing(self, op: Op) -> bool:
        if op.kind is not OpKind.CREATE:
            return (op.entity, op.row_id) not in self.rows
        parents = [p for p in ENTITIES[op.entity].parents if p[1] in ("visit", "plan", "plan_item", "action")]
        return any(op.fields.get(c) and (name, op.fields[c]) not in self.rows for c, name in parents)

    def _apply(self, op: Op) -> OpResult:
        key = op.entity, op.row_id
        self.applied.append(op.op_id)
        old = self.rows.get(key)
        fields = dict(old.fields or {}) if old else {}
        lost = False
        given = dict(op.fields)
        if op.kind is OpKind.TRANSITION:
            action = given.pop("action")
            given["status"] = {"submit": "submitted", "start": "started", "finish": "done"}[action]
        elif old is None:
            fields = encode_fields(op.entity, {"status": "draft"}) if op.entity == "visit" else {}
        for name, value in given.items():
            if op.hlc < self.stamps.get((key, name), ""):
                lost = True
                continue
            self.stamps[key, name] = op.hlc
            fields[name] = value
        version = old.version + 1 if old else 1
        deleted = op.kind is OpKind.DELETE
        self.seq += 1
        self.rows[key] = RowChange(
            entity=op.entity,
            row_id=op.row_id,
            aggregate_id=op.aggregate_id,
            version=version,
            deleted=deleted,
            fields=None if deleted else fields,
        )
        self.journal[key] = self.seq
        outcome = Outcome.MERGED if lost else Outcome.APPLIED
        return OpResult(op_id=op.op_id, seq=op.seq, outcome=outcome, version=version)

    def _pull(self, cursor: str) -> PullResponse:
        if cursor and self.cursor_gone:
            self.cursor_gone = False
            raise Problem(Code.CURSOR_INVALID)
        after = int(cursor or 0)
        news = sorted((seq, key) for key, seq in self.journal.items() if seq > after)
        part = news[: self.page_size]
        return PullResponse(
            cursor=str(part[-1][0] if part else after),
            more=len(news) > len(part),
            server_time=to_text(self.clock()),
            changes=[self.rows[key] for _, key in part],
        )

    def _digests(self, asked: DigestRequest) -> DigestResponse:
        differing: list[str] = []
        for one in asked.digests:
            living = [
                row for row in self.rows.values() if row.aggregate_id == one.aggregate_id and not row.deleted
            ]
            mine = aggregate_digest(one.aggregate_id, [(r.entity, r.row_id, r.version) for r in living])
            if mine.sha256 != one.sha256:
                differing.append(one.aggregate_id)
        changes = [row for row in self.rows.values() if row.aggregate_id in differing]
        return DigestResponse(differing=differing, changes=changes)

    # -- media ---------------------------------------------------------------------------------------------

    def _create(self, request: httpx.Request) -> httpx.Response:
        pairs = dict(part.split(" ") for part in request.headers["Upload-Metadata"].split(","))
        sha256 = base64.b64decode(pairs["sha256"]).decode()
        name = f"u{len(self.uploads) + 1}"
        self.uploads[name] = Upload(sha256, int(request.headers["Upload-Length"]))
        return httpx.Response(201, headers={"Location": f"http://elsewhere{TOP}/media/{name}"})

    def _upload(self, request: httpx.Request, name: str, body: bytes) -> httpx.Response:
        upload = self.uploads.get(name)
        if upload is None:
            raise Problem(Code.NOT_FOUND, {"what": name})
        if request.method == "HEAD":
            return httpx.Response(200, headers={"Upload-Offset": str(len(upload.data))})
        self.bytes_in += len(body)
        if int(request.headers["Upload-Offset"]) != len(upload.data):
            raise Problem(Code.UPLOAD_OFFSET, {"offset": len(upload.data)})
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if request.headers["Upload-Checksum"] != f"sha256 {digest}":
            raise Problem(Code.UPLOAD_CHECKSUM)
        upload.data += body
        if len(upload.data) == upload.size:
            if hashlib.sha256(upload.data).hexdigest() != upload.sha256:
                upload.data = b""
                raise Problem(Code.MEDIA_HASH_MISMATCH, {"sha256": upload.sha256})
            self.blobs[upload.sha256] = upload.data
        return httpx.Response(204, headers={"Upload-Offset": str(len(upload.data))})
