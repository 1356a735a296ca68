"""The route of a test drive: fixes of the device, thinned, as a GeoJSON file (RFC 7946), and its length."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, cast

from shared_models.clock import from_text, to_text
from shared_models.visits.places import EARTH_KM, distance_km

ROUTE_KIND = "route"
"""Kind of the attachment that holds it."""
ROUTE_MIME = "application/geo+json"
LEAST_M = 10.0
"""A fix nearer to the one before says nothing new: so far a device at rest wanders about."""
WORST_M = 60.0
"""A fix that is less exact than this many metres is not taken."""
FASTEST_KMH = 250.0
"""A fix that would need more than this speed is a mistake of the device."""
OFF_M = 8.0
"""Thinned, the route runs nowhere further than this from what was measured."""
MOST = 500
"""A thinned route has at most so many points; where it would have more, it is thinned harder."""
LARGEST = 200_000
"""Bytes of a file that is read; a route of MOST points has a fifth of it."""
_METRES = math.radians(1) * EARTH_KM * 1000
"""Metres of one degree along a meridian."""


@dataclass(frozen=True)
class Fix:
    """Where the device was at an instant; degrees."""

    at: datetime
    latitude: float
    longitude: float


def adds(before: Fix | None, fix: Fix, accuracy_m: float) -> bool:
    """Whether a fix adds to the route after ``before``: exact enough, far enough, not faster than a car."""
    if accuracy_m > WORST_M:
        return False
    if before is None:
        return True
    seconds = (fix.at - before.at).total_seconds()
    metres = _apart(before, fix)
    return seconds > 0 and metres >= LEAST_M and metres / seconds * 3.6 <= FASTEST_KMH


def kilometres(route: Sequence[Fix]) -> float:
    """The length of the line through the fixes."""
    return sum(_apart(a, b) for a, b in pairwise(route)) / 1000


def on_plane(route: Sequence[Fix]) -> list[tuple[float, float]]:
    """Metres east and north of the first fix, as flat as a sketch may take a drive to be."""
    if not route:
        return []
    first = route[0]
    narrow = math.cos(math.radians(first.latitude))
    return [
        ((one.longitude - first.longitude) * _METRES * narrow, (one.latitude - first.latitude) * _METRES)
        for one in route
    ]


def thinned(route: Sequence[Fix], off_m: float = OFF_M, most: int = MOST) -> tuple[Fix, ...]:
    """Fewer fixes with the same course: Ramer-Douglas-Peucker (Douglas & Peucker 1973) on the plane.

    No fix that is left out lies further than ``off_m`` metres from the line that is kept; with more than
    ``most`` points left it is done again with twice that distance.
    """
    points = on_plane(route)
    while True:
        kept = _course(points, off_m)
        if len(kept) <= max(2, most):
            return tuple(route[at] for at in kept)
        off_m *= 2


def _course(points: Sequence[tuple[float, float]], off_m: float) -> list[int]:
    """The places of the points that Douglas and Peucker keep; without recursion, for a drive can be long."""
    kept, open_parts = {0, len(points) - 1} if points else set[int](), [(0, len(points) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        furthest, off = _furthest(points, first, last)
        if off > off_m:
            kept.add(furthest)
            open_parts += [(first, furthest), (furthest, last)]
    return sorted(kept)


def _furthest(points: Sequence[tuple[float, float]], first: int, last: int) -> tuple[int, float]:
    """The point between two others that lies furthest from the piece of line between them, and how many
    metres; (first, 0) where there is none."""
    found, most = first, 0.0
    if last - first < 2:
        return found, most
    (ax, ay), (bx, by) = points[first], points[last]
    dx, dy = bx - ax, by - ay
    long = dx * dx + dy * dy
    for at in range(first + 1, last):
        x, y = points[at][0] - ax, points[at][1] - ay
        share = min(1.0, max(0.0, (x * dx + y * dy) / long)) if long else 0.0
        x, y = x - share * dx, y - share * dy
        if (off := x * x + y * y) > most:
            found, most = at, off
    return found, math.sqrt(most)


def _apart(a: Fix, b: Fix) -> float:
    found = distance_km({"latitude": a.latitude, "longitude": a.longitude}, b.latitude, b.longitude)
    return (found or 0.0) * 1000


def to_geojson(route: Sequence[Fix]) -> bytes:
    """The file: one Feature, a LineString with the instant of each point in ``times``."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[one.longitude, one.latitude] for one in route]},
        "properties": {"times": [to_text(one.at) for one in route]},
    }
    return json.dumps(feature, separators=(",", ":")).encode()


def from_geojson(data: bytes) -> tuple[Fix, ...]:
    """The fixes of such a file; none where it is not one (it comes from a device and may hold anything)."""
    if len(data) > LARGEST:
        return ()
    try:
        plain: Any = json.loads(data)
        places: list[Any] = plain["geometry"]["coordinates"]
        times: list[Any] = plain["properties"]["times"]
        found = tuple(
            Fix(from_text(cast(str, at)), float(place[1]), float(place[0]))
            for at, place in zip(times, places, strict=True)
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return ()
    inside = all(abs(one.latitude) <= 90 and abs(one.longitude) <= 180 for one in found)
    return found if inside else ()
