"""Where files lie: named by the SHA-256 of their bytes, written once, never changed.

A part of an upload is synced to disk before its length is told to anyone, and a whole file is renamed into
place: after a power cut a file is there with all its bytes or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Protocol

from shared_models.problems import Code, Problem

CHUNK = 1024 * 1024


class Blobs(Protocol):
    """Finished files and parts of uploads; a folder today, an object store by URL when one is needed."""

    def has(self, sha256: str) -> bool:
        """Whether this file is here whole."""
        ...

    def size(self, sha256: str) -> int:
        """Its length in bytes; KeyError if it is not here."""
        ...

    def read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes from ``start`` up to, not including, ``end``."""
        ...

    def remove(self, sha256: str) -> None:
        """Remove a file; one that is not here is fine."""
        ...

    def part_size(self, upload_id: str) -> int:
        """How many bytes of an upload are safely here."""
        ...

    def append(self, upload_id: str, offset: int, data: bytes) -> int:
        """Write at ``offset``, durably; the length afterwards.

        UPLOAD_OFFSET where the upload does not end there: another request, in this process or in another one,
        has gone on with it meanwhile.
        """
        ...

    def part_hash(self, upload_id: str) -> str:
        """SHA-256 of what has come so far."""
        ...

    def finish(self, upload_id: str, sha256: str) -> None:
        """Turn an upload into the file of this name."""
        ...

    def drop(self, upload_id: str) -> None:
        """Throw an upload away."""
        ...


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _alone(file: FileIO) -> Generator[None]:
    """Nobody else writes to this file meanwhile, in whatever process.

    The lock is the system's: it is held for one piece and not for a whole request, which may take minutes on
    a slow line, and it ends with its process. Without one (Windows) there is one server process.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    fcntl.flock(file.fileno(), fcntl.LOCK_EX)  # given back with the file
    yield


class FolderBlobs:
    """Files in a folder: ``ab/cd/<sha256>``, uploads under ``parts/``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / "parts"

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _part(self, upload_id: str) -> Path:
        return self._parts / upload_id

    def has(self, sha256: str) -> bool:
        """Whether this file is here whole."""
        return self._path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Its length in bytes; KeyError if it is not here."""
        try:
            return self._path(sha256).stat().st_size
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes from ``start`` up to, not including, ``end``."""
        with self._path(sha256).open("rb") as file:
            file.seek(start)
            left = end - start
            while left > 0:
                data = file.read(min(CHUNK, left))
                if not data:
                    return
                left -= len(data)
                yield data

    def remove(self, sha256: str) -> None:
        """Remove a file; one that is not here is fine."""
        self._path(sha256).unlink(missing_ok=True)

    def part_size(self, upload_id: str) -> int:
        """How many bytes of an upload are safely here."""
        try:
            return self._part(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, upload_id: str, offset: int, data: bytes) -> int:
        """Write at ``offset``, durably; the length afterwards.

        UPLOAD_OFFSET where the upload does not end there: another request, in this process or in another one,
        has gone on with it meanwhile.
        """
        self._parts.mkdir(parents=True, exist_ok=True)
        try:
            with open(self._part(upload_id), "ab", buffering=0, opener=_private) as file, _alone(file):
                before = os.fstat(file.fileno()).st_size
                if before != offset:
                    raise Problem(Code.UPLOAD_OFFSET, {"offset": before})
                try:
                    left = memoryview(data)
                    while left:
                        left = left[file.write(left) :]
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(offset)  # half a piece is no piece
                    raise
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise Problem(Code.SERVER_FULL) from error
            raise
        return offset + len(data)

    def part_hash(self, upload_id: str) -> str:
        """SHA-256 of what has come so far."""
        digest = hashlib.sha256()
        try:
            with self._part(upload_id).open("rb") as file:
                while data := file.read(CHUNK):
                    digest.update(data)
        except FileNotFoundError:
            pass
        return digest.hexdigest()

    def finish(self, upload_id: str, sha256: str) -> None:
        """Turn an upload into the file of this name."""
        target = self._path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = self._part(upload_id)
        if not part.exists():
            self.append(upload_id, 0, b"")
        part.replace(target)
        for folder in (target.parent, self._parts):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def drop(self, upload_id: str) -> None:
        """Throw an upload away."""
        self._part(upload_id).unlink(missing_ok=True)
