"""Flet's comparison of two drawings, made as fast as a tablet needs it (flet 1.0.5).

Before anything is sent, Flet walks all controls that are new or gone, asks each for every one of its fifty
or so fields, whatever they hold, and passes each finding up through one generator per level. Opening a
section of a checklist spent three quarters of its time there. Here the same walk looks only at fields that
hold something (a control keeps what differs from the default) and remembers by class which fields there are;
the result is the same, see tests/unit/ui/test_drawing.py. What is sent is encoded by the same knowledge:
drawn controls never change, so no copies of their lists need be kept for a later comparison.
"""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import dataclasses
import sys
import weakref
from collections.abc import Callable
from typing import Any

from flet.controls import object_patch, value_types
from flet.controls.object_patch import DiffBuilder, ObjectPatchException
from flet.controls.value_types import Prop, Value
from flet.messaging import protocol

SLOW = {
    "_configure_dataclass": DiffBuilder._configure_dataclass,
    "_removed_controls": DiffBuilder._removed_controls,
}
"""What Flet does by itself; the tests compare with it."""
SLOW_SET = Prop.__set__
SLOW_ENCODER = protocol.configure_encode_object_for_msgpack
_SENDERS = (
    "flet.messaging.pyodide_connection",
    "flet.messaging.flet_socket_server",
    "flet.messaging.flet_dart_bridge_server",
    "flet_web.fastapi.flet_app",
)
"""Modules that may have taken the encoder by name before it was replaced."""

_PLAIN, _DATA, _DICT, _LIST = range(4)
_kinds: dict[type, int] = {}
_fields: dict[type, tuple[tuple[str, ...], bool]] = {}
_UNSET = object()


def quicken() -> None:
    """Put the fast walk in the place of Flet's own, for all pages of this process."""
    DiffBuilder._configure_dataclass = _configured  # pyright: ignore[reportAttributeAccessIssue]
    DiffBuilder._removed_controls = _removed  # pyright: ignore[reportAttributeAccessIssue]
    Prop.__set__ = _set
    # its messages are formatted even while nobody reads them
    object_patch.logger.debug = _silent  # pyright: ignore[reportAttributeAccessIssue]
    protocol.configure_encode_object_for_msgpack = encoder
    for name in _SENDERS:
        if name in sys.modules:
            sys.modules[name].configure_encode_object_for_msgpack = encoder  # pyright: ignore[reportAttributeAccessIssue]


def _silent(*_: Any) -> None:
    pass


def _kind(cls: type) -> int:
    if dataclasses.is_dataclass(cls):
        kind = _DATA
    elif issubclass(cls, dict):
        kind = _DICT
    else:
        kind = _LIST if issubclass(cls, list) else _PLAIN
    _kinds[cls] = kind
    return kind


def _looked_at(cls: type) -> tuple[tuple[str, ...], bool]:
    """Fields to look at in any case, and whether the others stand in ``_values`` if they hold something."""
    names = [f.name for f in dataclasses.fields(cls) if not f.metadata.get("skip", False)]
    defaults: dict[str, Any] | None = getattr(cls, "_prop_defaults", None)
    if defaults is not None:
        names = [n for n in names if n not in defaults or _kind(type(defaults[n])) != _PLAIN]
    found = _fields[cls] = (tuple(names), defaults is not None)
    return found


def _contents(item: Any) -> list[Any]:
    """The values of all fields of a dataclass that can hold a control or another dataclass."""
    cls = item.__class__
    names, sparse = _fields.get(cls) or _looked_at(cls)
    values = [getattr(item, name) for name in names]
    if sparse:
        values += item._values.values()
    return values


def _configured(
    self: DiffBuilder, item: Any, parent: Any, frozen: bool, configure_setattr_only: bool = False
) -> list[Any]:
    found: list[Any] = []
    _configure(self.control_cls, item, parent, frozen, configure_setattr_only, found)
    return found


