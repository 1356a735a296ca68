"""revisit import: a survey file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_server.cli.exits import Exit
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import progress, show, table
from sync_server.cli.site import open_database, settings_for

if TYPE_CHECKING:
    from shared_models.imports.wire import ImportReport
    from sync_server.store import Database

_SHOWN = 50
_COUNTS = (
    "read",
    "loaded",
    "revised",
    "unchanged",
    "duplicates",
    "rejected",
    "skipped",
    "noted",
    "observations",
)


class _DryRun(Exception):
    """Leaves the transaction without committing it."""


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=t("cli.import.file"))
    ],
    mapping: Annotated[str, typer.Option(metavar="NAME", help=t("cli.import.mapping"))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("cli.import.dry_run"))] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Import one file; exit code 1 where rows were refused (the good ones are in)."""
    with open_database(settings_for(data)) as database:
        report = _import(database, file, mapping, dry_run)
    show(report.model_dump(mode="json"), as_json, lambda: _print(report, dry_run))
    if report.batch.counts.rejected:
        raise SystemExit(int(Exit.DATA))


def _import(database: Database, file: Path, mapping: str, dry_run: bool) -> ImportReport:
    from sync_server.imports.mappings import find_mapping, read_mapping_file
    from sync_server.imports.service import import_file as load

    report: ImportReport | None = None
    try:
        with database.write() as session, progress(t("cli.import.working")) as step:
            named = Path(mapping)
            chosen = read_mapping_file(named) if named.suffix in {".yaml", ".json"} else None
            report = load(
                session,
                file,
                chosen or find_mapping(session, mapping),
                progress=lambda done, total: step(done, total or done),
            )
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    assert report is not None  # the import either gave one or raised
    return report


def _print(report: ImportReport, dry_run: bool) -> None:
    from sync_server.imports.report import reason_text

    batch = report.batch
    if report.findings:
        columns = [t(f"cli.import.column.{name}") for name in ("row", "column", "reason", "value")]
        rows = [(one.row, one.column, reason_text(one, t), one.value) for one in report.findings[:_SHOWN]]
        table(columns, rows, right=(0,))
        if report.findings_total > _SHOWN:
            print(t("cli.import.more", count=report.findings_total - _SHOWN))
    counts = batch.counts.model_dump()
    table(
        [t(f"cli.import.count.{name}") for name in _COUNTS],
        [[counts[name] for name in _COUNTS]],
        right=range(len(_COUNTS)),
    )
    if dry_run:
        print(t("cli.import.dry_done"))
    elif batch.repeated:
        print(t("cli.import.repeated", at=batch.imported_at))
    else:
        print(t("cli.import.done", file=batch.file_name, mapping=batch.mapping))
