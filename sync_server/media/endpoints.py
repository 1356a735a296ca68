"""Routes of media: tus 1.0 uploads, receipts, reading back.

tus 1.0.0 with creation, creation-with-upload, checksum, expiration and termination (https://tus.io). Our own:
the kept Python servers lack the checksum extension and do not sync to disk before they acknowledge.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC
from email.utils import format_datetime
from weakref import WeakValueDictionary

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from shared_models.clock import to_text
from shared_models.problems import Code, Place, Problem
from sync_server.media import repository, service
from sync_server.people.scope import resolve
from sync_server.people.session import Caller, SignedIn
from sync_server.problems import may_fail
from sync_server.retention.service import is_retired

router = APIRouter(prefix="/media", tags=["media"])

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
OFFSET_TYPE = "application/offset+octet-stream"
_PIECE = 1024 * 1024
_SIGNED = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED)
_UPLOAD = _SIGNED | may_fail(Code.NOT_FOUND, Code.UPLOAD_EXPIRED, Code.INVALID_REQUEST, Code.UPLOAD_VERSION)
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class Receipts(BaseModel):
    """Files to ask about, by SHA-256."""

    sha256: list[str] = Field(max_length=1000)


class Stored(BaseModel):
    """When the files that are here were stored (ISO 8601 UTC); the others are left out."""

    stored: dict[str, str]


def _answer(
    status: int, more: dict[str, str] | None = None, upload: service.Upload | None = None
) -> Response:
    headers = {"Tus-Resumable": VERSION, "Cache-Control": "no-store", **(more or {})}
    if upload is not None:
        headers["Upload-Expires"] = format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
    return Response(status_code=status, headers=headers)


def _need_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem(Code.UPLOAD_VERSION, {"version": VERSION})


def _whole(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not re.fullmatch(r"\d{1,18}", text):
        raise Problem(Code.INVALID_REQUEST, {}, [Place(name, "a whole number")])
    return int(text)


@router.options("", status_code=204)
def abilities(request: Request) -> Response:
    """What this tus server can do."""
    return _answer(
        204,
        {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(service.ALGORITHMS),
            "Tus-Max-Size": str(request.app.state.settings.max_upload_bytes),
        },
    )


@router.post("", status_code=201, responses=_UPLOAD | may_fail(Code.TOO_LARGE, Code.UPLOAD_CHECKSUM))
async def create(request: Request, who: Caller) -> Response:
    """Begin an upload (Upload-Length, Upload-Metadata: sha256, mime); the body may carry the first bytes.

    ``Upload-Offset`` of the answer tells how much is here: all of it for a file that is stored already.
    """
    _need_version(request)
    state, now = request.app.state, request.app.state.now()
    size = _whole(request, "Upload-Length")
    if size > state.settings.max_upload_bytes:
        raise Problem(Code.TOO_LARGE, {"limit": state.settings.max_upload_bytes})
    metadata = service.parse_metadata(request.headers.get("upload-metadata", ""))

    def begin() -> service.Upload:
        with state.db.write(journal=False) as session:
            service.sweep(session, state.blobs, now)
            return service.begin(
                session,
                state.blobs,
                person_id=who.person_id,
                metadata=metadata,
                size=size,
                now=now,
                days=state.settings.upload_days,
            )

    upload = await run_in_threadpool(begin)
    offset = upload.offset
    if request.headers.get("content-type") == OFFSET_TYPE and offset < size:
        offset = await _receive(request, who, upload)
    elif size == 0:
        await _finish(request, who, upload)
    where = f"{request.scope.get('root_path', '')}{request.url.path.rstrip('/')}/{upload.id}"
    return _answer(201, {"Location": where, "Upload-Offset": str(offset)}, upload)


@router.head("/{upload_id}", responses=_UPLOAD)
def standing(upload_id: str, request: Request, who: Caller) -> Response:
    """How far an upload has come."""
    _need_version(request)
    upload = _find(request, who, upload_id)
    lengths = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
    return _answer(200, lengths, upload)


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses=_UPLOAD
    | may_fail(Code.UPLOAD_OFFSET, Code.UPLOAD_TYPE, Code.UPLOAD_CHECKSUM, Code.MEDIA_HASH_MISMATCH),
)
async def go_on(upload_id: str, request: Request, who: Caller) -> Response:
    """Append bytes at Upload-Offset. With Upload-Checksum the chunk counts whole or not at all."""
    _need_version(request)
    if request.headers.get("content-type") != OFFSET_TYPE:
        raise Problem(Code.UPLOAD_TYPE, {"type": OFFSET_TYPE})
    offset = _whole(request, "Upload-Offset")
    lock = _locks.setdefault(upload_id, asyncio.Lock())
    async with lock:
        upload = await run_in_threadpool(_find, request, who, upload_id)
        if upload.offset != offset:
            raise Problem(Code.UPLOAD_OFFSET, {"offset": upload.offset})
        offset = await _receive(request, who, upload)
    return _answer(204, {"Upload-Offset": str(offset)}, upload)


@router.delete("/{upload_id}", status_code=204, responses=_UPLOAD)
def give_up(upload_id: str, request: Request, who: Caller) -> Response:
    """Throw an unfinished upload away."""
    _need_version(request)
    _find(request, who, upload_id)
    with request.app.state.db.write(journal=False) as session:
        request.app.state.blobs.drop(upload_id)
        repository.forget_upload(session, upload_id)
    return _answer(204)


@router.post("/receipts", responses=_SIGNED)
def receipts(body: Receipts, request: Request, who: Caller) -> Stored:
    """Which of these files are durably here, and since when."""
    with request.app.state.db.read() as session:
        found = repository.receipts(session, body.sha256)
    return Stored(stored={sha256: to_text(at) for sha256, at in found.items()})


@router.get("/blob/{sha256}", responses=_SIGNED | may_fail(Code.NOT_FOUND, Code.MEDIA_RETIRED))
def read_back(sha256: str, request: Request, who: Caller) -> Response:
    """A file that an attachment in the caller's scope names; ``Range: bytes=a-b`` gives a part."""
    state = request.app.state
    with state.db.read() as session:
        line = repository.blob(session, sha256)
        may = repository.may_read(session, resolve(session, who.access), sha256)
        allowed, retired = line is not None and may, line is None and may and is_retired(session, sha256)
    if retired:
        raise Problem(Code.MEDIA_RETIRED)
    if line is None or not allowed or not state.blobs.has(sha256):
        raise Problem(Code.NOT_FOUND, {"what": "file"})
    size = int(line["size"])
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline" if line["mime"] in _SHOWN else "attachment",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    part = _range(request.headers.get("range", ""), size)
    if part == ():
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = state.blobs.read(sha256, start, end)
    return StreamingResponse(body, 206 if part else 200, headers, media_type=line["mime"])


