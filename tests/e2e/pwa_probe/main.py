"""One screen: who writes, on what store, how many rows and blobs, and buttons to save and to update."""

from __future__ import annotations

import asyncio
import os

import flet as ft
import httpx
from sqlmodel import Field, Session, SQLModel, func, select

from field_app.platform import LocalStore, StorageUnavailable, UpdateState, platform

VERSION = "one"  # the tests build the app again with another word here


class Note(SQLModel, table=True):
    """A row with the hash of its photo."""

    id: int | None = Field(default=None, primary_key=True)
    photo: str


class Probe:
    """The state of the screen."""

    def __init__(self, page: ft.Page) -> None:
        self.page = page
        self.device = platform()
        self.store: LocalStore | None = None
        self.status = ft.Semantics(identifier="status", label="starting", content=ft.Text("status"))
        self.result = ft.Semantics(identifier="result", label="-", content=ft.Text("result"))
        self.update = ft.Semantics(identifier="update", label="-", content=ft.Text("update"))

    def show(self, control: ft.Semantics, text: str) -> None:
        control.label = text
        self.page.update()

    async def start(self) -> None:
        self.page.add(
            ft.Text(f"回访 {VERSION}"),
            self.status,
            self.result,
            self.update,
            *(
                ft.Semantics(identifier=name, content=ft.Button(name, on_click=act))
                for name, act in (
                    ("save", self.save),
                    ("photo", self.photo),
                    ("fetch", self.fetch),
                    ("apply", self.apply),
                    ("check", self.check),
                    ("glyphs", self.glyphs),
                )
            ),
        )
        self.device.app_update.on_change(lambda state: self.show(self.update, f"{state}"))
        self.device.on_online(lambda: self.show(self.result, "network again"))
        if not await self.device.claim_writer():
            self.show(self.status, "waiting")
            await self.device.wait_for_writer()
        try:
            self.store = await self.device.open_store("probe")
        except StorageUnavailable as problem:
            self.show(self.status, f"refused: {problem.code}")
            return
        SQLModel.metadata.create_all(self.store.engine)
        await self.tell()

    async def tell(self) -> None:
        assert self.store is not None
        with Session(self.store.engine) as session:
            notes = session.exec(select(func.count()).select_from(Note)).one()
            photos = set(session.exec(select(Note.photo)))
            broken = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
        blobs = set(await self.device.blobs.list())
        words = [
            VERSION,
            self.store.kind,
            f"notes={notes}",
            f"missing={len(photos - blobs)}",
            f"check={broken}",
        ]
        self.show(self.status, " ".join(words))

    async def save(self, _: object) -> None:
        """What the app does at each tap: blob, row, commit, durable, and only then the word."""
        assert self.store is not None
        photo = await self.device.blobs.add(os.urandom(50_000))
        with Session(self.store.engine) as session:
            session.add(Note(photo=photo))
            session.commit()
            count = session.exec(select(func.count()).select_from(Note)).one()
        await self.store.durable()
        self.show(self.result, f"saved {count}")

    async def photo(self, _: object) -> None:
        """Shrinks a picture drawn here: 3 x 2 pixels of BMP need no encoder."""
        width, height = 300, 200
        rows = bytes(width * 3) * height
        head = b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
        head += (40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little")
        head += (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24)
        small = await self.device.shrink_photo(head + rows, longest_edge=150, quality=80)
        wrong = "accepted"
        try:
            await self.device.shrink_photo(b"no picture", longest_edge=150, quality=80)
        except ValueError:
            wrong = "refused"
        self.show(self.result, f"jpeg={small[:2].hex()} smaller={len(small) < len(rows)} other={wrong}")

    async def fetch(self, _: object) -> None:
        words: list[str] = []
        origin = self.device.server_origin()
        async with httpx.AsyncClient(transport=self.device.http_transport(), base_url=origin or "") as client:
            echoed = await client.post("/api/echo", content=b"\x00\xff" * 500, headers={"X-Probe": "1"})
            words.append(f"echo={echoed.status_code}/{len(echoed.content)}")
            words.append(f"problem={(await client.get('/api/teapot')).status_code}")
            try:
                await client.get("/api/slow", timeout=0.3)
            except httpx.ReadTimeout:
                words.append("timeout")
            task = asyncio.create_task(client.get("/api/slow", timeout=None))
            await asyncio.sleep(0.1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                words.append("cancelled")
            try:
                await client.get("http://127.0.0.1:9/")
            except httpx.ConnectError:
                words.append("refused")
        self.show(self.result, " ".join(words))

    async def check(self, _: object) -> None:
        self.show(self.update, f"{await self.device.app_update.check()}")

    async def apply(self, _: object) -> None:
        state = await self.device.app_update.apply()
        if state is not UpdateState.APPLYING:
            self.show(self.update, f"{state}")

    async def glyphs(self, _: object) -> None:
        self.page.add(ft.Text("䶮喆翀玥✓✗ \U0001f697 한국어 ᚠ"))
        self.show(self.result, "glyphs shown")


async def main(page: ft.Page) -> None:
    """Start the screen."""
    await Probe(page).start()


ft.run(main)
