"""All signals of one visit, the gravest first: the same on a reviewer's device and on the server.

The single tests that need other visits stand in :mod:`shared_models.visits.quality`; here are those of the
visit alone, and what all of them say together. A signal never blocks and never reaches the visitor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from shared_models.checklists.document import Question, TemplateDocument
from shared_models.checklists.logic import AnswerValue
from shared_models.checklists.repeats import row_key, split_key
from shared_models.checklists.stages import Source
from shared_models.visits import quality
from shared_models.visits.places import distance_km
from shared_models.visits.quality import Answers, Signal

FAST_SECONDS = 4.0
"""Median seconds between answers below which nobody reads the questions."""
FAST_FROM = 20
"""Answers needed before their pace says anything."""
SAME_SHARE = 0.98
"""Share of one and the same yes/no answer from which a checklist looks straight-lined."""
KINDS = (
    "copied", "photo_elsewhere", "same_photo", "far", "short_stay", "burst", "same_run",
    "unsaid", "fast", "same_answers", "no_place", "evidence_incomplete",
)  # fmt: skip
"""Every kind of signal, the gravest first; words in ``review.flag.<kind>``."""


@dataclass(frozen=True)
class Judged:
    """What a covert visit was to look at for running plans, and which answers say something besides."""

    items: Set[str] = frozenset()
    """Codes of the items (the assignment's ``focus``)."""
    told: Set[str] = frozenset()
    """Keys of the answers with a remark, a photo or a recording."""


@dataclass(frozen=True)
class Compared:
    """Other visits that a visit is compared with."""

    stays: Sequence[timedelta] = ()
    """How long others stayed with the same checklist."""
    earlier: Sequence[tuple[str, Answers]] = ()
    """(dealer, answers) of the same visitor's other visits with it."""
    everyone: Sequence[Answers] = ()
    photos: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where each original photo was handed in before, by hash."""


def signals(
    visit: Mapping[str, Any],
    dealer: tuple[float | None, float | None],
    document: TemplateDocument,
    answers: Mapping[str, AnswerValue],
    answered_at: Sequence[datetime],
    attachments: Sequence[Mapping[str, Any]],
    known: Compared | None = None,
    judged: Judged | None = None,
) -> list[Signal]:
    """Signals of one visit, the gravest first; ``dealer``: its latitude and longitude in degrees.

    One of weight 0 is worth knowing only.
    """
    others = known or Compared()
    found = [*_evidence(visit), *_place(visit, dealer), *_pace(answered_at), *_same(document, answers)]
    found += _photos(attachments)
    if judged is not None and visit["source"] == Source.SHOP:
        lacking = unsaid({one.code: one for one in document.questions()}, answers, judged)
        if lacking:
            found.append(Signal("unsaid", 1, {"count": len(lacking), "questions": ", ".join(lacking)}))
    found += quality.dwell(document, visit["started_at"], visit["ended_at"], others.stays)
    found += quality.burst(answered_at)
    found += quality.longest_run(document, answers)
    found += quality.copied(answers, others.earlier, others.everyone)
    found += quality.photos_elsewhere(originals(attachments), others.photos)
    return sorted(found, key=lambda one: -one.weight)


def unsaid(
    questions: Mapping[str, Question], answers: Mapping[str, AnswerValue], judged: Judged
) -> list[str]:
    """Keys of the answers to what plans judge that stand without a sentence, photo or recording.

    A covert visitor's device asks for one before it seals a visit. The server refuses no sealed visit for it
    (an older app, or a plan that began meanwhile), but the reviewer is told.
    """
    if not judged.items:
        return []
    return [
        key
        for key, answer in answers.items()
        if key not in judged.told
        and answer.state == "answered"
        and (question := questions.get(key) or questions.get(split_key(key)[0])) is not None
        and question.item in judged.items
        and question.calculation is None
    ]


def told_answers(
    answers: Iterable[Mapping[str, Any]], attachments: Iterable[Mapping[str, Any]]
) -> frozenset[str]:
    """Keys of the answers that say something besides, given the visit's rows."""
    remarked = {row_key(row) for row in answers if row["comment"].strip()}
    return frozenset(remarked | {row_key(row) for row in attachments if not row["removed"]})


def weight_of(found: Sequence[Signal]) -> int:
    """What all signals of a visit count together (:data:`quality.LOOK`, :data:`quality.HOLD`)."""
    return sum(one.weight for one in found)


def originals(attachments: Sequence[Mapping[str, Any]]) -> list[str]:
    """Hashes of the photos as they came from the camera."""
    return [row["original_sha256"] or row["sha256"] for row in attachments if row["kind"] == "photo"]


def _evidence(visit: Mapping[str, Any]) -> list[Signal]:
    return [] if visit["evidence_complete"] else [Signal("evidence_incomplete", 0, {})]


def _place(visit: Mapping[str, Any], dealer: tuple[float | None, float | None]) -> list[Signal]:
    places = [place for place in (visit["start_place"], visit["end_place"]) if place]
    if not places:
        return [Signal("no_place", 0, {})]
    away = [
        km
        for place in places
        if (km := distance_km(place, *dealer)) is not None and km * 1000 > quality.place_radius_m(place)
    ]
    return [Signal("far", 2, {"kilometres": f"{max(away):.1f}"})] if away else []


def _pace(answered_at: Sequence[datetime]) -> list[Signal]:
    if len(answered_at) < FAST_FROM:
        return []
    gaps = sorted((b - a).total_seconds() for a, b in pairwise(sorted(answered_at)))
    median = gaps[len(gaps) // 2]
    return [Signal("fast", 0, {"seconds": f"{median:.0f}"})] if median < FAST_SECONDS else []


def _same(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> list[Signal]:
    kinds = {question.code for question in document.questions() if question.kind.value.startswith("yes_no")}
    given = Counter(
        answer.value for code, answer in answers.items() if code in kinds and answer.state == "answered"
    )
    total = sum(given.values())
    if total < FAST_FROM:
        return []
    most = max(given.values())
    return (
        [Signal("same_answers", 0, {"percent": round(100 * most / total)})]
        if most / total >= SAME_SHARE
        else []
    )


def _photos(attachments: Sequence[Mapping[str, Any]]) -> list[Signal]:
    hashes = originals(attachments)
    twice = len(hashes) - len(set(hashes))
    return [Signal("same_photo", 2, {"count": twice})] if twice else []
