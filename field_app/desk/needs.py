"""What needs a person today: from the rows on this device, and figures of the server or their kept copy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from field_app.plans.decisions import Decisions
from field_app.plans.workflow_requests import ActionRequests
from field_app.store import Store
from field_app.store.tables import SYNCED
from field_app.visits.workflow_cards import dealer_view
from shared_models.checklists import Bilingual
from shared_models.insight import WeakItem
from shared_models.people.access import DESK_ROLES, Access, Role
from shared_models.plans import TO_DO, PlanStatus, RequestKind
from shared_models.reports import DealerFreshness

KINDS: tuple[str, ...] = (
    "objection", "extension", "approval", "overdue", "unanswered", "appeal", "conflict", "fell", "stale",
)  # fmt: skip
"""In the order in which they are shown: what waits for this person's decision comes first."""


@dataclass(frozen=True)
class Need:
    """One thing that needs the person, and where it is seen to."""

    kind: str
    """One of KINDS."""
    dealer: Bilingual
    what: Bilingual
    days: int | None
    """overdue, unanswered, stale: days late; the others: days waiting. None where it does not apply."""
    route: str
    told: bool = False
    """overdue: it has risen to this person by the escalation ladder."""


def local_needs(store: Store, access: Access) -> list[Need]:
    """Needs that the rows on this device show: works without network."""
    today = store.context.local(store.context.now()).date()
    found = _overdue(store, access, today) + _requests(store, access, today)
    if access.has(*DESK_ROLES):
        found += _unanswered(store, store.context.now()) + _appeals(store, today)
    if access.has(Role.HQ):
        found += _approvals(store)
    return ordered(found)


def figure_needs(weak: Iterable[WeakItem], freshness: Iterable[DealerFreshness]) -> list[Need]:
    """Needs that figures show: items that fell, sources that disagree, dealers whose data is stale."""
    weak = list(weak)
    found = _conflicts(weak)
    found += [
        Need(
            "fell",
            Bilingual(zh=one.dealer_name, en=one.dealer_name_en or one.dealer_name),
            Bilingual(zh=one.item_name, en=one.item_name_en or one.item_name),
            None,
            f"/weak/item/{one.month}/{one.dealer_id}/{one.item_id}",
        )
        for one in weak
        if any("decline" in reason.kind.value for reason in one.reasons)
    ]
    found += [
        Need(
            "stale",
            Bilingual(zh=one.dealer_name, en=one.dealer_name_en or one.dealer_name),
            Bilingual(zh=one.newest_day or "–", en=one.newest_day or "–"),
            one.days,
            f"/overview/dealer/{one.dealer_id}",
        )
        for one in freshness
        if one.stale
    ]
    return ordered(found)


def _conflicts(weak: Iterable[WeakItem]) -> list[Need]:
    """Where a source says something else than the rest and nobody has looked into it.

    A source that disagrees over a whole dealer is named once, at the dealer's most urgent item.
    """
    found: list[Need] = []
    seen: set[tuple[str, str]] = set()
    for one in weak:
        for conflict in one.conflicts:
            place = one.dealer_id, conflict.source.value if conflict.whole_dealer else one.item_id
            if conflict.reviewed or place in seen:
                continue
            seen.add(place)
            found.append(
                Need(
                    "conflict",
                    Bilingual(zh=one.dealer_name, en=one.dealer_name_en or one.dealer_name),
                    Bilingual(zh=one.item_name, en=one.item_name_en or one.item_name),
                    None,
                    f"/weak/item/{one.month}/{one.dealer_id}/{one.item_id}",
                )
            )
    return found


def ordered(needs: Iterable[Need]) -> list[Need]:
    """Decisions first, then by how long it has been."""
    return sorted(
        needs, key=lambda one: (KINDS.index(one.kind), -(one.days or 0), one.dealer.zh, one.what.zh)
    )


def _overdue(store: Store, access: Access, today: date) -> list[Need]:
    """For desks every overdue action of their dealers, for owners and supervisors their own."""
    table, me = SYNCED["action"], access.person_id
    late = store.rows("action", table.c.due_on < today, table.c.status.in_(sorted(TO_DO)))
    told = {row["action_id"] for row in store.by("reminder", person_id=me)}
    plans = {row["id"]: row for row in store.by("plan", status=PlanStatus.PUBLISHED.value)}
    dealers = {row["dealer_id"] for row in plans.values()}
    desk = {dealer_id for dealer_id in dealers if _desk(store, access, dealer_id)}
    names = {dealer_id: dealer_view(store, dealer_id).name for dealer_id in dealers}
    decisions = Decisions(store)
    found: list[Need] = []
    for row in late:
        plan = plans.get(row["plan_id"])
        if plan is None:
            continue
        if me not in {row["owner_id"], row["supervisor_id"]} and plan["dealer_id"] not in desk:
            continue
        due = decisions.due(row["id"], row["due_on"])
        if due is None or due >= today or decisions.status(row["id"], row["status"]) not in TO_DO:
            continue
        what = Bilingual(zh=row["measure"], en=row["measure"])
        route = f"/actions/action/{row['id']}"
        days = (today - due).days
        found.append(Need("overdue", names[plan["dealer_id"]], what, days, route, row["id"] in told))
    return found


def _desk(store: Store, access: Access, dealer_id: str) -> bool:
    dealer = store.row("dealer", dealer_id)
    region = dealer["region_id"] if dealer else ""
    return access.reaches(DESK_ROLES, dealer_id=dealer_id, region_id=region)


def _requests(store: Store, access: Access, today: date) -> list[Need]:
    found: list[Need] = []
    for one in ActionRequests(store, access).waiting():
        action = store.row("action", one.action_id)
        plan = store.row("plan", action["plan_id"]) if action else None
        if plan is None:
            continue
        kind = "objection" if one.kind is RequestKind.OBJECTION else "extension"
        what = Bilingual(zh=one.measure, en=one.measure)
        name = dealer_view(store, plan["dealer_id"]).name
        found.append(Need(kind, name, what, _days(store, one.at, today), f"/actions/action/{one.action_id}"))
    return found


def _days(store: Store, since: datetime | None, today: date) -> int | None:
    return None if since is None else max(0, (today - store.context.local(since).date()).days)


def _unanswered(store: Store, now: datetime) -> list[Need]:
    """Returned visits whose visitor has not replied in time."""
    found: list[Need] = []
    for row in store.by("visit", status="returned"):
        due = row["reply_due_at"]
        if due is not None and due < now:
            code = row["visit_date"].isoformat() if row["visit_date"] else "–"
            name = dealer_view(store, row["dealer_id"]).name
            days = (now.astimezone(UTC) - due).days
            route = f"/review/visit/{row['id']}"
            found.append(Need("unanswered", name, Bilingual(zh=code, en=code), days, route))
    return found


def _appeals(store: Store, today: date) -> list[Need]:
    return [
        Need(
            "appeal",
            dealer_view(store, row["dealer_id"]).name,
            Bilingual(zh=row["wording"] or row["question"], en=row["wording_en"] or row["question"]),
            _days(store, row["filed_at"], today),
            f"/appeals/appeal/{row['id']}",
        )
        for row in store.by("appeal", status="filed")
    ]


def _approvals(store: Store) -> list[Need]:
    return [
        Need(
            "approval",
            dealer_view(store, row["dealer_id"]).name,
            Bilingual(zh=row["title"], en=row["title"]),
            None,
            f"/plans/plan/{row['id']}",
        )
        for row in store.by("plan", status=PlanStatus.SUBMITTED.value)
    ]
