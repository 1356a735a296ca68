"""Reminding beside the server: at its start and then every hour; only what is new is sent."""

from __future__ import annotations

import logging
import threading

from shared_models.clock import Now, utc_now
from shared_models.problems import Problem
from sync_server.insight.service import evaluate_due
from sync_server.reminders.sending import Channels, Sent, deliver
from sync_server.reminders.service import Ways, Written, remind
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.visits.series import plan_due

log = logging.getLogger("revisit.reminders")

EVERY_SECONDS = 3600.0
"""A day turns somewhere within the hour; a run that finds nothing new costs one query."""


def run_once(db: Database, settings: Settings, *, now: Now = utc_now) -> tuple[Written, Sent]:
    """Plan recurring visits, judge plans whose look is due, write today's reminders, send what is queued."""
    with db.write() as session:
        plan_due(session, today=now().date())
    with db.write() as session:
        evaluate_due(session, now=now)  # a verdict that has become due is part of what people are told
    ways = Ways(mail=bool(settings.smtp_url), webhook_url=settings.webhook_url)
    with db.write() as session:
        written = remind(session, settings.ladder, ways, now=now())
    channels = Channels(settings.smtp_url, settings.mail_from, settings.webhook_secret)
    return written, deliver(db, channels, now=now)


class Reminding(threading.Thread):
    """Runs until :meth:`end`; a failure is logged and the next hour tries again."""

    def __init__(self, db: Database, settings: Settings) -> None:
        super().__init__(name="reminding", daemon=True)
        self._db, self._settings = db, settings
        self._ended = threading.Event()

    def run(self) -> None:
        """Remind, wait, remind."""
        while not self._ended.is_set():
            try:
                written, sent = run_once(self._db, self._settings)
                if written.new or sent.failed:
                    log.info("reminders: %s; %s", written, sent)
            except Problem as problem:
                log.warning("could not remind: %s", problem)
            except Exception:
                log.exception("could not remind")
            self._ended.wait(EVERY_SECONDS)

    def end(self) -> None:
        """Stop after what is being done."""
        self._ended.set()
