"""Whatever goes wrong leaves as application/problem+json, in the caller's language, without internals."""

from __future__ import annotations

import asyncio
import errno
import logging

import httpx
import pytest

from tests.server.world import World


def _get(world: World, method: str, path: str, language: str = "en", **more: object) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with world.client(language=language) as anyone:
            return await anyone.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing-here", 404, "not_found"),
        ("PUT", "/session", 405, "method_not_allowed"),
        ("GET", "/session", 401, "signed_out"),
        ("POST", "/session", 422, "invalid_request"),
    ],
)
def test_every_refusal_is_a_problem(world: World, method: str, path: str, status: int, code: str) -> None:
    answer = _get(world, method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]


def test_an_invalid_body_is_refused_with_the_places(world: World) -> None:
    answer = _get(world, "POST", "/session", json={"login": ""})
    assert {place["at"] for place in answer.json()["places"]} == {"body.login", "body.password"}


def test_words_follow_accept_language_and_are_chinese_by_default(world: World) -> None:
    english = _get(world, "GET", "/nothing", language="en-GB").json()["title"]
    chinese = _get(world, "GET", "/nothing", language="fr").json()["title"]
    assert english == "Not found"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_an_unexpected_error_shows_a_reference_that_the_log_has_and_no_traceback(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def explode() -> None:
        raise RuntimeError("secret detail")

    world.app.add_api_route("/api/v1/explode", explode)
    with caplog.at_level(logging.ERROR, "revisit"):
        answer = _get(world, "GET", "/explode")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    assert answer.json()["values"]["reference"] in caplog.text


def test_a_full_disk_of_the_server_is_told_as_such_and_any_other_fault_is_not(world: World) -> None:
    async def write(number: int) -> None:
        raise OSError(number, "told by the system", "/srv/revisit/blobs/ab")

    world.app.add_api_route("/api/v1/write", write)
    answer = _get(world, "GET", f"/write?number={errno.ENOSPC}")
    assert (answer.status_code, answer.json()["code"]) == (507, "server_full")
    assert "/srv" not in answer.text
    assert _get(world, "GET", f"/write?number={errno.EIO}").json()["code"] == "internal"


def test_the_openapi_document_types_every_error_as_a_problem(world: World) -> None:
    document = _get(world, "GET", "/openapi.json").json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    checked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    content = response["content"]["application/problem+json"]["schema"]
                    assert content == {"$ref": "#/components/schemas/ProblemDocument"}, (method, path, status)
                    checked += 1
    assert checked > 20
