"""Writing a plan: weak items with their finding, causes, measures, owner, supervisor, dates, publication."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from field_app.plans.workflow_cards import Row, item_name, progress_of
from field_app.store import RowWrite, Store
from field_app.visits.workflow_cards import DealerView, dealer_view
from shared_models.checklists import Bilingual
from shared_models.checklists.stages import CAUSE_CATEGORIES
from shared_models.insight import WeakItem
from shared_models.people import Access
from shared_models.plans import METHODS, PLAN_TRANSITIONS, publication_gaps
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import OpKind

PLAN_FIELDS = frozenset({"title", "summary", "trigger_month"})
CAUSE_FIELDS = frozenset({"category", "code", "text", "evidence"})
ACTION_FIELDS = frozenset(
    {"plan_item_id", "measure", "method", "owner_id", "supervisor_id", "starts_on", "due_on", "position"}
)


def plan_item_write(plan_id: str, weak: WeakItem, row_id: str) -> RowWrite:
    """The weak item as a row of the plan, with its figures as the finding."""
    values = {"plan_id": plan_id, "item_id": weak.item_id, "finding": weak.model_dump(mode="json")}
    return RowWrite("plan_item", row_id, plan_id, values, OpKind.CREATE)


def _by_id(row: Row) -> str:
    return row["id"]


def _by_place(row: Row) -> tuple[int, str]:
    return row["position"], row["id"]


class PlanDraft:
    """One plan, open for reading, and for writing while it is a draft. Methods return when durable."""

    def __init__(self, store: Store, plan_id: str, access: Access) -> None:
        self._store = store
        self._access = access
        self._watchers: list[Callable[[], None]] = []
        self.id = plan_id
        self.reload()
        self._stop = store.watch(self._touched)

    def reload(self) -> None:
        """Read all rows of the plan."""
        store = self._store
        plan = store.row("plan", self.id)
        if plan is None:
            raise Problem(Code.NOT_FOUND, {"what": "plan"})
        self.plan: Row = plan
        self.dealer: DealerView = dealer_view(store, plan["dealer_id"])
        self.items: list[Row] = sorted(store.by("plan_item", plan_id=self.id), key=_by_id)
        self.causes: list[Row] = sorted(store.by("cause", plan_id=self.id), key=_by_id)
        self.actions: list[Row] = sorted(store.by("action", plan_id=self.id), key=_by_place)

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def editable(self) -> bool:
        """Whether the plan can still be written."""
        return self.plan["status"] == "draft"

    @property
    def gaps(self) -> list[Place]:
        """What is missing before publication."""
        return publication_gaps(self.plan, self.items, self.causes, self.actions)

    def name_of(self, plan_item_id: str) -> Bilingual:
        """The name of a weak item of the plan."""
        row = next((row for row in self.items if row["id"] == plan_item_id), None)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "plan_item"})
        return item_name(self._store, row["item_id"])

    def finding(self, plan_item_id: str) -> WeakItem:
        """The figures of a weak item as they stood when it was taken in."""
        row = next((row for row in self.items if row["id"] == plan_item_id), None)
        if row is None:
            raise Problem(Code.NOT_FOUND, {"what": "plan_item"})
        return WeakItem.model_validate(row["finding"])

    def causes_of(self, plan_item_id: str) -> list[Row]:
        """Causes of one weak item."""
        return [row for row in self.causes if row["plan_item_id"] == plan_item_id]

    def actions_of(self, plan_item_id: str | None) -> list[Row]:
        """Actions of one weak item (None: those for the whole plan)."""
        return [row for row in self.actions if row["plan_item_id"] == plan_item_id]

    def progress(self, action_id: str) -> Sequence[Any]:
        """The log of one action, newest first (ProgressEntry)."""
        action = next((row for row in self.actions if row["id"] == action_id), None)
        return () if action is None else progress_of(self._store, action)

    def known_causes(self, plan_item_id: str) -> list[Mapping[str, str]]:
        """Typical causes under the item (code, zh, en), to pick from."""
        row = next((row for row in self.items if row["id"] == plan_item_id), None)
        item = self._store.row("item", row["item_id"]) if row else None
        return list(item["causes"]) if item else []

    @property
    def pending(self) -> int:
        """Changes that the server has not confirmed."""
        return self._store.pending_of(self.id)

    # -- writing -------------------------------------------------------------------------------------------

    async def set_plan(self, field: str, value: Any) -> None:
        """Write title, summary or trigger_month."""
        self._known(field, PLAN_FIELDS)
        await self._commit(RowWrite("plan", self.id, self.id, {field: value}))

    async def add_item(self, weak: WeakItem) -> str:
        """Take in another weak item of the same dealer; its plan_item id (the same if it is there)."""
        for row in self.items:
            if row["item_id"] == weak.item_id:
                return row["id"]
        write = plan_item_write(self.id, weak, self._store.context.new_id())
        await self._commit(write)
        return write.row_id

    async def remove_item(self, plan_item_id: str) -> None:
        """Take a weak item out, with its causes and actions."""
        rows = [("cause", row["id"]) for row in self.causes_of(plan_item_id)]
        rows += [("action", row["id"]) for row in self.actions_of(plan_item_id)]
        rows.append(("plan_item", plan_item_id))
        await self._commit(*(RowWrite(name, row_id, self.id, {}, OpKind.DELETE) for name, row_id in rows))

    async def add_cause(
        self,
        plan_item_id: str,
        category: str,
        text: str,
        code: str = "",
        evidence: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """Name a cause; ``evidence`` are references (kind, id, label). The cause's id."""
        self._one_of("category", category, [stage.value for stage in CAUSE_CATEGORIES])
        values = {
            "plan_id": self.id,
            "plan_item_id": plan_item_id,
            "category": category,
            "code": code,
            "text": text,
            "evidence": [dict(one) for one in evidence],
        }
        return await self._create("cause", values)

    async def change_cause(self, cause_id: str, **values: Any) -> None:
        """Change category, code, text or evidence of a cause."""
        for field in values:
            self._known(field, CAUSE_FIELDS)
        await self._commit(RowWrite("cause", cause_id, self.id, values))

    async def remove_cause(self, cause_id: str) -> None:
        """Take a cause out."""
        await self._commit(RowWrite("cause", cause_id, self.id, {}, OpKind.DELETE))

    async def add_action(self, plan_item_id: str | None, **values: Any) -> str:
        """Add a measure (columns of the action table); its id."""
        for field in values:
            self._known(field, ACTION_FIELDS)
        if "method" in values:
            self._one_of("method", values["method"], METHODS)
        place = max((row["position"] for row in self.actions), default=0) + 1
        given = {"plan_id": self.id, "plan_item_id": plan_item_id, "position": place, **values}
        return await self._create("action", given)

    async def change_action(self, action_id: str, **values: Any) -> None:
        """Change a measure, its people or its dates."""
        for field in values:
            self._known(field, ACTION_FIELDS)
        if "method" in values:
            self._one_of("method", values["method"], METHODS)
        await self._commit(RowWrite("action", action_id, self.id, values))

    async def remove_action(self, action_id: str) -> None:
        """Take a measure out."""
        await self._commit(RowWrite("action", action_id, self.id, {}, OpKind.DELETE))

    async def add_rows(self, writes: Sequence[RowWrite]) -> None:
        """Take in rows made elsewhere for this plan (a template's), in one transaction."""
        if writes:
            await self._commit(*writes)

    async def publish(self) -> None:
        """Publish to the dealer; PLAN_INCOMPLETE with the gaps as places when something is missing."""
        gaps = self.gaps
        if gaps:
            raise Problem(Code.PLAN_INCOMPLETE, {"count": len(gaps)}, gaps)
        await self._transition("publish", published_at=self._store.context.instant())

    async def withdraw(self) -> None:
        """Withdraw the plan."""
        await self._transition("withdraw")

    async def approve(self, note: str = "") -> None:
        """Headquarters approve a submitted plan: its dealer sees it."""
        now = self._store.context.instant()
        await self._transition("approve", published_at=now, approval_note=note.strip())

    async def send_back(self, note: str) -> None:
        """Headquarters want it written differently; INVALID_FIELD without saying how."""
        if not note.strip():
            raise Problem(Code.INVALID_FIELD, {"field": "approval_note"}, [Place("approval_note", "missing")])
        await self._transition("send_back", approval_note=note.strip())

    async def finish(self) -> None:
        """Close a published plan."""
        await self._transition("close", closed_at=self._store.context.instant())

    async def _transition(self, action: str, **values: Any) -> None:
        try:
            after, roles = PLAN_TRANSITIONS[self.plan["status"], action]
        except KeyError:
            status = self.plan["status"]
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": action}) from None
        if self._access.roles.isdisjoint(roles):
            raise Problem(Code.NOT_ALLOWED, {"action": action})
        after_values = {"status": str(after), **values}
        await self._commit(
            RowWrite("plan", self.id, self.id, after_values, OpKind.TRANSITION, action), sealed=True
        )

    async def _create(self, entity: str, values: dict[str, Any]) -> str:
        row_id = self._store.context.new_id()
        await self._commit(RowWrite(entity, row_id, self.id, values, OpKind.CREATE))
        return row_id

    async def _commit(self, *writes: RowWrite, sealed: bool = False) -> None:
        if not sealed and not self.editable:
            status = self.plan["status"]
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": "edit"})
        self._take(writes, self._store.apply(writes, back=True))
        self._tell()
        await self._store.durable()

    def _take(self, writes: Sequence[RowWrite], found: Sequence[Row | None]) -> None:
        """Take in what is stored now, without reading again what a busy database may hide."""
        lists = {"plan_item": self.items, "cause": self.causes, "action": self.actions}
        for one, row in zip(writes, found, strict=True):
            if one.entity == "plan":
                self.plan = row or self.plan
                continue
            rows = lists[one.entity]
            rows[:] = [held for held in rows if held["id"] != one.row_id] + ([row] if row else [])
        self.items.sort(key=_by_id)
        self.causes.sort(key=_by_id)
        self.actions.sort(key=_by_place)

    @staticmethod
    def _known(field: str, fields: frozenset[str]) -> None:
        if field not in fields:
            raise Problem(Code.UNKNOWN_FIELD, {"field": field})

    @staticmethod
    def _one_of(field: str, value: str, allowed: Sequence[str]) -> None:
        if value not in allowed:
            raise Problem(Code.INVALID_FIELD, {"field": field}, [Place(field, "choice")])

    # -- watching ------------------------------------------------------------------------------------------

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Be told when the plan changed, here or on the server; gives the end of it."""
        self._watchers.append(callback)

        def stop() -> None:
            if callback in self._watchers:
                self._watchers.remove(callback)

        return stop

    def _touched(self, touched: Any) -> None:
        if touched.local or self.id not in touched.aggregates:
            return
        if self._store.row("plan", self.id) is not None:
            self.reload()
            self._tell()

    def _tell(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    def close(self) -> None:
        """End the session."""
        self._stop()
        self._watchers.clear()
