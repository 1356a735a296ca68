"""What is stored about figures: versions of parameters, reviews of conflicts, results of closed months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.network_month import NetworkMonth
from sync_server.insight.tables import FigureParameters, FigureResult, SourceReview

_parameters, _review, _result = sql_table(FigureParameters), sql_table(SourceReview), sql_table(FigureResult)


def parameters_in_force(session: Session) -> Parameters:
    """The newest version of the parameters; the defaults where nobody has stored any."""
    p = _parameters.c
    text = session.scalar(select(p["values"]).order_by(p.version.desc()).limit(1))
    return Parameters() if text is None else Parameters.from_json(text)


def store_parameters(session: Session, parameters: Parameters, *, person_id: str, at: datetime) -> int:
    """A new version; gives its number (the present one where nothing differs)."""
    p = _parameters.c
    newest = session.execute(select(p.version, p.digest).order_by(p.version.desc()).limit(1)).first()
    if newest is not None and newest.digest == parameters.digest:
        return int(newest.version)
    row = FigureParameters(at=at, person_id=person_id, digest=parameters.digest, values=parameters.to_json())
    session.add(row)
    session.flush()
    assert row.version is not None
    return row.version


def reviewed(session: Session, month: str) -> tuple[tuple[str, str], ...]:
    """(dealer, source) that somebody looked into for a month, in a fixed order."""
    r = _review.c
    rows = session.execute(
        select(r.dealer_id, r.source).where(r.month == month).distinct().order_by(r.dealer_id, r.source)
    )
    return tuple((row.dealer_id, row.source) for row in rows)


def store_review(session: Session, *, values: dict[str, Any]) -> None:
    """Note that somebody looked into a source at a dealer."""
    session.execute(insert(_review).values(**values))


def results_of(session: Session, month: str | None = None) -> Sequence[Any]:
    """Stored results, newest month and revision first."""
    r = _result.c
    query = select(_result).order_by(r.month.desc(), r.revision.desc())
    return session.execute(query if month is None else query.where(r.month == month)).all()


def result_of(session: Session, month: str, revision: int | None = None) -> Any:
    """One stored result, the newest revision unless one is named; None if there is none."""
    found = results_of(session, month)
    return next((row for row in found if revision is None or row.revision == revision), None)


def store_result(session: Session, found: NetworkMonth, inputs: str, at: datetime) -> int:
    """Keep the figures of a closed month; gives their revision. The same figures make no new one."""
    r = _result.c
    last = session.execute(
        select(r.revision, r.sha256).where(r.month == found.month).order_by(r.revision.desc()).limit(1)
    ).first()
    if last is not None and last.sha256 == found.sha256:
        return int(last.revision)
    revision = (session.scalar(select(func.max(r.revision)).where(r.month == found.month)) or 0) + 1
    row = FigureResult(
        month=found.month,
        revision=0 if last is None else revision,
        data_cut=found.data_cut,
        method_version=found.parameters.method_version,
        parameters=found.parameters.to_json(),
        inputs=inputs,
        computed_at=at,
        sha256=found.sha256,
        cells=found.cells.height,
        listed=int(found.cells["listed"].sum()),
    )
    session.add(row)
    session.flush()
    return row.revision
