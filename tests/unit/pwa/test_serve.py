"""Serving a built PWA."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import brotli
import httpx
import pytest
from fastapi import FastAPI

from sync_server.pwa.serve import mount_pwa
from sync_server.pwa.service_worker import content_hash

CODE = b"export const answer = 42;\n" * 100


class Client:
    """A browser's requests, one at a time."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://pwa") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Client:
    site = tmp_path / "site"
    (site / "assets" / "fonts").mkdir(parents=True)
    (site / "index.html").write_text("<html>回访", "utf-8")
    (site / "a.mjs").write_bytes(CODE)
    (site / "a.mjs.br").write_bytes(brotli.compress(CODE))
    (site / "a.mjs.gz").write_bytes(gzip.compress(CODE))
    (site / "x.wasm").write_bytes(b"\0asm")
    (site / "assets" / "fonts" / "blank.ttf").write_bytes(b"blank")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    app = FastAPI()
    mount_pwa(app, site)
    return Client(app)


def test_the_root_leads_to_the_app(client: Client) -> None:
    for path in ("/", "/app"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, "/app/")
    page = client.get("/app/")
    assert page.text == "<html>回访"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepts", "sent"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None)],
)
def test_the_best_accepted_encoding_is_sent_and_decodes_to_the_file(
    client: Client, accepts: str, sent: str | None
) -> None:
    answer = client.get("/app/a.mjs", headers={"Accept-Encoding": accepts})
    assert answer.headers.get("content-encoding") == sent
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == CODE


def test_only_a_url_that_names_the_content_is_kept_for_ever(client: Client) -> None:
    tag = content_hash(CODE)
    assert "immutable" in client.get(f"/app/a.mjs?h={tag}").headers["cache-control"]
    assert client.get("/app/a.mjs?h=0123456789abcdef").headers["cache-control"] == "no-cache"


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    tag = client.get("/app/a.mjs").headers["etag"]
    answer = client.get("/app/a.mjs", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_webassembly_has_the_type_that_streaming_compilation_needs(client: Client) -> None:
    assert client.get("/app/x.wasm").headers["content-type"] == "application/wasm"


def test_an_unknown_font_is_answered_by_the_blank_one_and_nothing_else_is(client: Client) -> None:
    assert client.get("/app/assets/fonts/notosanskr/v36/x.woff2").content == b"blank"
    assert client.get("/app/nothing.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["/app/../secret.txt", "/app/%2e%2e/secret.txt", "/app/a.mjs.br", "/app//etc/passwd"]
)
def test_nothing_outside_the_build_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
