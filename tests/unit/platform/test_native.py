"""The native platform keeps the contract of field_app.platform."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from field_app.platform import StorageUnavailable, UpdateState
from field_app.platform.native import NativePlatform


@pytest.fixture
def device(tmp_path: Path) -> NativePlatform:
    return NativePlatform(tmp_path / "data", tmp_path / "Downloads")


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def test_a_commit_is_there_after_the_process_is_killed(tmp_path: Path) -> None:
    script = f"""
import asyncio, os, pathlib, signal
from sqlalchemy import text
from field_app.platform.native import NativePlatform
async def main():
    store = await NativePlatform(pathlib.Path({str(tmp_path)!r})).open_store("device")
    with store.engine.begin() as c:
        c.execute(text("create table t (x)"))
        c.execute(text("insert into t values (1)"))
    await store.durable()
    with store.engine.connect() as c:
        c.execute(text("insert into t values (2)"))
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    store = run(NativePlatform(tmp_path).open_store("device"))
    with store.engine.connect() as connection:
        assert connection.execute(text("select x from t")).all() == [(1,)]
        assert connection.execute(text("pragma synchronous")).scalar() == 2
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
        assert connection.execute(text("pragma foreign_keys")).scalar() == 1
    run(store.close())


def test_stores_are_listed_and_deleted_by_name(device: NativePlatform) -> None:
    for name in ("device", "account-1"):
        run(run(device.open_store(name)).close())
    assert run(device.store_names()) == ["account-1", "device"]
    run(device.delete_store("account-1"))
    assert run(device.store_names()) == ["device"]


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "a.b", "x" * 65])
def test_a_store_name_that_is_none_is_refused(device: NativePlatform, name: str) -> None:
    with pytest.raises(ValueError, match="store name"):
        run(device.open_store(name))


def test_a_place_that_cannot_be_written_is_a_typed_refusal(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(StorageUnavailable):
        run(NativePlatform(tmp_path / "data").open_store("device"))


def test_one_of_two_processes_writes_and_the_other_takes_over(tmp_path: Path) -> None:
    first, second = NativePlatform(tmp_path), NativePlatform(tmp_path)

    async def story() -> None:
        assert await first.claim_writer()
        assert await first.claim_writer()
        assert not await second.claim_writer()
        waiting = asyncio.create_task(second.wait_for_writer())
        await asyncio.sleep(0)
        assert not waiting.done()
        first.release_writer()
        await waiting
        assert not await first.claim_writer()

    run(story())
    second.release_writer()


def test_blobs_are_found_by_their_hash(device: NativePlatform) -> None:
    async def story() -> None:
        data = bytes(range(256)) * 1000
        sha256 = await device.blobs.add(data)
        assert sha256 == hashlib.sha256(data).hexdigest()
        await device.blobs.put(sha256, data)
        assert await device.blobs.get(sha256) == data
        assert await device.blobs.list() == [sha256]
        await device.blobs.delete(sha256)
        await device.blobs.delete(sha256)
        assert not await device.blobs.exists(sha256)
        assert await device.blobs.get(sha256) is None
        with pytest.raises(ValueError, match="another hash"):
            await device.blobs.put(sha256, b"other")
        with pytest.raises(ValueError, match="SHA-256"):
            await device.blobs.get("../../etc/passwd")

    run(story())


def test_a_blob_whose_writing_was_cut_off_is_not_there(device: NativePlatform, tmp_path: Path) -> None:
    sha256 = run(device.blobs.add(b"whole"))
    half = hashlib.sha256(b"half").hexdigest()
    folder = tmp_path / "data" / "blobs" / half[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{half}.part").write_bytes(b"ha")
    assert run(device.blobs.list()) == [sha256]
    assert not run(device.blobs.exists(half))


def _picture(size: tuple[int, int], **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", **options)
    return out.getvalue()


def test_a_photo_is_shrunk_upright_and_without_exif(device: NativePlatform) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    shrunk = run(device.shrink_photo(_picture((400, 200), exif=exif), longest_edge=100, quality=80))
    image = Image.open(io.BytesIO(shrunk))
    assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (50, 100), {})


def test_a_small_photo_is_not_enlarged_and_no_picture_is_refused(device: NativePlatform) -> None:
    small = run(device.shrink_photo(_picture((40, 20)), longest_edge=100, quality=80))
    assert Image.open(io.BytesIO(small)).size == (40, 20)
    with pytest.raises(ValueError, match="picture"):
        run(device.shrink_photo(b"no picture", longest_edge=100, quality=80))


def test_a_saved_file_never_overwrites_and_never_leaves_the_folder(
    device: NativePlatform, tmp_path: Path
) -> None:
    paths = [
        run(device.save_file(name, "text/plain", b"x")).path for name in ("a.txt", "a.txt", "../../b.txt")
    ]
    assert [path.name for path in paths] == ["a.txt", "a (2).txt", "_.._b.txt"]
    assert {path.parent for path in paths} == {tmp_path / "Downloads"}


@pytest.mark.parametrize(("zone", "minutes"), [("Asia/Shanghai", 480), ("UTC", 0)])
def test_the_zone_of_the_device_is_told(
    device: NativePlatform,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    minutes: int,
    reset_zone: Callable[[], None],
) -> None:
    monkeypatch.setenv("TZ", zone)
    reset_zone()
    assert device.zone_name() == zone
    assert device.utc_offset(datetime(2026, 7, 1, tzinfo=UTC)) == minutes


@pytest.fixture
def reset_zone(monkeypatch: pytest.MonkeyPatch) -> Any:
    import time

    yield time.tzset
    monkeypatch.undo()
    time.tzset()


def test_the_estimate_counts_what_is_stored(device: NativePlatform) -> None:
    before = run(device.storage_estimate())
    run(device.blobs.add(b"x" * 1000))
    after = run(device.storage_estimate())
    assert after.used - before.used == 1000
    assert after.free is not None
    assert after.persisted


def test_a_native_app_is_not_updated_by_the_server(device: NativePlatform) -> None:
    assert run(device.app_update.check()) is UpdateState.NONE


def test_a_stamp_is_written_into_the_lower_edge_and_nowhere_else(device: NativePlatform) -> None:
    def lines(stamp: str) -> list[int]:
        """Rows of the picture that are not all of its one colour."""
        data = run(device.shrink_photo(_picture((400, 200)), longest_edge=400, quality=95, stamp=stamp))
        grey = Image.open(io.BytesIO(data)).convert("L")
        return [y for y in range(200) if len({grey.getpixel((x, y)) // 24 for x in range(400)}) > 1]

    assert lines("") == []
    written = lines("2026-11-03 10:00 +0800 | A1001 | 39.90000, 116.40000")
    assert written
    assert min(written) > 150


def test_the_native_app_says_that_it_cannot_record(device: NativePlatform) -> None:
    assert run(device.can_record()) is False
    assert run(device.start_recording(60)) == "none"
    assert run(device.recorded()) is None
