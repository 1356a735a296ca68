"""Databases and blobs in the browser's storage."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from field_app.platform.browser.bridge import JsError, from_bytes, page, storage_problem, to_bytes
from field_app.platform.contract import StorageUnavailable, StoreKind, checked_sha256, checked_store_name
from field_app.platform.sqlite import durable_engine


class BrowserStore:
    """Keeps `field_app.platform.contract.LocalStore` over a store of assets/pwa."""

    def __init__(self, name: str, store: Any, engine: Engine) -> None:
        self._store = store
        self.name = name
        self.engine = engine
        self.kind: StoreKind = str(store.kind)  # pyright: ignore[reportAttributeAccessIssue]

    async def durable(self) -> None:
        if self.kind == "opfs":
            return  # SQLite flushed the access handle at commit
        try:
            await self._store.durable()
        except JsError as error:
            raise storage_problem(error) from error

    async def close(self) -> None:
        self.engine.dispose()
        await self._store.close()


async def open_browser_store(name: str) -> BrowserStore:
    """Open or create; raises StorageUnavailable where the browser cannot keep data."""
    if str(await page.storeKind()) == "none":
        raise StorageUnavailable
    try:
        store = await page.openStore(checked_store_name(name))
    except JsError as error:
        raise storage_problem(error) from error
    engine = durable_engine(str(store.path), exclusive=True)
    try:
        with engine.connect():
            return BrowserStore(name, store, engine)
    except (OSError, DBAPIError) as error:
        engine.dispose()
        await store.close()
        raise StorageUnavailable from error


class BrowserBlobs:
    """Keeps `field_app.platform.contract.Blobs`."""

    async def put(self, sha256: str, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != checked_sha256(sha256):
            raise ValueError("the bytes have another hash")
        try:
            await page.putBlob(sha256, from_bytes(data))
        except JsError as error:
            raise storage_problem(error) from error

    async def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        await self.put(sha256, data)
        return sha256

    async def get(self, sha256: str) -> bytes | None:
        found = await page.getBlob(checked_sha256(sha256))
        return to_bytes(found) if found else None

    async def exists(self, sha256: str) -> bool:
        return bool(await page.hasBlob(checked_sha256(sha256)))

    async def delete(self, sha256: str) -> None:
        await page.removeBlob(checked_sha256(sha256))

    async def list(self) -> list[str]:
        return sorted(str(sha256) for sha256 in await page.listBlobs())
