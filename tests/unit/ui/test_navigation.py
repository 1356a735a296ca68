"""Everybody finds the places of their roles, and every place leads to a screen."""

from __future__ import annotations

import pytest

from field_app.shell.navigation import DESTINATIONS, Destination, Place, destinations, load
from shared_models.messages import LANGUAGES, words
from shared_models.people import Role


def _screens(place: Destination | Place) -> list[str]:
    return [place.screen, *(screen for child in place.children for screen in _screens(child))]


@pytest.mark.parametrize("screen", sorted({s for one in DESTINATIONS for s in _screens(one)}))
def test_every_place_names_a_component_that_exists(screen: str) -> None:
    assert getattr(load(screen), "__is_component__", False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [one.key for one in DESTINATIONS] + ["more"])
def test_every_place_has_a_name_in_every_language(key: str, language: str) -> None:
    assert words(language).has(f"shell.nav.{key}")


def test_a_shopper_finds_todays_visits_first() -> None:
    assert destinations([Role.SHOPPER])[0].key == "today"


def test_a_manager_is_not_offered_the_visitors_day() -> None:
    assert "today" not in {one.key for one in destinations([Role.MANAGER])}


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reaches_sync_and_settings(role: Role) -> None:
    assert {"sync", "settings"} <= {one.key for one in destinations([role])}


def test_no_two_places_share_an_address() -> None:
    routes = [one.route for one in DESTINATIONS]
    assert len(routes) == len(set(routes))
