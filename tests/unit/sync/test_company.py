"""Pushes that were written together wait a moment for each other, and never longer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sync_server.sync.together import wait_for_company


@pytest.mark.parametrize(
    ("arriving", "steps"),
    [
        ([8], 0),  # all of them are there already
        ([0, 3, 6, 8], 3),  # until the last has come
        ([0, 0, 1, 4, 4, 8], 4),  # none joined them within a step
        ([2, 2, 8], 1),
        ([0] * 20, 10),  # nobody comes
        ([0, *range(1, 8), 7], 8),
        (list(range(0, 8)) * 2, 10),  # some are taken away while others come
    ],
)
def test_company_is_waited_for_while_it_comes(arriving: Sequence[int], steps: int) -> None:
    slept: list[float] = []
    wait_for_company(lambda: arriving[len(slept)], 8, slept.append)
    assert len(slept) == steps
    assert sum(slept) <= 0.0101
