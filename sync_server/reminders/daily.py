"""Reminding beside the server: at its start and then every hour; only what is new is sent."""

from __future__ import annotations

import logging
import threading

from shared_models.clock import Now, utc_now
from shared_models.problems import Problem
from shared_models.reminders import Ladder
from sync_server.company.rules import calendar, escalation
from sync_server.insight.service import evaluate_due
from sync_server.people.terms import turn
from sync_server.reminders.sending import Channels, Sent, deliver
from sync_server.reminders.service import Ways, Written, remind
from sync_server.reports.monthly_repository import schedule
from sync_server.reviews.doubling import draw_due
from sync_server.reviews.signals import AT_ONCE, bring_up
from sync_server.settings import Settings
from sync_server.store import Database
from sync_server.visits.series import plan_due
from sync_server.webhooks import service as webhooks

log = logging.getLogger("revisit.reminders")

EVERY_SECONDS = 3600.0
"""A day turns somewhere within the hour; a run that finds nothing new costs one query."""


def run_once(db: Database, settings: Settings, *, now: Now = utc_now) -> tuple[Written, Sent]:
    """Plan recurring and double visits, judge plans whose look is due, write today's reminders, send what is
    queued."""
    with db.write() as session:
        plan_due(session, today=now().date())
    with db.write() as session:
        draw_due(session, now=now())
    with db.write() as session:
        evaluate_due(session, now=now)  # a verdict that has become due is part of what people are told
    with db.write() as session:
        turn(session, now())  # roles that begin or end today decide who is told
        rule = escalation(session, settings.ladder)
        urls = tuple(webhooks.active_urls(session))
        ways = Ways(bool(settings.smtp_url), settings.webhook_url, urls, settings.public_url)
        days = calendar(session) if rule.working_days else None
        written = remind(session, Ladder(rule.days), ways, now=now(), calendar=days)
        secrets = webhooks.secrets_by_url(session)
    channels = Channels(settings.smtp_url, settings.mail_from, settings.webhook_secret, secrets)
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
            self._signals()
            self._report()
            self._retain()
            self._ended.wait(EVERY_SECONDS)

    def _signals(self) -> None:
        """Judge the visits sent since, in portions, so that nobody waits for all of them."""
        try:
            while bring_up(self._db, utc_now()) == AT_ONCE and not self._ended.is_set():
                pass
        except Exception:
            log.exception("could not find the signals of visits")

    def _report(self) -> None:
        """Monthly reports that are due; drawing imports fonts, so only where they are wanted."""
        try:
            with self._db.read() as session:
                wanted = schedule(session).enabled
            if wanted:
                from sync_server.media.blobs import FolderBlobs
                from sync_server.reports.monthly import run_due

                blobs, mail = FolderBlobs(self._settings.blob_dir), bool(self._settings.smtp_url)
                address = self._settings.public_url
                made = run_due(self._db, blobs, mail=mail, public_url=address, now=utc_now)
                if made.files or made.told:
                    log.info("reports: %s", made)
        except Exception:
            log.exception("could not make the monthly reports")

    def _retain(self) -> None:
        """What is older than the rules allow goes at night, where headquarters have said so."""
        from sync_server.media.blobs import FolderBlobs
        from sync_server.retention import service

        try:
            with self._db.write(journal=False) as session:
                counts, hashes = service.run_due(session, utc_now())
            service.remove_bytes(FolderBlobs(self._settings.blob_dir), hashes)
            if counts.anything:
                log.info("retention: %s", counts)
        except Exception:
            log.exception("could not remove what is due")

    def end(self) -> None:
        """Stop after what is being done."""
        self._ended.set()
