"""The server as the device sees it: httpx over any transport; everything that goes wrong is a Problem."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from shared_models.problems import Code, Problem, from_json
from shared_models.sync.wire import AGAIN, SAFE_UNTIL, SERVER_EPOCH

BASE = "/api/v1"
GZIP_FROM = 1024
"""Bytes from which a body is worth compressing."""


@dataclass(frozen=True)
class Heard:
    """The server's epoch, and the instant before which its backups hold everything ("" if unknown)."""

    epoch: str = ""
    safe_until: str = ""


class Unreachable(Problem):
    """No answer came: no network, a timeout, a cut. Whether the server took the request is not known."""


class Api:
    """Requests with the account's token. ``compress`` is off where the platform cannot send gzip bodies."""

    def __init__(
        self,
        server: str,
        transport: httpx.AsyncBaseTransport | None,
        *,
        token: str = "",
        language: str = "zh_CN",
        client: str = "",
        compress: bool = True,
        timeout: float = 30.0,
    ) -> None:
        self.server = server.rstrip("/")
        self.language = language
        self.client = client
        self._compress = compress
        self._token = token
        self.server_epoch = ""
        """The epoch that requests name; the server refuses those of another one. "": none is known."""
        self.again = False
        """Whether pushes bring back what the server had confirmed before it was put back to a backup."""
        self.heard = Heard()
        """What the server's last answer said of itself."""
        self._http = httpx.AsyncClient(
            base_url=self.server + BASE, transport=transport, timeout=httpx.Timeout(timeout)
        )

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        headers = {
            "Accept": "application/json, application/problem+json",
            "Accept-Language": self.language.replace("_", "-"),
            "X-Revisit-Client": self.client,
            **more,
        }
        if self.server_epoch:
            headers[SERVER_EPOCH] = self.server_epoch
        if self.again:
            headers[AGAIN] = "1"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        pack: bool = False,
    ) -> httpx.Response:
        """One request; a Problem for every answer that is not 2xx, Unreachable when none came."""
        more = dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            more["Content-Type"] = "application/json"
            if pack and self._compress and len(content) >= GZIP_FROM:
                content = gzip.compress(content, compresslevel=6, mtime=0)
                more["Content-Encoding"] = "gzip"
        try:
            response = await self._http.request(
                method, path, content=content, params=dict(params or {}), headers=self._headers(more)
            )
        except (httpx.TransportError, httpx.DecodingError, OSError) as error:
            raise Unreachable(Code.SERVER_UNREACHABLE, {"server": self.server}) from error
        if response.is_success:
            if SERVER_EPOCH in response.headers:
                self.heard = Heard(response.headers[SERVER_EPOCH], response.headers.get(SAFE_UNTIL, ""))
            return response
        raise problem_of(response)

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON answer of a GET."""
        return _json(await self.call("GET", path, params={k: v for k, v in params.items() if v is not None}))

    async def post(self, path: str, body: Any, *, pack: bool = False) -> Any:
        """The JSON answer of a POST; ``pack``: the route takes gzip."""
        return _json(await self.call("POST", path, body=body, pack=pack))

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()


_PROBLEM = "application/problem+json"
_BY_STATUS = {
    401: Code.SIGNED_OUT,
    404: Code.NOT_FOUND,
    410: Code.UPLOAD_EXPIRED,
    412: Code.UPLOAD_VERSION,
}
"""What an answer to HEAD means, which has no body to say so."""


def _json(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError as error:  # a captive portal answering 200 with its own page
        raise Unreachable(Code.SERVER_UNREACHABLE, {"server": str(response.request.url.host)}) from error


def problem_of(response: httpx.Response) -> Problem:
    """The problem in an answer; an answer that is none of ours (a proxy, a portal) counts as unreachable."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and "code" in body:
        return from_json(body)
    ours = response.headers.get("Content-Type", "").startswith(_PROBLEM)
    if ours and response.request.method == "HEAD" and response.status_code in _BY_STATUS:
        return Problem(_BY_STATUS[response.status_code])
    if response.status_code in (502, 503, 504):
        return Unreachable(Code.OVERLOADED)
    return Unreachable(Code.SERVER_UNREACHABLE, {"server": str(response.request.url.host)})
