"""The page for operators names every setting that the code reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent.parent
SETTING = re.compile(r"REVISIT_[A-Z_]*[A-Z]")


def test_every_setting_of_the_server_is_on_the_page_for_operators() -> None:
    read: set[str] = set()
    for folder in ("sync_server", "shared_models"):
        for path in (TOP / folder).rglob("*.py"):
            # in quotes: a name that is looked up, not one that is talked about
            read |= set(re.findall(r'"(REVISIT_[A-Z_]*[A-Z])"', path.read_text(encoding="utf-8")))
    read -= {"REVISIT_SERVER"}  # handed on to the field app
    page = (TOP / "docs" / "operations.md").read_text(encoding="utf-8")
    assert read
    assert read == set(SETTING.findall(page))
