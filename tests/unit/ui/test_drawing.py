"""The fast walk over controls finds what Flet's own finds, and a control keeps what it is given."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import Any, cast

import flet as ft
import msgpack
import pytest
from flet.controls.base_control import BaseControl
from flet.controls.object_patch import ObjectPatch
from flet.controls.value_types import Prop
from flet.messaging.protocol import configure_encode_object_for_msgpack

from field_app.shell import drawing

ENCODE = configure_encode_object_for_msgpack(BaseControl)


def _screen(words: str, *, more: bool) -> ft.Control:
    """Lists, single children, styles holding styles, keys, handlers: what our screens are made of."""
    rows: list[ft.Control] = [
        ft.Semantics(
            content=ft.OutlinedButton(
                content=ft.Row([ft.Icon(ft.Icons.CHECK, size=20), ft.Text(f"{words} {at}")]),
                on_click=lambda: None,
                style=ft.ButtonStyle(padding=ft.Padding.all(at), side=ft.BorderSide(1, "red")),
            ),
            identifier=f"row-{at}",
            key=ft.ScrollKey(f"row-{at}") if at % 2 else f"row-{at}",
        )
        for at in range(4 if more else 3)
    ]
    if more:
        rows.insert(1, ft.TextField(value=words, prefix=ft.Text("¥"), error="!"))
    return ft.Container(ft.Column(rows, scroll=ft.ScrollMode.AUTO), padding=4, bgcolor="white")


def _run(frozen: bool) -> tuple[Any, ...]:
    """Draw a screen, then another in its place; what was sent, what came and what went."""
    root = ft.Column([ft.Text("root")])
    ObjectPatch.from_diff(None, root, control_cls=BaseControl)
    before, after = _screen("a", more=False), _screen("b", more=True)
    base = before._i
    found: list[Any] = []
    previous: Any = None
    for new in (before, after, ft.Text("nothing left")):
        patch, added, removed = ObjectPatch.from_diff(
            {"_b": previous}, {"_b": new}, control_cls=BaseControl, parent=root, path=[], frozen=frozen
        )
        sent = msgpack.unpackb(msgpack.packb(patch.to_message(), default=ENCODE), strict_map_key=False)
        names = [sorted((type(one).__name__, one._i - base) for one in some) for some in (added, removed)]
        parents = sorted((one._i - base, one.parent._i - base if one.parent else None) for one in added)
        found.append((_relative(sent, base), names, parents))
        previous = new
    return tuple(found)


def _relative(value: Any, base: int) -> Any:
    if isinstance(value, dict):
        return {k: v - base if k == "_i" else _relative(v, base) for k, v in value.items()}
    return [_relative(one, base) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("frozen", [True, False])
def test_a_drawing_compared_fast_is_the_one_flet_compares(
    frozen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing.quicken()
    fast = _run(frozen)
    for name, slow in drawing.SLOW.items():
        monkeypatch.setattr(drawing.DiffBuilder, name, slow)
    monkeypatch.setattr(Prop, "__set__", drawing.SLOW_SET)
    assert fast == _run(frozen)
    assert len(fast[0][1][0]) > 15  # the screen was really walked


def test_a_drawing_is_encoded_as_flet_encodes_it() -> None:
    drawing.quicken()
    kept = _screen("a", more=True)
    root = ft.Column([ft.Text("root")])
    for frozen in (True, False):
        patch, _, _ = ObjectPatch.from_diff(
            {"_b": None}, {"_b": kept}, control_cls=BaseControl, parent=root, path=[], frozen=frozen
        )
        fast, slow = (
            msgpack.packb(patch.to_message(), default=encode(BaseControl))
            for encode in (drawing.encoder, drawing.SLOW_ENCODER)
        )
        assert fast == slow
        assert b"row-2" in cast(bytes, fast)  # the whole screen was there
        kept = _screen("b", more=False)


def test_a_control_keeps_only_what_differs_from_the_default() -> None:
    drawing.quicken()
    text = ft.Text("a", size=None, max_lines=2)
    assert text._values == {"value": "a", "max_lines": 2}
    text.max_lines = None
    assert text.max_lines is None
    assert "max_lines" not in text._values
    assert "max_lines" in text._dirty
