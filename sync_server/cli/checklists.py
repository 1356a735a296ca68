"""revisit checklist: versions, XLSForm in and out, publication, differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shared_models.checklists.stages import Source
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import say, show, table
from sync_server.cli.site import ensure_writable, open_database, settings_for

Untranslated = Annotated[bool, typer.Option("--untranslated", help=t("cli.checklist.untranslated"))]
CodeName = Annotated[str, typer.Argument(metavar="CODE", help=t("cli.checklist.code"))]
Number = Annotated[
    int | None, typer.Option("--number", metavar="N", help=t("cli.checklist.number"), show_default=False)
]


def list_checklists(data: Data = None, as_json: AsJson = False) -> None:
    """All versions."""
    from sync_server.checklists import authoring

    with open_database(settings_for(data)) as database, database.read() as session:
        lines = authoring.versions(session)

    def human() -> None:
        rows = [
            (
                line["code"],
                line["title" if t.is_chinese else "title_en"],
                t(f"checklists.source.{line['source']}"),
                line["number"] or "—",
                _standing(line),
            )
            for line in lines
        ]
        names = ("code", "title", "source", "number", "status")
        table([t(f"cli.checklist.column.{name}") for name in names], rows, right=(3,))

    show(lines, as_json, human)


def _standing(line: dict[str, Any]) -> str:
    status = "retired" if line["retired"] else line["status"]
    return t(f"cli.checklist.{status}")


def import_checklist(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=t("cli.checklist.file"))],
    code: Annotated[
        str | None, typer.Option("--code", metavar="CODE", help=t("cli.checklist.as"), show_default=False)
    ] = None,
    source: Annotated[Source, typer.Option(help=t("cli.checklist.source"))] = Source.SHOP,
    publish: Annotated[bool, typer.Option("--publish", help=t("cli.checklist.publish_now"))] = False,
    untranslated: Untranslated = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """A workbook becomes the draft of its checklist."""
    from shared_models.clock import utc_now
    from sync_server.checklists import authoring

    content = file.read_bytes()
    with open_database(settings_for(data)) as database, database.write() as session:
        made = authoring.import_xlsform(session, content, code=code, source=source)
        number = None
        if publish:
            _, number = authoring.publish_draft(
                session, made.template, now=utc_now(), untranslated_too=untranslated
            )
    result: dict[str, Any] = {
        "code": made.template,
        "version_id": made.version_id,
        "number": number,
        "findings": [one.__dict__ for one in made.findings],
    }

    def human() -> None:
        for one in made.findings:
            say(f"  {one.at}: {t(f'checklists.xlsform.{one.what}', value=one.value)}")
        if made.findings:
            say(t("cli.checklist.findings", count=len(made.findings)))
        if number is None:
            say(t("cli.checklist.drafted", code=made.template))
        else:
            say(t("cli.checklist.published_as", code=made.template, number=number))

    show(result, as_json, human)


def export_checklist(
    code: CodeName,
    number: Number = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", dir_okay=False, help=t("cli.checklist.out"), show_default=False
        ),
    ] = None,
    data: Data = None,
) -> None:
    """A checklist as XLSForm workbook."""
    from sync_server.checklists import authoring
    from sync_server.checklists.xlsform import write_xlsform

    with open_database(settings_for(data)) as database, database.read() as session:
        document = authoring.read_version(session, authoring.find_version(session, code, number))
    made = write_xlsform(document, str(number or ""))
    target = out or Path(f"{code}.xlsx")
    ensure_writable(target.resolve().parent)
    target.write_bytes(made.data)
    for one in made.findings:
        say(f"  {one.at}: {t(f'checklists.xlsform.out_{one.what}', value=one.value)}")
    say(t("cli.checklist.written", file=target))


def publish_checklist(code: CodeName, untranslated: Untranslated = False, data: Data = None) -> None:
    """The draft becomes the next version."""
    from shared_models.clock import utc_now
    from sync_server.checklists import authoring

    with open_database(settings_for(data)) as database, database.write() as session:
        _, number = authoring.publish_draft(session, code, now=utc_now(), untranslated_too=untranslated)
    say(t("cli.checklist.published_as", code=code, number=number))


def retire_checklist(
    code: CodeName,
    back: Annotated[bool, typer.Option("--back", help=t("cli.checklist.back"))] = False,
    data: Data = None,
) -> None:
    """No new visits with this checklist."""
    from sync_server.checklists import authoring

    with open_database(settings_for(data)) as database, database.write() as session:
        authoring.retire(session, code, retired=not back)
    say(t("cli.checklist.offered" if back else "cli.checklist.retired_now", code=code))


def diff_checklist(
    code: CodeName,
    old: Annotated[int, typer.Argument(metavar="OLD", help=t("cli.checklist.old"))],
    new: Annotated[int, typer.Argument(metavar="NEW", help=t("cli.checklist.new"))],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """What differs between two versions."""
    from sync_server.checklists import authoring

    with open_database(settings_for(data)) as database, database.read() as session:
        ids = [authoring.find_version(session, code, number) for number in (old, new)]
        found = authoring.compare(session, *ids)

    def human() -> None:
        rows = [
            (
                t(f"cli.checklist.kind.{one.kind}"),
                one.where or code,
                one.field,
                _short(one.before),
                _short(one.after),
            )
            for one in found
        ]
        names = ("change", "where", "field", "before", "after")
        table([t(f"cli.checklist.column.{name}") for name in names], rows)
        say(t("cli.checklist.differences", count=len(found)))

    show([one.__dict__ for one in found], as_json, human)


def _short(value: Any) -> str:
    if isinstance(value, dict) and {"zh", "en"} <= set(value):  # type: ignore[reportUnknownArgumentType]
        value = value["zh" if t.is_chinese else "en"]  # type: ignore[reportUnknownVariableType]
    text = "—" if value is None else str(value)  # type: ignore[reportUnknownArgumentType]
    return text if len(text) <= 60 else text[:59] + "…"
