"""The escalation ladder: who hears of an overdue action after how many days."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Who is told, in the order in which an overdue action rises."""

    OWNER = "owner"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    HQ = "hq"


STEPS: tuple[Step, ...] = tuple(Step)


@dataclass(frozen=True)
class Ladder:
    """``days[i]``: so many days past the deadline step i is told; never fewer than for the step before."""

    days: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        if list(self.days) != sorted(self.days) or self.days[0] < 1:
            raise ValueError(f"days of a ladder rise from 1 on, not {self.days}")

    @classmethod
    def parse(cls, text: str) -> Ladder:
        """``"1,3,7,14"``; raises ValueError for anything else than four rising whole numbers above zero."""
        owner, supervisor, manager, hq = (int(part) for part in text.split(","))
        return cls((owner, supervisor, manager, hq))

    def steps(self, days_late: int) -> tuple[Step, ...]:
        """All steps that have been reached after so many days."""
        return tuple(step for step, days in zip(STEPS, self.days, strict=True) if days_late >= days)


DEFAULT_LADDER = Ladder((1, 3, 7, 14))
