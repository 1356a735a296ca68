"""Ops as builds of earlier op schemas wrote them (sync_server/sync/upcast.py lifts them)."""

from __future__ import annotations

from typing import Any

Raw = dict[str, Any]


def as_old_build(op: Raw, schema: int) -> Raw:
    """The op as a build of that schema would have sent it."""
    fields = dict(op["fields"])
    old = {**op, "schema_version": schema, "fields": fields}
    if op["kind"] == "transition":
        old["action"] = fields.pop("action")
    if schema == 1 and op["entity"] == "answer" and "state" in fields:
        old["fields"]["answer"] = {"state": fields.pop("state"), "value": fields.pop("value")}
    return old
