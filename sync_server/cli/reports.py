"""revisit report: scorecards, regional summaries and visit reports as files, alone or for a whole region."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data, month_given
from sync_server.cli.output import progress, show
from sync_server.cli.plans import DEFAULT_LANGUAGE, InLanguage, PdfLanguage
from sync_server.cli.site import ensure_writable, open_database, operator, settings_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared_models.insight.wire_engine import NetworkTable
    from sync_server.reports.figures import Figures
    from sync_server.reports.files import ReportFile


class FileKind(StrEnum):
    """Kinds of files."""

    PDF = "pdf"
    XLSX = "xlsx"


Kind = Annotated[FileKind, typer.Option("--format", metavar="pdf|xlsx", help=t("cli.report.format"))]
Month = Annotated[
    str | None,
    typer.Option(metavar="YYYY-MM", callback=month_given, help=t("cli.report.month"), show_default=False),
]
Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help=t("cli.report.out"))]
RegionName = Annotated[str, typer.Argument(metavar="REGION", help=t("cli.plan.region"))]


@contextmanager
def _reading(data: Path | None) -> Generator[Session]:
    settings = settings_for(data)
    with open_database(settings) as database:
        from sync_server.insight import figures

        figures.attach(database, settings.data_dir / "figures")
        with database.read() as session:
            yield session


def _figures(
    session: Session, month: str | None, *, dealer_id: str | None = None, region_id: str | None = None
) -> Figures:
    from shared_models.clock import utc_now
    from sync_server.insight.service import business_day
    from sync_server.reports.figures import collect

    today = business_day(utc_now)
    return collect(session, operator(), today=today, month=month, dealer_id=dealer_id, region_id=region_id)


def _funnels(session: Session, figures: Figures) -> tuple[NetworkTable, ...]:
    from sync_server.reports.funnels import funnels

    region_id = figures.region["id"]
    return funnels(session, operator(), today=figures.today, month=figures.month, region_id=region_id)


def _write(made: ReportFile, folder: Path) -> Path:
    ensure_writable(folder.resolve())
    target = folder / made.name
    target.write_bytes(made.data)
    return target


def _told(files: list[str], folder: Path, as_json: bool, **more: Any) -> None:
    shown = {"folder": str(folder), "files": files, **more}
    show(shown, as_json, lambda: print(t("cli.report.files", count=len(files), folder=folder)))


def _region_id(session: Session, name: str) -> str:
    from sync_server.plans.repository import region_of_code

    found = region_of_code(session, name)
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def dealer(
    code: Annotated[str, typer.Argument(metavar="DEALER", help=t("cli.report.dealer_code"))],
    month: Month = None,
    kind: Kind = FileKind.PDF,
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Folder = Path("reports"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The scorecard of one dealer."""
    from shared_models.clock import utc_now
    from sync_server.reports import repository
    from sync_server.reports.figures import scorecard
    from sync_server.reports.files import Format, scorecard_file

    with _reading(data) as session:
        dealer_id = repository.dealer_of_code(session, code)
        if dealer_id is None:
            raise Problem(Code.NOT_FOUND)
        card = scorecard(_figures(session, month, dealer_id=dealer_id), dealer_id)
    made = scorecard_file(card, language.value, Format(kind.value), now=utc_now())
    _told([str(_write(made, out))], out, as_json)


