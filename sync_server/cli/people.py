"""revisit people, dealers, regions, targets, sales, calls: bulk import, templates, invitations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared_models.problems import Code, Place, Problem
from sync_server.cli.exits import Exit
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show, table
from sync_server.cli.site import ensure_writable, open_database, settings_for

if TYPE_CHECKING:
    from shared_models.people.admin_wire import BulkReport, InvitationOut, Sheet
    from sync_server.people.invitations import Invited

_SHOWN = 50
_COUNTS = ("rows", "new", "changed", "same", "rejected", "missing")
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=t("cli.bulk.file"))]
Dry = Annotated[bool, typer.Option("--dry-run", help=t("cli.bulk.dry_run"))]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help=t("cli.bulk.out"))]


def import_people(
    file: File,
    dry_run: Dry = False,
    invite: Annotated[bool, typer.Option("--invite", help=t("cli.people.invite_new"))] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Import people; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "people", dry_run, invite, data, as_json)


def import_dealers(file: File, dry_run: Dry = False, data: Data = None, as_json: AsJson = False) -> None:
    """Import dealers; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "dealers", dry_run, False, data, as_json)


def import_regions(file: File, dry_run: Dry = False, data: Data = None, as_json: AsJson = False) -> None:
    """Import regions; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "regions", dry_run, False, data, as_json)


def import_targets(file: File, dry_run: Dry = False, data: Data = None, as_json: AsJson = False) -> None:
    """Import targets; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "targets", dry_run, False, data, as_json)


def import_sales(file: File, dry_run: Dry = False, data: Data = None, as_json: AsJson = False) -> None:
    """Import sales figures; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "sales", dry_run, False, data, as_json)


def import_calls(file: File, dry_run: Dry = False, data: Data = None, as_json: AsJson = False) -> None:
    """Plan calls; exit code 1 where rows were refused (the good ones are in)."""
    _import(file, "calls", dry_run, False, data, as_json)


def people_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with people."""
    _template("people", out, data)


def dealers_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with dealers."""
    _template("dealers", out, data)


def regions_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with regions."""
    _template("regions", out, data)


def targets_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with targets."""
    _template("targets", out, data)


def sales_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with sales figures."""
    _template("sales", out, data)


def calls_template(out: Out, data: Data = None) -> None:
    """The workbook to fill with deliveries and services."""
    _template("calls", out, data)


def invite(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help=t("cli.people.login"))],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """A new one-time code for one person, printed this once."""
    from shared_models.clock import utc_now
    from sync_server.audit.recording import By
    from sync_server.people import invitations, repository, service

    settings = settings_for(data)
    with open_database(settings) as database, database.write(journal=False) as session:
        found = repository.credential_of_login(session, service.fold(login))
        if found is None:
            raise Problem(Code.NOT_FOUND, {}, [Place("login", login)])
        made = invitations.invite(session, found["person_id"], By("", utc_now(), "cli"))
    told = _told(settings, [made])
    show(told[0].model_dump(mode="json"), as_json, lambda: _print_codes(told))


def _import(file: Path, sheet: Sheet, dry_run: bool, invite: bool, data: Path | None, as_json: bool) -> None:
    from shared_models.clock import utc_now
    from sync_server.audit.recording import By
    from sync_server.people import bulk
    from sync_server.people.terms import today_of

    settings, now = settings_for(data), utc_now()
    with open_database(settings) as database:
        if dry_run:
            with database.read() as session:
                report = bulk.preview(session, file, file.name, sheet, today_of(now))
        else:
            with database.write() as session:
                by = By("", now, "cli")
                report, invited = bulk.apply(session, file, file.name, sheet, by, invite=invite)
            report = report.model_copy(update={"invitations": tuple(_told(settings, invited))})
    show(report.model_dump(mode="json"), as_json, lambda: _print(report))
    if report.counts.rejected:
        raise SystemExit(int(Exit.DATA))


def _told(settings: object, invited: list[Invited]) -> list[InvitationOut]:
    from sync_server.people import mailing
    from sync_server.settings import Settings

    assert isinstance(settings, Settings)
    sent = mailing.send_invitations(settings, invited, server=settings.public_url)
    return [one.out(mailed=one.person_id in sent) for one in invited]


def _template(sheet: Sheet, out: Path, data: Path | None) -> None:
    from sync_server.people import bulk

    with open_database(settings_for(data)) as database, database.read() as session:
        ensure_writable(out.resolve().parent)
        out.write_bytes(bulk.template(session, sheet, LANGUAGE))
    print(t("cli.bulk.written", file=out))


def _print(report: BulkReport) -> None:
    if report.problems:
        columns = [t(f"cli.bulk.column.{name}") for name in ("row", "column", "reason", "value")]
        rows = [
            (one.row, one.column, t(f"people.bulk.reason.{one.reason}"), one.value)
            for one in report.problems[:_SHOWN]
        ]
        table(columns, rows, right=(0,))
    if report.rows:
        columns = [t(f"cli.bulk.column.{name}") for name in ("row", "key", "state", "changes")]
        rows = [
            (
                one.row,
                f"{one.key} {one.name}",
                t(f"people.bulk.state.{one.state.value}"),
                "; ".join(f"{name}: {old or '—'} → {new or '—'}" for name, (old, new) in one.changes.items()),
            )
            for one in report.rows[:_SHOWN]
        ]
        table(columns, rows, right=(0,))
    counts = report.counts.model_dump()
    heads = [t(f"people.bulk.count.{name}") for name in _COUNTS]
    table(heads, [[counts[name] for name in _COUNTS]], right=range(len(_COUNTS)))
    print(t("cli.bulk.applied" if report.applied else "cli.bulk.previewed"))
    if report.invitations:
        _print_codes(list(report.invitations))


def _print_codes(told: list[InvitationOut]) -> None:
    columns = [t(f"people.invitation.column.{name}") for name in ("name", "login", "code", "until", "mailed")]
    rows = [(one.name, one.login, one.code, one.expires_at[:10], "✓" if one.mailed else "") for one in told]
    table(columns, rows)
    print(t("cli.people.codes_once"))
