"""The sketch of a visit's places: metres from the dealer, without a map from the network."""

from __future__ import annotations

from typing import Any

import pytest

from field_app.review.places import LEAST_M, reach, spots
from field_app.visits.scale import scale_step
from shared_models.visits.places import distance_km

DEALER = (39.9, 116.4)


def place(north: float = 0.0, east: float = 0.0, accuracy: float = 10.0) -> dict[str, Any]:
    """A position so many degrees from the dealer."""
    return {"latitude": DEALER[0] + north, "longitude": DEALER[1] + east, "accuracy_m": accuracy}


def photo(where: dict[str, Any] | None) -> dict[str, Any]:
    return {"kind": "photo", "place": where}


def test_points_lie_where_their_distance_says() -> None:
    start, end = place(north=0.01), place(east=-0.02)
    found = spots({"start_place": start, "end_place": end}, DEALER, [])
    assert [one.kind for one in found] == ["start", "end"]
    for one, where in zip(found, (start, end), strict=True):
        exact = (distance_km(where, *DEALER) or 0) * 1000
        assert one.distance == pytest.approx(exact, rel=0.001)
    assert (found[0].north > 0, found[1].east < 0) == (True, True)
    assert [one.far for one in found] == [True, True]


def test_photos_of_one_spot_are_one_point_and_those_without_place_none() -> None:
    photos = [photo(place()), photo(place(north=0.00001)), photo(place(north=0.001)), photo(None)]
    found = spots({"start_place": None, "end_place": None}, DEALER, photos)
    assert sorted(one.count for one in found) == [1, 2]
    assert not any(one.far for one in found)


def test_an_inaccurate_position_is_not_far() -> None:
    (one,) = spots({"start_place": place(north=0.005, accuracy=400.0), "end_place": None}, DEALER, [])
    assert (round(one.distance), one.far) == (556, False)


def test_the_sketch_reaches_to_the_farthest_point_and_its_scale_fits_in() -> None:
    near = spots({"start_place": place(), "end_place": None}, DEALER, [])
    assert reach(near) == LEAST_M
    away = spots({"start_place": place(north=0.02), "end_place": None}, DEALER, [])
    assert reach(away) > away[0].distance
    assert scale_step(reach(near)) == 200
    assert scale_step(reach(away)) <= reach(away) * 2 / 3


def test_without_the_dealers_place_nothing_is_drawn() -> None:
    assert spots({"start_place": place(), "end_place": None}, (None, None), []) == []
