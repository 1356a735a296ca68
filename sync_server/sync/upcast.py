"""Older op schemas lifted to the present one. Every build that ever pushed may still push.

An op is stored as it came and lifted whenever it is read. What a step does not know it leaves as it is, so
fields of later builds (and of earlier ones that nobody reads any more) are kept.

- Schema 1: an answer carried one field ``answer``: ``{"state": ..., "value": ...}``, the bare value of an
  answered question, or null for one that was cleared.
- Schema 2: an answer carries ``state`` and ``value``; a transition's ``action`` stood beside the fields.
- Schema 3: ``action`` stands in the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from shared_models.sync.wire import OP_SCHEMA, OpKind

Raw = dict[str, Any]


def _split_answer(raw: Raw) -> Raw:
    """Schema 1 to 2: an answer's state and value are fields of their own."""
    fields = raw.get("fields")
    if raw.get("entity") != "answer" or not isinstance(fields, dict) or "answer" not in fields:
        return raw
    lifted = dict(cast(Raw, fields))
    given = lifted.pop("answer")
    if isinstance(given, dict):
        both = cast(Raw, given)
        state, value = both.get("state"), both.get("value")
    else:
        state, value = ("cleared" if given is None else "answered"), given
    return {**raw, "fields": {**lifted, "state": state, "value": value}}


def _action_into_fields(raw: Raw) -> Raw:
    """Schema 2 to 3: a transition's action is one of its fields."""
    fields = raw.get("fields", {})
    if raw.get("kind") != OpKind.TRANSITION.value or "action" not in raw or not isinstance(fields, dict):
        return raw
    rest = {name: value for name, value in raw.items() if name != "action"}
    return {**rest, "fields": {"action": raw["action"], **cast(Raw, fields)}}


_STEPS: dict[int, Callable[[Raw], Raw]] = {1: _split_answer, 2: _action_into_fields}
"""By the schema they start from: what lifts an op to the next one."""


def upcast(raw: Raw) -> Raw:
    """The op in the present schema; one of a newer build is taken as it is."""
    version = raw.get("schema_version", OP_SCHEMA)
    while isinstance(version, int) and version < OP_SCHEMA and version in _STEPS:
        raw = {**_STEPS[version](raw), "schema_version": version + 1}
        version += 1
    return raw
