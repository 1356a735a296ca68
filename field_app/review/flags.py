"""What a reviewer should look at before accepting. A flag never blocks and never reaches the visitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from field_app.visits.workflow_cards import DealerView, distance_km
from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.visits import quality

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
    weight: int = 0
    """What it counts as a signal (shared_models.visits.quality); 0: worth knowing only."""


@dataclass(frozen=True)
class Compared:
    """Other visits on this device that a visit is compared with."""

    stays: Sequence[timedelta] = ()
    """How long others stayed with the same checklist."""
    earlier: Sequence[tuple[str, Mapping[str, AnswerValue]]] = ()
    """(dealer, answers) of the same visitor's other visits with it."""
    everyone: Sequence[Mapping[str, AnswerValue]] = ()
    photos: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where each original photo was handed in before, by hash."""


def flags(
    visit: Mapping[str, Any],
    dealer: DealerView,
    document: TemplateDocument,
    answers: Mapping[str, AnswerValue],
    answered_at: Sequence[datetime],
    attachments: Sequence[Mapping[str, Any]],
    compared: Compared | None = None,
) -> list[Flag]:
    """Flags of one visit, the gravest first."""
    known = compared or Compared()
    found = [*_evidence(visit), *_place(visit, dealer), *_pace(answered_at), *_same(document, answers)]
    found += _photos(attachments)
    signals = [
        *quality.dwell(document, visit["started_at"], visit["ended_at"], known.stays),
        *quality.burst(answered_at),
        *quality.longest_run(document, answers),
        *quality.copied(answers, known.earlier, known.everyone),
        *quality.photos_elsewhere(_originals(attachments), known.photos),
    ]
    found += [Flag(one.kind, one.values, one.weight) for one in signals]
    return sorted(found, key=lambda flag: -flag.weight)


def weight_of(found: Sequence[Flag]) -> int:
    """What all signals of a visit count together (see shared_models.visits.quality.LOOK and HOLD)."""
    return sum(flag.weight for flag in found)


def _evidence(visit: Mapping[str, Any]) -> list[Flag]:
    return [] if visit["evidence_complete"] else [Flag("evidence_incomplete", {})]


def _place(visit: Mapping[str, Any], dealer: DealerView) -> list[Flag]:
    places = [place for place in (visit["start_place"], visit["end_place"]) if place]
    if not places:
        return [Flag("no_place", {})]
    away = [
        km
        for place in places
        if (km := distance_km(place, dealer.latitude, dealer.longitude)) is not None
        and km * 1000 > quality.place_radius_m(place)
    ]
    return [Flag("far", {"kilometres": f"{max(away):.1f}"}, 2)] if away else []


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
    hashes = _originals(attachments)
    twice = len(hashes) - len(set(hashes))
    return [Flag("same_photo", {"count": twice}, 2)] if twice else []


def _originals(attachments: Sequence[Mapping[str, Any]]) -> list[str]:
    return [row["original_sha256"] or row["sha256"] for row in attachments if row["kind"] == "photo"]
