"""States of a visit and of an assignment, and who may move them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from shared_models.checklists.stages import Source
from shared_models.people.access import Role
from shared_models.problems import Code, Problem


class VisitStatus(StrEnum):
    """Where a visit stands in the quality loop."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


_VISITOR = frozenset({Role.SHOPPER, Role.AUDITOR})
_CALLER = frozenset({Role.CALLER})
_EDITOR = frozenset({Role.MANAGER, Role.HQ})

VISIT_TRANSITIONS: dict[tuple[VisitStatus, str], tuple[VisitStatus, frozenset[Role]]] = {
    (VisitStatus.DRAFT, "submit"): (VisitStatus.SUBMITTED, _VISITOR | _CALLER | _EDITOR),
    (VisitStatus.DRAFT, "move"): (VisitStatus.DRAFT, _VISITOR | _CALLER | _EDITOR),
    (VisitStatus.RETURNED, "submit"): (VisitStatus.SUBMITTED, _VISITOR | _CALLER | _EDITOR),
    (VisitStatus.SUBMITTED, "accept"): (VisitStatus.ACCEPTED, _EDITOR),
    (VisitStatus.SUBMITTED, "return"): (VisitStatus.RETURNED, _EDITOR),
    (VisitStatus.SUBMITTED, "reject"): (VisitStatus.REJECTED, _EDITOR),
}
"""(state, action) -> (next state, roles that may do it)."""

OBSERVATION = "showroom_observation"
"""The checklist of a manager's own observation in the showroom; it counts under its source, supervision."""

ROTATION = timedelta(days=183)
"""How long a covert visitor stays away from a dealer where he or she has been: half a year."""

REPLY_WINDOW = timedelta(days=3)
"""How long a visitor has to answer the questions of a returned visit and send it again."""


def visiting_roles(source: str) -> frozenset[Role]:
    """Who may record a visit of a source: a covert one field people alone, an announced one desks too, an
    interview by telephone call agents.

    A manager's own showroom observation is such an announced visit; somebody else reviews it.
    """
    if source == Source.CALLBACK:
        return _CALLER
    return _VISITOR if source == Source.SHOP else _VISITOR | _EDITOR


EDITABLE = frozenset({VisitStatus.DRAFT, VisitStatus.RETURNED})
"""States in which the visitor may change answers; in every other the visit is sealed."""

ASSIGNMENT_TRANSITIONS: dict[tuple[str, str], tuple[str, frozenset[Role]]] = {
    ("planned", "accept"): ("accepted", _VISITOR),
    ("planned", "decline"): ("declined", _VISITOR),
    ("planned", "start"): ("started", _VISITOR | _CALLER),
    ("accepted", "start"): ("started", _VISITOR),
    ("started", "finish"): ("done", _VISITOR),
    ("planned", "cancel"): ("cancelled", _EDITOR),
    ("accepted", "cancel"): ("cancelled", _EDITOR),
    ("planned", "give_up"): ("given_up", _CALLER),
    ("started", "give_up"): ("given_up", _CALLER),
}
"""(state, action) -> (next state, roles that may do it)."""


def next_visit_status(status: str, action: str, roles: frozenset[Role]) -> VisitStatus:
    """The state after an action; TRANSITION_NOT_ALLOWED or NOT_ALLOWED where there is none."""
    try:
        after, allowed = VISIT_TRANSITIONS[VisitStatus(status), action]
    except (KeyError, ValueError):
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": action}) from None
    if roles.isdisjoint(allowed):
        raise Problem(Code.NOT_ALLOWED, {"action": action})
    return after
