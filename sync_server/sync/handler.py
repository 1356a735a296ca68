"""What a slice says about ops on its rows: who may make them, what they must hold, how states move.

A handler only looks and decides; rows are written by the push. Refusals are raised as Problem. ``values`` and
``row`` are Python values by column. Register handlers in :mod:`sync_server.sync.handlers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Table
from sqlalchemy.orm import Session

from shared_models.people.access import Access, Role
from shared_models.problems import Code, Problem
from shared_models.sync.wire import Op
from sync_server.sync.journal import Values


@dataclass
class WriteContext:
    """Who writes, when, and the rows as they stand with everything that came before in the same push."""

    session: Session
    access: Access
    now: datetime
    language: str
    find: Callable[[str, str], Values | None]
    """A row by entity and id, None if it is not there (or deleted). Not to be changed in place."""
    settle: Callable[[], None]
    """Write all rows of this push so far, so that SQL sees them."""
    change: Callable[[str, str, Mapping[str, Any]], int]
    """Insert or change a row as the server (see sync_server.sync.journal.write_row); its version."""
    rows_in: Callable[[str, str], list[Values]]
    """All living rows of an entity in an aggregate, by id, with everything of this push."""
    add: Callable[[Table, Values], None]
    """Add a line to one of the slice's own tables; it is written with the rows, before they are settled."""
    notes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What ``transition`` found out and ``after`` wants to know."""

    @property
    def person_id(self) -> str:
        """The person whose op it is."""
        return self.access.person_id

    def need(self, entity: str, row_id: object) -> Values:
        """A row that must be there; NOT_FOUND if it is not."""
        row = self.find(entity, str(row_id)) if row_id else None
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": entity})
        return row

    def reaches(self, dealer_id: object, *roles: Role) -> bool:
        """Whether the person holds one of these roles for that dealer."""
        dealer = self.need("dealer", dealer_id)
        return self.access.reaches(roles, dealer_id=dealer["id"], region_id=dealer["region_id"])


class Handler(Protocol):
    """Rules of one entity. Subclass it: every method but ``authorise`` has a default.

    Pushes of several devices are judged together and written together. So that their rows need not be written
    before each op, a handler says what it does without SQL on synced rows; what it does not say is safe.
    """

    looks_by_context = False
    """Whether authorise and check look at synced rows by the context alone, never by SQL."""
    moves_by_context: frozenset[str] = frozenset()
    """Actions whose transition and ``after`` do the same; ``after`` refuses nothing then."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Raise OUT_OF_SCOPE or NOT_ALLOWED unless the person may do this. ``row`` is None for a create, and
        ``values`` then the whole new row; for a transition they are its fields."""
        ...

    def cleared(self, ctx: WriteContext, root: Values) -> Callable[[Values], Values] | None:
        """For rows that the person makes below this root: ``check``, where ``authorise`` lets every one of
        them pass. None where each has to be asked about by itself."""
        return None

    def many(self, ctx: WriteContext, root: Values) -> Callable[[Sequence[Op]], list[Values] | None] | None:
        """For rows that the person makes below this root: what makes them whole and checked from their ops at
        once, or tells by None that one of them has to be looked at. None where there is no such way."""
        return None

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """The values to write (create: the whole row); raise a problem with place and reason."""
        return values

    def made(self, ctx: WriteContext, row: Values) -> None:
        """What follows from a new row that was judged by itself (not by ``many``); the context knows it."""

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """Columns to set for an action, the status among them; TRANSITION_NOT_ALLOWED where there is none."""
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": row.get("status", ""), "action": action})

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """Whether the action's effect stands already: then it is taken as done, however old its base is."""
        return False

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """What follows from a transition; the row and all before it are written, SQL sees them."""
