"""All commands, and the one place where problems become sentences and exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli import (
    accounts,
    agreement,
    audit,
    backups,
    bench_ledger,
    bench_sync,
    checklists,
    counts,
    demo,
    doctor,
    field,
    histories,
    imports,
    insight,
    insight_engine,
    people,
    plans,
    pwa,
    remind,
    reports,
    rescue,
    retain,
    serve,
    simulate,
    version,
)
from sync_server.cli.exits import Exit, exit_of
from sync_server.cli.language import chosen_language, t
from sync_server.cli.options import language_given
from sync_server.cli.output import say, tell
from sync_server.cli.site import database_problem, storage_problem

app = typer.Typer(
    name="revisit",
    help=t("cli.help"),
    epilog=t("cli.epilog"),
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="zh|en",
            help=t("cli.option.language"),
            show_default=False,
            callback=language_given,
        ),
    ] = None,
) -> None:
    """Options before the command's name (the language was already chosen when the words were loaded)."""


def _group(name: str, text: str) -> typer.Typer:
    group = typer.Typer(help=text, rich_markup_mode=None, no_args_is_help=True, add_completion=False)
    app.add_typer(group, name=name)
    return group


app.command("serve", help=t("cli.serve.help"))(serve.serve)
app.command("init", help=t("cli.init.help"))(accounts.init)
app.command("demo", help=t("cli.demo.help"))(demo.demo)
_group("pwa", t("cli.pwa.help")).command("build", help=t("cli.pwa.build.help"))(pwa.build)
app.command("import", help=t("cli.import.help"))(imports.import_file)
_insight = _group("insight", t("cli.insight.help"))
_insight.command("months", help=t("cli.insight.months.help"))(insight.months)
_insight.command("rates", help=t("cli.insight.rates.help"))(insight.rates)
_insight.command("weak", help=t("cli.insight.weak.help"))(insight.weak)
_insight.command("agreement", help=t("cli.agreement.help"))(agreement.agreement)
_insight.command("people", help=t("cli.histories.help"))(histories.people)
_insight.command("doubling", help=t("cli.doubling.help"))(histories.doubles)
_insight.command("table", help=t("cli.insight.table.help"))(insight_engine.print_table)
_insight.command("close", help=t("cli.insight.close.help"))(insight_engine.close)
_insight.command("results", help=t("cli.insight.results.help"))(insight_engine.results)
_insight.command("reproduce", help=t("cli.insight.reproduce.help"))(insight_engine.reproduce)
_insight.command("from-counts", help=t("cli.counts.help"))(counts.from_counts)
_checklist = _group("checklist", t("cli.checklist.help"))
_checklist.command("list", help=t("cli.checklist.list.help"))(checklists.list_checklists)
_checklist.command("import", help=t("cli.checklist.import.help"))(checklists.import_checklist)
_checklist.command("export", help=t("cli.checklist.export.help"))(checklists.export_checklist)
_checklist.command("publish", help=t("cli.checklist.publish.help"))(checklists.publish_checklist)
_checklist.command("retire", help=t("cli.checklist.retire.help"))(checklists.retire_checklist)
_checklist.command("diff", help=t("cli.checklist.diff.help"))(checklists.diff_checklist)
_plan = _group("plan", t("cli.plan.help"))
_plan.command("list", help=t("cli.plan.list.help"))(plans.list_plans)
_plan.command("show", help=t("cli.plan.show.help"))(plans.show_plan)
_plan.command("pdf", help=t("cli.plan.pdf.help"))(plans.pdf)
_report = _group("report", t("cli.report.group"))
_report.command("plans", help=t("cli.report.help"))(plans.report)
_report.command("dealer", help=t("cli.report.dealer.help"))(reports.dealer)
_report.command("region", help=t("cli.report.region.help"))(reports.region)
_report.command("visit", help=t("cli.report.visit.help"))(reports.visit)
_report.command("batch", help=t("cli.report.batch.help"))(reports.batch)
_report.command("schedule", help=t("cli.report.schedule.help"))(reports.schedule)
app.command("remind", help=t("cli.remind.help"))(remind.remind)
_people = _group("people", t("cli.people.help"))
_people.command("import", help=t("cli.people.import.help"))(people.import_people)
_people.command("template", help=t("cli.people.template.help"))(people.people_template)
_people.command("invite", help=t("cli.people.invite.help"))(people.invite)
_dealers = _group("dealers", t("cli.dealers.help"))
_dealers.command("import", help=t("cli.dealers.import.help"))(people.import_dealers)
_dealers.command("template", help=t("cli.dealers.template.help"))(people.dealers_template)
_regions = _group("regions", t("cli.regions.help"))
_regions.command("import", help=t("cli.regions.import.help"))(people.import_regions)
_regions.command("template", help=t("cli.regions.template.help"))(people.regions_template)
_targets = _group("targets", t("cli.targets.help"))
_targets.command("import", help=t("cli.targets.import.help"))(people.import_targets)
_targets.command("template", help=t("cli.targets.template.help"))(people.targets_template)
_sales = _group("sales", t("cli.sales.help"))
_sales.command("import", help=t("cli.sales.import.help"))(people.import_sales)
_sales.command("template", help=t("cli.sales.template.help"))(people.sales_template)
_calls = _group("calls", t("cli.calls.help"))
_calls.command("import", help=t("cli.calls.import.help"))(people.import_calls)
_calls.command("template", help=t("cli.calls.template.help"))(people.calls_template)
app.command("retain", help=t("cli.retain.help"))(retain.retain)
app.command("audit", help=t("cli.audit.help"))(audit.audit)
app.command("backup", help=t("cli.backup.help"))(backups.backup)
app.command("restore", help=t("cli.restore.help"))(backups.restore)
app.command("doctor", help=t("cli.doctor.help"))(doctor.doctor)
_group("rescue", t("cli.rescue.help")).command("import", help=t("cli.rescue.import.help"))(
    rescue.import_rescue
)
app.command("simulate", help=t("cli.simulate.help"))(simulate.simulate)
app.command("field", help=t("cli.field.help"))(field.field)
_bench = _group("bench", t("cli.bench.help"))
_bench.command("insight", help=t("cli.bench.insight.help"))(counts.bench_insight)
_bench.command("ledger", help=t("bench.ledger.help"))(bench_ledger.bench_ledger)
_bench.command("sync", help=t("bench.sync.help"))(bench_sync.bench_sync)
app.command("version", help=t("cli.version.help"))(version.version)


