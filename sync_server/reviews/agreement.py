"""Do two people who saw the same say the same: per item and per person, from double-coded visits.

Two sources: two visitors at one dealer in the same days, and one visit whose evidence somebody else coded
again. docs/methods.md names the measures; kappa alone collapses where nearly every answer is yes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.document import Question, QuestionKind
from sync_server.checklists.service import questions_of
from sync_server.insight.statistics import (
    cohen_kappa,
    gwet_ac1,
    kish_design_effect,
    krippendorff_alpha,
    prevalence_adjusted_kappa,
    wilson_interval,
)
from sync_server.people.scope import Scope
from sync_server.reviews import repository

COMPARED = frozenset({QuestionKind.YES_NO, QuestionKind.YES_NO_NA, QuestionKind.SINGLE, QuestionKind.SCALE})
"""Kinds whose answers two people can give alike: a choice of a few, not an instant or a text."""
CLUSTERED = 0.01
"""Correlation of the answers of one visit (docs/methods.md, mystery shopping)."""
ENOUGH = 30
"""Fewer double answers than this say little; they are shown with that remark."""


@dataclass(frozen=True)
class Unit:
    """One question that two people answered about the same thing."""

    item: str
    """Code of the canonical item, else of the question."""
    first_person: str
    second_person: str
    first: str
    second: str
    visit: str = ""
    """The visit that was coded twice: its answers are no independent ones."""


@dataclass(frozen=True)
class AgreementLine:
    """How well two codings agree. None: cannot be told (too few, or only one answer occurs)."""

    key: str
    """Item code, person id, or "" for all together."""
    answers: int
    """Answers given twice."""
    same: float | None
    """Share of them that are the same."""
    low: float | None
    high: float | None
    """Its 95 % interval (Wilson), wider where many answers come from one visit."""
    kappa: float | None
    alpha: float | None
    ac1: float | None
    pabak: float | None
    verdict: str
    """reliable, tentative, unreliable, unknown (by alpha); few where there are too few."""


@dataclass(frozen=True)
class AgreementReport:
    """Everything together, then by item and by person, the least agreement first."""

    pairs: int
    """Visits coded twice."""
    overall: AgreementLine
    items: tuple[AgreementLine, ...]
    people: tuple[AgreementLine, ...]


def report(session: Session, scope: Scope, first: date | None, last: date | None) -> AgreementReport:
    """The agreement of the double-coded visits of a scope, by the day of the visit."""
    units: list[Unit] = []
    pairs = 0
    for one, two in repository.twins(session, scope, first, last):
        if one["template_version_id"] != two["template_version_id"]:
            continue
        pairs += 1
        units += _units(session, one, two["person_id"], _labels(repository.answers_of(session, two["id"])))
    for visit, coder in repository.codings(session, scope, first, last):
        pairs += 1
        units += _units(session, visit, coder["person_id"], _coded(coder["answers"]))
    return AgreementReport(pairs, line("", units), _by_item(units), _by_person(units))


def _units(session: Session, visit: dict[str, Any], other: str, labels: dict[str, str]) -> Iterable[Unit]:
    questions = questions_of(session, visit["template_version_id"])
    mine = _labels(repository.answers_of(session, visit["id"]))
    for code in sorted(mine.keys() & labels.keys()):
        question = questions.get(code)
        if question is not None and question.kind in COMPARED:
            item = question.item or code
            yield Unit(item, visit["person_id"], other, mine[code], labels[code], visit["id"])


def _labels(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Answers as labels; what was not observed is no answer, instances of a section are not paired."""
    return {
        row["question"]: "na" if row["state"] == "na" else str(row["value"])
        for row in rows
        if not row["repeat"] and row["state"] in ("answered", "na")
    }


def _coded(answers: dict[str, Any]) -> dict[str, str]:
    return {code: str(value) for code, value in answers.items() if value != "unobserved"}


def _by_item(units: Sequence[Unit]) -> tuple[AgreementLine, ...]:
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.item].append(unit)
    return _sorted(line(key, group) for key, group in groups.items())


def _by_person(units: Sequence[Unit]) -> tuple[AgreementLine, ...]:
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        for person in {unit.first_person, unit.second_person}:
            groups[person].append(unit)
    return _sorted(line(key, group) for key, group in groups.items())


def _sorted(lines: Iterable[AgreementLine]) -> tuple[AgreementLine, ...]:
    return tuple(sorted(lines, key=lambda one: (one.same if one.same is not None else 2.0, one.key)))


def line(key: str, units: Sequence[Unit]) -> AgreementLine:
    """The measures of some double answers, each question's labels taken as they are."""
    count = len(units)
    if not count:
        return AgreementLine(key, 0, None, None, None, None, None, None, None, "few")
    labels = sorted({label for unit in units for label in (unit.first, unit.second)})
    number = {label: float(at) for at, label in enumerate(labels)}
    first = [number[unit.first] for unit in units]
    second = [number[unit.second] for unit in units]
    alpha = krippendorff_alpha([first, second])
    equal = sum(a == b for a, b in zip(first, second, strict=True))
    low, high = _interval(equal, count, len({unit.visit for unit in units}))
    return AgreementLine(
        key,
        count,
        equal / count,
        low,
        high,
        _told(cohen_kappa(first, second).value),
        _told(alpha.value),
        _told(gwet_ac1(first, second).value),
        _told(prevalence_adjusted_kappa(first, second).value),
        "few" if count < ENOUGH else alpha.verdict,
    )


def _interval(equal: int, count: int, visits: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, its counts shrunk by Kish's design effect of the mean visit."""
    effect = kish_design_effect(count / visits, CLUSTERED)
    found = wilson_interval(equal / effect, count / effect)
    return round(found.low, 4), round(found.high, 4)


def _told(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def codable(question: Question) -> bool:
    """Whether a second coder is asked about it."""
    return question.kind in COMPARED
