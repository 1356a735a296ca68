"""Media: tus 1.0 by the letter, hashes, receipts, who may read back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared_models.problems import Code, Problem
from shared_models.visits.states import VisitStatus
from sync_server.media.blobs import FolderBlobs
from tests.server.device import Device, record_visit, stored
from tests.server.world import TOP, World, make_world

DATA = b"\xff\xd8 a photo of the showroom " * 2000
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def announce(data: bytes, mime: str = "image/jpeg", **more: str) -> dict[str, str]:
    """Headers of a creation."""
    parts = {"sha256": hashlib.sha256(data).hexdigest(), "mime": mime}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in parts.items())
    return {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata, **more}


def checksum(data: bytes, name: str = "sha256") -> str:
    """An Upload-Checksum header."""
    return f"{name} {base64.b64encode(hashlib.new(name, data).digest()).decode()}"


async def create(client: httpx.AsyncClient, data: bytes, **more: str) -> str:
    """The address of a new upload."""
    made = await client.post("/media", headers=announce(data, **more))
    assert made.status_code == 201, made.text
    return made.headers["location"].removeprefix(TOP)


async def send(client: httpx.AsyncClient, data: bytes) -> None:
    """Send a file whole."""
    where = await create(client, data)
    sent = await client.patch(where, content=data, headers={**BYTES, "Upload-Offset": "0"})
    assert sent.status_code == 204, sent.text


def test_the_server_tells_what_it_can_do(world: World) -> None:
    async def ask() -> httpx.Response:
        async with world.client() as anyone:
            return await anyone.options("/media")

    answer = asyncio.run(ask())
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    extensions = set(answer.headers["tus-extension"].split(","))
    assert extensions == {"creation", "creation-with-upload", "checksum", "expiration", "termination"}
    assert {"sha256", "sha1"} <= set(answer.headers["tus-checksum-algorithm"].split(","))


def test_an_upload_goes_on_where_it_was_cut(world: World) -> None:
    """E1"""

    async def story() -> list[Any]:
        async with world.client("shopper") as client:
            where = await create(client, DATA)
            half = len(DATA) // 2
            first = await client.patch(where, content=DATA[:half], headers={**BYTES, "Upload-Offset": "0"})
            head = await client.head(where, headers=TUS)
            wrong = await client.patch(where, content=DATA[half:], headers={**BYTES, "Upload-Offset": "0"})
            rest = {**BYTES, "Upload-Offset": head.headers["upload-offset"]}
            last = await client.patch(where, content=DATA[half:], headers=rest)
            after = await client.head(where, headers=TUS)
            digest = hashlib.sha256(DATA).hexdigest()
            receipts = await client.post("/media/receipts", json={"sha256": [digest, "0" * 64]})
        assert first.headers["upload-offset"] == head.headers["upload-offset"] == str(half)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "upload_offset")
        assert wrong.headers["content-type"] == "application/problem+json"
        assert last.headers["upload-offset"] == after.headers["upload-offset"] == str(len(DATA))
        assert "upload-expires" in last.headers
        return list(receipts.json()["stored"])

    assert asyncio.run(story()) == [hashlib.sha256(DATA).hexdigest()]


def test_bytes_that_came_before_the_line_broke_are_kept(world: World) -> None:
    """E1"""

    async def cut() -> Any:
        yield DATA[:30_000]
        raise ConnectionError("the line broke")

    async def story() -> int:
        async with world.client("shopper") as client:
            where = await create(client, DATA)
            await client.patch(where, content=cut(), headers={**BYTES, "Upload-Offset": "0"})
            return int((await client.head(where, headers=TUS)).headers["upload-offset"])

    assert asyncio.run(story()) == 30_000


def test_a_chunk_with_a_wrong_checksum_counts_for_nothing(world: World) -> None:
    async def story() -> list[Any]:
        async with world.client("shopper") as client:
            where = await create(client, DATA)
            headers = {**BYTES, "Upload-Offset": "0"}
            told: list[Any] = []
            for sum_ in (checksum(b"other"), "crc32 AAAA", checksum(DATA[:100], "sha1")):
                answer = await client.patch(
                    where, content=DATA[:100], headers={**headers, "Upload-Checksum": sum_}
                )
                offset = (await client.head(where, headers=TUS)).headers["upload-offset"]
                told.append((answer.status_code, offset))
            return told

    assert asyncio.run(story()) == [(460, "0"), (422, "0"), (204, "100")]


def test_bytes_that_do_not_fit_their_name_are_refused_and_forgotten(world: World) -> None:
    """E2"""
    other = bytes(reversed(DATA))

    async def story() -> tuple[Any, ...]:
        async with world.client("shopper") as client:
            where = await create(client, DATA)
            bad = await client.patch(where, content=other, headers={**BYTES, "Upload-Offset": "0"})
            offset = (await client.head(where, headers=TUS)).headers["upload-offset"]
            digest = hashlib.sha256(DATA).hexdigest()
            receipts = (await client.post("/media/receipts", json={"sha256": [digest]})).json()
            long = await client.patch(where, content=DATA + b"x", headers={**BYTES, "Upload-Offset": "0"})
            return bad.json()["code"], offset, receipts["stored"], long.status_code

    assert asyncio.run(story()) == ("media_hash_mismatch", "0", {}, 413)


def test_creation_may_carry_the_whole_file_and_an_empty_file_is_a_file(world: World) -> None:
    async def story() -> list[tuple[int, str]]:
        async with world.client("shopper") as client:
            answers = [
                await client.post(
                    "/media", content=data, headers={**announce(data), "Content-Type": BYTES["Content-Type"]}
                )
                for data in (DATA, b"")
            ]
            hashes = [hashlib.sha256(data).hexdigest() for data in (DATA, b"")]
            receipts = (await client.post("/media/receipts", json={"sha256": hashes})).json()["stored"]
        assert set(receipts) == set(hashes)
        return [(answer.status_code, answer.headers["upload-offset"]) for answer in answers]

    assert asyncio.run(story()) == [(201, str(len(DATA))), (201, "0")]


def test_a_file_that_is_here_already_is_not_sent_again(world: World) -> None:
    """E3: deduplicated by content."""

    async def story() -> str:
        async with world.client("shopper") as one, world.client("auditor") as two:
            await send(one, DATA)
            made = await two.post("/media", headers=announce(DATA))
            head = await two.head(made.headers["location"].removeprefix(TOP), headers=TUS)
            assert head.headers["upload-offset"] == str(len(DATA))
            return made.headers["upload-offset"]

    assert asyncio.run(story()) == str(len(DATA))
    files = [path for path in world.settings.blob_dir.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [DATA]


def test_an_upload_belongs_to_its_person_ends_with_its_time_and_can_be_given_up(tmp_path: Path) -> None:
    clock = [datetime(2026, 11, 2, tzinfo=UTC)]
    world = make_world(tmp_path, now=lambda: clock[0])

    async def story() -> list[int]:
        async with world.client("shopper") as one, world.client("auditor") as two:
            where = await create(one, DATA)
            codes = [(await two.head(where, headers=TUS)).status_code]
            second = await create(one, DATA)
            codes.append((await one.delete(second, headers=TUS)).status_code)
            codes.append((await one.head(second, headers=TUS)).status_code)
            await one.patch(where, content=DATA[:10], headers={**BYTES, "Upload-Offset": "0"})
            clock[0] += timedelta(days=8)
            codes.append((await one.head(where, headers=TUS)).status_code)
            await create(one, DATA)  # sweeps what has expired
            codes.append((await one.head(where, headers=TUS)).status_code)
        return codes

    codes = asyncio.run(story())
    parts = list((world.settings.blob_dir / "parts").glob("*"))
    world.close()
    assert codes == [404, 204, 404, 410, 404]
    assert parts == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "many"}, 422),
        ({"Upload-Length": str(10**12)}, 413),
        ({"Upload-Metadata": "mime aW1hZ2UvanBlZw=="}, 422),
        ({"Upload-Metadata": "sha256 ???"}, 422),
    ],
)
def test_a_creation_by_the_wrong_rules_is_a_problem(
    world: World, headers: dict[str, str], status: int
) -> None:
    async def ask() -> httpx.Response:
        async with world.client("shopper") as client:
            return await client.post("/media", headers={**announce(DATA), **headers})

    answer = asyncio.run(ask())
    assert answer.status_code == answer.json()["status"] == status


def test_a_visit_is_evidence_complete_when_the_last_file_of_its_list_is_stored(world: World) -> None:
    """E4: receipts reach every attachment of the file through the journal."""
    device, manager = Device(world, "shopper"), Device(world, "manager")
    made = record_visit(device, template="sales_visit")
    results = asyncio.run(device.push())
    assert {one["outcome"] for one in results} == {"applied"}
    assert len(made.photos) > 0
    asyncio.run(manager.pull())
    *some, last = made.photos.values()

    async def upload(files: list[bytes]) -> None:
        async with world.client("shopper") as client:
            for data in files:
                await send(client, data)

    asyncio.run(upload(some))
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert (visit["status"], visit["evidence_complete"]) == (VisitStatus.SUBMITTED, False)
    asyncio.run(upload([last]))
    asyncio.run(manager.pull())
    row = manager.rows["visit", made.visit_id]
    assert row["evidence_complete"] is True
    receipts = [row["stored_at"] for (name, _), row in manager.rows.items() if name == "attachment"]
    assert len(receipts) == len(made.photos)
    assert all(receipts)


def test_a_file_is_read_back_only_by_those_who_may_see_its_attachment(world: World) -> None:
    """A2"""
    device = Device(world, "shopper")
    made = record_visit(device, template="sales_visit")
    asyncio.run(device.push())
    digest, data = next(iter(made.photos.items()))

    async def story() -> tuple[dict[str, int], bytes, httpx.Response, int]:
        async with world.client("shopper") as client:
            await send(client, data)
            part = await client.get(f"/media/blob/{digest}", headers={"Range": "bytes=5-9"})
            beyond = await client.get(f"/media/blob/{digest}", headers={"Range": "bytes=999999-"})
        codes: dict[str, int] = {}
        body = b""
        for login in ("shopper", "manager", "hq", "shopper2", "owner", "manager_south", "caller"):
            async with world.client(login) as client:
                answer = await client.get(f"/media/blob/{digest}")
                codes[login] = answer.status_code
                body = answer.content if login == "manager" else body
        return codes, body, part, beyond.status_code

    codes, body, part, beyond = asyncio.run(story())
    assert {login for login, code in codes.items() if code == 200} == {"shopper", "manager", "hq"}
    assert {code for code in codes.values() if code != 200} == {404}
    assert body == data
    assert (part.status_code, part.content) == (206, data[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(data)}"
    assert beyond == 416


def test_a_piece_goes_only_where_the_upload_ends_whichever_process_brings_it(tmp_path: Path) -> None:
    one, other = FolderBlobs(tmp_path), FolderBlobs(tmp_path)
    assert one.append("upload", 0, b"from the first") == 14
    with pytest.raises(Problem) as refused:
        other.append("upload", 0, b"late")
    assert (refused.value.code, refused.value.values) == (Code.UPLOAD_OFFSET, {"offset": 14})
    assert other.append("upload", 14, b" and the second") == 29
    assert one.part_hash("upload") == hashlib.sha256(b"from the first and the second").hexdigest()
