"""revisit plan and report: improvement plans in the terminal and on paper."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from shared_models.plans import TO_DO
from shared_models.problems import Code, Problem
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import progress, show, table
from sync_server.cli.site import ensure_writable, open_database, operator, settings_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.reports import Language, PlanReport


class PdfLanguage(StrEnum):
    """Languages of a printed plan."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


DEFAULT_LANGUAGE = PdfLanguage.ZH if t.is_chinese else PdfLanguage.EN
"""That of the command line."""
PlanName = Annotated[str, typer.Argument(metavar="PLAN", help=t("cli.plan.name"))]
InLanguage = Annotated[
    PdfLanguage, typer.Option("--language", metavar="zh|en|both", help=t("cli.plan.language"))
]


def list_plans(
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help=t("cli.plan.region"), show_default=False)
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """All plans, drafts last."""
    with open_database(settings_for(data)) as database, database.read() as session:
        lines = _lines(session, region)
    names = ("number", "dealer", "title", "status", "actions", "late", "id")

    def human() -> None:
        rows = [
            (
                line["number"] or "—",
                f"{line['dealer_code']} {line['dealer_name' if t.is_chinese else 'dealer_name_en']}",
                line["title"],
                t(f"plans.status.{line['status']}"),
                f"{line['actions_done']}/{line['actions']}",
                line["actions_late"],
                line["id"] if not line["number"] else "",
            )
            for line in lines
        ]
        table([t(f"cli.plan.column.{name}") for name in names], rows, right=(4, 5))

    show(lines, as_json, human)


def _lines(session: Session, region: str | None) -> list[dict[str, Any]]:
    from shared_models.clock import utc_now
    from sync_server.people.scope import resolve
    from sync_server.plans import repository, service

    plans = repository.readable_plans(
        session, resolve(session, operator()), region_id=_region(session, region)
    )
    actions = repository.actions_of(session, [plan["id"] for plan in plans])
    today = utc_now().astimezone(ZoneInfo(service.ZONE)).date()
    shown = (
        "id",
        "number",
        "title",
        "status",
        "dealer_code",
        "dealer_name",
        "dealer_name_en",
        "trigger_month",
    )
    lines: list[dict[str, Any]] = []
    for plan in reversed(plans):
        own = [action for action in actions if action["plan_id"] == plan["id"]]
        open_ones = [action for action in own if action["status"] in TO_DO]
        lines.append(
            {
                **{name: plan[name] for name in shown},
                "published_at": plan["published_at"],
                "actions": len(own),
                "actions_done": len(own) - len(open_ones),
                "actions_late": sum(1 for one in open_ones if one["due_on"] and one["due_on"] < today),
            }
        )
    return lines


def _region(session: Session, region: str | None) -> str | None:
    from sync_server.plans import repository

    if region is None:
        return None
    found = repository.region_of_code(session, region)
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def show_plan(plan: PlanName, data: Data = None, as_json: AsJson = False) -> None:
    """One plan: items, measures, people, dates."""
    from dataclasses import asdict

    report = _report(plan, data)

    def human() -> None:
        print(f"{report.number or '—'}  {report.title}")
        print(f"{report.dealer_code} {report.dealer.of(LANGUAGE)} · {t(f'plans.status.{report.status}')}")
        for number, item in enumerate(report.items, 1):
            latest = item.finding.latest
            rate = "—" if latest is None or latest.rate is None else f"{latest.rate:.1f}% (n={latest.n:g})"
            verdict = t(f"insight.verdict.{item.verdict}") if item.verdict else ""
            print(f"\n{number} {item.name.of(LANGUAGE)}  {rate}  {verdict}".rstrip())
            for cause in item.causes:
                print(f"  · {t(f'checklists.stage.{cause.category}')}: {cause.text.of(LANGUAGE)}")
        names = ("no", "measure", "owner", "supervisor", "due", "status")
        rows = [
            (m.number, m.measure, m.owner, m.supervisor, m.due_on, t(f"plans.action.{m.status}"))
            for m in report.measures
        ]
        table([t(f"cli.plan.column.{name}") for name in names], rows)

    show(asdict(report), as_json, human)


def _report(plan: str, data: Path | None) -> PlanReport:
    from shared_models.clock import utc_now
    from sync_server.plans import report

    with open_database(settings_for(data)) as database, database.read() as session:
        return report.build(session, operator(), plan, now=utc_now())


def pdf(
    plan: PlanName,
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help=t("cli.plan.pdf.out"), show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write the plan as PDF."""
    report = _report(plan, data)
    written = _write(report, language.value, out)
    shown = {"file": str(written), "bytes": written.stat().st_size, "number": report.number}
    show(shown, as_json, lambda: print(t("cli.plan.pdf.done", file=written)))


def _write(report: PlanReport, language: Language, out: Path | None, folder: Path | None = None) -> Path:
    from sync_server.plans.report import file_name
    from sync_server.reports.plan_pdf import plan_pdf

    target = out or (folder or Path()) / file_name(report, language)
    ensure_writable(target.resolve().parent)
    target.write_bytes(plan_pdf(report, language))
    return target


def report(
    region: Annotated[str, typer.Argument(metavar="REGION", help=t("cli.plan.region"))],
    language: InLanguage = DEFAULT_LANGUAGE,
    out: Annotated[Path, typer.Option(metavar="DIR", help=t("cli.report.out"))] = Path("reports"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write all published and closed plans of a region as PDF."""
    from shared_models.clock import utc_now
    from sync_server.plans import report as reports

    now: datetime = utc_now()
    files: list[str] = []
    with open_database(settings_for(data)) as database, database.read() as session:
        chosen = [one for one in _lines(session, region) if one["status"] in {"published", "closed"}]
        with progress(t("cli.report.working")) as step:
            for done, line in enumerate(chosen):
                step(done, len(chosen))
                made = reports.build(session, operator(), line["id"], now=now)
                files.append(str(_write(made, language.value, None, out)))
    shown = {"folder": str(out), "files": files}
    show(shown, as_json, lambda: print(t("cli.report.done", count=len(files), folder=out)))
