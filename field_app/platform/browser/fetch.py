"""An httpx transport on the browser's fetch."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from field_app.platform.browser.bridge import JsError, from_bytes, options, scope

# The browser sets these itself and forbids or distorts ours.
_NOT_SENT = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)
# The browser has already decoded the body.
_NOT_KEPT = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_BODILESS = frozenset({"GET", "HEAD"})


class FetchTransport(httpx.AsyncBaseTransport):
    """Sends requests by `fetch`. The whole body is read before the response is returned.

    A timeout (the longest of the request's connect, write and read limits) aborts the request and raises
    httpx.ReadTimeout; a cancelled task aborts it too. A browser does not tell a refused connection from a
    denied one or from no network: all are httpx.ConnectError.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        abort: Any = scope.AbortController.new()
        settings: dict[str, Any] = {
            "method": request.method,
            "headers": [[k, v] for k, v in request.headers.multi_items() if k.lower() not in _NOT_SENT],
            "credentials": "same-origin",
            "cache": "no-store",
            "redirect": "follow",
            "signal": abort.signal,
        }
        if body and request.method not in _BODILESS:
            settings["body"] = from_bytes(body)
        try:
            async with asyncio.timeout(_limit(request)):
                answer = await scope.fetch(str(request.url), options(settings))
                data = await answer.arrayBuffer()
        except TimeoutError as error:
            abort.abort()
            raise httpx.ReadTimeout("no complete answer in time", request=request) from error
        except asyncio.CancelledError:
            abort.abort()
            raise
        except JsError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        headers = [(str(k), str(v)) for k, v in answer.headers if str(k).lower() not in _NOT_KEPT]
        return httpx.Response(
            int(answer.status), headers=headers, content=bytes(data.to_bytes()), request=request
        )


def _limit(request: httpx.Request) -> float | None:
    """Seconds for the whole exchange; None where one of its steps may take for ever."""
    limits = request.extensions.get("timeout", {})
    steps = [limits.get(step) for step in ("connect", "write", "read")]
    return None if None in steps else float(max(steps))
