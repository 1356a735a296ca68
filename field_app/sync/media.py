"""Files up: a queue of its own after the records, tus 1.0 with adaptive chunks, resumed by asking the server.

A file that cannot be sent holds back only itself: it moves behind the others, and after REFUSALS refusals it
is poisoned, kept, and shown. The local bytes go only after the server's stored receipt and the grace.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from field_app.store import Store, media
from field_app.store.store import count_up
from field_app.sync.api import BASE, Api, Unreachable
from field_app.sync.status import SyncReport
from shared_models.clock import to_text
from shared_models.problems import Code, Problem

SMALLEST_CHUNK = 32 * 1024
FIRST_CHUNK = 256 * 1024
LARGEST_CHUNK = 4 * 1024 * 1024
QUICK_SECONDS = 2.0
"""A chunk that took no longer lets the next one be twice as large."""
REFUSALS = 5
RECEIPTS_AT_ONCE = 500
LOST_AFTER = 3
"""Runs without a receipt after which a file that was sent whole is sent again."""
_WAIT = timedelta(seconds=30)

_NOBODY = frozenset(
    {
        Code.SIGNED_OUT,
        Code.ACCOUNT_REVOKED,
        Code.OVERLOADED,
        Code.TOO_MANY_ATTEMPTS,
        Code.SERVER_FULL,
    }
)
"""Problems that are not about the file: the phase ends, no file is blamed."""
_TUS = {"Tus-Resumable": "1.0.0"}


class MediaQueue:
    """Sends the files of one account."""

    def __init__(self, store: Store, api: Api, person_id: str) -> None:
        self._store = store
        self._api = api
        self._person = person_id
        self.chunk = FIRST_CHUNK
        """Size of the next chunk in bytes: it grows on a quick link and shrinks when one is cut."""

    async def send_all(self, report: SyncReport, tell: Callable[[], None]) -> None:
        """Send every file that is due. Two files in a row without an answer end the phase."""
        files = self._due()
        if not files:
            return
        known = await self._receipts([file.sha256 for file in files], report)
        cuts = 0
        for file in files:
            if file.sha256 in known:
                continue
            try:
                await self._send(file, report)
                cuts = 0
            except Unreachable as problem:
                self._later(file, problem)
                cuts += 1
                if cuts > 1:
                    raise
            except Problem as problem:
                if problem.code in _NOBODY:
                    raise
                self._refused(file, problem)
            await self._store.durable()
            tell()

    def _due(self) -> list[Any]:
        with self._store.read() as connection:
            return list(media.due(connection, self._store.context.now()))

    def _change(self, sha256: str, **values: Any) -> None:
        with self._store.write() as connection:
            media.change(connection, sha256, **values)

    def _later(self, file: Any, problem: Problem, refusals: int | None = None) -> None:
        told = _refusals(file) if refusals is None else refusals
        wait = (
            timedelta() if not file.attempts else min(_WAIT * 2 ** min(file.attempts, 10), media.LONGEST_WAIT)
        )
        self._change(
            file.sha256,
            attempts=file.attempts + 1,
            next_try=to_text(self._store.context.now() + wait),
            problem={**problem.to_json(self._api.language), "refusals": told},
        )

    def _refused(self, file: Any, problem: Problem) -> None:
        refusals = _refusals(file) + 1
        if refusals < REFUSALS:
            self._later(file, problem, refusals)
            return
        self._change(
            file.sha256,
            attempts=file.attempts + 1,
            state=media.POISONED,
            problem=problem.to_json(self._api.language),
        )

    # -- one file ------------------------------------------------------------------------------------------

    async def _send(self, file: Any, report: SyncReport) -> None:
        data = await self._store.blobs.get(file.sha256)
        if data is None or hashlib.sha256(data).hexdigest() != file.sha256:
            # nothing that is sent could ever match the sealed manifest: say so, keep what there is
            problem = Problem(Code.MEDIA_HASH_MISMATCH, {"sha256": file.sha256})
            self._change(file.sha256, state=media.POISONED, problem=problem.to_json(self._api.language))
            return
        url, offset = await self._resume(file)
        if not url:
            url, offset = await self._create(file)
        stalls = 0
        while offset < len(data):
            after = await self._patch(url, data, offset, report)
            stalls = 0 if after > offset else stalls + 1
            if stalls > REFUSALS:
                raise Problem(Code.UPLOAD_OFFSET, {"offset": offset})
            offset = after
        self._change(file.sha256, state=media.SENT, attempts=0, next_try="", problem=None)
        report.files_sent += 1

    async def _resume(self, file: Any) -> tuple[str, int]:
        """Where an upload begun earlier stands; ("", 0) if there is none (any more), or if it is not told to
        us: a new one is asked for then, and that answer has a body that says why."""
        if not file.upload_url:
            return "", 0
        try:
            response = await self._api.call("HEAD", file.upload_url, headers=_TUS)
            return file.upload_url, int(response.headers["Upload-Offset"])
        except (Problem, KeyError, ValueError) as problem:
            if isinstance(problem, Unreachable):
                raise
            if isinstance(problem, Problem) and problem.code in _NOBODY:
                return "", 0
            self._change(file.sha256, upload_url="")
            return "", 0

    async def _create(self, file: Any) -> tuple[str, int]:
        """Begin an upload; where it stands already (a server that knows the file wants nothing of it)."""
        described = {"sha256": file.sha256, "mime": file.mime}
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in described.items())
        headers = {**_TUS, "Upload-Length": str(file.size), "Upload-Metadata": metadata}
        response = await self._api.call("POST", "/media", content=b"", headers=headers)
        path = urlsplit(response.headers.get("Location", "")).path
        if not path:
            raise Unreachable(Code.SERVER_UNREACHABLE, {"server": self._api.server})
        url = path[path.index(BASE) + len(BASE) :] if BASE in path else path
        self._change(file.sha256, upload_url=url)
        await self._store.durable()
        return url, int(response.headers.get("Upload-Offset", 0))

    async def _patch(self, url: str, data: bytes, offset: int, report: SyncReport) -> int:
        """Send one chunk; the offset the server has afterwards."""
        chunk = data[offset : offset + self.chunk]
        digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": f"sha256 {digest}",
        }
        begun = self._store.context.now()
        report.bytes_sent += len(chunk)
        try:
            response = await self._api.call("PATCH", url, content=chunk, headers=headers)
        except Unreachable:
            self.chunk = max(SMALLEST_CHUNK, self.chunk // 2)
            raise
        except Problem as problem:
            if problem.code is Code.UPLOAD_CHECKSUM:  # bytes changed on the way: a smaller piece, again
                self.chunk = max(SMALLEST_CHUNK, self.chunk // 2)
                return offset
            if problem.code is Code.UPLOAD_OFFSET:  # an answer was lost: the server knows better
                response = await self._api.call("HEAD", url, headers=_TUS)
                return int(response.headers.get("Upload-Offset", offset))
            if problem.code in (Code.UPLOAD_EXPIRED, Code.NOT_FOUND, Code.MEDIA_HASH_MISMATCH):
                self._forget(url)
            raise
        if (self._store.context.now() - begun).total_seconds() <= QUICK_SECONDS:
            self.chunk = min(LARGEST_CHUNK, self.chunk * 2)
        return int(response.headers.get("Upload-Offset", offset + len(chunk)))

    def _forget(self, url: str) -> None:
        with self._store.write() as connection:
            table = media.media_file
            connection.execute(table.update().where(table.c.upload_url == url).values(upload_url=""))

    # -- receipts ------------------------------------------------------------------------------------------

    async def take_receipts(self, report: SyncReport) -> None:
        """Ask for the receipts of files that were sent whole; one that stays away is sent again."""
        with self._store.read() as connection:
            waiting = media.without_receipt(connection)
        if not waiting:
            return
        known = await self._receipts(waiting, report)
        missing = [sha256 for sha256 in waiting if sha256 not in known]
        if not missing:
            return
        with self._store.write() as connection:
            media.count_missing(connection, missing, LOST_AFTER)
        await self._store.durable()

    async def _receipts(self, hashes: list[str], report: SyncReport) -> set[str]:
        """Ask the server which of these files it has stored, and note it."""
        known: set[str] = set()
        for start in range(0, len(hashes), RECEIPTS_AT_ONCE):
            part = hashes[start : start + RECEIPTS_AT_ONCE]
            answer = await self._api.post("/media/receipts", {"sha256": part})
            stored = {k: v for k, v in answer.get("stored", {}).items() if k in part and v}
            with self._store.write() as connection:
                new = media.take_receipts(connection, stored)
                if new:
                    count_up(connection, files_stored=new)
            report.receipts += new
            known |= stored.keys()
        if known:
            await self._store.durable()
        return known

    async def clear_out_of_grace(self) -> None:
        """Remove local copies whose receipt is older than the grace, by the server's clock."""
        state = self._store.state()
        server_now = self._store.context.now() - timedelta(milliseconds=state["skew_ms"])
        with self._store.read() as connection:
            hashes = media.out_of_grace(connection, server_now, state["safe_until"])
        for sha256 in hashes:
            self._change(sha256, state=media.GONE)
            await self._store.durable()
            await self._store.blobs.delete(sha256)

    async def try_again(self) -> None:
        """Queue poisoned files once more (the person asked for it)."""
        with self._store.write() as connection:
            media.try_again(connection)
        await self._store.durable()


def _refusals(file: Any) -> int:
    """How often the server refused this file; a cut line is no refusal, and is not counted as one."""
    return int((file.problem or {}).get("refusals", 0))
