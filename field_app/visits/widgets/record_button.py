"""Recording a voice note for a question; where the device cannot record, this says so."""

from __future__ import annotations

from typing import cast

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import button, named, note, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import LiveVisit
from field_app.visits.recording import MINUTES_SETTING, Recorder, recorder_of
from field_app.visits.widgets.times import Ticking, clock_text

_BAD = frozenset({"refused", "none", "busy", "failed", "empty"})


@guarded
def RecordButton(ui: Ui, live: LiveVisit, code: str) -> ft.Control:  # noqa: N802
    """Tap to record, tap to stop. Leaving the question stops too: what is recorded is always in sight."""
    able, told = use_value(cast(bool | None, None))
    recorder = recorder_of(live, ui.app.platform)
    use_redraw(lambda call: live.listen([code], call), live, code)

    async def ask_device() -> None:
        told(await ui.app.platform.can_record())

    def leave() -> None:
        if recorder.code == code:
            ui.page.run_task(recorder.stop)

    ft.use_effect(ask_device, [], cleanup=leave)
    return ft.Column(record_rows(ui, recorder, code, able=able), spacing=theme.TIGHT, tight=True)


def record_rows(ui: Ui, recorder: Recorder, code: str, *, able: bool | None) -> list[ft.Control]:
    """The parts; ``able``: the device records, None as long as it has not said."""
    if able is None:
        return []
    if not able:
        return [note(ui, ui.t("visits.audio.how"), icon=ft.Icons.MIC_OFF_OUTLINED)]
    minutes = ui.app.accounts.setting(*MINUTES_SETTING)
    if recorder.code == code:
        return _running(ui, recorder, code, minutes)
    rows: list[ft.Control] = []
    if code in recorder.told:
        why, seconds = recorder.told[code]
        words = ui.t(f"visits.record.{why}", time=clock_text(round(seconds)))
        rows.append(named(note(ui, words, "warn" if why in _BAD else "plain"), f"q-{code}-record-told"))
    if code in recorder.unsaved:
        time = clock_text(round(recorder.unsaved[code].seconds))
        again = button(
            ui, ui.t("visits.record.save_again"), f"q-{code}-record-save", ui.on(recorder.save_again, code)
        )
        return [*rows, note(ui, ui.t("visits.record.unsaved", time=time), "bad"), ft.Row([again])]
    start = button(
        ui,
        ui.t("visits.record.start"),
        f"q-{code}-record",
        ui.on(recorder.record, code, minutes),
        icon=ft.Icons.MIC_NONE,
        spoken=ui.t("visits.record.spoken"),
    )
    return [*rows, ft.Row([start])]


def _running(ui: Ui, recorder: Recorder, code: str, minutes: int) -> list[ft.Control]:
    discard = button(
        ui,
        ui.t("visits.record.discard"),
        f"q-{code}-record-discard",
        ui.on(lambda: recorder.stop(keep=False)),
        look="quiet",
    )
    if recorder.since is None:
        return [named(note(ui, ui.t("visits.record.asking")), f"q-{code}-record-asking"), ft.Row([discard])]
    words = ui.t("visits.record.running", minutes=minutes)
    stop = button(
        ui,
        ui.t("visits.record.stop"),
        f"q-{code}-record-stop",
        ui.on(recorder.stop),
        look="main",
        icon=ft.Icons.STOP,
    )
    return [
        ft.Row(
            [
                ft.Icon(ft.Icons.FIBER_MANUAL_RECORD, size=ui.look.icon, color=theme.BAD),
                Ticking(ui, recorder.since, "heading"),
                named(text(ui, words, "small", theme.MUTED), f"q-{code}-recording", live_region=True),
            ],
            spacing=theme.NEAR,
            wrap=True,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        ft.Row([stop, discard], spacing=theme.NEAR, wrap=True),
    ]
