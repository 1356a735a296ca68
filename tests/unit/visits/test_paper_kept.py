"""Whose device fetches what draws the record of an inspection, and when."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from field_app.shell.state import AppState
from field_app.sync.status import Board
from shared_models.people import Access, GrantView, Role, ScopeKind


class Device:
    fetched = 0

    async def keep_paper(self) -> bool:
        self.fetched += 1
        return True


def begun(role: Role, board: Board) -> Device:
    device = Device()
    access = Access.of("p", [GrantView(role, ScopeKind.COMPANY, "")])
    sync = SimpleNamespace(start=lambda: None, watch=board.watch, status=board.status)
    accounts = SimpleNamespace(current=SimpleNamespace(sync=sync, access=access))
    AppState(cast(Any, accounts), cast(Any, device)).begin()
    return device


@pytest.mark.parametrize(("role", "times"), [(Role.AUDITOR, 1), (Role.SHOPPER, 0), (Role.MANAGER, 0)])
def test_only_an_auditors_device_fetches_it_and_only_once(role: Role, times: int) -> None:
    async def day() -> int:
        board = Board()
        device = begun(role, board)
        for at in ("2026-11-02T08:00:00Z", "2026-11-02T08:01:00Z"):
            board.update(sending=True)
            board.update(sending=False, last_success=at)
            await asyncio.sleep(0)
        return device.fetched

    assert asyncio.run(day()) == times


def test_it_waits_for_the_first_sync() -> None:
    async def day() -> list[int]:
        board = Board()
        device = begun(Role.AUDITOR, board)
        seen = [device.fetched]
        board.update(sending=True)
        board.update(sending=False)  # without having reached the server
        await asyncio.sleep(0)
        seen.append(device.fetched)
        board.update(last_success="2026-11-02T08:00:00Z")
        await asyncio.sleep(0)
        return [*seen, device.fetched]

    assert asyncio.run(day()) == [0, 0, 1]
