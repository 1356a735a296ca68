"""A fresh world on SQLite for each server test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The tiny network."""
    made = make_world(tmp_path)
    yield made
    made.close()
