"""Outcomes of calls and means of ratings, exact to the last decimal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.surveys import FAILURES, Disposition
from shared_models.surveys.wire import CallOutcomes, FailureShare, RatingGroup, RatingMean, Ratings
from sync_server.insight.statistics import percentage, round_half_up
from sync_server.people.scope import Scope
from sync_server.surveys import repository

GroupBy = Literal["employee", "month"]


def call_outcomes(
    session: Session, scope: Scope, months: Sequence[str], dealers: Collection[str] | None = None
) -> list[CallOutcomes]:
    """Outcomes per month and source: success is completed of called; failures as shares of the failed.

    A call put off to another time is neither.
    """
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in repository.outcomes(session, scope, months, dealers):
        counted[row.month, row.source][row.disposition] = row.calls
    return [_outcomes(month, source, calls) for (month, source), calls in sorted(counted.items())]


def _outcomes(month: str, source: str, calls: Counter[str]) -> CallOutcomes:
    completed = calls[Disposition.COMPLETED.value]
    failed = sum(calls[reason.value] for reason in FAILURES)
    return CallOutcomes(
        month=month,
        source=Source(source),
        called=completed + failed,
        completed=completed,
        failed=failed,
        success=_number(percentage(completed, completed + failed)),
        failures=tuple(
            FailureShare(
                disposition=reason,
                count=calls[reason.value],
                share=_number(percentage(calls[reason.value], failed)),
            )
            for reason in FAILURES
        ),
    )


@dataclass
class _Sum:
    """Ratings of one question in one group."""

    total: Fraction = Fraction(0)
    rated: int = 0
    not_rated: int = 0

    @property
    def mean(self) -> Fraction | None:
        return self.total / self.rated if self.rated else None


def rating_means(
    session: Session,
    scope: Scope,
    survey: str,
    months: Sequence[str],
    *,
    by: GroupBy | None = None,
    dealers: Collection[str] | None = None,
) -> Ratings:
    """Means of a survey's ratings, of all or by employee or month, with their weighted and plain mean.

    An item question's mean is over respondents; a group's satisfaction is the mean of its item questions.
    """
    questions = repository.rating_questions(session, survey)
    sums: dict[str, dict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for row in repository.ratings(session, scope, survey, months, by, dealers):
        one = sums[row.key][row.code]
        if row.state == "rated":
            one.total += Fraction(Decimal(row.value)) * row.times
            one.rated += row.times
        else:
            one.not_rated += row.times
    interviews = repository.interviews(session, scope, survey, months, by, dealers)
    exact = {key: _satisfaction(sums[key], questions) for key in sorted(interviews) if interviews[key]}
    known = {key: value for key, value in exact.items() if value is not None}
    weight = sum(interviews[key] for key in known)
    weighted = sum((value * interviews[key] for key, value in known.items()), Fraction(0))
    return Ratings(
        survey=survey,
        months=tuple(months),
        groups=tuple(
            RatingGroup(
                key=key,
                interviews=interviews[key],
                questions=tuple(_mean(question, sums[key][question.code]) for question in questions),
                satisfaction=_rounded(value),
            )
            for key, value in exact.items()
        ),
        weighted=_rounded(weighted / weight) if weight else None,
        unweighted=_rounded(sum(known.values(), Fraction(0)) / len(known)) if known else None,
    )


def _satisfaction(sums: dict[str, _Sum], questions: Sequence[Any]) -> Fraction | None:
    means = [sums[question.code].mean for question in questions if question.item_code]
    known = [mean for mean in means if mean is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def _mean(question: Any, one: _Sum) -> RatingMean:
    return RatingMean(
        code=question.code,
        text=question.text,
        text_en=question.text_en,
        about_item=question.item_code is not None,
        rated=one.rated,
        not_rated=one.not_rated,
        mean=_rounded(one.mean),
    )


def _rounded(value: Fraction | None) -> float | None:
    return None if value is None else float(round_half_up(value))


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
