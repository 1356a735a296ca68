"""The browser platform."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import invalidate_caches
from typing import Any, Literal, cast

import httpx

from field_app.platform.browser.bridge import JsError, from_bytes, kept, page, scope, to_bytes
from field_app.platform.browser.fetch import FetchTransport
from field_app.platform.browser.store import BrowserBlobs, open_browser_store
from field_app.platform.contract import (
    LocalStore,
    Microphone,
    Recording,
    SavedFile,
    StorageEstimate,
    StorageUnavailable,
    StoreKind,
    UpdateState,
    checked_store_name,
)

_RELOAD_PATIENCE = 1500
"""Milliseconds: after a reload the old worker may hold the writer's lock for a moment longer."""


class ServiceWorkerUpdate:
    """Keeps `AppUpdate`: the window asks the service worker."""

    async def state(self) -> UpdateState:
        return UpdateState(str(await page.callWindow("updateState")))

    async def check(self) -> UpdateState:
        return UpdateState(str(await page.callWindow("updateCheck")))

    async def apply(self) -> UpdateState:
        return UpdateState(str(await page.callWindow("updateApply")))

    def on_change(self, tell: Callable[[UpdateState], None]) -> None:
        page.onUpdate(kept(lambda state: tell(UpdateState(str(state)))))


class BrowserPlatform:
    """Keeps `field_app.platform.contract.Platform` in Pyodide."""

    kind: Literal["browser"] = "browser"

    def __init__(self) -> None:
        self._transport = FetchTransport()
        self.blobs = BrowserBlobs()
        self.app_update = ServiceWorkerUpdate()

    async def claim_writer(self) -> bool:
        return bool(await page.claimWriter(_RELOAD_PATIENCE))

    async def wait_for_writer(self) -> None:
        await page.waitForWriter()

    async def open_store(self, name: str) -> LocalStore:
        return await open_browser_store(name)

    async def store_names(self) -> list[str]:
        return sorted(str(name) for name in await page.storeNames())

    async def delete_store(self, name: str) -> None:
        await page.deleteStore(checked_store_name(name))

    async def storage_estimate(self) -> StorageEstimate:
        kind = str(await page.storeKind())
        if kind == "none":
            raise StorageUnavailable
        told: Any = (await page.estimate()).to_py()
        used, quota = told["usage"], told["quota"]
        return StorageEstimate(
            used=int(used or 0),
            free=int(quota - used) if used is not None and quota is not None else None,
            quota=int(quota) if quota is not None else None,
            persisted=bool(told["persisted"]),
            kind=cast(StoreKind, kind),
        )

    def http_transport(self) -> httpx.AsyncBaseTransport:
        return self._transport

    def server_origin(self) -> str | None:
        return str(page.origin())

    def online_hint(self) -> bool | None:
        return bool(page.online())

    def metered(self) -> bool | None:
        told = page.metered()
        return told if isinstance(told, bool) else None

    def on_online(self, tell: Callable[[], None]) -> None:
        page.onOnline(kept(tell))

    async def shrink_photo(self, data: bytes, *, longest_edge: int, quality: int, stamp: str = "") -> bytes:
        try:
            return to_bytes(await page.shrinkPhoto(from_bytes(data), longest_edge, quality / 100, stamp))
        except JsError as error:
            raise ValueError("this is not a picture that can be read here") from error

    async def reads_codes(self) -> bool:
        try:
            return bool(await page.readsCodes())
        except JsError:
            return False

    async def read_code(self, data: bytes) -> str:
        try:
            return str(await page.readCode(from_bytes(data)))
        except JsError as error:
            raise ValueError("this is not a picture that can be read here") from error

    async def can_record(self) -> bool:
        try:
            return bool(await page.callWindow("canRecord"))
        except JsError:
            return False

    async def start_recording(self, limit: int) -> Microphone:
        return cast(Microphone, str(await page.callWindow("startRecording", limit)))

    async def stop_recording(self, *, keep: bool = True) -> None:
        await page.callWindow("stopRecording", keep)

    async def recorded(self) -> Recording | None:
        taken = await page.callWindow("recorded")
        if str(taken.why) == "discarded":
            return None
        ended = cast(Literal["stopped", "limit", "hidden", "lost"], str(taken.why))
        return Recording(to_bytes(taken.bytes), str(taken.mime), float(taken.seconds), ended)

    async def keep_paper(self) -> bool:
        try:
            return bool(await page.callWindow("keep", "paper"))
        except JsError:
            return False

    async def load_paper(self) -> bool:
        try:
            await page.loadPaper()
        except JsError:
            return False
        invalidate_caches()
        return True

    async def save_file(self, name: str, mime: str, data: bytes) -> SavedFile:
        how = str(await page.callWindow("saveFile", name, mime, from_bytes(data)))
        return SavedFile(cast(Literal["downloaded", "shared", "cancelled"], how))

    def zone_name(self) -> str:
        return str(page.zoneName()) or "UTC"

    def utc_offset(self, at: datetime) -> int:
        return int(page.zoneOffset(at.timestamp() * 1000))

    def languages(self) -> list[str]:
        return [str(tag) for tag in scope.navigator.languages]

    def build_id(self) -> str:
        return str(page.buildId)
