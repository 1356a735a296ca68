"""The share of covert visits that a second person makes too, drawn and planned by itself.

Agreement needs double-coded visits (docs/methods.md: 5 %, at least 30 a quarter). The draw is systematic
within each visitor: of a visitor's planned visits, put in an order by a hash with a secret seed, the k-th is
drawn where k times the share plus the visitor's random start passes a whole number. So everybody has the
share drawn that the rule says, nobody can foresee which visit it is, and the same draw comes out again. What
is drawn stays drawn; the second person is the one with the least to do, whom the dealer does not know.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.people.access import Access, GrantView, Role, ScopeKind
from shared_models.problems import Problem
from shared_models.reviews import DoublingAnswer, DoublingRule, DrawnVisit, DrawOf
from sync_server.audit.recording import By
from sync_server.checklists.service import document_of
from sync_server.company.rules import put_setting, setting
from sync_server.people.scope import resolve
from sync_server.reviews import repository_doubling as repository
from sync_server.reviews.service import plan_double
from sync_server.visits.planning import visitors
from sync_server.visits.series import AHEAD

RULE = "doubling"
SEED = "doubling_seed"
NEEDED = 30
"""Double-coded visits a quarter from which agreement says something."""
NOBODY = "nobody"
"""Nobody else may go there, is unknown there and has time."""
_SYSTEM = Access.of("", [GrantView(Role.HQ, ScopeKind.COMPANY)])
"""The program plans for the company."""

Line = dict[str, Any]


def rule(session: Session) -> DoublingRule:
    """The rule in force; off until headquarters switch it on, since every double visit is paid for."""
    held = setting(session, RULE)
    return DoublingRule.model_validate(held) if held is not None else DoublingRule()


def put_rule(session: Session, by: By, wanted: DoublingRule) -> None:
    """Set the rule; what has been drawn stays drawn."""
    put_setting(session, by, RULE, wanted.model_dump(), rule(session).model_dump())
    if setting(session, SEED) is None:
        repository.put_seed(session, SEED, secrets.token_hex(16), by.at)


def draw_due(session: Session, *, now: datetime) -> int:
    """Draw among the visits planned anew and plan what is drawn; how many second visits were planned.

    Done again it draws nothing twice; where nobody could be sent it is tried again while there are days left.
    """
    wanted = rule(session)
    if not wanted.active:
        return 0
    today = now.date()
    seed = str((setting(session, SEED) or {}).get("value", ""))
    places = repository.places(session)
    fresh = [
        one
        for one in repository.undrawn(session, today, today + AHEAD)
        if document_of(session, one["template_version_id"]).source is Source.SHOP
    ]
    for one in sorted(fresh, key=lambda row: _hash(seed, row["id"])):
        place = places.get(one["person_id"], 0) + 1
        places[one["person_id"]] = place
        repository.put_draw(session, one, place, drawn(seed, one["person_id"], place, wanted.percent), now)
    return sum(_plan(session, one, seed, wanted, now) for one in repository.unplanned(session, today))


def drawn(seed: str, person_id: str, place: int, percent: int) -> bool:
    """Whether the ``place``-th visit of a person is drawn: systematic sampling with a random start."""
    start = _hash(seed, person_id) / 2**64
    return math.floor(place * percent / 100 + start) > math.floor((place - 1) * percent / 100 + start)


def _hash(seed: str, what: str) -> int:
    """An even draw from 0 to 2^64 - 1."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{what}".encode()).digest()[:8])


def _plan(session: Session, visit: Line, seed: str, wanted: DoublingRule, now: datetime) -> bool:
    """Send somebody along with a drawn visit; those who declined it are not asked again."""
    asked = repository.declined(session, visit)
    repository.part(session, visit["id"], asked)
    free = [
        one
        for one in visitors(session, _SYSTEM, visit["dealer_id"], visit["window_start"])
        if not one.known
        and one.open < wanted.most_open
        and one.id not in {visit["person_id"], *asked.values()}
    ]
    for one in sorted(free, key=lambda person: (person.open, _hash(seed, visit["id"] + person.id))):
        try:
            made = plan_double(session, _SYSTEM, visit["id"], one.id, known_accepted=False, now=now)
        except Problem:  # this one cannot go there after all: the next
            continue
        repository.note_second(session, visit["id"], made, "")
        return True
    repository.note_second(session, visit["id"], None, NOBODY)
    return False


def answer(session: Session, access: Access, today: date) -> DoublingAnswer:
    """The rule and what came of it, as far as the caller's scope reaches."""
    lines = repository.draws(session, resolve(session, access))
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return DoublingAnswer(
        rule=rule(session),
        quarter_done=sum(one["done"] and one["window_end"] >= quarter for one in lines),
        quarter_needed=NEEDED,
        people=_people(lines),
        drawn=[DrawnVisit.model_validate(one) for one in lines if one["drawn"]],
    )


def _people(lines: Iterable[Line]) -> list[DrawOf]:
    found: dict[str, DrawOf] = {}
    for one in lines:
        person = one["person_id"]
        held = found.setdefault(
            person, DrawOf(person_id=person, name=one["first"], visits=0, drawn=0, planned=0, done=0)
        )
        held.visits += 1
        held.drawn += one["drawn"]
        held.planned += bool(one["second"])
        held.done += one["done"]
    return sorted(found.values(), key=lambda one: (one.name, one.person_id))
