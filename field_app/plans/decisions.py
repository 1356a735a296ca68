"""Requests granted here: they count before the server has moved the action."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select

from field_app.store import Store
from field_app.store.tables import SYNCED
from shared_models.plans import ActionStatus, RequestKind, RequestStatus

_action, _request = SYNCED["action"].c, SYNCED["action_request"].c
_granted = _request.status == RequestStatus.GRANTED.value
_objection = _request.kind == RequestKind.OBJECTION.value
_extension = _request.kind == RequestKind.EXTENSION.value


class Decisions:
    """The few actions that stand otherwise than their rows still say."""

    def __init__(self, store: Store) -> None:
        ahead = (
            select(_action.id, _request.kind, _action.due_on)
            .join(SYNCED["action_request"], _request.action_id == _action.id)
            .where(
                _granted,
                or_(
                    _objection & (_action.status != ActionStatus.DROPPED.value),
                    _extension & (_request.due_before == _action.due_on),
                ),
            )
        )
        self._dropped: set[str] = set()
        self._moved: dict[str, date] = {}
        with store.read() as connection:
            for action_id, kind, due_on in connection.execute(ahead):
                if kind == RequestKind.OBJECTION.value:
                    self._dropped.add(action_id)
                else:
                    self._moved[action_id] = due_on
            if self._moved:
                later: dict[str, dict[date, date]] = defaultdict(dict)
                query = select(_request.action_id, _request.due_before, _request.due_granted).where(
                    _granted,
                    _extension,
                    _request.action_id.in_(sorted(self._moved)),
                    _request.due_granted.is_not(None),
                )
                for action_id, before, after in connection.execute(query):
                    later[action_id][before] = after
                self._moved = {one: _last(due, later[one]) for one, due in self._moved.items()}

    def status(self, action_id: str, status: str) -> str:
        """The action's state, given that of its row."""
        return ActionStatus.DROPPED.value if action_id in self._dropped else status

    def due(self, action_id: str, due: date | None) -> date | None:
        """The action's deadline, given that of its row."""
        return self._moved.get(action_id, due)

    def status_sql(self, action: Any) -> ColumnElement[str]:
        """:meth:`status` as an expression on the columns of the action table."""
        if not self._dropped:
            return action.status
        return case((action.id.in_(sorted(self._dropped)), ActionStatus.DROPPED.value), else_=action.status)

    def due_sql(self, action: Any) -> ColumnElement[date]:
        """:meth:`due` as an expression on the columns of the action table."""
        if not self._moved:
            return action.due_on
        return case(self._moved, value=action.id, else_=action.due_on)


def _last(due: date, later: dict[date, date]) -> date:
    """Each grant leads from one deadline to a later one, so the chain ends."""
    while due in later:
        due = later[due]
    return due
