"""Routes of sync: push, pull, digests, history of a row, refused ops."""

from __future__ import annotations

import gzip
from asyncio import wrap_future
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from shared_models.clock import to_text
from shared_models.problems import Code, Problem
from shared_models.sync.wire import (
    AGAIN,
    PULL_LIMIT,
    DigestRequest,
    DigestResponse,
    OpResult,
    PullResponse,
    PushResponse,
)
from sync_server.people.session import Caller, Knock, knock, knock_of
from sync_server.problems import may_fail
from sync_server.sync import requeue as requeueing
from sync_server.sync.body import read_body
from sync_server.sync.epoch import AHEAD, RECOVERY, Standing, same_epoch, same_epoch_of
from sync_server.sync.judging import Patience
from sync_server.sync.pull import differing, pull, remember_scope
from sync_server.sync.reading import Envelope, Reading, read_envelope, read_ops
from sync_server.sync.schemas import HeldOp, LostValue, Requeue
from sync_server.sync.together import Sent

router = APIRouter(prefix="/sync", tags=["sync"])
Epoch = Annotated[Standing, Depends(same_epoch)]
"""The server's epoch; a request that names another one is answered SERVER_RESTORED."""
_SIGNED = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED)
_SYNCED = _SIGNED | may_fail(Code.SERVER_RESTORED)
_COMPRESS_FROM = 2000
_READ_ASIDE_FROM = 256_000
"""Bytes of a push from which on it is read beside the event loop."""


@router.post(
    "/push",
    response_model=PushResponse,
    responses=may_fail(Code.SIGNED_OUT, Code.TOO_LARGE, Code.INVALID_REQUEST, Code.SERVER_RESTORED),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PushRequest"}}},
        }
    },
)
async def push_ops(
    request: Request,
    who: Annotated[Knock, Depends(knock)],
    standing: Epoch,
    again: Annotated[str, Header(alias=AGAIN)] = "",
) -> Response:
    """Take ops of one device, at most 500, in rising ``seq``; plain JSON or gzip.

    200 also where ops were refused: each result says what became of its op, and the same ops pushed again get
    the same answer. A revoked account may push; its ops go into quarantine.
    """
    return await _take(request, who, standing, again)


async def _push_quickly(request: Request) -> Response:
    who, standing = await knock_of(request), await same_epoch_of(request)
    return await _take(request, who, standing, request.headers.get(AGAIN, ""))


def quick_routes(prefix: str) -> list[Route]:
    """The way of pushes past the machinery that reads parameters; to stand before all other routes.

    What is documented, and what refuses other methods, is :func:`push_ops`.
    """
    return [Route(f"{prefix}{router.prefix}/push", _push_quickly, methods=["POST"], include_in_schema=False)]


async def _take(request: Request, who: Knock, standing: Standing, again: str) -> Response:
    state = request.app.state
    with state.bodies.space() as take:
        data = await read_body(request, state.settings.max_push_bytes, take)
        if len(data) < _READ_ASIDE_FROM:
            envelope, reading = _read(data)
        else:
            envelope, reading = await run_in_threadpool(_read, data)
        now = state.now()
        sent = Sent(who, envelope, reading, now, _patience(standing, now) if again else Patience())
        results = await wrap_future(state.pushes.enter(sent))
    skew = round((sent.sent_at - now).total_seconds() * 1000)
    answer = {"results": results, "server_time": to_text(now), "skew_ms": skew}
    return Response(msgspec.json.encode(answer), media_type="application/json", headers=standing.headers())


def _patience(standing: Standing, now: datetime) -> Patience:
    """How long after a restore ops wait that were in before."""
    return Patience(refused=standing.within(RECOVERY, now), ahead=standing.within(AHEAD, now))


def _read(data: bytes) -> tuple[Envelope, Reading]:
    envelope = read_envelope(data)
    return envelope, read_ops(envelope.ops, envelope.device_id, envelope.epoch)


@router.get("/pull", response_model=PullResponse, responses=_SYNCED | may_fail(Code.CLIENT_TOO_OLD))
def pull_rows(
    request: Request,
    who: Caller,
    standing: Epoch,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=PULL_LIMIT)] = PULL_LIMIT,
) -> Response:
    """A page of what is new in the caller's scope since the cursor, in commit order."""
    state = request.app.state
    if _older(who.client, state.settings.min_client):
        raise Problem(Code.CLIENT_TOO_OLD, {"client": who.client, "needed": state.settings.min_client})
    now = state.now()
    with state.db.read() as session:
        page = pull(session, who.access, cursor, limit, now)
    if page.scope is not None:
        with state.db.write(journal=False) as session:
            remember_scope(session, page.scope, now)
    return _json(page.response, request, standing.headers())


@router.post("/digests", response_model=DigestResponse, responses=_SYNCED)
def compare_digests(body: DigestRequest, request: Request, who: Caller, standing: Epoch) -> Response:
    """Compare digests of aggregates; those that differ come back whole."""
    with request.app.state.db.read() as session:
        return _json(differing(session, who.access, body.digests), request, standing.headers())


@router.get("/history/{entity}/{row_id}", responses=_SIGNED | may_fail(Code.NOT_FOUND))
def history(entity: str, row_id: str, request: Request, who: Caller) -> list[LostValue]:
    """Values of a row of the caller's scope that lost against a concurrent change, oldest first."""
    with request.app.state.db.read() as session:
        return requeueing.history(session, who.access, entity, row_id)


@router.get("/held", responses=_SIGNED)
def held(request: Request, who: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[HeldOp]:
    """Refused ops that are kept whole, newest first: the caller's own; headquarters sees everybody's."""
    with request.app.state.db.read() as session:
        return requeueing.held(session, who.access, limit)


@router.post("/held/requeue", responses=_SIGNED | may_fail(Code.NOT_ALLOWED, Code.NOT_FOUND))
def requeue(body: Requeue, request: Request, who: Caller) -> list[OpResult]:
    """Judge refused ops anew (headquarters: anybody's); a device learns the outcome when it asks again."""
    state = request.app.state
    with state.db.write() as session:
        return requeueing.requeue(session, who.access, body.op_ids, now=state.now(), language=who.language)


def _older(client: str, least: str) -> bool:
    """Whether a build is older than the least one (dotted numbers; a name without number passes)."""

    def parts(text: str) -> list[int]:
        return [int(part) for part in text.split("-")[0].split(".") if part.isdigit()]

    return bool(least) and bool(parts(client)) and parts(client) < parts(least)


def _json(message: BaseModel, request: Request, more: Mapping[str, str]) -> Response:
    """JSON, compressed where it is long and the caller takes gzip."""
    data = msgspec.json.encode(message.model_dump())
    headers = {"Vary": "Accept-Encoding", **more}
    if len(data) >= _COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        data = gzip.compress(data, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(data, media_type="application/json", headers=headers)
