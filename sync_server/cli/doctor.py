"""revisit doctor: is this installation sound?"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.exits import Exit
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import progress, show, size
from sync_server.cli.site import database_problem, ensure_present, ensure_writable, settings_for
from sync_server.settings import Settings

if TYPE_CHECKING:
    from sync_server.store import Database

_MAIL_SECONDS = 5.0
_FREE_LEAST = 1_000_000_000
"""Bytes that should be free: some thousand photos."""

State = Literal["ok", "warning", "trouble"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its name in the catalogue, how it is, and what was seen."""

    check: str
    state: State
    detail: str


def doctor(
    data: Data = None,
    deep: Annotated[bool, typer.Option("--deep", help=t("cli.doctor.deep"))] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything; exit code 1 where there is trouble."""
    settings = settings_for(data)
    findings = [_guarded(name, check) for name, check in _checks(settings, deep)]

    def human() -> None:
        marks = {"ok": "✓", "warning": "!", "trouble": "✗"}
        for one in findings:
            print(f"{marks[one.state]} {t(f'cli.doctor.{one.check}')}: {one.detail}")

    troubled = any(one.state == "trouble" for one in findings)
    show({"sound": not troubled, "findings": [asdict(one) for one in findings]}, as_json, human)
    if troubled:
        raise SystemExit(int(Exit.DATA))


def _checks(settings: Settings, deep: bool) -> Iterator[tuple[str, Callable[[], tuple[State, str]]]]:
    yield "python", _python
    yield "folder", lambda: _folder(settings)
    yield "disk", lambda: _disk(settings)
    yield "database", lambda: _database(settings)
    yield "blobs", lambda: _blobs(settings, deep)
    yield "fonts", _fonts
    yield "messages", _messages
    yield "pwa", lambda: _pwa(settings)
    yield "mail", lambda: _mail(settings)
    yield "webhooks", lambda: _webhooks(settings)
    yield "freshness", lambda: _freshness(settings)
    yield "retention", lambda: _retention(settings)


def _guarded(name: str, check: Callable[[], tuple[State, str]]) -> Finding:
    """A check's finding; a check that fails is trouble in words."""
    try:
        return Finding(name, *check())
    except Problem as problem:
        return Finding(name, "trouble", f"{problem.title(LANGUAGE)}: {problem.todo(LANGUAGE)}")
    except OSError as error:
        return Finding(name, "trouble", str(error))
    except Exception as error:
        problem = database_problem(error)
        if problem is None:
            raise
        return Finding(name, "trouble", f"{problem.title(LANGUAGE)}: {problem.todo(LANGUAGE)}")


def _python() -> tuple[State, str]:
    fits = sys.version_info >= (3, 11)
    return ("ok" if fits else "trouble"), platform.python_version()


def _folder(settings: Settings) -> tuple[State, str]:
    ensure_writable(settings.data_dir)
    return "ok", str(settings.data_dir)


def _disk(settings: Settings) -> tuple[State, str]:
    free = shutil.disk_usage(settings.data_dir).free
    return ("ok" if free >= _FREE_LEAST else "warning"), t("cli.doctor.free", size=size(free))


@contextmanager
def _opened(settings: Settings) -> Generator[Database]:
    """The database as it is: looking changes nothing, not even the form of its tables."""
    from sync_server.store import Database

    ensure_present(settings)
    database = Database(settings.database_url)
    try:
        if not database.is_initialised():
            raise Problem(Code.NOT_INITIALISED)
        yield database
    finally:
        database.close()


def _database(settings: Settings) -> tuple[State, str]:
    from sqlalchemy import text

    with _opened(settings) as database, database.read() as session:
        revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        if database.is_sqlite:
            verdict = session.execute(text("PRAGMA quick_check")).scalar_one()
            if verdict != "ok":
                return "trouble", str(verdict)
        newest = _newest_revision()
        if revision != newest:
            return "warning", t("cli.doctor.old_tables", revision=revision, newest=newest)
        return "ok", f"{database.url.get_backend_name()}, {revision}"


def _newest_revision() -> str:
    from alembic.script import ScriptDirectory

    from sync_server.store import migrate

    return str(ScriptDirectory.from_config(migrate.config()).get_current_head())


def _blobs(settings: Settings, deep: bool) -> tuple[State, str]:
    """Every receipt must have its file, of the right size; with ``deep`` of the right content too."""
    import hashlib

    from sqlalchemy import select

    from sync_server.cli.archive import stored_blobs
    from sync_server.media.tables import media_blob

    with _opened(settings) as database, database.read() as session:
        held = session.execute(select(media_blob.c.sha256, media_blob.c.size))
        receipts = {row.sha256: row.size for row in held}
    files = {path.name: path for path, _ in stored_blobs(settings.blob_dir)}
    wrong: list[str] = []
    with progress(t("cli.doctor.blobs")) as step:
        for done, (sha256, length) in enumerate(receipts.items()):
            step(done, len(receipts))
            path = files.get(sha256)
            if path is None or path.stat().st_size != length:
                wrong.append(sha256)
            elif deep:
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                        wrong.append(sha256)
    if wrong:
        return "trouble", t("cli.doctor.blobs_wrong", count=len(wrong), first=wrong[0])
    return "ok", t("cli.doctor.blobs_right", count=len(receipts))


def _fonts() -> tuple[State, str]:
    from sync_server.reports.fonts import printable

    sample = "客户满意度提升方案 Revisit 95%"
    return ("ok" if printable(sample) == sample else "trouble"), "NotoSansSC-Regular.ttf"


def _messages() -> tuple[State, str]:
    from shared_models.messages import LANGUAGES, words

    gaps = [language for language in LANGUAGES if not words(language).has("cli.help")]
    return ("trouble" if gaps else "ok"), ", ".join(gaps or LANGUAGES)


def _pwa(settings: Settings) -> tuple[State, str]:
    if settings.pwa_root is None or not (settings.pwa_root / "index.html").is_file():
        return "warning", t("cli.doctor.no_pwa")
    return "ok", str(settings.pwa_root)


def _mail(settings: Settings) -> tuple[State, str]:
    """A connection to the mail server, signed in; nothing is sent."""
    import smtplib

    from sync_server.reminders.sending import connect

    if not settings.smtp_url:
        return "ok", t("cli.doctor.no_mail")
    try:
        with connect(settings.smtp_url, timeout=_MAIL_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return "trouble", t("cli.doctor.mail_wrong", reason=f"{type(error).__name__}: {error}")
    return "ok", settings.mail_from


def _webhooks(settings: Settings) -> tuple[State, str]:
    """Endpoints whose last delivery failed."""
    from sync_server.webhooks import service

    with _opened(settings) as database, database.read() as session:
        active = [one for one in service.endpoints(session) if one.active]
    failed = [
        one
        for one in active
        if one.last_failed_at is not None and one.last_failed_at > (one.last_sent_at or "")
    ]
    if failed:
        first = failed[0]
        return "warning", t("cli.doctor.webhook_failed", url=first.url, reason=first.last_error)
    return "ok", t("cli.doctor.webhooks_right", count=len(active))


def _freshness(settings: Settings) -> tuple[State, str]:
    """Open dealers without new data, and how many of them have nobody to look after it."""
    from shared_models.clock import utc_now
    from sync_server.cli.site import operator
    from sync_server.people.dealers import maintainers
    from sync_server.people.terms import today_of
    from sync_server.reports.figures import freshness

    with _opened(settings) as database, database.read() as session:
        found = freshness(session, operator(), today=today_of(utc_now())).dealers
        kept = maintainers(session)
    stale = [one for one in found if one.stale]
    if not stale:
        return "ok", t("cli.doctor.fresh", count=len(found))
    orphans = sum(one.dealer_id not in kept for one in stale)
    return "warning", t("cli.doctor.stale", count=len(stale), first=stale[0].dealer_code, orphans=orphans)


def _retention(settings: Settings) -> tuple[State, str]:
    """What the rules of retention would remove and nobody has removed yet."""
    from shared_models.clock import utc_now
    from sync_server.retention.service import due

    with _opened(settings) as database, database.read() as session:
        counts = due(session, utc_now()).counts
    if counts.anything:
        files = counts.photos + counts.routes + counts.recordings
        return "warning", t("cli.doctor.retention_due", files=files, numbers=counts.numbers)
    return "ok", t("cli.doctor.retention_none")
