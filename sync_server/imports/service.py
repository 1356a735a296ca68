"""Import of a survey file: read, clean, store, put on the item ledger. One transaction, the caller's."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.clock import Now, to_text, utc_now
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.imports.mapping import SurveyMapping
from shared_models.imports.wire import ImportBatch, ImportCounts, ImportReport, RowFinding, RowReason
from shared_models.people.tables import Dealer
from shared_models.surveys import Disposition
from sync_server.imports import mappings, repository
from sync_server.imports.cleaning import Cleaner, CleanResponse, CleanRow, Dealers, KnownDealer, shown_value
from sync_server.imports.seen_keys import SeenKeys
from sync_server.imports.storing import ResponseStore, keep_house
from sync_server.insight.facts import Cut, record_responses

if TYPE_CHECKING:
    from sync_server.imports.readers import Table

CHUNK = 500
MOST_FINDINGS = 10_000
"""Findings kept per file; the counts are exact in any case."""

Progress = Callable[[int, int | None], None]
"""Told after every chunk how many rows are done, of how many (None: the file does not tell)."""


def import_file(
    session: Session,
    path: Path,
    mapping: SurveyMapping,
    *,
    file_name: str | None = None,
    person_id: str | None = None,
    now: Now = utc_now,
    today: date | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file; good rows load, bad rows are listed, a file loaded before changes nothing.

    ``today`` (default: the day of ``now``) bounds the days that are possible. Raises FILE_UNREADABLE,
    COLUMN_MISSING, MAPPING_INVALID; nothing is stored then.
    """
    from sync_server.imports.readers import open_table  # three libraries, kept once a file was read

    mappings.check_items(session, mapping)
    with open_table(path, mapping.file) as table, SeenKeys() as seen:
        places = table.places(list(mapping.columns()))
        # the East Asian day: a file of this morning must not lie in the future of a server that counts UTC
        cleaner = Cleaner(mapping, places, _dealers(session), today or _latest_day(now))
        run = _Run(
            session=session,
            mapping=mapping,
            file_name=file_name or path.name,
            file_sha256=file_sha256(path),
            file_size=path.stat().st_size,
            encoding=table.encoding,
            person_id=person_id,
            now=now,
        )
        for rows in _chunks(table, cleaner):
            run.take(rows, seen)
            if progress:
                progress(run.counts["read"], table.expected)
        return run.finish()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _latest_day(now: Now) -> date:
    """The latest business day that any dealer may have: the trade works at UTC+8."""
    return (now() + timedelta(hours=8)).date()


def _dealers(session: Session) -> Dealers:
    d = sql_table(Dealer).c
    rows = session.execute(select(d.id, d.code, d.name).order_by(d.code))
    return Dealers(KnownDealer(row.id, row.code, row.name) for row in rows)


def _chunks(table: Table, cleaner: Cleaner) -> Iterator[list[CleanRow]]:
    rows: list[CleanRow] = []
    for number, cells in table.rows:
        rows.append(cleaner.clean(number, cells, len(table.headings)))
        if len(rows) == CHUNK:
            yield rows
            rows = []
    yield rows


