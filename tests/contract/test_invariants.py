"""The protocol's text and its tests stay together: each invariant of the server is named by a test."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


def test_every_invariant_of_the_servers_side_is_named_by_a_test() -> None:
    text = (TOP / "docs" / "sync-protocol.md").read_text(encoding="utf-8")
    stated = set(re.findall(r"^- \*\*([PMVSDEAC]\d)\*\*", text, re.M))
    folders = [TOP / "tests" / "contract", TOP / "tests" / "server"]
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted(folder.glob("test_*.py"))
        if path.name != Path(__file__).name
    )
    docstrings = re.findall(r'^ +"""([A-Z]\d\b[^"\n]*)', tests, re.M)
    named = {one for line in docstrings for one in re.findall(r"\b[A-Z]\d\b", line)}
    assert len(stated) > 20
    assert stated - named == set()
    assert named <= stated
