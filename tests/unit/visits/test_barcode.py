"""A bar code is read from a picture where the device can; elsewhere its field says that it is typed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from field_app.shell.picking import Chosen
from field_app.visits.widgets.barcode import barcode_rows
from shared_models.checklists import Question
from shared_models.messages import words
from tests.factories.repeating import asked
from tests.unit.ui_desk.drawing import draw, make_ui

QUESTION = Question.model_validate(asked("V1", "barcode"))
VIN = "1M8GDM9AXKP042788"


class Device:
    """A tablet whose camera sees this code; None: a file that is no picture."""

    def __init__(self, sees: str | None) -> None:
        self.sees = sees
        self.take: Any = None
        self.told: list[str] = []
        self.put: list[tuple[str, Any]] = []

    async def read_code(self, _data: bytes) -> str:
        if self.sees is None:
            raise ValueError("no picture")
        return self.sees

    def button_parts(self, _ui: Any, _kind: str, take: Any, *, several: bool) -> dict[str, Any]:
        self.take = take
        return {"on_click": lambda: None, "action": None}

    def rows(self, *, reads: bool, value: str = "") -> list[Any]:
        ui = make_ui("en", app=SimpleNamespace(platform=self, picking=self))
        ui.tell = self.told.append  # type: ignore[method-assign]

        async def put(state: str, answer: Any) -> None:
            self.put.append((state, answer))

        return barcode_rows(ui, QUESTION, value, put, lambda _: None, reads=reads)

    def photograph(self) -> None:
        draw(lambda: self.rows(reads=True))
        asyncio.run(self.take([Chosen("IMG.jpg", "image/jpeg", b"...")]))


def test_a_code_in_the_picture_is_the_answer() -> None:
    device = Device("I" + VIN.lower())
    device.photograph()
    assert device.put == [("answered", VIN)]
    assert device.told == []


@pytest.mark.parametrize("sees", ["", None])
def test_a_picture_without_a_code_changes_nothing_and_says_so(sees: str | None) -> None:
    device = Device(sees)
    device.photograph()
    assert device.put == []
    assert device.told == [words("en")("visits.barcode.none")]


def test_only_a_device_that_reads_codes_offers_the_camera() -> None:
    able, unable = (draw(lambda reads=reads: Device("").rows(reads=reads)) for reads in (True, False))
    assert "q-V1-scan" in able.labels
    assert "q-V1-scan" not in unable.labels


def test_a_vin_with_a_wrong_check_digit_is_kept_and_doubted() -> None:
    doubted = words("en")("visits.barcode.vin_doubtful")
    assert doubted in draw(lambda: Device("").rows(reads=False, value=VIN[:-1] + "9")).texts
    assert doubted not in draw(lambda: Device("").rows(reads=False, value=VIN)).texts
