"""Older op schemas lifted to the present one. Every build that ever pushed may still push."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared_models.sync.wire import OP_SCHEMA

Raw = dict[str, Any]

_STEPS: dict[int, Callable[[Raw], Raw]] = {}
"""By the schema they start from: what lifts an op to the next one. Schema 1 is the first."""


def upcast(raw: Raw) -> Raw:
    """The op in the present schema; one of a newer build is taken as it is."""
    version = raw.get("schema_version", OP_SCHEMA)
    while isinstance(version, int) and version < OP_SCHEMA and version in _STEPS:
        raw = {**_STEPS[version](raw), "schema_version": version + 1}
        version += 1
    return raw
