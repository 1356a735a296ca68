"""How much each item weighs: what customers' overall rating goes along with, else the checklists' weights."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from shared_models.checklists.document import TemplateDocument
from shared_models.people.access import Access
from shared_models.reports import Importance
from sync_server.insight import repository as insight
from sync_server.insight.tables_network import Asked, drivers
from sync_server.people.scope import Scope
from sync_server.reports import repository

_MONTHS_KEPT = 8
_FEWEST = 3
"""Fewer items with a known share make no picture of what matters."""


@dataclass(frozen=True)
class Weights:
    """Shares of items and where they come from (see RegionSummary.importance_basis)."""

    basis: str
    shares: tuple[Importance, ...]


_kept: WeakKeyDictionary[Pool, OrderedDict[tuple[int, tuple[str, ...]], Weights]] = WeakKeyDictionary()
_lock = threading.Lock()


def importance(session: Session, months: Sequence[str]) -> Weights:
    """Shares of the whole network, whoever asks: a part of it has too few respondents.

    A share says nothing of a dealer. Kept by data cut, because the bootstrap takes a second or more.
    """
    key = (insight.newest_cut(session), tuple(months))
    with _lock:
        kept = _kept.setdefault(session.get_bind().engine.pool, OrderedDict())
        if key in kept:
            return kept[key]
    found = _drivers(session, months) or _weights(session)
    with _lock:
        kept[key] = found
        while len(kept) > _MONTHS_KEPT:
            kept.popitem(last=False)
    return found


def _drivers(session: Session, months: Sequence[str]) -> Weights | None:
    """Drivers of the overall rating, of the survey with the most respondents; None below 600 of them."""
    network = Scope(Access.of("", ()).person_id, everything=True)
    by_survey: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in drivers(session, Asked(network, months)).rows:
        if row["enough"]:
            by_survey[str(row["survey"])].append(dict(row))
    if not by_survey:
        return None
    survey = max(by_survey, key=lambda name: (_number(by_survey[name][0]["respondents"]), name))
    items = repository.items_of_questions(session, survey)
    shares = tuple(
        Importance(
            item_id=items[str(row["question"])],
            share=_number(row["share"]),
            low=_number(row["low"]),
            high=_number(row["high"]),
        )
        for row in by_survey[survey]
        if str(row["question"]) in items
    )
    return Weights("drivers", shares) if len(shares) >= _FEWEST else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _weights(session: Session) -> Weights:
    """An item's weight in the newest published checklists: its questions' share of their section's weight.

    The mean over the checklists that ask for it, so that an item asked in one only is not punished for it.
    """
    by_item: dict[str, list[float]] = defaultdict(list)
    ids = {row["code"]: row["id"] for row in repository.items(session)}
    for raw in repository.published_documents(session):
        document = TemplateDocument.model_validate(raw)
        whole = float(sum(section.weight for section in document.sections)) or 1.0
        of_items: dict[str, float] = defaultdict(float)
        for section in document.sections:
            inside = float(sum(question.weight for question in section.questions))
            for question in section.questions:
                if question.item in ids and inside > 0:
                    part = float(section.weight) / whole * float(question.weight) / inside
                    of_items[ids[question.item]] += part
        for item_id, part in of_items.items():
            by_item[item_id].append(part)
    means = {item_id: sum(parts) / len(parts) for item_id, parts in by_item.items()}
    total = sum(means.values())
    if total <= 0:
        return Weights("", ())
    shares = [
        Importance(item_id=item_id, share=round(100 * mean / total, 4), low=None, high=None)
        for item_id, mean in sorted(means.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Weights("weights", tuple(shares))
