"""Sync in words: what waits, what was sent, what is held back and why, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, card, facts, heading, named, note, text
from field_app.shell.sync_chip import chip_words
from field_app.shell.times import since_text, size_text
from field_app.shell.ui import Ui, guarded
from field_app.store.held import Held
from field_app.store.outbox import WAITING
from field_app.sync.status import SyncStatus


@screen
def SyncScreen(ui: Ui) -> ft.View:  # noqa: N802
    """One screen for everybody."""
    return framed(ui, "sync", title_bar(ui, ui.t("shell.sync.title")), SyncBody(ui))


@guarded
def SyncBody(ui: Ui) -> ft.Control:  # noqa: N802
    """Drawn again with every change of the status."""
    sync = ui.work.sync
    use_redraw(lambda call: sync.watch(lambda _: call()), sync)
    status = sync.status
    words, tone, icon = chip_words(ui, status)

    async def run() -> None:
        report = await sync.run_once()
        if report.problem is not None:
            ui.tell_problem(report.problem)
        else:
            ui.tell(
                ui.t("shell.sync.ran", sent=report.pushed, received=report.received, files=report.files_sent)
            )

    now = [
        (ui.t("shell.sync.records"), str(status.pending_records)),
        (
            ui.t("shell.sync.files"),
            ui.t("shell.sync.files_value", count=status.pending_files, size=size_text(status.pending_bytes)),
        ),
        (ui.t("shell.sync.last"), since_text(ui, status.last_success)),
        (ui.t("shell.sync.sent"), _sent(ui)),
        (ui.t("shell.sync.received"), _received(ui)),
        (ui.t("shell.sync.server"), ui.work.account.server),
    ]
    if abs(status.skew_ms) >= 60_000:
        now.append(
            (ui.t("shell.sync.skew"), ui.t("shell.sync.skew_value", minutes=round(status.skew_ms / 60_000)))
        )
    parts: list[ft.Control] = [
        card(
            named(note(ui, words, tone, icon), "sync-state"),
            facts(ui, now),
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("shell.sync.sending" if status.sending else "shell.sync.now"),
                        "sync-now",
                        ui.on(run),
                        look="main",
                        icon=ft.Icons.SYNC,
                        disabled=status.sending,
                    )
                ]
            ),
        )
    ]
    parts += _waiting(ui, status)
    if status.last_problem is not None:
        problem = status.last_problem
        parts.append(
            note(ui, f"{problem.title(ui.language)}\n{problem.todo(ui.language)}", "warn", ft.Icons.WIFI_OFF)
        )
    if status.signed_out or status.revoked:
        parts.append(
            note(
                ui,
                ui.t("shell.sync.revoked" if status.revoked else "shell.sync.signed_out"),
                "bad",
                ft.Icons.LOCK_OUTLINE,
            )
        )
    if status.held:
        parts.append(
            card(
                heading(ui, ui.t("shell.sync.held", count=len(status.held))),
                *_held_list(ui, status.held),
            )
        )
    if status.overdue:
        parts.append(
            card(
                heading(ui, ui.t("shell.sync.overdue", count=len(status.overdue))),
                text(ui, ui.t("shell.sync.overdue_explained"), "small", theme.MUTED),
                *_held_list(ui, status.overdue),
            )
        )
    parts.append(text(ui, ui.t("shell.sync.explained"), "small", theme.MUTED))
    return column(*parts)


def _sent(ui: Ui) -> str:
    counters = ui.work.store.state()["counters"] or {}
    records, files = counters.get("ops_confirmed", 0), counters.get("files_stored", 0)
    return ui.t("shell.sync.sent_value", records=records, files=files)


def _received(ui: Ui) -> str:
    counters = ui.work.store.state()["counters"] or {}
    return ui.t("shell.sync.received_value", records=counters.get("rows_received", 0))


def _waiting(ui: Ui, status: SyncStatus) -> list[ft.Control]:
    """What waits although there is a network, and what the person can do about it."""
    sync = ui.work.sync
    parts: list[ft.Control] = []
    if status.coming_back:
        words = ui.t("shell.sync.coming_back", count=status.coming_back)
        parts.append(named(note(ui, words, "accent", ft.Icons.RESTORE), "sync-coming-back"))
    if status.files_wait:
        size = size_text(status.pending_bytes)
        words = ui.t(f"shell.sync.files_wait.{status.files_wait}", count=status.pending_files, size=size)
        send = button(
            ui,
            ui.t("shell.sync.files_send"),
            "files-send",
            ui.on(sync.send_files_anyway),
            icon=ft.Icons.UPLOAD,
        )
        parts += [
            named(note(ui, words, "warn", ft.Icons.SIGNAL_CELLULAR_ALT), "sync-files-wait"),
            ft.Row([send], wrap=True),
        ]
    if status.poisoned_files:
        words = ui.t("shell.sync.poisoned", count=status.poisoned_files)
        again = button(
            ui,
            ui.t("shell.sync.poisoned_again"),
            "files-again",
            ui.on(sync.try_files_again),
            icon=ft.Icons.REFRESH,
        )
        parts += [note(ui, words, "bad", ft.Icons.BROKEN_IMAGE_OUTLINED), ft.Row([again], wrap=True)]
    return parts


def _held_list(ui: Ui, changes: Sequence[Held]) -> list[ft.Control]:
    """The changes; what can be done concerns a whole aggregate and stands below its last one."""
    last = {one.aggregate_id: one.op_id for one in changes}
    rows: list[ft.Control] = []
    for place, one in enumerate(changes):
        if place:
            rows.append(ft.Divider(height=1))
        rows.append(_held(ui, one, decide=last[one.aggregate_id] == one.op_id))
    return rows


def _entity(ui: Ui, one: Held) -> str:
    key = f"shell.sync.entity.{one.entity}"
    return ui.t(key if ui.t.has(key) else "shell.sync.entity.other")


def _held(ui: Ui, one: Held, *, decide: bool) -> ft.Control:
    why = one.problem
    words: list[ft.Control] = [
        text(ui, _entity(ui, one), "strong"),
        text(ui, ui.t("shell.sync.recorded", when=since_text(ui, one.wall_time)), "caption", theme.MUTED),
    ]
    if one.state != WAITING:
        said = why.title(ui.language) if why else ui.t(f"shell.sync.held_state.{one.state}")
        words.append(text(ui, said, "small"))
        if why is not None:
            words.append(text(ui, why.todo(ui.language), "small", theme.MUTED))
    if decide and one.waiting_behind:
        words.append(text(ui, ui.t("shell.sync.behind", count=one.waiting_behind), "caption", theme.MUTED))
    if decide:
        words.append(_decisions(ui, one))
    return ft.Column(words, spacing=theme.TIGHT, tight=True)


def _decisions(ui: Ui, one: Held) -> ft.Control:
    store = ui.work.store

    async def again() -> None:
        await store.try_again(one.aggregate_id)
        await ui.work.sync.run_once()

    async def give_up() -> None:
        await store.set_aside(one.aggregate_id)
        ui.tell(ui.t("shell.sync.was_set_aside"))

    def ask_first() -> None:
        from field_app.shell.asking import ask

        ask(
            ui,
            "set-aside",
            ui.t("shell.sync.set_aside_title"),
            ui.t("shell.sync.set_aside_body", what=_entity(ui, one)),
            ui.t("shell.sync.set_aside"),
            give_up,
            look="danger",
        )

    buttons: list[ft.Control] = []
    if one.state != WAITING:
        words, name = ui.t("shell.sync.again"), f"held-{one.op_id}-again"
        buttons.append(button(ui, words, name, ui.on(again), icon=ft.Icons.REFRESH))
    words, name = ui.t("shell.sync.set_aside"), f"held-{one.op_id}-set-aside"
    buttons.append(button(ui, words, name, ui.on(ask_first), look="danger", icon=ft.Icons.UNDO))
    return ft.Row(buttons, wrap=True)