_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "audio/mpeg", "audio/mp4", "audio/webm"})
"""Kinds that a browser may show; anything else is only saved, so that no page can be smuggled in."""


def _range(header: str, size: int) -> tuple[int, int] | tuple[()] | None:
    """(start, end) of a single byte range; () if it cannot be met, None if there is none that we read."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
    return (start, end) if start < end else ()


def _find(request: Request, who: SignedIn, upload_id: str) -> service.Upload:
    state = request.app.state
    with state.db.read() as session:
        return service.find(session, state.blobs, upload_id, person_id=who.person_id, now=state.now())


async def _receive(request: Request, who: SignedIn, upload: service.Upload) -> int:
    """Take a body: in pieces without checksum (a cut keeps what came), whole with one; the new offset."""
    blobs = request.app.state.blobs
    offset, held = upload.offset, bytearray()
    checksum = request.headers.get("upload-checksum")
    try:
        async for chunk in request.stream():
            held += chunk
            if offset + len(held) > upload.size:
                raise Problem(Code.TOO_LARGE, {"limit": upload.size})
            if checksum is None and len(held) >= _PIECE:
                offset = await run_in_threadpool(blobs.append, upload.id, offset, bytes(held))
                held.clear()
    finally:
        # the connection may be gone: what has come is kept all the same
        if checksum is None and held and offset + len(held) <= upload.size:
            offset = blobs.append(upload.id, offset, bytes(held))
            held.clear()
    if checksum is not None:
        data = bytes(held)
        service.check_sum(checksum, data)
        offset = await run_in_threadpool(blobs.append, upload.id, offset, data)
    if offset == upload.size > upload.offset:
        await _finish(request, who, upload)
    return offset


async def _finish(request: Request, who: SignedIn, upload: service.Upload) -> None:
    state = request.app.state

    def work() -> None:
        if state.blobs.part_hash(upload.id) != upload.sha256:
            state.blobs.drop(upload.id)
            raise Problem(Code.MEDIA_HASH_MISMATCH, {"sha256": upload.sha256})
        with state.db.write() as session:
            service.complete(session, state.blobs, upload, person_id=who.person_id, now=state.now())

    await run_in_threadpool(work)
