"""Invitations by mail, where a mail server is configured. The code stands in no queue: it goes out or not."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence

from shared_models.messages import words
from sync_server.people.invitations import VALID_DAYS, Invited
from sync_server.reminders.sending import Channels, send_mail
from sync_server.settings import Settings

log = logging.getLogger("revisit.people")


def send_invitations(settings: Settings, made: Sequence[Invited], *, server: str) -> set[str]:
    """Mail each invitation whose person has an address; ids of those that went out."""
    if not settings.smtp_url:
        return set()
    channels = Channels(settings.smtp_url, settings.mail_from)
    sent: set[str] = set()
    for one in made:
        if not one.email:
            continue
        t = words(one.language)
        text = t(
            "people.invitation.mail",
            name=one.name,
            server=server,
            login=one.login,
            code=one.code,
            days=VALID_DAYS,
        )
        try:
            send_mail(channels, one.email, t("people.invitation.subject"), text, reference=one.person_id)
        except (OSError, smtplib.SMTPException) as error:
            log.warning("an invitation could not be mailed: %s", type(error).__name__)
            continue
        sent.add(one.person_id)
    return sent
