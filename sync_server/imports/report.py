"""The report of an import as text (command line), JSON and CSV of the rows to look at."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from shared_models.imports.wire import ImportReport, RowFinding
from shared_models.messages import Words, words

SHOWN_ROWS = 50
"""Rows that the text lists; the CSV has all."""


def to_text(report: ImportReport, language: str, shown_rows: int = SHOWN_ROWS) -> str:
    """The report in words: what became of the rows, the reasons by number, the rows to look at."""
    t = words(language)
    batch, counts = report.batch, report.batch.counts
    lines = [
        t(
            "imports.report.title",
            file=batch.file_name,
            mapping=batch.mapping,
            source=t(f"checklists.source.{batch.source.value}"),
        )
    ]
    if batch.repeated:
        lines.append(t("imports.report.repeated", at=batch.imported_at))
    lines += [t("imports.report.read", count=counts.read)]
    lines += [
        "  " + t(f"imports.report.{name}", count=getattr(counts, name))
        for name in ("loaded", "revised", "unchanged", "duplicates", "rejected", "skipped", "noted")
        if getattr(counts, name) or name in {"loaded", "rejected"}
    ]
    lines.append("  " + t("imports.report.observations", count=counts.observations))
    if counts.dispositions:
        lines.append(t("imports.report.outcomes"))
        lines += [
            f"  {t(f'surveys.disposition.{name}')}  {count}" for name, count in counts.dispositions.items()
        ]
    if counts.answers:
        lines.append(t("imports.report.answers"))
        lines += [f"  {t(f'surveys.answer.{name}')}  {count}" for name, count in counts.answers.items()]
    if report.findings:
        lines.append(t("imports.report.findings"))
        lines += [f"  {finding_text(finding, t)}" for finding in report.findings[:shown_rows]]
        more = report.findings_total - min(len(report.findings), shown_rows)
        if more > 0:
            lines.append("  " + t("imports.report.more", count=more))
    return "\n".join(lines)


def finding_text(finding: RowFinding, t: Words) -> str:
    """One finding as a sentence: row, column, reason, what stood there."""
    return t(
        "imports.report.finding",
        row=finding.row,
        column=finding.column or "–",
        reason=reason_text(finding, t),
        value=finding.value or t("imports.report.blank"),
        level=t(f"imports.level.{finding.level.value}"),
    )


def reason_text(finding: RowFinding, t: Words) -> str:
    """Why the row is listed, in words."""
    return t(f"imports.reason.{finding.reason.value}", other=finding.other_row or "")


def to_csv(findings: Iterable[RowFinding], language: str) -> str:
    """The findings as CSV for a spreadsheet (with byte-order mark, so that Excel reads the Chinese)."""
    t = words(language)
    out = io.StringIO()
    writer = csv.writer(out)
    names = ("row", "column", "code", "reason", "value", "level")
    writer.writerow([t(f"imports.csv.{name}") for name in names])
    for finding in findings:
        writer.writerow(
            [
                finding.row,
                _plain(finding.column),
                finding.reason.value,
                reason_text(finding, t),
                _plain(finding.value),
                t(f"imports.level.{finding.level.value}"),
            ]
        )
    return "\ufeff" + out.getvalue()


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula (CSV injection)."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
