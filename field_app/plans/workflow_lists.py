"""Long lists of actions and plans: a few columns of all of them, whole cards only of those that are shown.

A region has thousands of actions. Reading everything about each takes longer than a tap may.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import or_, select

from field_app.store import Store
from field_app.store.tables import SYNCED
from shared_models.plans import SETTLED, TO_DO, ActionStatus, PlanStatus, RequestKind, RequestStatus

C = TypeVar("C")
L = TypeVar("L")


class Cards(Sequence[C], Generic[C, L]):
    """Cards that are made when they are looked at, beside the lines of all of them."""

    def __init__(self, lines: Sequence[L], make: Callable[[L], C]) -> None:
        self.lines = tuple(lines)
        self._make = make
        self._made: dict[int, C] = {}

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> C: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[C, ...]: ...
    def __getitem__(self, at: int | slice) -> C | tuple[C, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(len(self.lines))))
        place = at if at >= 0 else at + len(self.lines)
        if place not in self._made:
            self._made[place] = self._make(self.lines[place])
        return self._made[place]

    def __iter__(self) -> Iterator[C]:
        return (self[place] for place in range(len(self.lines)))

    def only(self, fits: Callable[[L], bool]) -> Cards[C, L]:
        """Those whose line fits."""
        return Cards([one for one in self.lines if fits(one)], self._make)


@dataclass(frozen=True)
class ActionLine:
    """What is known of every action in a list."""

    id: str
    status: str
    owner_id: str | None
    due_on: date | None
    days_left: int | None


@dataclass(frozen=True)
class PlanLine:
    """What is known of every plan in a list."""

    id: str
    status: str
    dealer_id: str
    title: str
    number: str
    overdue: int
    actions: int
    verified: int
    verdicts: tuple[str, ...]


class Decisions:
    """Requests granted here: they count before the server has moved the action."""

    def __init__(self, store: Store) -> None:
        granted = store.by("action_request", status=RequestStatus.GRANTED.value)
        self._dropped = {r["action_id"] for r in granted if r["kind"] == RequestKind.OBJECTION.value}
        self._later: dict[str, dict[Any, date]] = defaultdict(dict)
        for row in granted:
            if row["kind"] == RequestKind.EXTENSION.value and row["due_granted"] is not None:
                self._later[row["action_id"]][row["due_before"]] = row["due_granted"]

    def status(self, action_id: str, status: str) -> str:
        """The action's state."""
        return ActionStatus.DROPPED.value if action_id in self._dropped else status

    def due(self, action_id: str, due: date | None) -> date | None:
        """The action's deadline; each grant leads from one to a later one, so the chain ends."""
        later = self._later.get(action_id)
        while later and due in later:
            due = later[due]
        return due


def action_lines(store: Store, person_id: str, today: date) -> list[ActionLine]:
    """Actions of plans in force or closed that the person carries out or watches over, the nearest first."""
    action, plan = SYNCED["action"].c, SYNCED["plan"].c
    query = select(action.id, action.status, action.owner_id, action.due_on).where(
        plan.id == action.plan_id,
        plan.status.in_([PlanStatus.PUBLISHED.value, PlanStatus.CLOSED.value]),
        or_(action.owner_id == person_id, action.supervisor_id == person_id),
    )
    decisions = Decisions(store)
    with store.read() as connection:
        rows = connection.execute(query).all()
    lines: list[ActionLine] = []
    for row_id, stored, owner_id, stored_due in rows:
        status, due = decisions.status(row_id, stored), decisions.due(row_id, stored_due)
        left = None if due is None or status in SETTLED else (due - today).days
        lines.append(ActionLine(row_id, status, owner_id, due, left))
    lines.sort(key=lambda one: (one.due_on or date.max, one.id))
    return lines


def plan_lines(store: Store, rows: Sequence[dict[str, Any]], today: date) -> list[PlanLine]:
    """Lines of these plans in their order; their actions and verdicts are counted in one reading each."""
    action, item = SYNCED["action"].c, SYNCED["plan_item"].c
    decisions = Decisions(store)
    overdue: dict[str, int] = defaultdict(int)
    there: dict[str, int] = defaultdict(int)
    verified: dict[str, int] = defaultdict(int)
    verdicts: dict[str, list[str]] = defaultdict(list)
    with store.read() as connection:
        for row_id, plan_id, stored, due in connection.execute(
            select(action.id, action.plan_id, action.status, action.due_on)
        ):
            status = decisions.status(row_id, stored)
            if status == ActionStatus.DROPPED:
                continue
            there[plan_id] += 1
            verified[plan_id] += status == ActionStatus.VERIFIED
            until = decisions.due(row_id, due) if status in TO_DO else None
            overdue[plan_id] += until is not None and until < today
        for plan_id, verdict in connection.execute(select(item.plan_id, item.verdict).order_by(item.id)):
            verdicts[plan_id].append(verdict)
    return [
        PlanLine(
            row["id"], row["status"], row["dealer_id"], row["title"], row["number"], overdue[row["id"]],
            there[row["id"]], verified[row["id"]], tuple(verdicts[row["id"]]),
        )
        for row in rows
    ]  # fmt: skip
