"""A voice note is recorded where the device can; it counts as saved when it is durable, whoever ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from field_app.platform import Recording
from field_app.visits.live import LiveVisit
from field_app.visits.recording import Recorder, recorder_of
from field_app.visits.widgets.record_button import record_rows
from field_app.visits.workflow import Today
from shared_models.messages import words
from shared_models.problems import Problem
from tests.factories.device import Clock, MemoryBlobs, make_store
from tests.factories.network import ASSIGNMENT, PERSON, seed
from tests.unit.ui_desk.drawing import Drawn, draw, make_ui

SAID = b"\x1aE\xdf\xa3 what was said"
T = words("en")


class Microphone:
    """A device with a microphone; the test speaks into it and ends it."""

    def __init__(self, answer: str = "recording") -> None:
        self.answer = answer
        self.limits: list[int] = []
        self.kept: list[bool] = []
        self.asked = asyncio.Event()
        self._ended: asyncio.Future[Recording | None] | None = None

    async def start_recording(self, limit: int) -> str:
        self.limits.append(limit)
        self._ended = asyncio.get_running_loop().create_future()
        return self.answer

    async def stop_recording(self, *, keep: bool = True) -> None:
        self.kept.append(keep)
        self.end("stopped") if keep else self._end(None)

    async def recorded(self) -> Recording | None:
        self.asked.set()
        assert self._ended is not None
        return await self._ended

    def end(self, how: Any, data: bytes = SAID) -> None:
        self._end(Recording(data, "audio/webm", 2.4, how))

    def _end(self, recording: Recording | None) -> None:
        assert self._ended is not None
        self._ended.set_result(recording)


class Desk:
    """An open visit on a device with a microphone."""

    def __init__(self, folder: Path, device: Microphone) -> None:
        self.device = device
        self.free: int | None = None
        self.blobs = MemoryBlobs()
        store = make_store(folder / "account.db", clock=Clock(), blobs=self.blobs)
        seed(store)
        self.live = LiveVisit(asyncio.run(Today(store, PERSON, self._room).start_visit(ASSIGNMENT)))
        self.code, self.other = list(self.live.session.shown)[:2]

    async def _room(self) -> int | None:
        return self.free

    @property
    def recorder(self) -> Recorder:
        return recorder_of(self.live, cast(Any, self.device))

    def record(self, ends: Callable[[], Any]) -> None:
        """Record for the first question; ``ends`` is called while it records."""

        async def both() -> None:
            task = asyncio.create_task(self.recorder.record(self.code, 5))
            heard = asyncio.create_task(self.device.asked.wait())
            await asyncio.wait([task, heard], return_when="FIRST_COMPLETED")
            heard.cancel()
            outcome = ends()
            if outcome is not None:
                await outcome
            await task

        asyncio.run(both())

    def drawn(self, *, able: bool | None = True, code: str = "") -> Drawn:
        accounts = SimpleNamespace(setting=lambda _name, default: default)
        ui = make_ui("en", app=SimpleNamespace(accounts=accounts))
        return draw(lambda: record_rows(ui, self.recorder, code or self.code, able=able))

    def shown(self, name: str) -> bool:
        return f"q-{self.code}-{name}" in self.drawn().labels

    def sounds(self) -> list[tuple[str, str, int]]:
        return [(one["kind"], one["mime"], one["size"]) for one in self.live.attachments(self.code)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Microphone())


def test_what_was_recorded_becomes_a_recording_of_the_question(desk: Desk) -> None:
    desk.record(desk.recorder.stop)
    assert desk.device.limits == [300]
    assert desk.sounds() == [("audio", "audio/webm", len(SAID))]
    attachment = desk.live.attachments(desk.code)[0]
    assert asyncio.run(desk.blobs.get(attachment["sha256"])) == SAID
    assert not desk.live.any_saving
    assert desk.shown("record")


def test_while_it_records_the_visit_is_not_called_saved_and_the_control_says_so(desk: Desk) -> None:
    seen: list[bool] = []

    def look() -> None:
        seen.extend([desk.live.any_saving, desk.shown("recording"), desk.shown("record-stop")])
        seen.append(desk.shown("record"))
        desk.device.end("stopped")

    desk.record(look)
    assert seen == [True, True, True, False]


def test_what_was_recorded_until_the_app_went_out_of_sight_is_kept_and_told(desk: Desk) -> None:
    desk.record(lambda: desk.device.end("hidden"))
    assert len(desk.sounds()) == 1
    assert T("visits.record.hidden", time="0:02") in desk.drawn().texts


def test_a_recording_at_its_limit_is_kept_and_told(desk: Desk) -> None:
    desk.record(lambda: desk.device.end("limit"))
    assert len(desk.sounds()) == 1
    assert T("visits.record.limit", time="0:02") in desk.drawn().texts


def test_a_discarded_recording_leaves_nothing(desk: Desk) -> None:
    desk.record(lambda: desk.recorder.stop(keep=False))
    assert desk.device.kept == [False]
    assert desk.sounds() == []
    assert not desk.live.any_saving


@pytest.mark.parametrize("answer", ["refused", "none", "busy", "failed"])
def test_without_a_microphone_the_control_says_why_and_can_be_tried_again(
    tmp_path: Path, answer: str
) -> None:
    desk = Desk(tmp_path, Microphone(answer))
    desk.record(lambda: None)
    drawn = desk.drawn()
    assert T(f"visits.record.{answer}") in drawn.texts
    assert f"q-{desk.code}-record" in drawn.labels
    assert desk.sounds() == []


def test_who_takes_the_wish_back_is_not_told_that_it_failed(desk: Desk) -> None:
    async def take_back(_limit: int) -> str:
        await desk.recorder.stop(keep=False)
        return "failed"

    desk.device.start_recording = take_back  # type: ignore[method-assign]
    desk.device.stop_recording = _nothing  # type: ignore[method-assign]
    desk.record(lambda: None)
    assert T("visits.record.failed") not in desk.drawn().texts
    assert desk.shown("record")


async def _nothing(*, keep: bool) -> None:
    """No recording to end yet."""


def test_a_microphone_that_gives_nothing_is_told_and_nothing_is_kept(desk: Desk) -> None:
    desk.record(lambda: desk.device.end("lost", b""))
    assert desk.sounds() == []
    assert T("visits.record.empty") in desk.drawn().texts


def test_what_the_full_device_refuses_stays_to_be_saved_again(desk: Desk) -> None:
    desk.free = 0
    with pytest.raises(Problem):
        desk.record(desk.recorder.stop)
    assert desk.sounds() == []
    assert desk.live.any_saving
    assert desk.shown("record-save")
    assert not desk.shown("record")
    desk.free = None
    asyncio.run(desk.recorder.save_again(desk.code))
    assert len(desk.sounds()) == 1
    assert not desk.live.any_saving
    assert desk.shown("record")


def test_one_question_is_recorded_for_at_a_time(desk: Desk) -> None:
    async def another() -> None:
        await desk.recorder.record(desk.other, 5)
        await desk.recorder.stop()

    desk.record(another)
    assert len(desk.device.limits) == 1
    assert T("visits.record.busy") in desk.drawn(code=desk.other).texts
    assert len(desk.sounds()) == 1


def test_a_device_that_cannot_record_says_so_and_offers_no_button(desk: Desk) -> None:
    drawn = desk.drawn(able=False)
    assert drawn.texts == [T("visits.audio.how")]
    assert f"q-{desk.code}-record" not in drawn.labels


def test_every_control_has_a_spoken_label(desk: Desk) -> None:
    assert desk.drawn().nameless == []
    nameless: list[str] = []

    def look() -> None:
        nameless.extend(desk.drawn().nameless)
        desk.device.end("stopped")

    desk.record(look)
    assert nameless == []