def region(
    name: RegionName,
    month: Month = None,
    kind: Kind = FileKind.PDF,
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Folder = Path("reports"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The summary of a region."""
    from shared_models.clock import utc_now
    from sync_server.reports.figures import summary
    from sync_server.reports.files import Format, region_file

    with _reading(data) as session:
        figures = _figures(session, month, region_id=_region_id(session, name))
        drawn = _funnels(session, figures)
    file = region_file(summary(figures), language.value, Format(kind.value), now=utc_now(), funnels=drawn)
    _told([str(_write(file, out))], out, as_json)


def visit(
    visit_id: Annotated[str, typer.Argument(metavar="VISIT", help=t("cli.report.visit_id"))],
    kind: Kind = FileKind.PDF,
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Folder = Path("reports"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """An accepted visit as its dealer may read it."""
    from shared_models.clock import utc_now
    from sync_server.appeals.service import result
    from sync_server.plans.repository import dealer_of
    from sync_server.reports.figures import dealer_of as named
    from sync_server.reports.files import Format, visit_file

    with _reading(data) as session:
        found = result(session, operator(), visit_id)
        place = named(dealer_of(session, found.dealer_id) or {})
    made = visit_file(found, place, language.value, Format(kind.value), now=utc_now())
    _told([str(_write(made, out))], out, as_json)


def batch(
    name: RegionName,
    month: Month = None,
    kind: Kind = FileKind.PDF,
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Folder = Path("reports"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The region's summary and the scorecard of each of its dealers."""
    from shared_models.clock import utc_now
    from sync_server.reports.figures import scorecard, summary
    from sync_server.reports.files import Format, region_file, scorecard_file

    began, now, chosen = time.monotonic(), utc_now(), Format(kind.value)
    with _reading(data) as session:
        figures = _figures(session, month, region_id=_region_id(session, name))
        drawn = _funnels(session, figures)
    made = region_file(summary(figures), language.value, chosen, now=now, funnels=drawn)
    files = [str(_write(made, out))]
    with progress(t("cli.report.working")) as step:
        for done, line in enumerate(figures.dealers):
            step(done, len(figures.dealers))
            card = scorecard(figures, line["id"])
            files.append(str(_write(scorecard_file(card, language.value, chosen, now=now), out)))
    _told(files, out, as_json, seconds=round(time.monotonic() - began, 1))


def schedule(
    on: Annotated[bool | None, typer.Option("--on/--off", help=t("cli.report.schedule.on"))] = None,
    day: Annotated[
        int | None, typer.Option(min=1, max=28, help=t("cli.report.schedule.day"), show_default=False)
    ] = None,
    language: Annotated[
        PdfLanguage | None,
        typer.Option(metavar="zh|en|both", help=t("cli.report.schedule.language"), show_default=False),
    ] = None,
    make: Annotated[
        str | None,
        typer.Option(
            "--make",
            metavar="YYYY-MM",
            callback=month_given,
            help=t("cli.report.schedule.make"),
            show_default=False,
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show or set when monthly reports are made by themselves; make a month's now."""
    from shared_models.clock import utc_now
    from sync_server.insight import figures
    from sync_server.insight.calendar import month_of
    from sync_server.insight.service import business_day
    from sync_server.media.blobs import FolderBlobs
    from sync_server.reports import monthly_repository
    from sync_server.reports.monthly import change_schedule, run

    if make is not None and make >= month_of(business_day(utc_now)):
        raise typer.BadParameter(t("cli.report.schedule.open", month=make), param_hint="--make")
    settings = settings_for(data)
    with open_database(settings) as database:
        figures.attach(database, settings.data_dir / "figures")
        given = {"enabled": on, "day": day, "language": language.value if language else None}
        changed = {name: value for name, value in given.items() if value is not None}
        with database.write(journal=False) as session:
            found = monthly_repository.schedule(session).model_copy(update=changed)
            if changed:
                change_schedule(session, operator(), found, now=utc_now())
        shown: dict[str, Any] = found.model_dump()
        if make is not None:
            blobs, mail = FolderBlobs(settings.blob_dir), bool(settings.smtp_url)
            with progress(t("cli.report.working")) as step:
                made = run(
                    database,
                    blobs,
                    make,
                    found.language,
                    mail=mail,
                    public_url=settings.public_url,
                    now=utc_now,
                    step=step,
                )
            shown |= {"month": made.month, "files": made.files, "told": made.told}
    state = t("cli.report.schedule.is_on" if found.enabled else "cli.report.schedule.is_off", day=found.day)

    def say() -> None:
        print(state)
        if make is not None:
            print(t("cli.report.schedule.made", month=make, count=shown["files"], told=shown["told"]))

    show(shown, as_json, say)
