"""A network that fails on purpose: seeded, between any httpx transport and the device."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

KINDS = ("drop", "lost_ack", "duplicate", "delay", "cut", "cut_answer")
"""drop: the request never arrives · lost_ack: it arrives, the answer does not · duplicate: it arrives twice ·
delay: the answer comes late · cut: half of the body arrives · cut_answer: half of the answer arrives."""


@dataclass
class FaultyNetwork(httpx.AsyncBaseTransport):
    """``rate`` is the share of requests that meet a fault; ``down`` lets none through."""

    inner: httpx.AsyncBaseTransport
    chance: random.Random
    rate: float = 0.0
    down: bool = False
    pass_time: Callable[[float], None] = lambda seconds: None
    kinds: tuple[str, ...] = KINDS
    met: Counter[str] = field(default_factory=Counter)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if self.down:
            self.met["down"] += 1
            raise httpx.ConnectError("no network", request=request)
        if self.chance.random() >= self.rate:
            return await self._send(request, body)
        kind = self.chance.choice(self.kinds)
        self.met[kind] += 1
        match kind:
            case "drop":
                raise httpx.ConnectTimeout("dropped", request=request)
            case "lost_ack":
                await self._send(request, body)
                raise httpx.ReadTimeout("answer lost", request=request)
            case "duplicate":
                await self._send(request, body)
            case "delay":
                self.pass_time(self.chance.uniform(1, 40))
            case "cut":
                await self._send(request, body[: len(body) // 2])
                raise httpx.WriteError("cut", request=request)
            case _:
                await self._send(request, body)
                raise httpx.RemoteProtocolError("answer cut", request=request)
        return await self._send(request, body)

    async def _send(self, request: httpx.Request, body: bytes) -> httpx.Response:
        headers = [(k, v) for k, v in request.headers.raw if k.lower() != b"content-length"]
        headers.append((b"Content-Length", str(len(body)).encode()))
        again = httpx.Request(request.method, request.url, headers=headers, content=body)
        response = await self.inner.handle_async_request(again)
        await response.aread()
        return response
