"""The item ledger: accepted visits and completed interviews become observations, and stay.

Only accepted visits and completed interviews count. Nothing is changed afterwards: a revision closes the old
observations at a new data cut and adds its own. One function writes them for the single visit, the import and
the rebuild, so that a rebuild from the sources changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.logic import AnswerValue
from shared_models.checklists.tables import Item, TemplateVersion
from shared_models.clock import Now, utc_now
from shared_models.columns import sql_table
from shared_models.surveys import Disposition
from shared_models.visits.corrections import corrected
from shared_models.visits.states import VisitStatus
from shared_models.visits.tables import Answer, Correction, Visit
from sync_server.insight.observations import Fact, ItemAnswer, share_observations, visit_answers
from sync_server.insight.tables import DataCut, Observation
from sync_server.surveys.tables import Response, ResponseAnswer

_observation = sql_table(Observation)
_answer = sql_table(Answer).c
_correction = sql_table(Correction)
_item = sql_table(Item).c
_response = sql_table(Response)
_said = sql_table(ResponseAnswer).c
_visit = sql_table(Visit).c
_CHUNK = 400
_T = TypeVar("_T")


@dataclass(frozen=True)
class Origin:
    """Where a set of observations comes from, and what they share."""

    kind: str
    """visit or response."""
    id: str
    dealer_id: str
    source: str
    day: date
    employee: str


@dataclass
class Change:
    """How many observations were added and closed."""

    added: int = 0
    superseded: int = 0


class Cut:
    """A data cut that is opened when the first change needs it, so that no change leaves no cut."""

    def __init__(self, session: Session, kind: str, origin_id: str = "", now: Now = utc_now) -> None:
        self._session, self._now = session, now
        self._kind, self._origin_id = kind, origin_id
        self._row: DataCut | None = None
        self.change = Change()

    @property
    def id(self) -> int:
        """The cut's number (opens it)."""
        if self._row is None:
            self._row = DataCut(at=self._now(), kind=self._kind, origin_id=self._origin_id)
            self._session.add(self._row)
            self._session.flush()
        assert self._row.id is not None
        return self._row.id

    def count(self, added: int, superseded: int) -> None:
        """Note what changed in this cut."""
        self.change.added += added
        self.change.superseded += superseded
        if self._row is not None:
            self._row.added, self._row.superseded = self.change.added, self.change.superseded
            self._session.flush()


def record_visit(session: Session, visit_id: str, *, now: Now = utc_now) -> int:
    """Bring the ledger in line with an accepted visit; gives how many observations it now has.

    A visit that is not accepted has none. Recording again changes nothing; after a new revision the old
    observations are closed and new ones added. KeyError if there is no such visit.
    """
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise KeyError(visit_id)
    return _record_visits(session, [visit], Cut(session, "visit", visit_id, now))


def withdraw_visit(session: Session, visit_id: str, *, now: Now = utc_now) -> int:
    """Close all observations of a visit whose acceptance was undone; gives how many there were."""
    cut = Cut(session, "visit", visit_id, now)
    _write(session, {("visit", visit_id): (None, [])}, cut)
    return cut.change.superseded


def record_responses(session: Session, response_ids: Iterable[str], cut: Cut) -> int:
    """Bring the ledger in line with these responses; gives how many observations they now have."""
    total = 0
    for ids in _chunks(sorted(set(response_ids))):
        answers: dict[str, list[ItemAnswer]] = defaultdict(list)
        rows = session.execute(
            select(_said.response_id, _said.code, _said.item_code, _said.state).where(
                _said.response_id.in_(ids), _said.kind == "execution", _said.item_code.is_not(None)
            )
        )
        for response_id, code, item, state in rows:
            answers[response_id].append(_response_answer(item, code, state))
        wanted: _Wanted = {}
        r = _response.c
        for response in session.execute(
            select(r.id, r.dealer_id, r.source, r.day, r.employee, r.disposition).where(r.id.in_(ids))
        ):
            completed = response.disposition == Disposition.COMPLETED
            facts = share_observations(answers[response.id]) if completed else []
            origin = Origin(
                "response", response.id, response.dealer_id, response.source, response.day, response.employee
            )
            wanted["response", response.id] = (origin, facts)
        total += sum(len(facts) for _, facts in wanted.values())
        _write(session, wanted, cut)
    return total


def rebuild(
    session: Session, *, now: Now = utc_now, progress: Callable[[int, int], None] | None = None
) -> Change:
    """Recompute every observation from visits and responses; after correct running nothing changes.

    ``progress`` is told how many origins are done of how many.
    """
    cut = Cut(session, "rebuild", "", now)
    # every visit, not only accepted ones: those whose acceptance was lost must give up their observations
    visits = list(session.scalars(select(_visit.id).order_by(_visit.id)))
    responses = list(session.scalars(select(_response.c.id).order_by(_response.c.id)))
    done = 0
    for ids in _chunks(visits):
        found = session.scalars(select(Visit).where(_visit.id.in_(ids)).order_by(_visit.id))
        _record_visits(session, list(found), cut)
        done += len(ids)
        if progress:
            progress(done, len(visits) + len(responses))
    for ids in _chunks(responses):
        record_responses(session, ids, cut)
        done += len(ids)
        if progress:
            progress(done, len(visits) + len(responses))
    _close_orphans(session, {"visit": set(visits), "response": set(responses)}, cut)
    return cut.change


def _close_orphans(session: Session, known: dict[str, set[str]], cut: Cut) -> None:
    """Close observations whose visit or response is no longer there."""
    o = _observation.c
    origins = session.execute(select(o.kind, o.origin_id).where(o.gone_cut.is_(None)).distinct())
    lost: list[_Key] = [(kind, origin) for kind, origin in origins if origin not in known.get(kind, set())]
    for keys in _chunks(sorted(lost)):
        _write(session, dict.fromkeys(keys, (None, [])), cut)


