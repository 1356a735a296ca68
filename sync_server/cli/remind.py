"""revisit remind: who is told of overdue actions, once."""

from __future__ import annotations

from dataclasses import asdict

from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show
from sync_server.cli.site import open_database, settings_for


def remind(data: Data = None, as_json: AsJson = False) -> None:
    """Write the reminders of today and send what is queued."""
    settings = settings_for(data)
    with open_database(settings) as database:
        from sync_server.reminders.daily import run_once

        written, sent = run_once(database, settings)
    figures = {**asdict(written), **asdict(sent)}

    def human() -> None:
        print(t("cli.remind.written", overdue=written.overdue, new=written.new, cleared=written.cleared))
        if settings.smtp_url or settings.webhook_url:
            print(t("cli.remind.sent", sent=sent.sent, failed=sent.failed))
        else:
            print(t("cli.remind.app_only"))

    show(figures, as_json, human)
