"""Drawing parts of screens without a page: what they say, and what can be used on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from types import SimpleNamespace
from typing import Any, cast

import flet as ft
from flet.components.component import Renderer

from field_app.shell.ui import Ui
from field_app.theme import Look, Width
from shared_models.messages import words


def make_ui(language: str = "en", width: Width = Width.DESK, app: Any = None) -> Ui:
    """A screen's surroundings without page or account."""
    return Ui(cast(ft.Page, None), words(language), Look(width), cast(Any, app or SimpleNamespace()))


@dataclass
class Drawn:
    """What a part of a screen consists of."""

    texts: list[str] = field(default_factory=list[str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """Spoken label by identifier."""
    disabled: dict[str, bool] = field(default_factory=dict[str, bool])
    """Whether what stands under an identifier can be used."""
    colors: dict[str, object] = field(default_factory=dict[str, object])
    """Colour by text."""
    values: dict[str, str] = field(default_factory=dict[str, str])
    """What stands in a text field, by identifier."""
    nameless: list[str] = field(default_factory=list[str])
    """Controls that can be tapped and have no identifier with a spoken label around them."""

    @property
    def said(self) -> str:
        """All texts together."""
        return "\n".join(self.texts)


def draw(part: Callable[[], ft.Control | list[ft.Control] | ft.View]) -> Drawn:
    """Draw a part and walk through it; components in it stay closed."""
    made = cast(Any, Renderer()).render(part)
    drawn = Drawn()
    for control in made if isinstance(made, list) else [made]:
        _walk(control, "", drawn)
    return drawn


def _walk(control: Any, around: str, drawn: Drawn) -> None:
    if isinstance(control, ft.Semantics) and control.identifier:
        around = control.identifier
        drawn.labels[around] = control.label or ""
    if isinstance(control, ft.Text) and control.value:
        drawn.texts.append(control.value)
        if control.style is not None and control.style.color is not None:
            drawn.colors[control.value] = control.style.color
    if isinstance(control, ft.TextField):
        drawn.values[around] = control.value or ""
    if getattr(control, "on_click", None) is not None or getattr(control, "action", None) is not None:
        if not drawn.labels.get(around):
            drawn.nameless.append(type(control).__name__)
        drawn.disabled[around] = bool(getattr(control, "disabled", False))
    for inner in _inside(control):
        _walk(inner, around, drawn)


def _inside(control: Any) -> Iterator[Any]:
    for one in fields(control):
        if one.name.startswith("_") or one.name in {"parent", "page", "data"}:
            continue
        value = getattr(control, one.name, None)
        for inner in value if isinstance(value, list | tuple) else [value]:
            if isinstance(inner, ft.Control):
                yield inner
