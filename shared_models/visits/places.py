"""Places: how far apart two of them lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

EARTH_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""


def distance_km(
    here: Mapping[str, Any] | None, latitude: float | None, longitude: float | None
) -> float | None:
    """Great-circle distance (haversine, spherical earth) in kilometres; ``here`` has latitude and longitude
    in degrees. None where either place is not known."""
    if here is None or latitude is None or longitude is None:
        return None
    a, b = math.radians(here["latitude"]), math.radians(latitude)
    half = math.radians(longitude - here["longitude"]) / 2
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(half) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(h)))
