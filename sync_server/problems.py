"""Problems over HTTP: everything that goes wrong leaves as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import errno
import logging
import secrets
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared_models.messages import match_language
from shared_models.problems import STATUS, Code, Place, Problem

log = logging.getLogger("revisit")

MEDIA_TYPE = "application/problem+json"

_BY_STATUS = {
    401: Code.SIGNED_OUT,
    403: Code.NOT_ALLOWED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.TOO_LARGE,
    503: Code.OVERLOADED,
}


class PlaceDocument(BaseModel):
    """Where in the input a problem lies, and why."""

    at: str
    reason: str


class ProblemDocument(BaseModel):
    """A problem (RFC 9457). ``code`` is stable; title and detail are in the language of Accept-Language."""

    type: str
    code: str
    title: str
    detail: str
    status: int
    values: dict[str, str] = Field(default_factory=dict[str, str])
    places: list[PlaceDocument] = Field(default_factory=list[PlaceDocument])


def may_fail(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route for the OpenAPI document: these problems, by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS.get(code, 422), []).append(code.value)
    return {
        status: {
            "description": " · ".join(values),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status, values in by_status.items()
    }


def language_of(request: Request) -> str:
    """The supported language that the caller asks for."""
    return match_language(request.headers.get("accept-language"))


def respond(problem: Problem, language: str, headers: dict[str, str] | None = None) -> Response:
    """The response of a problem."""
    headers = dict(headers or {})
    if problem.code is Code.TOO_MANY_ATTEMPTS and "seconds" in problem.values:
        headers["Retry-After"] = str(problem.values["seconds"])
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.to_json(language), problem.status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn everything that an endpoint may raise into problems."""

    async def on_problem(request: Request, error: Exception) -> Response:
        problem = cast(Problem, error)
        if problem.status >= 500:
            log.error("%s %s: %s %s", request.method, request.url.path, problem, problem.values)
        return respond(problem, language_of(request))

    async def on_invalid(request: Request, error: Exception) -> Response:
        faults = cast(RequestValidationError, error).errors()
        places = [Place(".".join(str(step) for step in fault["loc"]), str(fault["msg"])) for fault in faults]
        return respond(Problem(Code.INVALID_REQUEST, {}, places[:50]), language_of(request))

    async def on_http(request: Request, error: Exception) -> Response:
        refusal = cast(HTTPException, error)
        code = _BY_STATUS.get(refusal.status_code, Code.INVALID_REQUEST)
        kept = {k: v for k, v in (refusal.headers or {}).items() if k.lower() == "allow"}
        return respond(Problem(code), language_of(request), kept)

    async def on_unstorable(request: Request, error: Exception) -> Response:
        # half a letter (a lone surrogate), a NUL, a number beyond every column: the sender's, not ours
        log.warning("%s %s: %s", request.method, request.url.path, type(error).__name__)
        return respond(Problem(Code.INVALID_REQUEST), language_of(request))

    app.add_exception_handler(Problem, on_problem)

    async def on_no_room(request: Request, error: Exception) -> Response:
        if cast(OSError, error).errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise error
        return await on_problem(request, Problem(Code.SERVER_FULL))

    app.add_exception_handler(OSError, on_no_room)
    app.add_exception_handler(UnicodeEncodeError, on_unstorable)
    app.add_exception_handler(DataError, on_unstorable)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(_Unexpected)


class _Unexpected:
    """Outermost: an exception nobody expected becomes INTERNAL with a reference that the log names too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer with a problem where nothing has been answered yet."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            log.info("%s %s: the client went away", scope["method"], scope["path"])
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("%s %s failed, reference %s", scope["method"], scope["path"], reference)
            if started:
                raise
            problem = Problem(Code.INTERNAL, {"reference": reference})
            await respond(problem, language_of(Request(scope)))(scope, receive, send)
