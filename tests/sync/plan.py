"""What a simulated run is to do: all that decides it."""

from __future__ import annotations

import random
from dataclasses import dataclass

CASTS: tuple[tuple[str, ...], ...] = (
    ("shopper", "shopper"),
    ("manager", "hq"),
    ("shopper", "manager"),
    ("manager", "manager"),
    ("shopper2", "manager"),
    ("owner", "colleague"),
)
"""Who has the first two devices, by the seed; further ones are taken from MORE in turn."""
MORE = ("manager", "shopper", "hq", "shopper2", "owner", "colleague")


@dataclass(frozen=True)
class Plan:
    """A run, played the same way wherever and whenever."""

    seed: int
    devices: int = 3
    steps: int = 30
    fault_rate: float = 0.25
    kill_rate: float = 0.12
    befall_rate: float = 0.15
    kept: tuple[int, ...] | None = None
    """Steps that are played; None: all. Cutting a failing run down leaves steps out."""
    cast: tuple[str, ...] | None = None

    def chance(self, name: object) -> random.Random:
        """Chance by name."""
        return random.Random(f"{self.seed}:{name}")

    @property
    def logins(self) -> tuple[str, ...]:
        """Whose devices take part."""
        if self.cast is not None:
            return self.cast
        first = CASTS[self.seed % len(CASTS)]
        more = [login for login in MORE if login not in first] + list(MORE)
        return (*first, *more)[: self.devices]
