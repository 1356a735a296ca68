"""Dealers on a plane: where each lies in the picture, and which ones share a mark. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared_models.reports import DealerScore, Overall

State = Literal["below", "reached", "open", "unknown"]
STATES: tuple[State, ...] = ("below", "open", "reached", "unknown")
"""The worst first: the whole interval below the target; the target within it; above it; too few answers."""


@dataclass(frozen=True)
class Mark:
    """One or several dealers near each other, at a place from (0, 0) top left to (1, 1) bottom right."""

    x: float
    y: float
    dealers: tuple[DealerScore, ...]
    state: State
    """That of the worst of them."""


def state_of(total: Overall, target: float) -> State:
    """Where an overall rate stands to the target (percent)."""
    if total.small or total.low is None or total.high is None:
        return "unknown"
    if total.high < target:
        return "below"
    return "reached" if total.low >= target else "open"


def marks_of(
    dealers: Sequence[DealerScore], target: float, width: float, height: float, size: float
) -> list[Mark]:
    """Marks in a picture of ``width`` × ``height``; those closer than ``size`` are drawn as one.

    Equirectangular with the scale of the middle latitude, so that distances look as they are. Dealers without
    coordinates are left out.
    """
    known = [
        (one, one.dealer.longitude, one.dealer.latitude)
        for one in dealers
        if one.dealer.longitude is not None and one.dealer.latitude is not None
    ]
    placed = [(one, float(east or 0), float(north or 0)) for one, east, north in known]
    if not placed:
        return []
    norths = [north for _, _, north in placed]
    squeeze = math.cos(math.radians((min(norths) + max(norths)) / 2))
    xs, ys = [east * squeeze for _, east, _ in placed], [-north for north in norths]
    room = size * 0.75
    scale = max(
        (max(xs) - min(xs)) / max(width - 2 * room, 1.0),
        (max(ys) - min(ys)) / max(height - 2 * room, 1.0),
        1e-4,
    )
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    groups: list[tuple[float, float, list[DealerScore]]] = []
    for (one, _, _), x, y in zip(placed, xs, ys, strict=True):
        at = (x - middle[0]) / scale + width / 2, (y - middle[1]) / scale + height / 2
        near = next((g for g in groups if math.dist(g[:2], at) < size), None)
        if near is None:
            groups.append((*at, [one]))
        else:
            near[2].append(one)
    marks: list[Mark] = []
    for x, y, inside in groups:
        states: list[State] = [state_of(one.overall, target) for one in inside]
        worst = min(states, key=STATES.index)
        marks.append(Mark(x / width, y / height, tuple(inside), worst))
    return marks
