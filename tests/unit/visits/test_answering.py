"""Answers read in one go: only what is plainly one, and then as the general way makes it."""

from __future__ import annotations

from typing import Any

import pytest

from shared_models.ids import new_id
from shared_models.sync.wire import Op, OpKind
from sync_server.sync.apply import new_row
from sync_server.visits.answering import answers_of

_VISIT = new_id()
_PLAIN = {"q1": frozenset({"yes", "no"})}


def _op(**fields: Any) -> Op:
    given = {"visit_id": _VISIT, "question": "q1", "repeat": 0, "state": "answered", "value": "yes"}
    given |= {"comment": "好", "answered_at": "2026-11-03T14:05:04.123+08:00", **fields}
    return Op.model_construct(row_id=new_id(), kind=OpKind.CREATE, entity="answer", fields=given)


def _rows(*ops: Op) -> list[dict[str, Any]] | None:
    return answers_of(_VISIT, ops, _PLAIN, lambda row: row)


def test_rows_are_those_of_the_general_way() -> None:
    ops = [_op(), _op(value="no", answered_at=None)]
    assert _rows(*ops) == [{**new_row("answer", op), "version": 1} for op in ops]


@pytest.mark.parametrize(
    "wrong",
    [
        {"visit_id": new_id()},
        {"question": "another"},
        {"comment": "nul \x00"},
        {"comment": None},
        {"repeat": True},
        {"repeat": 2**31},
        {"answered_at": "2026-11-03T10:00:00"},
        {"answered_at": "yesterday"},
        {"version": 9},
    ],
)
def test_one_that_is_not_plainly_an_answer_leaves_all_to_the_general_way(wrong: dict[str, Any]) -> None:
    assert _rows(_op(), _op(**wrong)) is None
