"""The escalation ladder: who hears of an overdue action after how many days."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Why somebody is told."""

    OWNER = "owner"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    HQ = "hq"
    VISITOR = "visitor"
    REVIEWER = "reviewer"


class Kind(StrEnum):
    """What can be late."""

    ACTION = "action"
    """An action of a plan, past its deadline."""
    REPLY = "reply"
    """A returned visit that was not sent again in time."""
    APPEAL = "appeal"
    """An appeal that nobody has decided in time."""


STEPS: tuple[Step, ...] = (Step.OWNER, Step.SUPERVISOR, Step.MANAGER, Step.HQ)
"""The rungs of the ladder, in the order in which an overdue action rises."""

RUNGS: dict[Kind, dict[Step, Step]] = {
    Kind.ACTION: {step: step for step in STEPS},
    Kind.REPLY: {
        Step.OWNER: Step.VISITOR,
        Step.SUPERVISOR: Step.REVIEWER,
        Step.MANAGER: Step.MANAGER,
        Step.HQ: Step.HQ,
    },
    Kind.APPEAL: {Step.OWNER: Step.MANAGER, Step.MANAGER: Step.HQ},
}
"""Who is told at each rung: of a reply the visitor, the reviewer who asked, then as for actions; of an appeal
at once the desk that has to decide it, and headquarters where an action would have come to the manager."""


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
