"""Long lists of actions and plans: counted, ordered and cut by the database, cards only of what is shown.

A region has thousands of actions. Reading all of them, let alone everything about each, takes longer than a
tap may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from field_app.plans.decisions import Decisions
from field_app.store import Store
from field_app.store.tables import SYNCED
from shared_models.plans import SETTLED, TO_DO, ActionStatus, PlanStatus

C = TypeVar("C")

_action, _plan, _item = SYNCED["action"].c, SYNCED["plan"].c, SYNCED["plan_item"].c


class Cards(Sequence[C], Generic[C]):
    """Cards of a list of known length that are read and made when they are looked at."""

    def __init__(
        self, count: int, page: Callable[[int, int | None], Sequence[str]], make: Callable[[str], C]
    ) -> None:
        """``page`` gives ids from a place on, at most so many; ``make`` the card of one."""
        self._count = count
        self._page = page
        self._make = make
        self._made: dict[int, C] = {}

    @property
    def ids(self) -> Sequence[str]:
        """All ids in the list's order; no card is made."""
        return self._page(0, None)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> C: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[C, ...]: ...
    def __getitem__(self, at: int | slice) -> C | tuple[C, ...]:
        if isinstance(at, slice):
            places = range(*at.indices(self._count))
            self._read(places)
            return tuple(self._made[place] for place in places if place in self._made)
        place = at if at >= 0 else at + self._count
        if not 0 <= place < self._count:
            raise IndexError(at)
        self._read(range(place, place + 1))
        return self._made[place]

    def __iter__(self) -> Iterator[C]:
        return iter(self[:])

    def _read(self, places: range) -> None:
        missing = [place for place in places if place not in self._made]
        if not missing:
            return
        first = min(missing)
        for place, key in enumerate(self._page(first, max(missing) + 1 - first), first):
            if place not in self._made:
                self._made[place] = self._make(key)


def _page(store: Store, query: Select[str]) -> Callable[[int, int | None], Sequence[str]]:
    def read(start: int, count: int | None) -> Sequence[str]:
        with store.read() as connection:
            return connection.scalars(query.offset(start).limit(-1 if count is None else count)).all()

    return read


@dataclass(frozen=True)
class ActionCounts:
    """How many actions of plans in force or closed a person has to see to."""

    own: int = 0
    """To carry out, not yet settled."""
    supervised: int = 0
    """To watch over, not yet settled."""
    done: int = 0
    own_open: int = 0
    """Of ``own``, those that still wait for their owner."""
    own_overdue: int = 0
    to_verify: int = 0
    """Of ``supervised``, those reported done."""


class ActionLists:
    """The actions that a person carries out or watches over."""

    def __init__(self, store: Store, person_id: str, today: date) -> None:
        self._store, self._me, self._today = store, person_id, today
        self.decisions = Decisions(store)
        self._status = self.decisions.status_sql(_action)
        self._due = self.decisions.due_sql(_action)
        self._listed = and_(
            _plan.id == _action.plan_id,
            _plan.status.in_([PlanStatus.PUBLISHED.value, PlanStatus.CLOSED.value]),
            or_(_action.owner_id == person_id, _action.supervisor_id == person_id),
        )

    def counts(self) -> ActionCounts:
        """All of them in one reading."""
        mine = _action.owner_id.is_not_distinct_from(self._me).label("mine")
        late = func.sum(case((self._due < self._today, 1), else_=0))
        query = (
            select(mine, self._status, func.count(), late).where(self._listed).group_by(mine, self._status)
        )
        found: dict[str, int] = dict.fromkeys(ActionCounts.__dataclass_fields__, 0)
        with self._store.read() as connection:
            for own, status, count, overdue in connection.execute(query):
                settled, to_do = status in SETTLED, status in TO_DO
                found["done"] += count * settled
                found["own"] += count * (not settled and own)
                found["supervised"] += count * (not settled and not own)
                found["own_open"] += count * (to_do and own)
                found["own_overdue"] += (overdue or 0) * (to_do and own)
                found["to_verify"] += count * (not own and status == ActionStatus.DONE)
        return ActionCounts(**found)

    def own(self, count: int, make: Callable[[str], C]) -> Cards[C]:
        """Those to carry out, the nearest deadline first."""
        return self._list(count, make, settled=False, mine=True)

    def supervised(self, count: int, make: Callable[[str], C]) -> Cards[C]:
        """Those to watch over, the nearest deadline first."""
        return self._list(count, make, settled=False, mine=False)

    def done(self, count: int, make: Callable[[str], C]) -> Cards[C]:
        """Settled ones of either kind, the newest deadline first."""
        return self._list(count, make, settled=True, mine=None)

    def _list(self, count: int, make: Callable[[str], C], *, settled: bool, mine: bool | None) -> Cards[C]:
        closed = self._status.in_(sorted(SETTLED))
        fits: list[ColumnElement[bool]] = [self._listed, closed if settled else ~closed]
        if mine is not None:
            own = _action.owner_id.is_not_distinct_from(self._me)
            fits.append(own if mine else ~own)
        order = (self._due.desc(), _action.id.desc()) if settled else (self._due, _action.id)
        query = select(_action.id).where(*fits).order_by(self._due.is_(None), *order)
        return Cards(count, _page(self._store, query), make)


class PlanLists:
    """The plans on this device by the filters of their list."""

    def __init__(self, store: Store, today: date) -> None:
        self._store = store
        self.decisions = Decisions(store)
        self._status = self.decisions.status_sql(_action)
        late = self.decisions.due_sql(_action) < today
        waiting = select(_action.plan_id).where(self._status.in_(sorted(TO_DO)), late)
        published = _plan.status == PlanStatus.PUBLISHED.value
        self._overdue = and_(published, _plan.id.in_(waiting))

    def counts(self) -> dict[str, int]:
        """How many there are by status, and under ``all`` and ``overdue``."""
        by_status = select(_plan.status, func.count()).group_by(_plan.status)
        overdue = select(func.count()).select_from(SYNCED["plan"]).where(self._overdue)
        with self._store.read() as connection:
            found = {status: int(count) for status, count in connection.execute(by_status)}
            late = connection.execute(overdue).scalar_one()
        return {**found, "all": sum(found.values()), "overdue": late}

    def without_verdict(self) -> int:
        """Published plans whose measures are all verified and of which some item has no verdict yet."""
        verified = func.sum(case((self._status == ActionStatus.VERIFIED.value, 1), else_=0))
        through = (
            select(_action.plan_id)
            .where(self._status != ActionStatus.DROPPED.value)
            .group_by(_action.plan_id)
            .having(func.count() == verified)
        )
        unjudged = select(_item.plan_id).where(_item.verdict == "")
        query = (
            select(func.count())
            .select_from(SYNCED["plan"])
            .where(_plan.status == PlanStatus.PUBLISHED.value, _plan.id.in_(through), _plan.id.in_(unjudged))
        )
        with self._store.read() as connection:
            return connection.execute(query).scalar_one()

    def those(self, make: Callable[[str], C], *where: Any, overdue: bool = False) -> Cards[C]:
        """Plans that fit conditions on the plan table, newest first."""
        fits = (*where, self._overdue) if overdue else where
        query = select(_plan.id).where(*fits).order_by(_plan.created_at.desc(), _plan.id.desc())
        with self._store.read() as connection:
            count = connection.execute(
                select(func.count()).select_from(SYNCED["plan"]).where(*fits)
            ).scalar_one()
        return Cards(count, _page(self._store, query), make)
