"""What a visit is compared with for its signals: other visits on the reviewer's device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from field_app.store import Store
from field_app.visits.workflow_cards import answer_values
from shared_models.checklists import AnswerValue
from shared_models.visits.signals import Compared

SEALED = ("submitted", "accepted", "returned")
MOST = 200
"""Other visits read at most, the newest first: base rates need no more, and a review opens at once."""


def compared_with(store: Store, visit: Mapping[str, Any]) -> Compared:
    """The other visits with the same checklist, and photos of the same visitor or dealer."""
    same = [
        row
        for row in store.by("visit", template_version_id=visit["template_version_id"])
        if row["id"] != visit["id"] and row["status"] in SEALED
    ]
    same = sorted(same, key=lambda row: row["id"], reverse=True)[:MOST]
    stays: list[timedelta] = []
    earlier: list[tuple[str, Mapping[str, AnswerValue]]] = []
    everyone: list[Mapping[str, AnswerValue]] = []
    for row in same:
        if row["started_at"] is not None and row["ended_at"] is not None:
            stays.append(row["ended_at"] - row["started_at"])
        answers = answer_values(store.by("answer", visit_id=row["id"]))
        everyone.append(answers)
        if row["person_id"] == visit["person_id"] and row["dealer_id"] != visit["dealer_id"]:
            earlier.append((_code(store, row["dealer_id"]), answers))
    photos: dict[str, str] = {}
    near = [
        *store.by("visit", person_id=visit["person_id"]),
        *store.by("visit", dealer_id=visit["dealer_id"]),
    ]
    for row in near:
        if row["id"] == visit["id"] or row["status"] == "draft":
            continue
        where = f"{_code(store, row['dealer_id'])} {row['visit_date'] or ''}".strip()
        for one in store.by("attachment", visit_id=row["id"]):
            if one["kind"] == "photo" and not one["removed"]:
                photos.setdefault(one["original_sha256"] or one["sha256"], where)
    return Compared(stays, earlier, everyone, photos)


def _code(store: Store, dealer_id: str) -> str:
    dealer = store.row("dealer", dealer_id)
    return dealer["code"] if dealer else ""
