"""What the store needs from the platform, and the clock, ids and chance that are handed in from outside."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine

from shared_models.clock import Now, utc_now
from shared_models.ids import new_id


class LocalStore(Protocol):
    """An open SQLite database on the best storage of the platform."""

    @property
    def engine(self) -> Engine:
        """Synchronous engine; one connection, one writer."""
        ...

    async def durable(self) -> None:
        """Return once all that was committed survives a kill of the process or the tab."""
        ...

    async def close(self) -> None:
        """Give the file back."""
        ...


class Blobs(Protocol):
    """Photos and recordings outside the database, named by the SHA-256 of their bytes (hexadecimal)."""

    async def put(self, sha256: str, data: bytes) -> None:
        """Keep these bytes durably; putting the same bytes again changes nothing."""
        ...

    async def get(self, sha256: str) -> bytes | None:
        """The bytes, or None if they are not (or no longer) here."""
        ...

    async def delete(self, sha256: str) -> None:
        """Remove the bytes; removing what is not there is fine."""
        ...


def _no_offset(_at: datetime) -> int:
    return 0


@dataclass(frozen=True)
class Context:
    """Clock, ids, chance and place in the world of one device; tests hand in their own."""

    now: Now = utc_now
    new_id: Callable[[], str] = new_id
    chance: random.Random = field(default_factory=random.SystemRandom)
    zone: str = "UTC"
    """IANA name of the zone the device stands in."""
    offset: Callable[[datetime], int] = _no_offset
    """Minutes east of UTC of that zone at an instant."""

    def instant(self) -> datetime:
        """Now, in the precision that travels (milliseconds), so that a row reads the same on both sides."""
        now = self.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def local(self, instant: datetime) -> datetime:
        """The device's wall-clock reading of an instant (naive: for dates and times of business)."""
        return instant.replace(tzinfo=None) + timedelta(minutes=self.offset(instant))
