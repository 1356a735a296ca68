"""Bodies of requests: read with a bound, unpacked if they come compressed."""

from __future__ import annotations

import zlib

from starlette.requests import Request

from shared_models.problems import Code, Place, Problem


async def read_body(request: Request, limit: int) -> bytes:
    """The bytes of a body, plain or gzip. TOO_LARGE beyond ``limit`` unpacked, INVALID_REQUEST if broken."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip"}:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("Content-Encoding", encoding)])
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        try:
            part = unpack.decompress(chunk, limit + 1 - size) if unpack else chunk
        except zlib.error:
            raise Problem(Code.INVALID_REQUEST, {}, [Place("body", "not gzip")]) from None
        size += len(part)
        if size > limit or (unpack is not None and unpack.unconsumed_tail):
            raise Problem(Code.TOO_LARGE, {"limit": limit})
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("body", "cut short")])
    return b"".join(parts)
