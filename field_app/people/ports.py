"""What the workflows need from the platform, as one value; tests hand in their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from field_app.platform import Platform
from field_app.store import Blobs, Context, LocalStore


async def _unknown() -> int | None:
    return None


def _never(_: Callable[[], None]) -> None:
    """A device that does not say when it has a network again."""


def _not_told() -> bool | None:
    return None


@dataclass(frozen=True)
class Ports:
    """Storage, network, clock and name of the device."""

    open_store: Callable[[str], Awaitable[LocalStore]]
    """Open (or create) the database of that name; raises STORAGE_UNAVAILABLE."""
    blobs: Blobs
    """Files of the whole device; each account sees only those that it put there (store.device.OwnBlobs)."""
    transport: Callable[[], httpx.AsyncBaseTransport | None]
    free_bytes: Callable[[], Awaitable[int | None]] = _unknown
    on_online: Callable[[Callable[[], None]], None] = _never
    """Call the given function when there is a network again."""
    metered: Callable[[], bool | None] = _not_told
    """Whether the line costs by the byte; None where the device does not tell."""
    device_name: str = ""
    client: str = ""
    """Build of the app."""
    compress: bool = True
    """Whether request bodies are gzipped here."""
    context: Context = field(default_factory=Context)


def platform_ports(platform: Platform, device_name: str = "") -> Ports:
    """The ports of a real platform, whose writer's place has been claimed."""

    async def open_store(name: str) -> LocalStore:
        return await platform.open_store(name)

    async def free_bytes() -> int | None:
        return (await platform.storage_estimate()).free

    return Ports(
        open_store=open_store,
        blobs=platform.blobs,
        transport=platform.http_transport,
        free_bytes=free_bytes,
        on_online=platform.on_online,
        metered=platform.metered,
        device_name=device_name or platform.kind,
        client=platform.build_id(),
        compress=platform.kind == "native",
        context=Context(zone=platform.zone_name(), offset=platform.utc_offset),
    )
