"""Where a visit was recorded, as metres from the dealer: what the sketch of its places draws. No Flet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared_models.visits.places import EARTH_KM
from shared_models.visits.quality import place_radius_m

Kind = Literal["start", "end", "photo"]
LEAST_M = 360.0
"""Half the width of the sketch is at least so many metres: the circle of right positions fits in."""


@dataclass(frozen=True)
class Spot:
    """A place: east and north of the dealer in metres, and how exact it is (metres)."""

    kind: Kind
    east: float
    north: float
    accuracy: float
    count: int = 1
    """Photos taken there."""

    @property
    def distance(self) -> float:
        """Metres from the dealer."""
        return math.hypot(self.east, self.north)

    @property
    def far(self) -> bool:
        """Whether it is too far away to be at the dealer (the rule of the signals)."""
        return self.distance > place_radius_m({"accuracy_m": self.accuracy})


def spots(
    visit: Mapping[str, Any],
    dealer: tuple[float | None, float | None],
    attachments: Sequence[Mapping[str, Any]],
) -> list[Spot]:
    """Start, end and photos of a visit; photos within 20 m of each other are one. Empty where the dealer's
    place is not known: there is nothing to compare with."""
    latitude, longitude = dealer
    if latitude is None or longitude is None:
        return []

    def spot(kind: Kind, place: Mapping[str, Any]) -> Spot:
        east = (place["longitude"] - longitude) * math.cos(math.radians(latitude))
        metres = math.radians(1) * EARTH_KM * 1000
        north = place["latitude"] - latitude
        return Spot(kind, east * metres, north * metres, float(place.get("accuracy_m") or 0))

    found = [spot("start", visit["start_place"])] if visit["start_place"] else []
    found += [spot("end", visit["end_place"])] if visit["end_place"] else []
    photos: dict[tuple[int, int], Spot] = {}
    for row in attachments:
        if row["kind"] == "photo" and row["place"]:
            one = spot("photo", row["place"])
            near = (round(one.east / 20), round(one.north / 20))
            known = photos.get(near)
            photos[near] = Spot(
                "photo", one.east, one.north, one.accuracy, 1 if known is None else known.count + 1
            )
    return found + list(photos.values())


def reach(found: Sequence[Spot]) -> float:
    """Half the width of a sketch that shows the dealer and all of them, in metres."""
    return max([LEAST_M, *(max(abs(one.east), abs(one.north)) * 1.2 for one in found)])
