"""Reading the audit trail: names of those the reader may see, the same as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from shared_models.audit.wire import AuditEntry, AuditPage
from shared_models.audit.words import deed_text, field_text, value_text
from shared_models.clock import to_text
from shared_models.messages import Words, words
from shared_models.people.access import Access
from sync_server.audit import repository
from sync_server.audit.repository import Question
from sync_server.people.scope import resolve

ZONE = ZoneInfo("Asia/Shanghai")
MOST_IN_FILE = 50_000
"""Lines of an exported file; a narrower question gives the rest."""
COLUMNS = ("at", "actor", "via", "action", "subject", "dealer", "changes")


def page(session: Session, access: Access, wanted: Question, *, limit: int, offset: int = 0) -> AuditPage:
    """Entries of the caller's scope, newest first."""
    scope = resolve(session, access)
    lines, total = repository.entries(session, scope, wanted, limit=limit, offset=offset)
    known = repository.names_of(session, scope, {one["actor_id"] for one in lines if one["actor_id"]})
    return AuditPage(
        entries=tuple(_entry(one, known) for one in lines),
        total=total,
        actions=tuple(repository.actions(session, scope)),
    )


def _entry(line: dict[str, Any], known: dict[str, str]) -> AuditEntry:
    actor = line["actor_id"] or ""
    seen = actor in known
    code = line["dealer_code"] or ""
    return AuditEntry(
        id=line["id"],
        at=to_text(line["at"]),
        actor=known.get(actor, ""),
        actor_id=actor if seen else "",
        via=line["via"],
        action=line["action"],
        entity=line["entity"],
        row_id=line["row_id"],
        dealer_id=line["dealer_id"] or "",
        dealer=f"{code} {line['dealer_name']}" if code else "",
        dealer_en=f"{code} {line['dealer_name_en'] or line['dealer_name']}" if code else "",
        subject=line["subject"],
        changes={name: (pair[0], pair[1]) for name, pair in line["detail"].get("changes", {}).items()},
        facts=line["detail"].get("facts", {}),
    )


def changes_text(t: Words, entry: AuditEntry) -> str:
    """What changed, in one line."""
    said = partial(value_text, t, entry.action)
    parts = [
        f"{field_text(t, name)}: {said(name, old)} → {said(name, new)}"
        for name, (old, new) in entry.changes.items()
    ]
    parts += [f"{field_text(t, name)}: {said(name, value)}" for name, value in entry.facts.items()]
    return "; ".join(parts)


def rows(found: Sequence[AuditEntry], language: str) -> tuple[list[str], list[list[str]]]:
    """Headings and lines of a file, times in the network's zone (UTC+8)."""
    t = words(language)
    lines = [
        [
            datetime.fromisoformat(one.at).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            one.actor or (t("audit.somebody") if one.via in {"app", "device"} else ""),
            t(f"audit.via.{one.via}"),
            deed_text(t, one.action),
            one.subject,
            one.dealer if t.is_chinese else one.dealer_en,
            changes_text(t, one),
        ]
        for one in found
    ]
    return [t(f"audit.column.{name}") for name in COLUMNS], lines


def as_csv(found: Sequence[AuditEntry], language: str) -> bytes:
    """CSV with byte-order mark; a cell that a spreadsheet would take for a formula is made text."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads, lines = rows(found, language)
    writer.writerow(heads)
    writer.writerows([f"'{cell}" if cell[:1] in "=+-@" else cell for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(found: Sequence[AuditEntry], language: str) -> bytes:
    """A workbook with typed text cells, filters and a head that stays."""
    from sync_server.reports.sheets import Book, Column

    heads, lines = rows(found, language)
    title = words(language)("audit.title")
    book = Book(title, title)
    widths = (20, 16, 10, 26, 28, 26, 60)
    book.table(title, [Column(head, width=width) for head, width in zip(heads, widths, strict=True)], lines)
    return book.bytes()
