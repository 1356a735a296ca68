"""Instants and sizes as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

from field_app.shell.ui import Ui
from shared_models.clock import from_text


def instant_text(ui: Ui, instant: datetime) -> str:
    """An instant in the device's time: today by the clock, else with its date."""
    here = instant.astimezone()
    now = datetime.now(UTC).astimezone()
    if here.date() == now.date():
        return ui.t("shell.time.today", clock=here.strftime("%H:%M"))
    return here.strftime("%Y-%m-%d %H:%M")


def since_text(ui: Ui, written: str) -> str:
    """An ISO instant ("" for never) as people read it."""
    return instant_text(ui, from_text(written)) if written else ui.t("shell.time.never")


def size_text(size: int) -> str:
    """Bytes in the unit that suits them."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB" if size else "0 KB"
    if size < 1024**3:
        return f"{size / 1024**2:.1f} MB"
    return f"{size / 1024**3:.1f} GB"
