"""The native platform."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import httpx

from field_app.platform.contract import (
    LocalStore,
    Microphone,
    Recording,
    SavedFile,
    StorageEstimate,
    StorageUnavailable,
    UpdateState,
)
from field_app.platform.native.blobs import FolderBlobs
from field_app.platform.native.store import delete_native_store, native_store_names, open_native_store

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_LOCK_POLL = 0.5  # seconds between looks at the other process's lock
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')


def data_folder() -> Path:
    """Where the app's data are: REVISIT_DEVICE_DIR, the folder of a packaged app, or the user's."""
    for variable in ("REVISIT_DEVICE_DIR", "FLET_APP_STORAGE_DATA"):
        if given := os.environ.get(variable):
            return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Revisit"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Revisit"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "revisit"


class NoUpdate:
    """Keeps `AppUpdate`: a native app is updated by its store or package manager."""

    async def state(self) -> UpdateState:
        return UpdateState.NONE

    async def check(self) -> UpdateState:
        return UpdateState.NONE

    async def apply(self) -> UpdateState:
        return UpdateState.NONE

    def on_change(self, tell: Callable[[UpdateState], None]) -> None:
        """Nothing ever changes."""


class NativePlatform:
    """Keeps `field_app.platform.contract.Platform` on CPython."""

    kind: Literal["native"] = "native"

    def __init__(self, folder: Path | None = None, downloads: Path | None = None) -> None:
        self._folder = folder or data_folder()
        self._downloads = downloads or Path.home() / "Downloads"
        self._lock: IO[bytes] | None = None
        self.blobs = FolderBlobs(self._folder / "blobs")
        self.app_update = NoUpdate()

    async def claim_writer(self) -> bool:
        if self._lock is not None:
            return True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / "writer.lock").open("ab")
        except OSError as error:
            raise StorageUnavailable from error
        if not _lock_now(file):
            file.close()
            return False
        self._lock = file
        return True

    async def wait_for_writer(self) -> None:
        while not await self.claim_writer():  # noqa: ASYNC110  the lock of another process sends no event
            await asyncio.sleep(_LOCK_POLL)

    def release_writer(self) -> None:
        """Give the writer's place back; the end of the process does the same."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def open_store(self, name: str) -> LocalStore:
        return open_native_store(self._folder / "stores", name)

    async def store_names(self) -> list[str]:
        return native_store_names(self._folder / "stores")

    async def delete_store(self, name: str) -> None:
        delete_native_store(self._folder / "stores", name)

    async def storage_estimate(self) -> StorageEstimate:
        self._folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        used = await asyncio.to_thread(
            lambda: sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        )
        return StorageEstimate(used=used, free=free, quota=used + free, persisted=True, kind="native")

    def http_transport(self) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(retries=0)

    def server_origin(self) -> str | None:
        return os.environ.get("REVISIT_SERVER")

    def online_hint(self) -> bool | None:
        return None

    def metered(self) -> bool | None:
        return None

    def on_online(self, tell: Callable[[], None]) -> None:
        """No desktop says so to every program; sync looks for the server by itself."""

    async def shrink_photo(self, data: bytes, *, longest_edge: int, quality: int, stamp: str = "") -> bytes:
        return await asyncio.to_thread(_shrink, data, longest_edge, quality, stamp)

    async def reads_codes(self) -> bool:
        return False

    async def read_code(self, data: bytes) -> str:
        return ""

    async def can_record(self) -> bool:
        return False  # nothing the native app is made of reaches a microphone

    async def start_recording(self, limit: int) -> Microphone:
        return "none"

    async def stop_recording(self, *, keep: bool = True) -> None:
        """Nothing is recorded."""

    async def recorded(self) -> Recording | None:
        return None

    async def keep_paper(self) -> bool:
        return True

    async def load_paper(self) -> bool:
        return True

    async def save_file(self, name: str, mime: str, data: bytes) -> SavedFile:
        return SavedFile("written", await asyncio.to_thread(_write_new, self._downloads, name, data))

    def zone_name(self) -> str:
        if name := os.environ.get("TZ", "").lstrip(":"):
            return name
        link = Path("/etc/localtime")
        if link.is_symlink():
            _, found, name = str(link.resolve()).partition("zoneinfo/")
            if found:
                return name
        written = Path("/etc/timezone")
        return written.read_text("utf-8").strip() if written.is_file() else "UTC"

    def utc_offset(self, at: datetime) -> int:
        offset = at.astimezone().utcoffset()
        return int(offset.total_seconds() // 60) if offset is not None else 0

    def languages(self) -> list[str]:
        return [tag for variable in ("LC_ALL", "LC_MESSAGES", "LANG") if (tag := os.environ.get(variable))]

    def build_id(self) -> str:
        try:
            return f"native-{version('revisit')}"
        except PackageNotFoundError:
            return "native-checkout"


def _lock_now(file: IO[bytes]) -> bool:
    """Take the exclusive lock of an open file; False if another process (or another open file) has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_stamp(pixels: PillowImage, stamp: str) -> None:
    """Light words on a darkened strip along the lower edge, as the browser's canvas writes them."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = pixels.size
    size = max(12, round(max(width, height) / 50))
    font = ImageFont.load_default(size)
    room = width - size
    if (length := font.getlength(stamp)) > room > 0:
        font = ImageFont.load_default(max(6, size * room / length))
    strip = (0, max(0, height - 2 * size), width, height)
    dark = Image.new("RGB", (width, strip[3] - strip[1]), "black")
    pixels.paste(Image.blend(pixels.crop(strip), dark, 0.55), strip)
    ImageDraw.Draw(pixels).text((size / 2, height - size / 2), stamp, fill="white", font=font, anchor="ls")


def _shrink(data: bytes, longest_edge: int, quality: int, stamp: str = "") -> bytes:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data))
        image = ImageOps.exif_transpose(image)
        image.thumbnail((longest_edge, longest_edge), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("this is not a picture that can be read here") from error
    if image.mode in ("RGBA", "LA", "P"):
        # JPEG has no transparency: what was clear becomes white, as on the browser's canvas.
        rgba = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(rgba, mask=rgba.getchannel("A"))
        image = flat
    pixels = image.convert("RGB")
    if stamp:
        _write_stamp(pixels, stamp)
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _write_new(folder: Path, name: str, data: bytes) -> Path:
    """Write under a name that is still free: plan.pdf, plan (2).pdf, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = Path(_UNSAFE.sub("_", name).strip(". ") or "file")
    number = 1
    while True:
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            with path.open("xb") as file:
                file.write(data)
            return path
        except FileExistsError:
            number += 1
