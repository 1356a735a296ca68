"""Handing the rescue file of an account to the person, from Settings or from the sign-in page."""

from __future__ import annotations

from datetime import UTC, datetime

from field_app.shell.ui import Ui
from field_app.store import Account


async def save_rescue(ui: Ui, account: Account) -> None:
    """Make the file and save, share or download it, as the platform can; says where it went."""
    data = await ui.app.accounts.rescue(account.id)
    name = f"revisit-{account.login}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M}.zip"
    saved = await ui.app.platform.save_file(name, "application/zip", data)
    if saved.how != "cancelled":
        ui.tell(ui.t(f"settings.rescue.{saved.how}", name=name, path=saved.path or ""))