def _configure(control: Any, item: Any, parent: Any, frozen: bool, only: bool, found: list[Any]) -> None:
    cls = item.__class__
    kind = _kinds.get(cls)
    if kind is None:
        kind = _kind(cls)
    if kind == _PLAIN:
        return
    if kind in (_LIST, _DICT):
        for one in item if kind == _LIST else item.values():
            _configure(control, one, parent, frozen, only, found)
        return
    if parent is None:
        ref = getattr(item, "_parent", None)
        parent = ref() if ref else None
    if parent is not None:
        if parent is item:
            raise ObjectPatchException(f"Parent is the same as item: {item}")
        item._parent = weakref.ref(parent)
    known = getattr(item, "_frozen", _UNSET)
    if known is not _UNSET:
        frozen = bool(known)
    elif frozen:
        item._frozen = frozen
    if getattr(cls, "__flet_control_cls__", None) is None:
        cls.__flet_control_cls__ = control
    is_control = bool(control) and isinstance(item, control)
    if is_control:
        if not only:
            item.build()
            item._before_update_safe()
            object.__setattr__(item, "_initialized", True)
        found.append(item)
    if not only:
        below = item if is_control else parent
        for value in _contents(item):
            if _kinds.get(value.__class__) != _PLAIN:
                _configure(control, value, below, frozen, False, found)
    if not frozen:
        _track(item, cls)


def _track(item: Any, cls: Any) -> None:
    """Changes made by hand from now on are noticed."""
    dirty = getattr(item, "_dirty", None)
    if dirty is not None:
        dirty.clear()
        return
    if cls.__setattr__ is not object_patch._control_setattr:
        cls.__setattr__ = object_patch._control_setattr
    object.__setattr__(item, "__changes", {})


def _removed(self: DiffBuilder, item: Any, recurse: bool) -> list[Any]:
    found: list[Any] = []
    _gather(self.control_cls, item, recurse, found)
    return found


def _gather(control: Any, item: Any, recurse: bool, found: list[Any]) -> None:
    cls = item.__class__
    kind = _kinds.get(cls)
    if kind is None:
        kind = _kind(cls)
    if kind == _PLAIN:
        return
    if kind in (_LIST, _DICT):
        for one in item if kind == _LIST else item.values():
            _gather(control, one, recurse, found)
        return
    if not control or not isinstance(item, control):
        return
    if hasattr(item, "__prev_lists"):
        values: list[Any] = []
        for snapshot in ("__prev_lists", "__prev_dicts", "__prev_classes"):
            values += getattr(item, snapshot, {}).values()
    else:
        values = _contents(item) if recurse else []
    for value in values:
        if _kinds.get(value.__class__) != _PLAIN:
            _gather(control, value, recurse, found)
    found.append(item)


def _set(self: Prop, obj: Any, value: Any) -> None:
    """As Flet's; nearly all calls put the default into a new control, which this tells at once."""
    if value is self.default and self.name not in obj._values:
        return
    SLOW_SET(self, obj, value)


_Plan = tuple[frozenset[str], dict[str, Any], dict[str, Any], tuple[tuple[str, Any], ...]]
_plans: dict[tuple[type, type], _Plan | None] = {}


def encoder(control_cls: type) -> Callable[[Any], Any]:
    """What Flet's encoder makes of an object, by a plan for each class; what it does not know is Flet's."""
    slow = SLOW_ENCODER(control_cls)

    def encode(item: Any) -> Any:
        cls = item.__class__
        try:
            plan = _plans[cls, control_cls]
        except KeyError:
            plan = _plans[cls, control_cls] = _plan(cls, control_cls)
        if plan is None or not hasattr(item, "_frozen"):
            return slow(item)
        events, roots, overrides, structural = plan
        found: dict[str, Any] = {}
        for name, value in item._values.items():
            if value is None or (name in roots and value == roots[name]):
                continue
            handler = name in events and (_kinds.get(value.__class__) or _kind(value.__class__)) == _PLAIN
            found[name] = True if handler else value
        for name, value in overrides.items():
            if name not in found and value is not None:
                found[name] = value
        for name, default in structural:
            value = getattr(item, name)
            kind = _kinds.get(value.__class__)
            if kind is None:
                kind = _kind(value.__class__)
            if value if kind in (_LIST, _DICT) else kind == _DATA or (value is not None and value != default):
                found[name] = value
        return found

    return encode


def _plan(cls: Any, control_cls: type) -> _Plan | None:
    """Handlers, defaults of the client, defaults that differ from these, other fields with their default."""
    known: frozenset[str] | None = getattr(cls, "_structural_fields", None)
    kinds: tuple[Any, ...] = (control_cls, Value)
    if known is None or not issubclass(cls, kinds):
        return None
    structural: list[tuple[str, Any]] = []
    for name in known:
        root = protocol._get_root_dataclass_field(cls, name)
        structural.append((name, _UNSET if root is None else root.default))
    roots = {name: value for name, value in cls._root_defaults.items() if value is not value_types._UNSET}
    return cls._event_fields, roots, cls._override_props, tuple(structural)
