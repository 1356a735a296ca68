"""Settings of the server, read once from the environment (docs/operations.md lists them)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared_models.reminders.ladder import DEFAULT_LADDER, Ladder

VERSION = "0.1.0"
"""Version of this build, as GET /version tells it."""

_SECRET_LENGTH = 16
_DATABASES = frozenset({"postgresql", "postgres", "sqlite"})
_HERE = Path(__file__).resolve().parent
_BUILT = (_HERE.parent / "build" / "pwa", _HERE / "_bundle" / "pwa")
"""Where a built PWA may be besides the data folder: in a checkout, in an installed wheel."""


@dataclass(frozen=True)
class Settings:
    """Everything that an operator may choose."""

    data_dir: Path
    """Folder of the embedded database and the blobs."""
    database_url: str
    """SQLAlchemy URL; SQLite in the data folder unless REVISIT_DATABASE_URL names another."""
    blob_dir: Path
    """Folder of photos and recordings."""
    token_days: int = 90
    """Days after which a sign-in ends if it is not used."""
    max_upload_bytes: int = 200 * 1024 * 1024
    """Largest single file."""
    max_push_bytes: int = 16 * 1024 * 1024
    """Largest body of a push, unpacked."""
    upload_days: int = 7
    """Days after which an unfinished upload is forgotten."""
    tombstone_days: int = 180
    """Days for which the trace of a deleted row is kept; an older cursor starts anew."""
    min_client: str = ""
    """Oldest client build that may pull; every build may push."""
    ladder: Ladder = DEFAULT_LADDER
    """Days past a deadline after which owner, supervisor, manager and headquarters are told."""
    smtp_url: str = ""
    """Mail server for reminders, smtp:// or smtps://; "": no mail."""
    mail_from: str = ""
    """Sender of the mails."""
    webhook_url: str = ""
    """Where events of reminders are posted; "": nowhere."""
    webhook_secret: str = ""
    """Key that the events are signed with."""
    public_url: str = ""
    """Address under which people reach the server, for links in mails and plans as PDF; "": none."""
    pwa_root: Path | None = None
    """Built PWA to serve at /app/; none: no PWA."""

    @classmethod
    def from_env(cls, data_dir: Path | None = None) -> Settings:
        """Settings from REVISIT_* variables; ``data_dir`` (command line) wins over REVISIT_DATA.

        Raises ValueError naming the variable that holds no usable value.
        """
        data = (data_dir or Path(os.environ.get("REVISIT_DATA") or "data")).resolve()
        pwa = os.environ.get("REVISIT_PWA")
        return cls(
            data_dir=data,
            database_url=_database_url() or f"sqlite:///{data / 'revisit.db'}",
            blob_dir=Path(os.environ.get("REVISIT_BLOBS") or data / "blobs").resolve(),
            token_days=_whole("REVISIT_TOKEN_DAYS", 90),
            max_upload_bytes=_whole("REVISIT_MAX_UPLOAD_MB", 200) * 1024 * 1024,
            upload_days=_whole("REVISIT_UPLOAD_DAYS", 7),
            tombstone_days=max(180, _whole("REVISIT_TOMBSTONE_DAYS", 180)),
            public_url=_address("REVISIT_PUBLIC_URL"),
            min_client=os.environ.get("REVISIT_MIN_CLIENT", ""),
            pwa_root=Path(pwa).resolve() if pwa else _default_pwa(data),
            **_reminders(),
        )


def _reminders() -> dict[str, Any]:
    """How people are reminded of overdue actions."""
    smtp, sender = os.environ.get("REVISIT_SMTP_URL", ""), os.environ.get("REVISIT_MAIL_FROM", "")
    hook, secret = os.environ.get("REVISIT_WEBHOOK_URL", ""), os.environ.get("REVISIT_WEBHOOK_SECRET", "")
    if smtp and (urlsplit(smtp).scheme not in {"smtp", "smtps"} or not urlsplit(smtp).hostname):
        raise ValueError("REVISIT_SMTP_URL must read smtp://host:port or smtps://host:port")
    if smtp and not sender:
        raise ValueError("REVISIT_SMTP_URL needs REVISIT_MAIL_FROM, the sender of the mails")
    if hook and urlsplit(hook).scheme not in {"http", "https"}:
        raise ValueError("REVISIT_WEBHOOK_URL must begin with https:// or http://")
    if hook and len(secret) < _SECRET_LENGTH:
        raise ValueError(
            f"REVISIT_WEBHOOK_URL needs REVISIT_WEBHOOK_SECRET, {_SECRET_LENGTH} characters or more"
        )
    ladder = DEFAULT_LADDER
    if days := os.environ.get("REVISIT_ESCALATION"):
        try:
            ladder = Ladder.parse(days)
        except ValueError:
            raise ValueError(
                f"REVISIT_ESCALATION must be four rising numbers of days, not {days!r}"
            ) from None
    return {
        "ladder": ladder,
        "smtp_url": smtp,
        "mail_from": sender,
        "webhook_url": hook,
        "webhook_secret": secret,
    }


def _default_pwa(data: Path) -> Path | None:
    for place in (data / "pwa", *_BUILT):
        if (place / "index.html").is_file():
            return place
    return None


def _database_url() -> str:
    text = os.environ.get("REVISIT_DATABASE_URL", "")
    # the address itself is not repeated: it may hold a password
    if text and ("://" not in text or text.split("://")[0].split("+")[0] not in _DATABASES):
        raise ValueError("REVISIT_DATABASE_URL must begin with postgresql:// or sqlite:///")
    return text


def _address(name: str) -> str:
    text = os.environ.get(name, "").rstrip("/")
    if text and (urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname):
        raise ValueError(f"{name} must read https://host or http://host, not {text!r}")
    return text


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name)
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must be a whole number above zero, not {text!r}")
    return number
