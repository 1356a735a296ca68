"""What stands in for Pillow in the browser says of a JPEG what Pillow says, and refuses the rest."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from field_app.visits import paper
from sync_server.pwa.snapshot import imported_names, own_modules
from sync_server.pwa.sources import Sources

TOP = Path(__file__).resolve().parents[3]
STAND_IN = TOP / "assets" / "pwa" / "paper" / "PIL" / "Image.py"


@pytest.fixture(scope="module")
def stand_in() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stand_in_for_pillow", STAND_IN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def picture(mode: str, kind: str = "JPEG", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (321, 123), 128 if mode == "L" else None).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_size_and_colours_of_a_jpeg_are_those_that_pillow_tells(
    stand_in: ModuleType, mode: str, progressive: bool
) -> None:
    data = picture(mode, progressive=progressive)
    found, known = stand_in.open(io.BytesIO(data)), Image.open(io.BytesIO(data))
    assert (found.format, found.size, found.mode) == (known.format, known.size, known.mode)
    assert found.tobytes() == data


@pytest.mark.parametrize("data", [b"", b"no picture", picture("RGB", "PNG"), picture("RGB")[:20]])
def test_what_is_no_whole_jpeg_is_refused(stand_in: ModuleType, data: bytes) -> None:
    with pytest.raises(OSError, match="JPEG"):
        stand_in.open(io.BytesIO(data))


def test_nothing_that_every_device_downloads_asks_for_what_draws_paper() -> None:
    sources = Sources(TOP)
    assert not [name for name in imported_names(sources) if name.startswith(("reportlab", "PIL"))]
    assert not [name for name in own_modules(sources) if name.startswith(paper.__name__)]
