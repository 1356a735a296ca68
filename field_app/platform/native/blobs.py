"""Blobs in a folder: one file each, in subfolders by the first two digits of the hash."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from field_app.platform.contract import checked_sha256
from field_app.platform.native.files import write_durably


class FolderBlobs:
    """Keeps `field_app.platform.contract.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, sha256: str) -> Path:
        return self._folder / checked_sha256(sha256)[:2] / sha256

    async def put(self, sha256: str, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != checked_sha256(sha256):
            raise ValueError("the bytes have another hash")
        path = self._path(sha256)
        if not path.is_file():
            await asyncio.to_thread(write_durably, path, data)

    async def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        await self.put(sha256, data)
        return sha256

    async def get(self, sha256: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._path(sha256).read_bytes)
        except FileNotFoundError:
            return None

    async def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    async def delete(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    async def list(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("??/*") if len(path.name) == 64)
