"""Importance against performance: points of the chart and the quadrant each of them lies in. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from shared_models.checklists.stages import Stage
from shared_models.reports import RegionSummary

QUADRANTS = ("improve", "keep", "later", "enough")
"""Important and below target; important and reached; less important and below; less important and reached."""


@dataclass(frozen=True)
class Point:
    """An item, or a whole stage of the buying journey."""

    key: str
    """The item's id, or the stage's name."""
    names: tuple[str, str]
    """Chinese, English; empty for a stage, which the catalogue names."""
    share: float
    """Percent of all importance."""
    rate: float
    """Percent."""
    target: float


@dataclass(frozen=True)
class Field:
    """The points with the lines that part the quadrants."""

    points: tuple[Point, ...]
    """The most urgent quadrant first, in it the most important first."""
    share_line: float
    """Mean importance of the stages, or of all items of the buying journey: that of a stage with a single
    item would say nothing."""
    target_line: float
    """Mean target of the points shown."""

    def quadrant(self, point: Point) -> str:
        """One of QUADRANTS; a point is held against its own target."""
        important = point.share >= self.share_line
        if point.rate < point.target:
            return "improve" if important else "later"
        return "keep" if important else "enough"


def points_of(summary: RegionSummary, stage: str) -> Field:
    """Items of a stage, or ("") the stages themselves: their importance added up, their answers pooled.

    What nobody has answered enough is left out.
    """
    shares = {one.item_id: one.share for one in summary.importance}
    found: list[Point] = []
    groups: dict[Stage, list[tuple[float, float, float, float]]] = defaultdict(list)
    for one in summary.sources:
        cell, share = one.merged, shares.get(one.item.id)
        if cell is None or cell.rate is None or cell.small or share is None:
            continue
        if stage and one.item.stage.value == stage:
            names = (one.item.short, one.item.short_en or one.item.short)
            found.append(Point(one.item.id, names, share, cell.rate, one.item.target))
        groups[one.item.stage].append((share, cell.executed, cell.applicable, one.item.target))
    if not stage:
        for name, parts in groups.items():
            done, asked = sum(part[1] for part in parts), sum(part[2] for part in parts)
            target = sum(part[3] * part[2] for part in parts) / asked
            point = Point(name.value, ("", ""), sum(part[0] for part in parts), 100 * done / asked, target)
            found.append(point)
        return _parted(found, [one.share for one in found])
    return _parted(found, [part[0] for parts in groups.values() for part in parts])


def _parted(found: Sequence[Point], shares: Sequence[float]) -> Field:
    if not found:
        return Field((), 0.0, 0.0)
    plain = Field(tuple(found), fmean(shares), fmean(one.target for one in found))
    ordered = sorted(found, key=lambda one: (QUADRANTS.index(plain.quadrant(one)), -one.share, one.key))
    return Field(tuple(ordered), plain.share_line, plain.target_line)
