"""A desk's own observation in the showroom: begun on the spot, without assignment and without network."""

from __future__ import annotations

from dataclasses import dataclass

from field_app.store import Store
from field_app.visits.workflow import Place, Today, VisitSession
from field_app.visits.workflow_cards import DealerView, Documents, VisitCard, dealer_view, visit_card
from shared_models.people import Access
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Code, Problem
from shared_models.visits.states import OBSERVATION


@dataclass(frozen=True)
class Observations:
    """The person's own observations on this device, each list newest first."""

    returned: tuple[VisitCard, ...]
    drafts: tuple[VisitCard, ...]
    sent: tuple[VisitCard, ...]


class Observing:
    """What a manager or headquarters see with their own eyes; somebody else reviews it."""

    def __init__(self, store: Store, today: Today, access: Access) -> None:
        self._store = store
        self._today = today
        self._access = access
        self._documents = Documents(store)

    async def load(self) -> Observations:
        """Own observations by how far they are."""
        rows = [
            row
            for row in self._store.by("visit", person_id=self._access.person_id)
            if row["template_version_id"] in self._versions()
        ]
        rows.sort(key=lambda row: (str(row["started_at"] or ""), row["id"]), reverse=True)
        cards = [card for row in rows if (card := visit_card(self._store, self._documents, row))]
        return Observations(
            tuple(one for one in cards if one.status == "returned"),
            tuple(one for one in cards if one.status == "draft"),
            tuple(one for one in cards if one.status not in {"draft", "returned"}),
        )

    def dealers(self) -> list[DealerView]:
        """Open dealers of the person's desk, by code."""
        rows = [
            row
            for row in self._store.by("dealer", active=True)
            if self._access.reaches(DESK_ROLES, dealer_id=row["id"], region_id=row["region_id"])
        ]
        return sorted((dealer_view(self._store, row["id"]) for row in rows), key=lambda one: one.code)

    def may_observe(self, dealer_id: str) -> bool:
        """Whether the dealer is open, of the person's desk, and the checklist is on this device."""
        row = self._store.row("dealer", dealer_id)
        return (
            row is not None
            and row["active"]
            and self._access.reaches(DESK_ROLES, dealer_id=dealer_id, region_id=row["region_id"])
            and self._newest() is not None
        )

    async def begin(self, dealer_id: str, place: Place | None = None) -> VisitSession:
        """Begin an observation, or go on with the draft at that dealer.

        NOT_FOUND while its checklist has not come to this device; OUT_OF_SCOPE for others' dealers.
        """
        version = self._newest()
        if version is None:
            raise Problem(Code.NOT_FOUND, {"what": "template_version"})
        if not self.may_observe(dealer_id):
            raise Problem(Code.OUT_OF_SCOPE)
        for draft in (await self.load()).drafts:
            if draft.dealer.id == dealer_id:
                return await self._today.open(draft.id)
        return await self._today.start_unplanned(dealer_id, version, place)

    def _versions(self) -> dict[str, int]:
        """Numbers of the published versions of its checklist, by id."""
        lists = self._store.by("template", code=OBSERVATION)
        return {
            row["id"]: row["number"]
            for one in lists
            for row in self._store.by("template_version", template_id=one["id"], status="published")
        }

    def _newest(self) -> str | None:
        if not any(not row["retired"] for row in self._store.by("template", code=OBSERVATION)):
            return None
        versions = self._versions()
        return max(versions, key=lambda one: versions[one], default=None)
