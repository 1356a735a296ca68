"""What a reviewer should look at before accepting. A flag never blocks and never reaches the visitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from field_app.visits.workflow_cards import DealerView, distance_km
from shared_models.checklists import AnswerValue, TemplateDocument

FAR_KM = 0.5
"""A position farther from the dealer than this (beyond its own accuracy) is worth a look."""
FAST_SECONDS = 4.0
"""Median seconds between answers below which nobody reads the questions."""
FAST_FROM = 20
"""Answers needed before their pace says anything."""
SAME_SHARE = 0.98
"""Share of one and the same yes/no answer from which a checklist looks straight-lined."""


@dataclass(frozen=True)
class Flag:
    """One thing to look at; words in ``review.flag.<kind>`` with these values."""

    kind: str
    values: Mapping[str, object]


def flags(
    visit: Mapping[str, Any],
    dealer: DealerView,
    document: TemplateDocument,
    answers: Mapping[str, AnswerValue],
    answered_at: Sequence[datetime],
    attachments: Sequence[Mapping[str, Any]],
) -> list[Flag]:
    """Flags of one visit, the gravest first."""
    found = [*_evidence(visit), *_place(visit, dealer), *_pace(answered_at), *_same(document, answers)]
    return found + _photos(attachments)


def _evidence(visit: Mapping[str, Any]) -> list[Flag]:
    return [] if visit["evidence_complete"] else [Flag("evidence_incomplete", {})]


def _place(visit: Mapping[str, Any], dealer: DealerView) -> list[Flag]:
    places = [place for place in (visit["start_place"], visit["end_place"]) if place]
    if not places:
        return [Flag("no_place", {})]
    away: list[float] = []
    for place in places:
        km = distance_km(place, dealer.latitude, dealer.longitude)
        if km is not None:
            away.append(km - place.get("accuracy_m", 0) / 1000)
    farthest = max(away, default=0.0)
    return [Flag("far", {"kilometres": f"{farthest:.1f}"})] if farthest > FAR_KM else []


def _pace(answered_at: Sequence[datetime]) -> list[Flag]:
    if len(answered_at) < FAST_FROM:
        return []
    ordered = sorted(answered_at)
    gaps = sorted((b - a).total_seconds() for a, b in pairwise(ordered))
    median = gaps[len(gaps) // 2]
    return [Flag("fast", {"seconds": f"{median:.0f}"})] if median < FAST_SECONDS else []


def _same(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> list[Flag]:
    kinds = {question.code for question in document.questions() if question.kind.value.startswith("yes_no")}
    given = Counter(
        answer.value for code, answer in answers.items() if code in kinds and answer.state == "answered"
    )
    total = sum(given.values())
    if total < FAST_FROM:
        return []
    _, most = given.most_common(1)[0]
    return (
        [Flag("same_answers", {"percent": round(100 * most / total)})] if most / total >= SAME_SHARE else []
    )


def _photos(attachments: Sequence[Mapping[str, Any]]) -> list[Flag]:
    hashes = [row["original_sha256"] or row["sha256"] for row in attachments if row["kind"] == "photo"]
    twice = len(hashes) - len(set(hashes))
    return [Flag("same_photo", {"count": twice})] if twice else []
