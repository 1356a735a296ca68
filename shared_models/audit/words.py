"""An entry of the audit trail in words: the same on the screen and in its files."""

from __future__ import annotations

import json
from typing import Any

from shared_models.messages import Words


def deed_text(t: Words, code: str) -> str:
    """A deed in words; the code itself for one that has none."""
    return _said(t, f"audit.action.{code}", code)


def field_text(t: Words, name: str) -> str:
    """A column in words; its name for one that has none."""
    return _said(t, f"admin.field.{name}", name)


def value_text(t: Words, code: str, name: str, value: Any) -> str:
    """A value of a deed's column: states in words, nothing as a dash, yes and no as marks."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if name == "status":
        return _said(t, _state_key(code.partition(".")[0], str(value)), str(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _state_key(entity: str, state: str) -> str:
    """Under which words the state of an entity stands; "" for one without."""
    match entity:
        case "plan":
            return f"plans.status.{state}"
        case "action":
            return f"plans.action.{state}"
        case "action_request":
            return f"desk.request.status.{state}"
        case "visit":
            return f"visits.status.{state}"
        case "appeal":
            return f"appeals.status.{state}"
        case "assignment":
            return f"visits.assignment.status.{state}"
        case _:
            return ""


def _said(t: Words, key: str, otherwise: str) -> str:
    return t(key) if t.has(key) else otherwise