@dataclass
class _Run:
    """One import under way. The batch is written when the first change needs it."""

    session: Session
    mapping: SurveyMapping
    file_name: str
    file_sha256: str
    file_size: int
    encoding: str
    person_id: str | None
    now: Now
    counts: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    dispositions: Counter[str] = field(default_factory=Counter[str])
    answers: Counter[str] = field(default_factory=Counter[str])
    findings: list[RowFinding] = field(default_factory=list[RowFinding])

    def __post_init__(self) -> None:
        self.batch_id = new_id()
        self._at = self.now()
        self._written = False
        self._store: ResponseStore | None = None
        self._cut = Cut(self.session, "import", self.batch_id, self.now)

    def take(self, rows: Sequence[CleanRow], seen: SeenKeys) -> None:
        """Store the good rows of a chunk and count what became of all of them."""
        good: list[tuple[int, CleanResponse]] = []
        for row in rows:
            self.counts["read"] += 1
            response = row.response
            if row.skipped:
                self.counts["skipped"] += 1
                continue
            first = seen.first(response.key, row.number, response.content_sha256) if response else None
            if response is None:
                self.counts["rejected"] += 1
            elif first is None:
                good.append((row.number, response))
                self.counts["noted"] += bool(row.findings)
                self._count(response)
            elif first[1] == response.content_sha256:
                self.counts["duplicates"] += 1
                continue
            else:
                self.counts["rejected"] += 1
                row.findings.append(self._conflict(row.number, response, first[0]))
            self._list(row.findings)
        if good:
            self._store_rows(good)

    def _count(self, response: CleanResponse) -> None:
        self.dispositions[response.disposition.value] += 1
        if response.disposition is Disposition.COMPLETED:
            self.answers.update(answer.state for answer in response.answers if answer.kind == "execution")

    def _conflict(self, number: int, response: CleanResponse, first: int) -> RowFinding:
        private = any(column in self.mapping.private_columns() for column in self.mapping.key)
        shown = shown_value(response.key, "plate" if private else "")
        column = "+".join(self.mapping.key)
        return RowFinding(row=number, column=column, reason=RowReason.CONFLICT, value=shown, other_row=first)

    def _list(self, findings: Sequence[RowFinding]) -> None:
        self.reasons.update(finding.reason.value for finding in findings)
        self.findings += findings[: max(0, MOST_FINDINGS - len(self.findings))]

    def _store_rows(self, rows: Sequence[tuple[int, CleanResponse]]) -> None:
        if self._store is None:
            house = keep_house(self.session, self.mapping)
            self._store = ResponseStore(self.session, self.mapping, house, self._at)
        known = self._store.known([response.key for _, response in rows])
        if not self._store.changed([response for _, response in rows], known):
            self.counts["unchanged"] += len(rows)
            return
        self._write_batch()
        stored = self._store.store(rows, known, self.batch_id)
        self.counts.update(one.fate for one in stored)
        record_responses(
            self.session, [one.response_id for one in stored if one.fate != "unchanged"], self._cut
        )

    def _write_batch(self) -> None:
        if not self._written:
            sha256 = mappings.keep_version(self.session, self.mapping)
            repository.add_batch(self.session, self._batch(sha256), self.person_id)
            self._written = True

    def _batch(self, mapping_sha256: str) -> ImportBatch:
        return ImportBatch(
            id=self.batch_id,
            file_name=self.file_name,
            file_sha256=self.file_sha256,
            file_size=self.file_size,
            mapping=self.mapping.name,
            mapping_sha256=mapping_sha256,
            source=self.mapping.source,
            imported_by=self.person_id or "",
            imported_at=to_text(self._at),
            encoding=self.encoding,
            counts=self._counts(),
        )

    def _counts(self) -> ImportCounts:
        plain: dict[str, Any] = dict(self.counts)
        return ImportCounts(
            **plain,
            observations=self._cut.change.added,
            reasons={RowReason(reason): n for reason, n in sorted(self.reasons.items())},
            dispositions=dict(sorted(self.dispositions.items())),
            answers=dict(sorted(self.answers.items())),
        )

    def finish(self) -> ImportReport:
        """The report; a file that was loaded before and changed nothing gives its first report again."""
        sha256 = mappings.mapping_sha256(self.mapping)
        if not self._written:
            earlier = repository.batch_of_file(self.session, self.file_sha256, sha256)
            if earlier is not None and earlier.counts.rejected == self.counts["rejected"]:
                return repository.report(self.session, earlier.model_copy(update={"repeated": True}))
        self._write_batch()
        batch = self._batch(sha256)
        repository.finish_batch(self.session, batch, self.findings)
        total = sum(self.reasons.values())
        return ImportReport(batch=batch, findings=tuple(self.findings), findings_total=total)
