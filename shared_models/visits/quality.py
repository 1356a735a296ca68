"""Signals that a visit may not be what it says (docs/methods.md, survey quality), for reviewers alone.

Each signal counts with its weight; from two on a visit deserves a second look, from four on it should not be
accepted without one. A signal never decides by itself, and never reaches the visitor.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared_models.checklists.document import QuestionKind, TemplateDocument
from shared_models.checklists.logic import AnswerValue

DWELL_MINUTES = 15
"""A sales visit shorter than this cannot have seen the whole journey (unless the checklist says less)."""
DWELL_SHARE = 0.4
"""Of the median time that others needed for the same checklist."""
DWELL_FROM = 5
"""Other visits needed before their median says anything."""
BURST = 3
"""More answers than this within one second are not typed by a person who reads."""
RUN = 25
"""So many equal answers in a row."""
COPY_SHARE = 0.98
COPY_FROM = 20
"""Questions that two visits must share before their likeness says anything."""
COPY_P = 0.001
"""Chance of such a likeness under the network's own base rates."""
LOOK, HOLD = 2, 4
"""Weights from which a visit deserves a look, and from which it should be held out until it had one."""
_YES_NO = frozenset({QuestionKind.YES_NO, QuestionKind.YES_NO_NA})

Answers = Mapping[str, AnswerValue]


@dataclass(frozen=True)
class Signal:
    """One signal; words in ``review.flag.<kind>`` with these values."""

    kind: str
    weight: int
    values: Mapping[str, object]


def dwell(
    document: TemplateDocument,
    started_at: datetime | None,
    ended_at: datetime | None,
    others: Sequence[timedelta] = (),
) -> list[Signal]:
    """Too short a stay: under the checklist's own minutes (15 for a covert sales visit that names none), or
    under 40 % of the median of ``others``."""
    if started_at is None or ended_at is None:
        return []
    minutes = (ended_at - started_at).total_seconds() / 60
    least = document.minimum_minutes
    if least is None:
        least = DWELL_MINUTES if document.source.value == "shop" else 0
    if len(others) >= DWELL_FROM:
        ordered = sorted(others)
        median = ordered[len(ordered) // 2].total_seconds() / 60
        least = max(least, median * DWELL_SHARE)
    if minutes >= least:
        return []
    return [Signal("short_stay", 1, {"minutes": round(minutes), "least": round(least)})]


def burst(answered_at: Sequence[datetime]) -> list[Signal]:
    """More than three answers within one second. Answers of one step (a section marked at once) share their
    instant to the microsecond and count once."""
    moments = sorted(set(answered_at))
    most = 0
    first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= timedelta(seconds=1):
            first += 1
        most = max(most, last - first + 1)
    return [Signal("burst", 1, {"count": most})] if most > BURST else []


def longest_run(document: TemplateDocument, answers: Answers) -> list[Signal]:
    """25 or more yes/no questions in a row with one and the same answer."""
    longest = run = 0
    before: object = None
    for question in document.questions():
        answer = answers.get(question.code)
        if question.kind not in _YES_NO or answer is None:
            continue
        now = (answer.state, answer.value)
        run = run + 1 if now == before else 1
        before, longest = now, max(longest, run)
    return [Signal("same_run", 1, {"count": longest})] if longest >= RUN else []


def copied(
    answers: Answers, earlier: Sequence[tuple[str, Answers]], everyone: Sequence[Answers]
) -> list[Signal]:
    """Answers that equal the visitor's own earlier visit elsewhere more than chance allows.

    ``earlier``: (where, answers) of the visitor's other visits with the same checklist; ``everyone``: answers
    of all visits with it, whose shares are the base rates. Two independent visits agree on a question with
    the sum of the squared shares; the number of agreements is a sum of such trials, compared by its normal
    approximation with continuity correction.
    """
    shares: dict[str, float] | None = None
    worst: Signal | None = None
    for where, other in earlier:
        if not _alike([code for code in answers if code in other], answers, other):
            continue
        shares = _agreement(everyone) if shares is None else shares  # seldom needed
        common = [code for code in answers if code in other and code in shares]
        if not _alike(common, answers, other):
            continue
        equal = sum(_plain(answers[code]) == _plain(other[code]) for code in common)
        mean = sum(shares[code] for code in common)
        spread = math.sqrt(sum(shares[code] * (1 - shares[code]) for code in common))
        z = (equal - 0.5 - mean) / spread if spread > 0 else 0.0
        if math.erfc(z / math.sqrt(2)) / 2 < COPY_P:
            share = round(100 * equal / len(common))
            found = Signal("copied", 2, {"percent": share, "where": where})
            worst = found if worst is None or share > int(str(worst.values["percent"])) else worst
    return [worst] if worst is not None else []


def _alike(codes: Sequence[str], mine: Answers, other: Answers) -> bool:
    """Whether enough questions are shared and nearly all of them answered alike."""
    equal = sum(_plain(mine[code]) == _plain(other[code]) for code in codes)
    return len(codes) >= COPY_FROM and equal / len(codes) >= COPY_SHARE


def _agreement(everyone: Sequence[Answers]) -> dict[str, float]:
    """By question: the chance that two independent visits answer alike (add-one smoothed shares)."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for answers in everyone:
        for code, answer in answers.items():
            seen[code][_plain(answer)] += 1
    chances: dict[str, float] = {}
    for code, counts in seen.items():
        total = sum(counts.values()) + len(counts) + 1  # one more for an answer that nobody gave yet
        shares = [(count + 1) / total for count in counts.values()]
        chances[code] = sum(share * share for share in shares) + (1 / total) ** 2
    return chances


def _plain(answer: AnswerValue) -> str:
    return f"{answer.state}:{answer.value!r}"


def photos_elsewhere(mine: Sequence[str], others: Mapping[str, str]) -> list[Signal]:
    """Photos whose original was handed in before; ``others``: where, by hash (same visitor or dealer)."""
    again = sorted({sha256 for sha256 in mine if sha256 in others})
    if not again:
        return []
    return [Signal("photo_elsewhere", 2, {"count": len(again), "where": others[again[0]]})]


def place_radius_m(place: Mapping[str, Any]) -> float:
    """Metres from the dealer within which a position is right: 300, or twice its own accuracy."""
    return max(300.0, 2 * float(place.get("accuracy_m") or 0))
