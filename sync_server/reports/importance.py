"""How much each item weighs: what customers' overall rating goes along with, else the checklists' weights."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared_models.checklists.document import TemplateDocument
from shared_models.reports import Importance
from sync_server.insight import results
from sync_server.insight.importance import importance_of
from sync_server.insight.rates import rounded_percent
from sync_server.reports import repository


@dataclass(frozen=True)
class Weights:
    """Shares of items and where they come from (see RegionSummary.importance_basis)."""

    basis: str
    shares: tuple[Importance, ...]


def importance(session: Session, month: str) -> Weights:
    """Shares of the whole network, whoever asks: a part of it has too few respondents.

    A share says nothing of a dealer. They are those that the priorities of weak items are made with and that
    `revisit insight table weights` prints; below the fewest respondents priorities count every item the
    same, and the chart says that it shows the checklists' weights instead.
    """
    found = importance_of(session, month, results.parameters_in_force(session))
    if not found.enough or not found.items:
        return _weights(session)
    shares = tuple(
        Importance(
            item_id=one.item_id,
            share=rounded_percent(one.share),
            low=None if one.low is None else rounded_percent(one.low),
            high=None if one.high is None else rounded_percent(one.high),
        )
        for one in sorted(found.items, key=lambda one: (-one.share, one.item_id))
    )
    return Weights("drivers", shares)


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
        Importance(item_id=item_id, share=rounded_percent(mean / total), low=None, high=None)
        for item_id, mean in sorted(means.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Weights("weights", tuple(shares))
