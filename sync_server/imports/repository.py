"""Imported files and their findings in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from shared_models.checklists.stages import Source
from shared_models.clock import from_text, to_text
from shared_models.columns import sql_table
from shared_models.imports.mapping import CheckLevel
from shared_models.imports.wire import ImportBatch, ImportCounts, ImportReport, RowFinding, RowReason
from shared_models.problems import Code, Problem
from sync_server.imports import tables

_batch, _finding = sql_table(tables.ImportBatch), sql_table(tables.ImportFinding)
_CHUNK = 1_000


def add_batch(session: Session, batch: ImportBatch, person_id: str | None) -> None:
    """Write a batch; its counts follow with :func:`finish_batch`."""
    session.add(
        tables.ImportBatch(
            id=batch.id,
            file_name=batch.file_name,
            file_sha256=batch.file_sha256,
            file_size=batch.file_size,
            encoding=batch.encoding,
            mapping=batch.mapping,
            mapping_sha256=batch.mapping_sha256,
            source=batch.source.value,
            imported_by=person_id,
            imported_at=from_text(batch.imported_at),
        )
    )
    session.flush()


def finish_batch(session: Session, batch: ImportBatch, findings: Sequence[RowFinding]) -> None:
    """Write the batch's counts and what was found in its rows."""
    row = session.get(tables.ImportBatch, batch.id)
    assert row is not None  # added before
    row.counts = batch.counts.model_dump(mode="json")
    session.add(row)
    session.flush()
    for start in range(0, len(findings), _CHUNK):
        part = findings[start : start + _CHUNK]
        session.execute(
            insert(_finding),
            [
                {"batch_id": batch.id, "position": start + i, **finding.model_dump(mode="json")}
                for i, finding in enumerate(part)
            ],
        )


def batch_of_file(session: Session, file_sha256: str, mapping_sha256: str) -> ImportBatch | None:
    """The newest batch of the same bytes read with the same mapping."""
    b = _batch.c
    row = session.execute(
        select(_batch)
        .where(b.file_sha256 == file_sha256, b.mapping_sha256 == mapping_sha256)
        .order_by(b.imported_at.desc(), b.id.desc())
        .limit(1)
    ).first()
    return _read(row) if row else None


def batches(session: Session, limit: int) -> list[ImportBatch]:
    """The newest batches, newest first."""
    b = _batch.c
    rows = session.execute(select(_batch).order_by(b.imported_at.desc(), b.id.desc()).limit(limit))
    return [_read(row) for row in rows]


def batch(session: Session, batch_id: str) -> ImportBatch:
    """One batch; NOT_FOUND if there is none."""
    row = session.execute(select(_batch).where(_batch.c.id == batch_id)).first()
    if row is None:
        raise Problem(Code.NOT_FOUND, {"what": "import_batch"})
    return _read(row)


def report(session: Session, of: ImportBatch, limit: int | None = None) -> ImportReport:
    """A batch with its findings in the order of the file."""
    total = session.scalar(select(func.count()).select_from(_finding).where(_finding.c.batch_id == of.id))
    found = tuple(findings(session, of.id, limit))
    return ImportReport(
        batch=of, findings=found, findings_total=max(total or 0, sum(of.counts.reasons.values()))
    )


def findings(session: Session, batch_id: str, limit: int | None = None) -> Iterator[RowFinding]:
    """The findings of a batch in the order of the file."""
    f = _finding.c
    query = select(_finding).where(f.batch_id == batch_id).order_by(f.position)
    for row in session.execute(query.limit(limit) if limit is not None else query):
        yield RowFinding(
            row=row.row,
            column=row.column,
            reason=RowReason(row.reason),
            value=row.value,
            level=CheckLevel(row.level),
            other_row=row.other_row,
        )


def _read(row: Any) -> ImportBatch:
    return ImportBatch(
        id=row.id,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        file_size=row.file_size,
        mapping=row.mapping,
        mapping_sha256=row.mapping_sha256,
        source=Source(row.source),
        imported_by=row.imported_by or "",
        imported_at=to_text(row.imported_at),
        encoding=row.encoding,
        counts=ImportCounts.model_validate(row.counts),
    )
