"""Objections and requests for more time on this device: asked by owners, decided by supervisors and desks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from field_app.plans.workflow_cards import due_of, person_name, status_of
from field_app.store import RowWrite, Store
from field_app.visits.workflow_cards import dealer_view
from shared_models.people import Access
from shared_models.people.access import DESK_ROLES
from shared_models.plans import DECIDER, RequestKind, RequestStatus, may_ask, next_request_status
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import OpKind


@dataclass(frozen=True)
class RequestCard:
    """A request as it is shown below its action."""

    id: str
    action_id: str
    kind: RequestKind
    status: RequestStatus
    author: str
    at: datetime | None
    reason: str
    due_before: date | None
    due_wanted: date | None
    due_granted: date | None
    decided_by: str
    decided_at: datetime | None
    decision: str
    measure: str
    dealer: str
    """Code of the dealer whose plan it is."""


class ActionRequests:
    """What is asked about actions, and the decisions. Methods that write return when durable."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def of(self, action_id: str) -> tuple[RequestCard, ...]:
        """Requests about an action, newest first."""
        rows = self._store.by("action_request", action_id=action_id)
        rows.sort(key=lambda row: (str(row["at"] or ""), row["id"]), reverse=True)
        return tuple(self._card(row) for row in rows)

    def may_ask(self, action_id: str) -> frozenset[RequestKind]:
        """What the person may ask about an action now: only its owner may."""
        action = self._need("action", action_id)
        if action["owner_id"] != self._access.person_id:
            return frozenset()
        waiting = self._store.by("action_request", action_id=action_id, status="open")
        kinds, status = {row["kind"] for row in waiting}, status_of(self._store, action)
        return frozenset(kind for kind in RequestKind if may_ask(status, kinds, kind))

    def may_decide(self, request_id: str) -> bool:
        """Whether the person decides this request."""
        row = self._need("action_request", request_id)
        action = self._need("action", row["action_id"])
        me = self._access.person_id
        if row["status"] != RequestStatus.OPEN or me in {row["author_id"], action["owner_id"]}:
            return False
        if DECIDER[RequestKind(row["kind"])] == "supervisor":
            return action["supervisor_id"] == me
        return self._at_desk_of(row["plan_id"])

    def may_withdraw(self, request_id: str) -> bool:
        """Whether the person may take the request back."""
        row = self._need("action_request", request_id)
        return row["status"] == RequestStatus.OPEN and row["author_id"] == self._access.person_id

    def waiting(self) -> tuple[RequestCard, ...]:
        """Open requests that this person decides, oldest first."""
        rows = [row for row in self._store.by("action_request", status="open") if self.may_decide(row["id"])]
        rows.sort(key=lambda row: (str(row["at"] or ""), row["id"]))
        return tuple(self._card(row) for row in rows)

    async def object(self, action_id: str, reason: str) -> str:
        """The owner disputes the action; the request's id."""
        return await self._ask(action_id, RequestKind.OBJECTION, reason, {})

    async def extend(self, action_id: str, wanted: date, reason: str) -> str:
        """The owner asks for more time; the request's id. INVALID_FIELD unless it is later than now."""
        due = due_of(self._store, self._need("action", action_id))
        if due is not None and wanted <= due:
            raise Problem(Code.INVALID_FIELD, {"field": "due_wanted"}, [Place("due_wanted", "later")])
        return await self._ask(
            action_id, RequestKind.EXTENSION, reason, {"due_before": due, "due_wanted": wanted}
        )

    async def grant(self, request_id: str, decision: str = "", due: date | None = None) -> None:
        """Grant it; ``due`` is the new deadline where it is not the one asked for."""
        row = self._need("action_request", request_id)
        extra: dict[str, Any] = {}
        if row["kind"] == RequestKind.EXTENSION:
            extra["due_granted"] = due or row["due_wanted"]
            if row["due_before"] is not None and extra["due_granted"] <= row["due_before"]:
                raise Problem(Code.INVALID_FIELD, {"field": "due_granted"}, [Place("due_granted", "later")])
        await self._decide(row, "grant", decision, extra)

    async def refuse(self, request_id: str, decision: str) -> None:
        """Refuse it, saying why."""
        _need_words(decision, "decision")
        await self._decide(self._need("action_request", request_id), "refuse", decision, {})

    async def withdraw(self, request_id: str) -> None:
        """Take an own request back."""
        if not self.may_withdraw(request_id):
            raise Problem(Code.NOT_ALLOWED, {"action": "withdraw"})
        await self._move(self._need("action_request", request_id), "withdraw", {})

    async def _ask(self, action_id: str, kind: RequestKind, reason: str, extra: dict[str, Any]) -> str:
        _need_words(reason, "reason")
        if kind not in self.may_ask(action_id):
            raise Problem(Code.NOT_ALLOWED, {"action": kind.value})
        action, context = self._need("action", action_id), self._store.context
        values = {
            "plan_id": action["plan_id"],
            "action_id": action_id,
            "kind": kind.value,
            "author_id": self._access.person_id,
            "at": context.instant(),
            "reason": reason.strip(),
            **extra,
        }
        row_id = context.new_id()
        self._store.apply([RowWrite("action_request", row_id, action["plan_id"], values, OpKind.CREATE)])
        await self._store.durable()
        return row_id

    async def _decide(self, row: dict[str, Any], step: str, decision: str, extra: dict[str, Any]) -> None:
        if not self.may_decide(row["id"]):
            raise Problem(Code.NOT_ALLOWED, {"action": step})
        values = {
            "decided_by": self._access.person_id,
            "decided_at": self._store.context.instant(),
            "decision": decision.strip(),
            **extra,
        }
        await self._move(row, step, values)

    async def _move(self, row: dict[str, Any], step: str, values: dict[str, Any]) -> None:
        after = {"status": next_request_status(row["status"], step).value, **values}
        self._store.apply(
            [RowWrite("action_request", row["id"], row["plan_id"], after, OpKind.TRANSITION, step)]
        )
        await self._store.durable()

    def _at_desk_of(self, plan_id: str) -> bool:
        plan = self._store.row("plan", plan_id)
        dealer = self._store.row("dealer", plan["dealer_id"]) if plan else None
        if dealer is None:
            return False
        return self._access.reaches(DESK_ROLES, dealer_id=dealer["id"], region_id=dealer["region_id"])

    def _need(self, entity: str, row_id: str) -> dict[str, Any]:
        row = self._store.row(entity, row_id)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": entity})
        return row

    def _card(self, row: dict[str, Any]) -> RequestCard:
        store = self._store
        action, plan = store.row("action", row["action_id"]), store.row("plan", row["plan_id"])
        return RequestCard(
            id=row["id"],
            action_id=row["action_id"],
            kind=RequestKind(row["kind"]),
            status=RequestStatus(row["status"]),
            author=person_name(store, row["author_id"]),
            at=row["at"],
            reason=row["reason"],
            due_before=row["due_before"],
            due_wanted=row["due_wanted"],
            due_granted=row["due_granted"],
            decided_by=person_name(store, row["decided_by"]),
            decided_at=row["decided_at"],
            decision=row["decision"],
            measure=action["measure"] if action else "",
            dealer=dealer_view(store, plan["dealer_id"]).code if plan else "",
        )


def _need_words(given: str, field: str) -> None:
    if not given.strip():
        raise Problem(Code.INVALID_FIELD, {"field": field}, [Place(field, "missing")])
