"""Satisfaction of a scope, its regions, its dealers: ACSI-style index, net promoter score, RATER."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Rater
from shared_models.columns import sql_table
from shared_models.people.tables import Region
from sync_server.insight import repository, results
from sync_server.insight.statistics import (
    acsi_index,
    cronbach_alpha,
    net_promoter_score,
    pls_weights,
    t_interval,
    wilson_interval,
)
from sync_server.insight.tables import WHOLE, Observation
from sync_server.insight.tables_network import (
    GREY_BELOW,
    HIDDEN_BELOW,
    Asked,
    Question,
    Row,
    Table,
    Value,
    number,
    percent,
    question,
    ratings,
    table_of,
)

_o = sql_table(Observation).c
_region = sql_table(Region).c
ACSI = ("overall", "expectation", "ideal")
"""The three questions of the index, 1 to 10."""
RECOMMEND = "recommend"
WEIGHTS_FROM = 250
"""Fewer complete answers do not support weights of their own."""
ALPHA_FROM, ITEMS_FROM = 0.7, 3
"""A dimension is published from so much internal consistency and so many questions on."""
_Who = tuple[str, str]
"""Survey and response."""


def acsi(session: Session, asked: Asked) -> Table:
    """ACSI-style index 0–100 of respondents who answered all three questions, with its 95 % t interval.

    With the weights in force (parameter ``acsi_weights``, equal unless headquarters set them). ``pls`` names
    the weights that the answers themselves suggest, from 250 respondents who would also recommend or not.
    """
    weights = np.array(results.parameters_in_force(session).acsi_weights)
    answers, dealer_of = _answers(session, asked)
    columns = ("survey", "level", "name", "n", "index", "low", "high", "small", "pls")
    lines: list[tuple[Row, list[Question]]] = []
    for survey, level, name, place, people in _groups(session, asked, answers, dealer_of):
        complete = [answers[one] for one in people if all(code in answers[one] for code in ACSI)]
        if not complete:
            continue
        line = _line(columns, survey, level, name, len(complete))
        if len(complete) >= HIDDEN_BELOW:
            x = np.array([[one[code] for code in ACSI] for one in complete])
            found = t_interval([acsi_index(row, weights).estimate for row in x])
            line |= {
                "index": round(found.estimate, 1),
                "low": round(max(found.low, 0.0), 1),
                "high": round(min(found.high, 100.0), 1),
                "pls": _suggested(complete) if level == "all" else None,
            }
        lines.append((line, [question(asked, "ratings", survey=survey, question=",".join(ACSI), **place)]))
    return table_of(columns, lines)


def _suggested(complete: Sequence[Mapping[str, float]]) -> str | None:
    whole = [one for one in complete if RECOMMEND in one]
    if len(whole) < WEIGHTS_FROM:
        return None
    satisfied = np.array([[one[code] for code in ACSI] for one in whole])
    loyal = np.array([[one[RECOMMEND]] for one in whole])
    try:
        found = pls_weights([satisfied, loyal], [[0, 1], [0, 0]]).unstandardised[0]
    except ValueError:
        return None
    return " ".join(f"{one:.2f}" for one in found / found.sum())


def nps(session: Session, asked: Asked) -> Table:
    """Net promoter score −100..100 with its 95 % interval, and the shares it is made of."""
    answers, dealer_of = _answers(session, asked)
    columns = (
        "survey", "level", "name", "n", "nps", "low", "high", "promoters", "passives", "detractors", "small",
    )  # fmt: skip
    lines: list[tuple[Row, list[Question]]] = []
    for survey, level, name, place, people in _groups(session, asked, answers, dealer_of):
        scores = [answers[one][RECOMMEND] for one in people if RECOMMEND in answers[one]]
        if not scores:
            continue
        line = _line(columns, survey, level, name, len(scores))
        if len(scores) >= HIDDEN_BELOW:
            found = net_promoter_score(scores)
            line |= {
                "nps": percent(found.estimate),
                "low": percent(found.low),
                "high": percent(found.high),
                "promoters": percent(found.promoters / len(scores)),
                "passives": percent(found.passives / len(scores)),
                "detractors": percent(found.detractors / len(scores)),
            }
        lines.append((line, [question(asked, "ratings", survey=survey, question=RECOMMEND, **place)]))
    return table_of(columns, lines)


def rater(session: Session, asked: Asked) -> Table:
    """RATER dimensions: what customers rated (performance only), and what was carried out.

    Ratings are published from three questions of a dimension with an internal consistency of .7 on; no
    survey asks what was expected, so there is no gap to show. Carried out: observations of the dimension's
    items, pooled over sources, Wilson's 95 % interval.
    """
    dimension = {one.code: one.rater for one in repository.items(session).values()}
    rated: dict[str, dict[_Who, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in session.execute(ratings(asked)):
        value = number(row.value)
        if value is not None and dimension.get(row.item_code or ""):
            rated[dimension[row.item_code]][row.survey, row.response_id][row.item_code] = value
    carried = _carried_out(session, asked)
    columns = (
        "dimension", "questions", "n", "mean", "low", "high", "alpha", "published",
        "carried_out", "carried_low", "carried_high", "observations",
    )  # fmt: skip
    lines: list[tuple[Row, list[Question]]] = []
    for one in Rater:
        line: Row = dict.fromkeys(columns) | {"dimension": one.value, "questions": 0, "n": 0}
        people = rated.get(one.value, {})
        codes = sorted({code for answer in people.values() for code in answer})
        if codes:
            line |= _rated(codes, list(people.values()))
        line["published"] = bool(line["published"])
        executed, asked_for = carried.get(one.value, (0.0, 0.0))
        line["observations"] = round(asked_for, 3)
        if asked_for > 0:
            bounds = wilson_interval(executed, asked_for)
            line |= {
                "carried_out": percent(bounds.estimate),
                "carried_low": percent(bounds.low),
                "carried_high": percent(bounds.high),
            }
        behind = [question(asked, "observations", dimension=one.value, counted="true")]
        if codes:
            behind.append(question(asked, "ratings", dimension=one.value))
        lines.append((line, behind))
    return table_of(columns, lines)


def _rated(codes: Sequence[str], people: Sequence[Mapping[str, float]]) -> dict[str, Value]:
    x = np.array([[one.get(code, math.nan) for code in codes] for one in people])
    alpha = cronbach_alpha(x) if len(codes) > 1 else math.nan
    line: dict[str, Value] = {
        "questions": len(codes),
        "n": len(people),
        "alpha": None if math.isnan(alpha) else round(alpha, 3),
        "published": len(codes) >= ITEMS_FROM and alpha >= ALPHA_FROM and len(people) >= HIDDEN_BELOW,
    }
    if line["published"]:
        mean = t_interval(np.nanmean(x, axis=1))
        line |= {"mean": round(mean.estimate, 2), "low": round(mean.low, 2), "high": round(mean.high, 2)}
    return line


def _carried_out(session: Session, asked: Asked) -> dict[str, tuple[float, float]]:
    """Executed and applicable observations by dimension."""
    dimension = {one.id: one.rater for one in repository.items(session).values()}
    query = (
        select(_o.item_id, func.sum(_o.earned).label("earned"), func.sum(_o.weight).label("weight"))
        .where(
            repository.as_of(None),
            repository.readable_by(asked.scope),
            _o.month.in_(list(asked.months)),
            _o.state.in_(("executed", "not")),
            true() if asked.dealers is None else _o.dealer_id.in_(sorted(asked.dealers)),
        )
        .group_by(_o.item_id)
    )
    found: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(2))
    for row in session.execute(query):
        found[dimension[row.item_id]] += (int(row.earned) / WHOLE, int(row.weight) / WHOLE)
    return {name: (float(pair[0]), float(pair[1])) for name, pair in found.items()}


def _answers(session: Session, asked: Asked) -> tuple[dict[_Who, dict[str, float]], dict[_Who, str]]:
    """Ratings that belong to no item, by respondent; the dealer of each."""
    answers: dict[_Who, dict[str, float]] = defaultdict(dict)
    dealer_of: dict[_Who, str] = {}
    for row in session.execute(ratings(asked)):
        value = number(row.value)
        if row.item_code is None and value is not None:
            answers[row.survey, row.response_id][row.code] = value
            dealer_of[row.survey, row.response_id] = row.dealer_id
    return answers, dealer_of


_Group = tuple[str, str, str, Question, list[_Who]]


def _groups(
    session: Session, asked: Asked, answers: Iterable[_Who], dealer_of: Mapping[_Who, str]
) -> list[_Group]:
    """(survey, level, name, place, respondents): the scope as a whole, its regions, its dealers."""
    dealers = repository.dealers(session, asked.scope)
    regions = {row.id: row.code for row in session.execute(select(_region.id, _region.code))}
    found: dict[tuple[str, int, str, str, str], list[_Who]] = defaultdict(list)
    for one in sorted(answers):
        dealer: Any = dealers[dealer_of[one]]
        found[one[0], 0, "all", "", ""].append(one)
        region = dealer.region_id or ""
        found[one[0], 1, "region", regions.get(region, ""), region].append(one)
        found[one[0], 2, "dealer", dealer.code, dealer.id].append(one)
    return [
        (survey, level, name, {f"{level}_id": place} if place else {}, people)
        for (survey, _, level, name, place), people in sorted(found.items())
    ]


def _line(columns: Sequence[str], survey: str, level: str, name: str, n: int) -> dict[str, Value]:
    line: dict[str, Value] = dict.fromkeys(columns)
    return line | {"survey": survey, "level": level, "name": name, "n": n, "small": n < GREY_BELOW}
