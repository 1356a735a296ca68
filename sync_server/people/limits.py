"""How failed sign-ins slow down: per login and address, and per address alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class SignInLimits:
    """After ``free`` failures in a row each further one doubles the pause, up to ``longest``."""

    free: int = 5
    free_per_address: int = 50
    first: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(minutes=15)
    forgotten_after: timedelta = timedelta(hours=24)

    def pause(self, failures: int, free: int) -> timedelta:
        """The pause after that many failures in a row."""
        if failures < free:
            return timedelta(0)
        return min(self.first * 2 ** min(failures - free, 20), self.longest)
