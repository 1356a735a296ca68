"""The codec, the digest, ids and clocks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_models.clock import MAX_DRIFT_MS, HybridClock, Stamp, from_text, to_text
from shared_models.columns import sql_table
from shared_models.ids import are_ids, derived_id, is_id, new_id
from shared_models.problems import Code, Problem
from shared_models.sync import ENTITIES, aggregate_digest, decode_fields, encode_row


def test_a_row_survives_the_wire() -> None:
    row: dict[str, Any] = dict.fromkeys(column.name for column in sql_table(ENTITIES["visit"].table).columns)
    row |= {
        "dealer_id": "d",
        "visit_date": date(2026, 11, 3),
        "started_at": datetime(2026, 11, 3, 6, 5, 7, 123000, tzinfo=UTC),
        "score": Decimal("87.25"),
        "manifest": {"rows": [["answer", "x", "y"]]},
        "evidence_complete": True,
    }
    plain = json.loads(json.dumps(encode_row("visit", row)))
    assert plain["started_at"] == "2026-11-03T06:05:07.123Z"
    given_fields = {key: value for key, value in plain.items() if value is not None}
    assert decode_fields("visit", given_fields) == {key: row[key] for key in given_fields}


@pytest.mark.parametrize(
    ("entity", "field", "value"),
    [
        ("visit", "score", "NaN"),
        ("visit", "score", 1.5),
        ("visit", "visit_date", "2026-13-01"),
        ("visit", "started_at", "2026-11-03T06:05:07"),
        ("visit", "dealer_id", None),
        ("visit", "status", "x" * 13),
        ("visit", "note", "nul \x00 byte"),
        ("attachment", "size", True),
        ("attachment", "size", 2**40),
        ("attachment", "removed", 1),
    ],
)
def test_a_field_that_does_not_fit_is_refused_by_name(entity: str, field: str, value: Any) -> None:
    with pytest.raises(Problem) as refused:
        decode_fields(entity, {field: value})
    assert refused.value.code is Code.INVALID_FIELD
    assert [place.at for place in refused.value.places] == [f"{entity}.{field}"]


def test_fields_of_a_newer_client_are_left_out_not_refused() -> None:
    assert decode_fields("visit", {"note": "n", "from_the_future": 1}) == {"note": "n"}


@given(
    st.lists(
        st.tuples(st.sampled_from(["visit", "answer"]), st.uuids().map(str), st.integers(1, 9)), unique=True
    )
)
def test_a_digest_does_not_depend_on_the_order_of_rows(rows: list[tuple[str, str, int]]) -> None:
    assert aggregate_digest("a", rows) == aggregate_digest("a", list(reversed(rows)))
    if rows:
        entity, row_id, version = rows[0]
        assert aggregate_digest("a", [(entity, row_id, version + 1), *rows[1:]]) != aggregate_digest(
            "a", rows
        )


def test_every_entity_stands_after_its_parents() -> None:
    seen: set[str] = set()
    for spec in ENTITIES.values():
        assert {parent for _, parent in spec.parents} <= seen
        assert {c for c, _ in spec.parents} <= {c.name for c in sql_table(spec.table).columns}
        seen.add(spec.name)


def test_ids_are_uuid_version_7_and_carry_their_time() -> None:
    made = new_id(milliseconds=lambda: 0x0123456789AB, randomness=lambda bits: (1 << bits) - 1)
    assert made == "01234567-89ab-7fff-bfff-ffffffffffff"
    assert is_id(made)
    assert not is_id(made.upper())
    assert not is_id("x")


def test_many_ids_are_looked_at_in_one_go() -> None:
    one, two = new_id(), new_id()
    assert are_ids([one, two])
    assert are_ids([])
    assert not are_ids([one, two.upper()])
    assert not are_ids([f"{one}\n{two}"])
    assert not are_ids([one, ""])


def test_a_derived_id_lies_beside_the_id_it_is_derived_from() -> None:
    visit, other = new_id(), new_id(milliseconds=lambda: 1)
    made = {derived_id("answer", visit, code, "0") for code in "abc"}
    assert len(made) == 3
    assert all(is_id(one) and one[:13] == visit[:13] for one in made)
    assert derived_id("answer", visit, "a", "0") in made
    assert derived_id("answer", other, "a", "0")[:13] == other[:13]


def test_instants_have_one_form() -> None:
    assert to_text(from_text("2026-11-03T14:05:07.1+08:00")) == "2026-11-03T06:05:07.100Z"
    with pytest.raises(ValueError, match="offset"):
        from_text("2026-11-03T14:05:07")


class _Wall:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def test_stamps_rise_when_the_wall_clock_steps_back() -> None:
    wall = _Wall()
    clock = HybridClock("a", wall)
    first = clock.tick()
    wall.at -= timedelta(days=365)
    second = clock.tick()
    assert str(first) < str(second)
    assert Stamp.parse(str(second)) == second


def test_a_stamp_from_far_ahead_is_clamped_and_flagged() -> None:
    wall = _Wall()
    clock = HybridClock("a", wall)
    now_ms = int(wall.at.timestamp() * 1000)
    assert clock.observe(Stamp(now_ms + 1000, 3, "b"))
    assert clock.last == Stamp(now_ms + 1000, 4, "a")
    assert not clock.observe(Stamp(now_ms + 10 * MAX_DRIFT_MS, 0, "b"))
    assert clock.last.milliseconds == now_ms + MAX_DRIFT_MS
