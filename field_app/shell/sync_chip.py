"""The sync chip: on every list, what is still on this device only, and whether something is wrong."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import Tone, text
from field_app.shell.ui import Ui, guarded
from field_app.sync.status import SyncStatus


def chip_words(ui: Ui, status: SyncStatus) -> tuple[str, Tone, ft.IconData]:
    """The one thing about sync that matters most now."""
    if status.held or status.revoked or status.signed_out or status.poisoned_files:
        return ui.t("shell.sync.attention"), "bad", ft.Icons.ERROR_OUTLINE
    waiting = status.pending_records + status.pending_files
    if status.sending:
        return ui.t("shell.sync.sending"), "accent", ft.Icons.SYNC
    if waiting:
        words = ui.t("shell.sync.waiting", records=status.pending_records, files=status.pending_files)
        return words, "warn", ft.Icons.CLOUD_UPLOAD_OUTLINED
    if status.online is False:
        return ui.t("shell.sync.offline"), "plain", ft.Icons.CLOUD_OFF_OUTLINED
    if not status.last_success:
        return ui.t("shell.sync.never"), "plain", ft.Icons.CLOUD_OUTLINED
    return ui.t("shell.sync.done"), "good", ft.Icons.CLOUD_DONE_OUTLINED


_COLOURS: dict[Tone, tuple[str, str]] = {
    "plain": (theme.SUNKEN, theme.MUTED),
    "accent": (theme.ACCENT_SOFT, theme.ON_ACCENT_SOFT),
    "good": (theme.GOOD_SOFT, theme.ON_GOOD_SOFT),
    "warn": (theme.WARN_SOFT, theme.ON_WARN_SOFT),
    "bad": (theme.BAD_SOFT, theme.ON_BAD_SOFT),
}


@guarded
def SyncChip(ui: Ui, *, brief: bool = False) -> ft.Control:  # noqa: N802
    """Leads to the sync screen; ``brief`` shows the counts only."""
    sync = ui.work.sync
    use_redraw(lambda call: sync.watch(lambda _: call()), sync)
    status = sync.status
    words, tone, icon = chip_words(ui, status)
    ground, ink = _COLOURS[tone]
    row: list[ft.Control] = [ft.Icon(icon, size=ui.look.icon, color=ink)]
    waiting = status.pending_records + status.pending_files
    if not brief:
        row.append(text(ui, words, "small", ink))
    elif waiting:
        row.append(text(ui, str(waiting), "small", ink))
    return ft.Semantics(
        content=ft.TextButton(
            content=ft.Row(row, spacing=6, tight=True),
            on_click=ui.going("/sync"),
            style=ft.ButtonStyle(
                bgcolor=ground,
                shape=ft.RoundedRectangleBorder(radius=24),
                padding=ft.Padding.symmetric(horizontal=14, vertical=14),
            ),
            tooltip=words,
        ),
        identifier="sync-chip",
        label=words,
        button=True,
    )
