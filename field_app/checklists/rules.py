"""A show-when rule while it is built: groups within groups, each all or any of its parts, or the opposite.

A part is a comparison (plain data, as it stands in the document) or a group. Parts are named by their path
from the top, so that a screen can point at one. Every change gives a new rule. No Flet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Comparison = dict[str, Any]
Path = tuple[int, ...]
DEEPEST = 4
"""Groups within groups that can be built; deeper ones, from a workbook, are still shown and changed."""


@dataclass(frozen=True)
class Group:
    """Some parts, of which all or any must hold; ``negate``: the opposite of that."""

    join: str = "all"
    negate: bool = False
    parts: tuple[Comparison | Group, ...] = ()


def group_of(rule: Comparison | None) -> Group:
    """A rule of the document as the group at its top; always shown is a group without parts."""
    if not rule:
        return Group()
    if rule.get("not"):
        inner = group_of(rule["not"])
        return Group(negate=True, parts=(inner,)) if inner.negate else replace(inner, negate=True)
    for name in ("all", "any"):
        if rule.get(name) is not None:
            return Group(name, parts=tuple(_part(one) for one in rule[name]))
    return Group(parts=(rule,))


def _part(rule: Comparison) -> Comparison | Group:
    return rule if rule.get("question") else group_of(rule)


def rule_of(group: Group) -> Comparison | None:
    """The group as a rule of the document, as short as it can be said; None: always shown."""
    parts = [one for one in (_said(part) for part in group.parts) if one is not None]
    if not parts:
        return None
    inner = parts[0] if len(parts) == 1 else {group.join: parts}
    return {"not": inner} if group.negate else inner


def _said(part: Comparison | Group) -> Comparison | None:
    """A part within a group: a group stays one even with a single part, since somebody is building it."""
    if not isinstance(part, Group):
        return part
    if part.negate:
        return rule_of(part)
    parts = [one for one in (_said(inner) for inner in part.parts) if one is not None]
    return {part.join: parts} if parts else None


def changed(group: Group, path: Path, change: Callable[[Any], Any]) -> Group:
    """The rule with the part at a path changed; None takes it out, and groups that become empty with it."""
    if not path:
        return change(group)
    at, rest = path[0], path[1:]
    part = group.parts[at]
    made = changed(part, rest, change) if rest and isinstance(part, Group) else change(part)
    gone = made is None or (isinstance(made, Group) and not made.parts)
    return replace(group, parts=group.parts[:at] + (() if gone else (made,)) + group.parts[at + 1 :])


def added(group: Group, path: Path, part: Comparison | Group) -> Group:
    """The rule with one more part in the group at a path."""
    return changed(group, path, lambda one: replace(one, parts=(*one.parts, part)))


def joined(group: Group, path: Path, join: str) -> Group:
    """The rule with all or any chosen for the group at a path."""
    return changed(group, path, lambda one: replace(one, join=join))


def opposite(group: Group, path: Path) -> Group:
    """The rule with the group at a path turned round."""
    return changed(group, path, lambda one: replace(one, negate=not one.negate))
