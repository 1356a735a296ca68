"""Marks on a photo: kept beside the picture, checked on both sides, burned in only for the dealer's copy."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared_models.problems import Code, Problem
from shared_models.visits.marks import MOST_POINTS, MOST_STROKES, are_marks, on_pixels, picture_size
from sync_server.appeals.service import MARK, bare_jpeg
from tests.unit.visits.test_session import Desk, do

CIRCLE = [[[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6], [0.4, 0.4]]]


def jpeg(width: int = 400, height: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (240, 240, 240)).save(out, "JPEG", progressive=True)
    return out.getvalue()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "account.db")


def test_what_is_drawn_is_kept_beside_the_photo_and_its_bytes_stay(desk: Desk) -> None:
    visit = desk.start()
    photo = jpeg()
    attachment = do(visit.attach("F2", photo, "image/jpeg"))
    do(visit.mark_photo(attachment, CIRCLE), visit.label_attachment(attachment, "before"))
    again = desk.reopen(visit.id)
    (row,) = again.attachments
    assert (row["marks"], row["label"]) == (CIRCLE, "before")
    assert row["sha256"] == hashlib.sha256(photo).hexdigest()
    assert do(again.blob(attachment)) == photo
    do(visit.mark_photo(attachment, []))
    assert visit.attachments[0]["marks"] == []


@pytest.mark.parametrize(
    "bad",
    [
        "x", [[]], [[[0.5]]], [[[0.5, 1.2]]], [[[True, 0.5]]], [["a"]],
        [[[0.1, 0.1]]] * (MOST_STROKES + 1), [[[0.1, 0.1]] * (MOST_POINTS + 1)],
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(desk: Desk, bad: Any) -> None:
    assert not are_marks(bad)
    if not isinstance(bad, list):
        return
    visit = desk.start()
    attachment = do(visit.attach("F2", jpeg(), "image/jpeg"))
    with pytest.raises(Problem) as caught:
        do(visit.mark_photo(attachment, bad))
    assert caught.value.code is Code.INVALID_FIELD


def test_the_dealers_copy_shows_the_circle_where_it_was_drawn() -> None:
    with Image.open(io.BytesIO(bare_jpeg(jpeg(), CIRCLE))) as shown:
        on, off = shown.getpixel((200, 120)), shown.getpixel((40, 40))
    assert isinstance(on, tuple)
    assert isinstance(off, tuple)
    assert all(abs(a - b) < 60 for a, b in zip(on, MARK, strict=True))
    assert all(channel > 220 for channel in off)


@pytest.mark.parametrize("size", [(400, 300), (31, 1600)])
def test_a_jpeg_tells_its_size(size: tuple[int, int]) -> None:
    assert picture_size(jpeg(*size)) == size


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"\xff\xd8\xff", b"\xff\xd8 a photo of nothing"])
def test_another_file_tells_no_size(data: bytes) -> None:
    assert picture_size(data) is None


def test_strokes_scale_with_the_picture() -> None:
    assert on_pixels([[[0.5, 0.25]]], 400, 300) == [[(200.0, 75.0)]]