def run(arguments: list[str]) -> int:
    """Run one command; its exit code. Problems are told in sentences, never as a traceback."""
    language = chosen_language(arguments, os.environ)
    try:
        app(args=arguments, prog_name="revisit", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK
    except Problem as problem:
        tell(problem, language)
        return exit_of(problem.code)
    except KeyboardInterrupt:
        say(t("cli.interrupted"))
        return 130
    except BrokenPipeError:
        # whoever read our output has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        problem = storage_problem(error)
        if problem is None:
            return _unexpected(error, language)
        tell(problem, language)
        return exit_of(problem.code)
    except Exception as error:  # noqa: BLE001 - the edge: everything else must become a sentence too
        problem = database_problem(error)
        if problem is None:
            return _unexpected(error, language)
        tell(problem, language)
        return exit_of(problem.code)
    return Exit.OK


def _unexpected(error: BaseException, language: str) -> int:
    """Keep the details in a file for whoever mends it, tell the person a sentence."""
    import secrets
    import tempfile
    import traceback
    from pathlib import Path

    reference = secrets.token_hex(4)
    note = Path(tempfile.gettempdir()) / f"revisit-{reference}.log"
    note.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    tell(Problem(Code.INTERNAL, {"reference": reference}), language)
    say(t("cli.details", file=note))
    return Exit.ENVIRONMENT
