"""Mail by SMTP and signed webhooks: what is queued goes out, what fails is tried again and then given up."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import httpx

from shared_models.clock import Now
from sync_server.reminders import repository
from sync_server.reminders.repository import Line
from sync_server.store import Database
from sync_server.webhooks.service import note_delivery

TRIES = 5
"""So often a delivery is tried before it is given up."""
AGAIN_AFTER = timedelta(minutes=15)
"""Least time between two tries, and the time after which one that got stuck is taken up again."""
TIMEOUT = 20.0
"""Seconds that a mail server or a webhook may take."""
SIGNATURE = "Revisit-Signature"


@dataclass(frozen=True)
class Channels:
    """Where mails and events go. Empty texts: not configured."""

    smtp_url: str = ""
    """smtp://user:password@host:port (STARTTLS where offered) or smtps://…"""
    mail_from: str = ""
    webhook_secret: str = ""
    webhook_secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """Secret by address, of the endpoints made in the app."""


@dataclass
class Sent:
    """What a round of sending did."""

    sent: int = 0
    failed: int = 0
    """Tries that failed; they come again until they are given up."""


def deliver(db: Database, channels: Channels, *, now: Now, http: httpx.Client | None = None) -> Sent:
    """Send everything that is due, one by one; a failure of one holds up no other."""
    done = Sent()
    client = http or httpx.Client(timeout=TIMEOUT)
    try:
        while True:
            with db.write(journal=False) as session:
                line = repository.take_delivery(session, now(), now() - AGAIN_AFTER)
            if line is None:
                return done
            error = _send(line, channels, client, now())
            if error:
                done.failed += 1
                state = "failed" if line["tries"] >= TRIES else "waiting"
            else:
                done.sent += 1
                state = "sent"
            with db.write(journal=False) as session:
                repository.mark_delivery(
                    session, line["id"], state, tries=line["tries"], now=now(), error=error
                )
                if line["channel"] == "webhook":
                    note_delivery(session, line["target"], now(), error)
    finally:
        if http is None:
            client.close()


def _send(line: Line, channels: Channels, http: httpx.Client, now: datetime) -> str:
    """ "" when it went out, else what went wrong."""
    try:
        if line["channel"] == "mail":
            _mail(line, channels)
        else:
            _post(line, channels, http, now)
    except (OSError, smtplib.SMTPException, httpx.HTTPError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _mail(line: Line, channels: Channels) -> None:
    body = json.loads(line["body"])
    # the same try of the same reminder is the same mail: a repeated one can be recognised
    send_mail(
        channels,
        line["target"],
        body["subject"],
        body["text"],
        html=body.get("html", ""),
        reference=line["id"],
    )


def send_mail(
    channels: Channels, to: str, subject: str, text: str, *, reference: str, html: str = ""
) -> None:
    """Send one mail now; OSError or SMTPException where that fails. ``reference`` makes its Message-ID.

    With ``html`` the reader's mail program chooses between the two.
    """
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = channels.mail_from
    message["To"] = to
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{reference}@{make_msgid().rsplit('@', 1)[1]}"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with connect(channels.smtp_url) as server:
        server.send_message(message)


def connect(smtp_url: str, timeout: float = TIMEOUT) -> smtplib.SMTP:
    """A connection to the mail server, encrypted where it offers that, signed in where the URL says how."""
    place = urlsplit(smtp_url)
    host = place.hostname or "localhost"
    if place.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, place.port or 465, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, place.port or 25, timeout=timeout)
    try:
        server.ehlo()
        if place.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if place.username:
            server.login(unquote(place.username), unquote(place.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the signature header: HMAC-SHA256 over "<timestamp>.<body>", in hex.

    A receiver computes the same, compares in constant time and refuses old timestamps.
    """
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


def _post(line: Line, channels: Channels, http: httpx.Client, now: datetime) -> None:
    body = line["body"].encode()
    secret = channels.webhook_secrets.get(line["target"], channels.webhook_secret)
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: sign(secret, int(now.timestamp()), body),
        "Revisit-Delivery": line["id"],
    }
    http.post(line["target"], content=body, headers=headers).raise_for_status()
