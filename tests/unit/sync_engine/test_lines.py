"""When files may go: by the person's choice and the line the device is on."""

from __future__ import annotations

import pytest

from field_app.sync.lines import ASK_ABOVE_MB, FilePolicy, waits_for

LITTLE, MUCH = 1_000_000, ASK_ABOVE_MB * 1_000_000 + 1


@pytest.mark.parametrize("policy", [*FilePolicy, "of a later build"])
def test_on_a_line_without_costs_nothing_waits(policy: str) -> None:
    assert waits_for(policy, False, MUCH) == ""


@pytest.mark.parametrize("metered", [True, None])
def test_where_the_line_costs_or_nobody_knows_the_choice_counts(metered: bool | None) -> None:
    assert waits_for(FilePolicy.ALWAYS, metered, MUCH) == ""
    assert waits_for("of a later build", metered, MUCH) == ""
    assert waits_for(FilePolicy.WIFI, metered, LITTLE) == "wifi"
    assert waits_for(FilePolicy.ASK, metered, LITTLE) == ""
    assert waits_for(FilePolicy.ASK, metered, MUCH) == "ask"