_Key = tuple[str, str]
_Wanted = dict[_Key, tuple[Origin | None, list[Fact]]]


def _record_visits(session: Session, visits: Sequence[Visit], cut: Cut) -> int:
    documents: dict[str, TemplateDocument] = {}
    answers: dict[str, dict[tuple[str, int], AnswerValue]] = defaultdict(dict)
    accepted = [visit for visit in visits if visit.status == VisitStatus.ACCEPTED]
    ids = [visit.id for visit in accepted]
    rows = session.execute(
        select(_answer.visit_id, _answer.question, _answer.repeat, _answer.state, _answer.value).where(
            _answer.visit_id.in_(ids), _answer.state != "cleared"
        )
    )
    for visit_id, question, repeat, state, value in rows:
        answers[visit_id][question, repeat] = AnswerValue(state, value)
    corrections: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in session.execute(select(_correction).where(_correction.c.visit_id.in_(ids))).mappings():
        corrections[row["visit_id"]].append(dict(row))
    wanted: _Wanted = {("visit", visit.id): (None, []) for visit in visits}
    for visit in accepted:
        version_id = visit.template_version_id
        if version_id not in documents:
            version = session.get(TemplateVersion, version_id)
            assert version is not None  # a foreign key
            documents[version_id] = TemplateDocument.model_validate(version.document)
        day = visit.visit_date or _day_of(visit)
        if day is None:
            continue
        counting = corrected(answers[visit.id], corrections[visit.id], visit.revision)
        facts = share_observations(visit_answers(documents[version_id], counting))
        origin = Origin("visit", visit.id, visit.dealer_id, visit.source, day, visit.consultant)
        wanted["visit", visit.id] = (origin, facts)
    _write(session, wanted, cut)
    return sum(len(facts) for _, facts in wanted.values())


def _day_of(visit: Visit) -> date | None:
    """The business day of a visit whose app gave none: the day it began, else ended or was submitted."""
    moment = visit.started_at or visit.ended_at or visit.submitted_at
    return moment.date() if moment else None


def _response_answer(item: str, code: str, state: str) -> ItemAnswer:
    if state in {"executed", "not"}:
        fraction = Decimal(1 if state == "executed" else 0)
        return ItemAnswer(item, code, 0, Decimal(1), "answered", fraction)
    return ItemAnswer(item, code, 0, Decimal(1), "na" if state == "na" else "unobserved")


def _write(session: Session, wanted: _Wanted, cut: Cut) -> None:
    """Close what an origin no longer says, add what it says now; leave alone what stayed the same."""
    if not wanted:
        return
    items = _item_ids(session)
    kinds = {kind for kind, _ in wanted}
    live: dict[_Key, list[tuple[int, int, tuple[object, ...]]]] = defaultdict(list)
    o = _observation.c
    latest: dict[_Key, int] = {}
    for kind in kinds:
        ids = [origin_id for one, origin_id in wanted if one == kind]
        rows = session.execute(
            select(
                o.id, o.origin_id, o.revision, o.dealer_id, o.source, o.day, o.employee,
                o.item_id, o.question, o.repeat, o.state, o.value, o.weight, o.earned,
            ).where(o.kind == kind, o.origin_id.in_(ids), o.gone_cut.is_(None))
        )  # fmt: skip
        for row in rows:
            live[kind, row.origin_id].append((row.id, row.revision, tuple(row)[3:]))
        revisions = session.execute(
            select(o.origin_id, func.max(o.revision))
            .where(o.kind == kind, o.origin_id.in_(ids))
            .group_by(o.origin_id)
        )
        latest |= {(kind, origin_id): int(revision) for origin_id, revision in revisions}
    gone: list[int] = []
    added: list[dict[str, object]] = []
    for key, (origin, facts) in wanted.items():
        said = _contents(origin, facts, items) if origin else []
        if sorted(content for _, _, content in live[key]) == sorted(said):
            continue
        gone += [row_id for row_id, _, _ in live[key]]
        revision = latest[key] + 1 if key in latest else 0
        added += [_row(key, content, revision, cut.id) for content in said]
    for ids in _chunks(gone):
        session.execute(update(_observation).where(o.id.in_(ids)).values(gone_cut=cut.id))
    if added:
        session.execute(insert(_observation), added)
    if gone or added:
        cut.count(len(added), len(gone))


_CONTENT = (
    "dealer_id", "source", "day", "employee", "item_id",
    "question", "repeat", "state", "value", "weight", "earned",
)  # fmt: skip


def _contents(origin: Origin, facts: list[Fact], items: dict[str, str]) -> list[tuple[object, ...]]:
    shared = (origin.dealer_id, origin.source, origin.day)
    return [
        (*shared, f.employee or origin.employee, items[f.item],
         f.question, f.repeat, f.state, f.value, f.weight, f.earned)
        for f in facts
        if f.item in items
    ]  # fmt: skip


def _row(key: _Key, content: tuple[object, ...], revision: int, cut: int) -> dict[str, object]:
    kind, origin_id = key
    values: dict[str, object] = dict(zip(_CONTENT, content, strict=True))
    day = values["day"]
    assert isinstance(day, date)
    return values | {
        "month": f"{day.year:04d}-{day.month:02d}",
        "kind": kind,
        "origin_id": origin_id,
        "revision": revision,
        "cut": cut,
        "gone_cut": None,
    }


def _item_ids(session: Session) -> dict[str, str]:
    return {row.code: row.id for row in session.execute(select(_item.code, _item.id))}


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
