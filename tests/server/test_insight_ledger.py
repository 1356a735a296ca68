"""The item ledger: what accepted visits and interviews leave in it, and that it can be rebuilt."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from sync_server.insight.facts import rebuild, record_visit, withdraw_visit
from sync_server.sync.journal import write_row
from tests.factories.surveys import Asked, ask, rows_of
from tests.factories.visits_on_server import accepted_visit
from tests.server.world import World

_SAID = (
    "dealer_id, item_id, source, day, month, state, value, weight, earned, employee, "
    "kind, origin_id, question"
)


def living(world: World) -> list[Any]:
    """All living observations by content."""
    return rows_of(world, f"SELECT {_SAID} FROM observation WHERE gone_cut IS NULL ORDER BY {_SAID}")


def shares(world: World) -> dict[str, tuple[str, int, int]]:
    """State, weight and what was earned by question."""
    rows = rows_of(world, "SELECT question, state, weight, earned FROM observation WHERE gone_cut IS NULL")
    return {question: (state, weight, earned) for question, state, weight, earned in rows}


def change(world: World, entity: str, row_id: str, **values: Any) -> None:
    with world.db.write() as session:
        write_row(session, entity, row_id, values)


def record(world: World, visit_id: str) -> int:
    with world.db.write() as session:
        return record_visit(session, visit_id)


def test_an_accepted_visit_becomes_observations_of_its_day_and_source(world: World) -> None:
    accepted_visit(world, "N01", {"F02": "yes", "F03": "no"})
    assert shares(world) == {"F02": ("executed", 666_667, 666_667), "F03": ("not", 333_333, 0)}
    assert {(row[2], str(row[3]), row[4], row[9]) for row in living(world)} == {
        ("shop", "2026-10-14", "2026-10", "李涛")
    }


def test_recording_a_visit_twice_changes_nothing(world: World) -> None:
    visit = accepted_visit(world, "N01", {"F02": "yes"})
    before = rows_of(world, "SELECT * FROM observation"), rows_of(world, "SELECT * FROM data_cut")
    assert record(world, visit) == 1
    assert (rows_of(world, "SELECT * FROM observation"), rows_of(world, "SELECT * FROM data_cut")) == before


def test_a_visit_that_is_not_accepted_leaves_nothing(world: World) -> None:
    for status in ("draft", "submitted", "returned", "rejected"):
        accepted_visit(world, "N01", {"F02": "yes"}, status=status)
    assert living(world) == []


def test_a_changed_answer_closes_the_old_observation_and_adds_a_revision(world: World) -> None:
    visit = accepted_visit(world, "N01", {"F02": "yes"})
    answer = rows_of(world, "SELECT id FROM answer")[0][0]
    change(world, "answer", answer, value="no")
    record(world, visit)
    rows = rows_of(world, "SELECT state, revision, cut, gone_cut FROM observation ORDER BY id")
    assert rows == [("executed", 0, 1, 2), ("not", 1, 2, None)]


def test_a_cleared_answer_is_no_observation(world: World) -> None:
    accepted_visit(world, "N01", {"F02": "cleared", "F03": "yes"})
    assert set(shares(world)) == {"F03"}


def test_a_withdrawn_visit_leaves_only_closed_observations(world: World) -> None:
    visit = accepted_visit(world, "N01", {"F02": "yes", "F03": "no"})
    with world.db.write() as session:
        assert withdraw_visit(session, visit) == 2
    assert living(world) == []
    assert rows_of(world, "SELECT count(*) FROM observation") == [(2,)]


def test_a_rebuild_changes_nothing_and_a_rebuild_from_nothing_gives_the_same_ledger(
    world: World, tmp_path: Path
) -> None:
    visit = accepted_visit(world, "N01", {"F02": "yes", "F03": "no", "D06": "na"})
    accepted_visit(world, "S01", {"F02": "unobserved"}, day=date(2026, 9, 3))
    asked = Asked("N02", "new_car_fuel", date(2026, 10, 2), 7, 9)
    ask(world, tmp_path, [asked])
    ask(world, tmp_path, [asked], name="callbacks_own", source="callback")
    answer = rows_of(world, "SELECT id FROM answer WHERE question = 'F03'")[0][0]
    change(world, "answer", answer, value="yes")
    record(world, visit)
    before = living(world)
    assert before

    with world.db.write() as session:
        nothing = rebuild(session)
    assert (nothing.added, nothing.superseded) == (0, 0)

    with world.db.write() as session:
        session.execute(text("DELETE FROM observation"))
        assert rebuild(session).added == len(before)
    assert living(world) == before


def test_a_rebuild_closes_what_nothing_stands_behind_any_more(world: World) -> None:
    visit = accepted_visit(world, "N01", {"F02": "yes"})
    change(world, "visit", visit, status="rejected")
    with world.db.write() as session:
        assert rebuild(session).superseded == 1
    assert living(world) == []


def test_a_rebuild_tells_how_far_it_is(world: World, tmp_path: Path) -> None:
    accepted_visit(world, "N01", {"F02": "yes"})
    ask(world, tmp_path, [Asked("N01", "new_car_fuel", date(2026, 10, 2), 1, 3)])
    told: list[tuple[int, int]] = []
    with world.db.write() as session:
        rebuild(session, progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1, 4), (4, 4)]
