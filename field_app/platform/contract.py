"""What the app may ask of the device. Kept by `native` and `browser`; the contract tests run on both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

import httpx
from sqlalchemy import Engine

from shared_models.problems import Code, Problem

StoreKind = Literal["native", "opfs", "indexeddb"]
_STORE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StorageUnavailable(Problem):
    """This browser or device cannot keep data, so nothing may be recorded here."""

    def __init__(self) -> None:
        super().__init__(Code.STORAGE_UNAVAILABLE)


class StorageFull(Problem):
    """The device has no room left; what was saved before is untouched."""

    def __init__(self) -> None:
        super().__init__(Code.STORAGE_FULL)


class UpdateState(StrEnum):
    """Where the app stands towards a newer build on the server."""

    NONE = "none"
    """Not applicable: a native app, or a page without service worker."""
    CURRENT = "current"
    FETCHING = "fetching"
    """A newer build is being downloaded in the background."""
    AVAILABLE = "available"
    """A newer build is ready: it takes over at the next start, or now by `apply`."""
    APPLYING = "applying"
    """The page is about to reload into the newer build."""
    BUSY = "busy"
    """Another window of the app is open; close it first."""


@dataclass(frozen=True)
class StorageEstimate:
    """Room on the device, bytes. `free` and `quota` are None where the platform does not tell."""

    used: int
    free: int | None
    quota: int | None
    persisted: bool
    """Whether the browser promised not to evict the data by itself (always so natively)."""
    kind: StoreKind


@dataclass(frozen=True)
class SavedFile:
    """A file handed to the person."""

    how: Literal["downloaded", "shared", "cancelled", "written"]
    path: Path | None = None
    """Where it is; None in a browser, which does not tell."""


Microphone = Literal["recording", "refused", "none", "busy", "failed"]
"""What became of asking for the microphone: it records, the person or the browser refused, there is none,
another recording runs, or it could not be used (another app may have it)."""


@dataclass(frozen=True)
class Recording:
    """What was said into the microphone."""

    data: bytes
    """A whole file; empty where the microphone gave nothing."""
    mime: str
    """What the device records: audio/webm (Opus) or audio/mp4 (AAC)."""
    seconds: float
    ended: Literal["stopped", "limit", "hidden", "lost"]
    """By stop_recording, at its limit, because the app was out of sight, or by the device."""


class LocalStore(Protocol):
    """One SQLite database on the best storage of the device: one connection, one writer."""

    @property
    def name(self) -> str:
        """The name it was opened by."""
        ...

    @property
    def kind(self) -> StoreKind:
        """What it lies on."""
        ...

    @property
    def engine(self) -> Engine:
        """Synchronous engine (StaticPool, foreign keys on, every commit flushed)."""
        ...

    async def durable(self) -> None:
        """Return when every commit so far survives a kill; after StorageFull nothing counts as saved."""
        ...

    async def close(self) -> None:
        """Make durable and give the file back."""
        ...


class Blobs(Protocol):
    """Photos and recordings, named by the SHA-256 of their bytes in hex."""

    async def put(self, sha256: str, data: bytes) -> None:
        """Keep the bytes; durable on return. Raises ValueError if they have another hash, StorageFull."""
        ...

    async def add(self, data: bytes) -> str:
        """Keep the bytes under their hash and return it."""
        ...

    async def get(self, sha256: str) -> bytes | None:
        """The bytes, or None."""
        ...

    async def exists(self, sha256: str) -> bool:
        """Whether the whole blob is here; one whose writing was cut off is not."""
        ...

    async def delete(self, sha256: str) -> None:
        """Remove; what is not there is fine."""
        ...

    async def list(self) -> list[str]:
        """The hashes of all blobs, sorted."""
        ...


class AppUpdate(Protocol):
    """A newer build of the app on the server. It never takes over by itself while the app runs."""

    async def state(self) -> UpdateState:
        """As far as is known now, without a network."""
        ...

    async def check(self) -> UpdateState:
        """Ask the server and fetch what is newer; offline this is the same as `state`."""
        ...

    async def apply(self) -> UpdateState:
        """Reload into the newer build (APPLYING) or say BUSY or CURRENT. Make stores durable before."""
        ...

    def on_change(self, tell: Callable[[UpdateState], None]) -> None:
        """Call `tell` at every change of state; the last one given is called."""
        ...


class Platform(Protocol):
    """One device."""

    @property
    def kind(self) -> Literal["native", "browser"]:
        """For the "about" page and logs; behaviour must not depend on it."""
        ...

    @property
    def blobs(self) -> Blobs:
        """Files outside the databases."""
        ...

    @property
    def app_update(self) -> AppUpdate:
        """A newer build of the app."""
        ...

    async def claim_writer(self) -> bool:
        """Become the only writer on this device until the process or tab ends; False if another one is."""
        ...

    async def wait_for_writer(self) -> None:
        """Return when this one has become the writer, however long the other one stays."""
        ...

    async def open_store(self, name: str) -> LocalStore:
        """Open or create a database: "device", or one per account. Raises StorageUnavailable, ValueError."""
        ...

    async def store_names(self) -> list[str]:
        """The databases on this device, sorted."""
        ...

    async def delete_store(self, name: str) -> None:
        """Remove a closed database and all it holds."""
        ...

    async def storage_estimate(self) -> StorageEstimate:
        """Room used and left. Raises StorageUnavailable."""
        ...

    def http_transport(self) -> httpx.AsyncBaseTransport:
        """Transport for httpx.AsyncClient; raises httpx's own exceptions."""
        ...

    def server_origin(self) -> str | None:
        """The server this app came from ("https://host"), or None where the person must name it."""
        ...

    def online_hint(self) -> bool | None:
        """False: surely no network. True: perhaps. None: not known. Only a request tells."""
        ...

    def metered(self) -> bool | None:
        """Whether the line costs by the byte (mobile data, data saver); None if the device does not tell."""
        ...

    def on_online(self, tell: Callable[[], None]) -> None:
        """Call `tell` when the device has a network again, where it says so; the last one given is called."""
        ...

    async def shrink_photo(self, data: bytes, *, longest_edge: int, quality: int, stamp: str = "") -> bytes:
        """A JPEG of at most `longest_edge` pixels, upright, no EXIF; quality 1-95; `stamp` (ASCII) is written
        into its lower edge. ValueError: no picture that this device can read."""
        ...

    async def reads_codes(self) -> bool:
        """Whether this device reads bar codes from pictures."""
        ...

    async def read_code(self, data: bytes) -> str:
        """The text of a bar code in a picture, "" if there is none. ValueError: no picture it can read."""
        ...

    async def can_record(self) -> bool:
        """Whether the app can record from a microphone here; the person may still refuse it."""
        ...

    async def start_recording(self, limit: int) -> Microphone:
        """Ask for the microphone and record for at most `limit` seconds. Out of sight it ends by itself."""
        ...

    async def stop_recording(self, *, keep: bool = True) -> None:
        """End what is recorded now, or take back the wish for it; without `keep` it is thrown away."""
        ...

    async def recorded(self) -> Recording | None:
        """Return what `start_recording` began once it has ended, however that was; None: thrown away."""
        ...

    async def keep_paper(self) -> bool:
        """Keep on the device what draws PDF files, for use without network; False if it cannot be had now."""
        ...

    async def load_paper(self) -> bool:
        """Make what draws PDF files importable; False if it is neither kept here nor to be had now."""
        ...

    async def save_file(self, name: str, mime: str, data: bytes) -> SavedFile:
        """Hand a file to the person: download, share sheet, or the Downloads folder."""
        ...

    def zone_name(self) -> str:
        """IANA name of the device's time zone, "UTC" if it does not tell."""
        ...

    def utc_offset(self, at: datetime) -> int:
        """Minutes east of UTC of the device's zone at an (aware) instant."""
        ...

    def languages(self) -> list[str]:
        """Language tags the person prefers, best first."""
        ...

    def build_id(self) -> str:
        """Names the running build of the app; sent to the server as X-Revisit-Client."""
        ...


def checked_store_name(name: str) -> str:
    """The name, if it can name a database on every platform; raises ValueError."""
    if not _STORE_NAME.fullmatch(name):
        raise ValueError(f"not a store name: {name!r}")
    return name


def checked_sha256(sha256: str) -> str:
    """The hash, if it is one; raises ValueError."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return sha256


__all__ = [
    "AppUpdate",
    "Blobs",
    "LocalStore",
    "Microphone",
    "Platform",
    "Recording",
    "SavedFile",
    "StorageEstimate",
    "StorageFull",
    "StorageUnavailable",
    "StoreKind",
    "UpdateState",
    "checked_sha256",
    "checked_store_name",
]
