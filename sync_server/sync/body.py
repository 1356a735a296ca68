"""Bodies of requests: read with a bound, unpacked if they come compressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager

from starlette.requests import Request

from shared_models.problems import Code, Place, Problem


class BodyRoom:
    """Bounds the memory of all bodies that are being read or wait to be written."""

    def __init__(self, limit: int = 256 * 1024 * 1024) -> None:
        self._free = limit

    @contextmanager
    def space(self) -> Generator[Callable[[int], None]]:
        """Inside, what is called takes so many more bytes; OVERLOADED where there is no room for them."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self._free:
                raise Problem(Code.OVERLOADED)
            self._free -= size
            taken += size

        try:
            yield take
        finally:
            self._free += taken


async def read_body(request: Request, limit: int, take: Callable[[int], None]) -> bytes:
    """The bytes of a body, plain or gzip; ``take`` is told of every part.

    TOO_LARGE beyond ``limit`` unpacked, INVALID_REQUEST if broken.
    """
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
        take(len(part))
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise Problem(Code.INVALID_REQUEST, {}, [Place("body", "cut short")])
    return b"".join(parts)
