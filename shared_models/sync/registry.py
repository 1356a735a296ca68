"""The synced entities: their table, aggregate, and how each field merges."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shared_models.appeals.tables import Appeal
from shared_models.calls.tables import CallAttempt, CallTask
from shared_models.checklists.tables import Item, Template, TemplateVersion
from shared_models.columns import Row
from shared_models.people.tables import Dealer, Employee, Grant, Person, Region
from shared_models.plans.tables import Action, ActionProgress, ActionRequest, Cause, Plan, PlanItem
from shared_models.reminders.tables import Reminder
from shared_models.visits.tables import (
    Answer,
    Assignment,
    Attachment,
    Correction,
    Focus,
    ReviewNote,
    TestDrive,
    TestDriveEvent,
    Visit,
)


class Merge(StrEnum):
    """How a field takes a change made without knowledge of another one."""

    LAST_WRITER = "last_writer"  # per field, by hybrid logical clock; the loser is kept in history
    IMMUTABLE = "immutable"  # set at creation, never again
    BEGUN = "begun"  # set at creation, then only by a checked transition
    TRANSITION = "transition"  # only by a checked transition on base_version
    SERVER = "server"  # only the server writes it; ignored on the wire upwards


@dataclass(frozen=True)
class Entity:
    """One synced table.

    ``aggregate_field`` names the column that holds the aggregate's id ("id" for the root itself);
    ``parents`` are (column, entity) pairs that must exist before the row does. ``reference`` rows are written
    by the server alone and have themselves as aggregate.
    """

    name: str
    table: type[Row]
    aggregate_field: str = "id"
    parents: tuple[tuple[str, str], ...] = ()
    reference: bool = False
    merge: dict[str, Merge] = field(default_factory=dict[str, Merge])

    def rule(self, column: str) -> Merge:
        """How that column merges (last writer wins unless said otherwise)."""
        if self.reference:
            return Merge.SERVER
        return self.merge.get(column, Merge.LAST_WRITER)


def _rules(
    *, immutable: str = "", begun: str = "", transition: str = "", server: str = ""
) -> dict[str, Merge]:
    return (
        dict.fromkeys(immutable.split(), Merge.IMMUTABLE)
        | dict.fromkeys(begun.split(), Merge.BEGUN)
        | dict.fromkeys(transition.split(), Merge.TRANSITION)
        | dict.fromkeys(("version", *server.split()), Merge.SERVER)
    )


_ALL = (
    Entity("region", Region, reference=True),
    Entity("dealer", Dealer, reference=True),
    Entity("person", Person, reference=True),
    Entity("role_grant", Grant, reference=True),
    Entity("employee", Employee, reference=True),
    Entity("item", Item, reference=True),
    Entity("template", Template, reference=True),
    Entity("template_version", TemplateVersion, reference=True),
    Entity(
        "assignment",
        Assignment,
        parents=(
            ("dealer_id", "dealer"),
            ("template_version_id", "template_version"),
            ("person_id", "person"),
        ),
        merge=_rules(
            immutable="id dealer_id template_version_id person_id", transition="status", server="call_id"
        ),
    ),
    Entity("call_task", CallTask, reference=True),
    Entity(
        "call_attempt",
        CallAttempt,
        "assignment_id",
        (("assignment_id", "assignment"),),
        merge=_rules(
            immutable="id assignment_id person_id at day_part disposition call_again_at note",
        ),
    ),
    Entity("focus", Focus, reference=True),
    Entity(
        "visit",
        Visit,
        parents=(("dealer_id", "dealer"), ("template_version_id", "template_version")),
        merge=_rules(
            immutable="id assignment_id dealer_id person_id source",
            begun="template_version_id",
            transition="status submitted_at score revision manifest moves",
            server="evidence_complete reviewed_by reviewed_at review_note reply_due_at final_score",
        ),
    ),
    Entity(
        "answer",
        Answer,
        "visit_id",
        (("visit_id", "visit"),),
        merge=_rules(immutable="id visit_id question repeat"),
    ),
    Entity(
        "test_drive", TestDrive, "visit_id", (("visit_id", "visit"),), merge=_rules(immutable="id visit_id")
    ),
    Entity(
        "test_drive_event",
        TestDriveEvent,
        "visit_id",
        (("visit_id", "visit"),),
        merge=_rules(immutable="id visit_id kind"),
    ),
    Entity(
        "review_note",
        ReviewNote,
        "visit_id",
        (("visit_id", "visit"),),
        merge=_rules(immutable="id visit_id question text author_id created_at"),
    ),
    Entity(
        "correction",
        Correction,
        "visit_id",
        (("visit_id", "visit"),),
        merge=_rules(
            immutable="id visit_id question repeat state value revision reason author_id made_at",
            server="before_state before_value score_before score_after appeal_id",
        ),
    ),
    Entity(
        "appeal",
        Appeal,
        parents=(("visit_id", "visit"), ("dealer_id", "dealer")),
        merge=_rules(
            immutable="id visit_id dealer_id question repeat text",
            transition="status new_state new_value decision_note",
            server="author_id filed_at due_at visit_date wording wording_en old_state old_value"
            " decided_by decided_at score_before score_after",
        ),
    ),
    Entity(
        "plan",
        Plan,
        parents=(("dealer_id", "dealer"),),
        merge=_rules(
            immutable="id dealer_id author_id created_at",
            transition="status published_at closed_at approval_note",
            server="number approved_by approved_at",
        ),
    ),
    Entity(
        "attachment",
        Attachment,
        "visit_id",  # or plan_id or appeal_id: see aggregate_of
        (("visit_id", "visit"), ("plan_id", "plan"), ("appeal_id", "appeal")),
        merge=_rules(
            immutable="id visit_id plan_id appeal_id sha256 size mime taken_at original_sha256",
            server="stored_at",
        ),
    ),
    Entity(
        "plan_item",
        PlanItem,
        "plan_id",
        (("plan_id", "plan"), ("item_id", "item")),
        merge=_rules(immutable="id plan_id item_id", server="verdict evaluation"),
    ),
    Entity(
        "cause",
        Cause,
        "plan_id",
        (("plan_id", "plan"), ("plan_item_id", "plan_item")),
        merge=_rules(immutable="id plan_id plan_item_id"),
    ),
    Entity(
        "action",
        Action,
        "plan_id",
        (("plan_id", "plan"), ("plan_item_id", "plan_item")),
        merge=_rules(immutable="id plan_id", transition="status"),
    ),
    Entity(
        "action_progress",
        ActionProgress,
        "plan_id",
        (("plan_id", "plan"), ("action_id", "action")),
        merge=_rules(immutable="id plan_id action_id author_id at percent text attendees"),
    ),
    Entity(
        "action_request",
        ActionRequest,
        "plan_id",
        (("plan_id", "plan"), ("action_id", "action")),
        merge=_rules(
            immutable="id plan_id action_id kind author_id at reason due_before due_wanted",
            transition="status due_granted decided_by decided_at decision",
        ),
    ),
    Entity("reminder", Reminder, reference=True),
)

ENTITIES: dict[str, Entity] = {one.name: one for one in _ALL}
"""By name, parents before children."""


def entity(name: str) -> Entity:
    """The entity of that name; KeyError if there is none."""
    return ENTITIES[name]


def aggregate_of(name: str, row_id: str, fields: dict[str, object]) -> str:
    """The aggregate that a row belongs to, from its own fields."""
    spec = ENTITIES[name]
    if spec.reference or spec.aggregate_field == "id":
        return row_id
    if name == "attachment":
        return str(fields.get("visit_id") or fields.get("plan_id") or fields.get("appeal_id") or "")
    return str(fields.get(spec.aggregate_field) or "")
