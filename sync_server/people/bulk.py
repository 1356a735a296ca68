"""Bulk import of dealers, people, targets and sales: what a file would do, and doing it with good rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from shared_models.messages import words
from shared_models.people.access import Role
from shared_models.people.admin_wire import BulkCounts, BulkReport, RowProblem, RowState, Sheet
from shared_models.problems import Problem
from sync_server.audit.recording import By, record
from sync_server.calls import bulk as calls
from sync_server.people import bulk_dealers, bulk_people, bulk_regions, invitations, repository
from sync_server.people.bulk_columns import COLUMNS
from sync_server.people.bulk_dealers import Change
from sync_server.people.bulk_reading import SheetFile, read_sheet
from sync_server.people.invitations import Invited
from sync_server.people.terms import today_of
from sync_server.plans import sales_bulk
from sync_server.targets import bulk as targets

SHOWN = 500
"""Rows, problems and missing ones that a report lists."""


def preview(session: Session, path: Path, name: str, sheet: Sheet, today: date) -> BulkReport:
    """What the file would do; nothing is changed. Problems of the file as :func:`read_sheet` raises them."""
    file = read_sheet(path, name, sheet)
    changes, missing = _compare(session, file, today)
    return _report(file, changes, missing, applied=False)


def apply(
    session: Session, path: Path, name: str, sheet: Sheet, by: By, *, invite: bool = False
) -> tuple[BulkReport, list[Invited]]:
    """Take all good rows; the same file again changes nothing. ``invite``: new people get an invitation.

    A row that the server refuses (a term that has ended, somebody named in the meantime) is told as a problem
    and undone by itself; the other rows stay.
    """
    file = read_sheet(path, name, sheet)
    changes, missing = _compare(session, file, today_of(by.at))
    late: list[RowProblem] = []
    taken: list[Change] = []
    for change in changes:
        if change.shown.state is not RowState.SAME:
            try:
                with session.begin_nested():
                    change.act(session, by)
            except Problem as problem:
                where = problem.places[0] if problem.places else None
                late.append(
                    RowProblem(
                        row=change.shown.row,
                        column=where.at if where else "",
                        reason="refused",
                        value=where.reason if where else problem.code.value,
                    )
                )
                continue
        taken.append(change)
    for problem in late:
        line = next(one for one in file.lines if one.row == problem.row)
        line.problems.append(problem)
    report = _report(file, taken, missing, applied=True)
    facts = {"file": name, "sha256": file.sha256, **report.counts.model_dump()}
    if report.counts.new or report.counts.changed:
        record(session, by, f"{sheet}.imported", sheet, subject=name, facts=facts)
    invited: list[Invited] = []
    if invite and sheet == "people":
        logins = repository.persons_of_logins(session)
        fresh = [one.shown.key for one in taken if one.shown.state is RowState.NEW]
        for login in fresh:
            person = repository.person_row(session, logins[login])
            if person is not None and person["active"]:
                invited.append(invitations.invite(session, logins[login], by))
    return report, invited


def _compare(session: Session, file: SheetFile, today: date) -> tuple[list[Change], list[str]]:
    match file.sheet:
        case "people":
            return bulk_people.compare(session, file, today)
        case "dealers":
            return bulk_dealers.compare(session, file)
        case "regions":
            return bulk_regions.compare(session, file)
        case "targets":
            return targets.compare(session, file), []
        case "sales":
            return sales_bulk.compare(session, file), []
        case "calls":
            return calls.compare(session, file, today), []


def _report(file: SheetFile, changes: list[Change], missing: list[str], *, applied: bool) -> BulkReport:
    states = [change.shown.state for change in changes]
    problems = [problem for line in file.lines for problem in line.problems]
    shown = [change.shown for change in changes if change.shown.state is not RowState.SAME]
    return BulkReport(
        sheet=file.sheet,
        file_name=file.name,
        sha256=file.sha256,
        encoding=file.encoding,
        applied=applied,
        counts=BulkCounts(
            rows=len(file.lines),
            new=states.count(RowState.NEW),
            changed=states.count(RowState.CHANGED),
            same=states.count(RowState.SAME),
            rejected=sum(1 for line in file.lines if line.problems),
            missing=len(missing),
        ),
        rows=tuple(shown[:SHOWN]),
        problems=tuple(problems[:SHOWN]),
        missing=tuple(missing[:SHOWN]),
    )


def template(session: Session, sheet: Sheet, language: str) -> bytes:
    """The workbook to fill: headings (needed ones with a star), and sheets that explain what goes where."""
    from sync_server.reports.sheets import Book
    from sync_server.reports.sheets import Column as Head

    t = words(language)
    columns = COLUMNS[sheet]
    heads = [Head((c.zh if t.is_chinese else c.en) + (" *" if c.needed else ""), width=18) for c in columns]
    book = Book(t(f"people.bulk.{sheet}"), "Revisit")
    book.table(t(f"people.bulk.{sheet}"), heads, [])
    rows = [
        [
            column.zh if t.is_chinese else column.en,
            t("people.bulk.needed" if column.needed else "people.bulk.optional"),
            t(f"people.bulk.about.{sheet}.{column.name}"),
        ]
        for column in columns
    ]
    about = [
        Head(t(f"people.bulk.head.{name}"), width=w)
        for name, w in (("column", 20), ("need", 12), ("about", 80))
    ]
    book.table(t("people.bulk.about"), about, rows)
    if sheet == "people":
        roles = [[t(f"people.role.{role.value}"), role.value] for role in Role]
        book.table(t("people.bulk.roles"), [Head(t("people.bulk.head.role"), width=24), Head("code")], roles)
    if sheet != "regions":
        regions = [[row.code, row.name, row.name_en] for row in repository.regions(session)]
        names = [Head(t(f"people.bulk.head.{name}"), width=20) for name in ("code", "name", "name_en")]
        book.table(t("people.bulk.regions"), names, regions)
    return book.bytes()
