"""How much each item weighs with customers: drivers of their overall rating, of the whole network only.

Two steps over the telephone survey's respondents of a year. How the share of steps carried out in each
category goes along with the overall rating gives the categories' shares (LMG, from 13 categories on
Johnson's weights). Inside a category Johnson's weights of its items share it out. Below the fewest
respondents nothing is claimed: every item weighs the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, and_, func, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from shared_models.checklists.stages import Source
from shared_models.columns import sql_table
from shared_models.surveys import Disposition
from sync_server.insight import repository
from sync_server.insight.calendar import months_up_to
from sync_server.insight.engine.blas import single_thread
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.statistics import johnson_from_correlations, lmg_from_correlations
from sync_server.insight.statistics.importance import correlation_matrix
from sync_server.insight.tables import DataCut
from sync_server.surveys.tables import Response, ResponseAnswer

FloatArray = NDArray[np.float64]
_response, _answer, _cut = sql_table(Response), sql_table(ResponseAnswer), sql_table(DataCut)
_r, _a = _response.c, _answer.c
_LMG_UP_TO = 12
_MOST_RESPONDENTS = 20_000
"""More change no share by a tenth; the newest are taken."""
_KEPT = 8


@dataclass(frozen=True, slots=True)
class ItemImportance:
    """One item that the survey asks for.

    `share` of all the rating explains by the items, a fraction; `low` and `high` its 90 % interval over
    resampled respondents (None where it was not asked for); `factor` what the priority is multiplied by, 1 on
    average; `negative`: asked alone it goes against the rating, in satisfaction data a sign of an error.
    """

    item_id: str
    category: str
    share: float
    low: float | None
    high: float | None
    factor: float
    negative: bool


@dataclass(frozen=True, slots=True)
class NetworkImportance:
    """`enough` is False below the fewest respondents: every item weighs the same then."""

    respondents: int
    enough: bool
    explained: float
    """R² of the overall rating by the categories."""
    items: tuple[ItemImportance, ...]

    def factors(self) -> dict[str, float]:
        """By item id; items that the survey does not ask for weigh 1."""
        return {one.item_id: one.factor for one in self.items} if self.enough else {}


@dataclass(frozen=True, slots=True)
class Respondents:
    """Executed 1, not 0, NaN unknown: respondents × items; the overall rating per respondent."""

    item_ids: tuple[str, ...]
    categories: tuple[str, ...]
    """Per item."""
    executed: FloatArray
    overall: FloatArray


def weigh(people: Respondents, parameters: Parameters, *, resamples: int = 0) -> NetworkImportance:
    """Shares and factors of the items that vary and share enough respondents with all others. Pure."""
    n = people.overall.size
    if n < parameters.importance_min_respondents or not people.item_ids:
        return NetworkImportance(n, False, float("nan"), ())
    with single_thread():
        use = _usable(people, parameters)
        if use.size < 2:
            return NetworkImportance(n, False, float("nan"), ())
        x, categories = people.executed[:, use], [people.categories[i] for i in use.tolist()]
        share, explained, negative = _shares(x, people.overall, categories, parameters)
        if not np.isfinite(share).all():
            return NetworkImportance(n, False, float("nan"), ())
        drawn = _resampled(x, people.overall, categories, parameters, resamples)
    factor = 1 + parameters.importance_weight * (np.maximum(share * use.size, _LEAST) - 1)
    low, high = (np.quantile(drawn, q, axis=0) for q in (0.05, 0.95)) if len(drawn) else (None, None)
    found = tuple(
        ItemImportance(
            item_id=people.item_ids[at],
            category=people.categories[at],
            share=float(share[place]),
            low=None if low is None else float(low[place]),
            high=None if high is None else float(high[place]),
            factor=round(float(factor[place]), 4),
            negative=bool(negative[place]),
        )
        for place, at in enumerate(use.tolist())
    )
    return NetworkImportance(n, True, explained, found)


_LEAST = 0.1
"""An item without any share still weighs a tenth: customers do not rate what they cannot see, such as
safety."""


def _usable(people: Respondents, parameters: Parameters) -> NDArray[np.int64]:
    """Items that vary and share the fewest common answers with every other item that stays."""
    known = ~np.isnan(people.executed)
    mean = np.nanmean(np.where(known.any(axis=0), people.executed, 0.0), axis=0)
    use = np.flatnonzero((known.sum(axis=0) >= parameters.importance_min_pairs) & (mean > 0) & (mean < 1))
    while use.size:
        together = known[:, use].T.astype(np.float64) @ known[:, use]
        short = (together < parameters.importance_min_pairs).sum(axis=0)
        if not short.any():
            break
        use = np.delete(use, int(short.argmax()))
    return use


def _shares(
    x: FloatArray, y: FloatArray, categories: Sequence[str], parameters: Parameters
) -> tuple[FloatArray, float, NDArray[np.bool_]]:
    """Share per item, R² of the categories, and which items alone go against the rating."""
    named = sorted(set(categories))
    places = [[i for i, one in enumerate(categories) if one == name] for name in named]
    scores = np.column_stack([_mean_known(x[:, columns]) for columns in places])
    fewest = parameters.importance_min_pairs
    between = correlation_matrix(np.column_stack([scores, y]), fewest)
    compute: Callable[..., Any] = (
        lmg_from_correlations if len(named) <= _LMG_UP_TO else johnson_from_correlations
    )
    whole = compute(between[:-1, :-1], between[:-1, -1])
    each = correlation_matrix(np.column_stack([x, y]), fewest)
    share = np.zeros(x.shape[1])
    for category, columns in zip(whole.share, places, strict=True):
        inside = johnson_from_correlations(each[np.ix_(columns, columns)], each[columns, -1]).share
        share[columns] = category * (inside if np.isfinite(inside).all() else 1 / len(columns))
    share = np.maximum(share, 0.0)
    return share / share.sum(), float(whole.r_squared), each[:-1, -1] < 0


def _mean_known(x: FloatArray) -> FloatArray:
    known = ~np.isnan(x)
    n = known.sum(axis=1)
    return np.divide(np.where(known, x, 0.0).sum(axis=1), n, out=np.full(len(x), np.nan), where=n > 0)


def _resampled(
    x: FloatArray, y: FloatArray, categories: Sequence[str], parameters: Parameters, resamples: int
) -> FloatArray:
    rng = np.random.default_rng(0)
    drawn: list[FloatArray] = []
    for _ in range(resamples):
        rows = rng.integers(0, y.size, y.size)
        try:
            share, _, _ = _shares(x[rows], y[rows], categories, parameters)
        except ValueError:
            continue  # a sample in which an item did not vary says nothing of its share
        drawn.append(share)
    return np.array(drawn)


def respondents(session: Session, months: Sequence[str]) -> Respondents:
    """Completed telephone interviews of these months that gave an overall rating; the newest come first.

    The overall rating is the mean of the rating questions that belong to no item and run to 10 (overall,
    against expectation, against the ideal where all are asked).
    """
    newest = (
        select(_r.id)
        .where(
            _r.month.in_(list(months)),
            _r.source == Source.PHONE.value,
            _r.disposition == Disposition.COMPLETED.value,
            _r.id.in_(select(_a.response_id).where(_overall())),
        )
        .order_by(_r.day.desc(), _r.id.desc())
        .limit(_MOST_RESPONDENTS)
        .subquery()
    )
    rows = session.execute(
        select(_a.response_id, _a.kind, _a.state, _a.value, _a.item_code)
        .join(newest, newest.c.id == _a.response_id)
        .where(_overall() | (_a.item_code.is_not(None) & _a.state.in_(("executed", "not")))),
    )
    items = {one.code: one for one in repository.items(session).values()}
    ratings: dict[str, list[float]] = defaultdict(list)
    executed: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row.item_code is None:
            value = _number(row.value)
            if value is not None:
                ratings[row.response_id].append(value)
        elif row.item_code in items:
            executed[row.response_id][row.item_code] = 1.0 if row.state == "executed" else 0.0
    who = sorted(ratings)
    codes = sorted({code for one in executed.values() for code in one})
    at = {code: place for place, code in enumerate(codes)}
    table = np.full((len(who), len(codes)), np.nan)
    for place, one in enumerate(who):
        for code, value in executed.get(one, {}).items():
            table[place, at[code]] = value
    return Respondents(
        tuple(items[code].id for code in codes),
        tuple(items[code].stage for code in codes),
        table,
        np.array([float(np.mean(ratings[one])) for one in who]),
    )


def _overall() -> Any:
    return and_(
        _a.kind == "rating",
        _a.state == "rated",
        _a.item_code.is_(None),
        _a.code.in_(("overall", "expectation", "ideal")),
    )


def _number(text: str) -> float | None:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return None


_Key = tuple[int, str, str, int]
_kept: WeakKeyDictionary[Pool, OrderedDict[_Key, NetworkImportance]] = WeakKeyDictionary()
_lock = threading.Lock()


def importance_of(
    session: Session, month: str, parameters: Parameters, *, resamples: int = 0
) -> NetworkImportance:
    """Of the survey's months up to ``month``: the one figure behind priority, chart and table.

    ``resamples`` adds intervals; shares and factors are the same with and without. Kept until the next
    interview comes in.
    """
    newest = session.scalar(select(func.max(_cut.c.id)).where(_cut.c.kind != "visit")) or 0
    key = (int(newest), month, parameters.digest, resamples)
    with _lock:
        kept = _kept.setdefault(_pool(session), OrderedDict())
        if key in kept:
            return kept[key]
    asked = respondents(session, months_up_to(month, parameters.importance_months))
    found = weigh(asked, parameters, resamples=resamples)
    with _lock:
        kept[key] = found
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return found


def _pool(session: Session) -> Pool:
    bind = session.get_bind()
    return (bind if isinstance(bind, Engine) else bind.engine).pool


def factors_of(session: Session, month: str, parameters: Parameters) -> Mapping[str, float]:
    """What each item's priority is multiplied by; empty where all weigh the same."""
    if parameters.importance_weight == 0:
        return {}
    return importance_of(session, month, parameters).factors()
