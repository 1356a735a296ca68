"""Where the device is, as an answer and for the start and end of a visit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft
import flet_geolocator as geo

from field_app import theme
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui, guarded, log
from shared_models.checklists import Question

PATIENCE = 12
"""Seconds to wait for a fix: indoors there may never be one, and nobody stands still for longer."""


async def locate(*, ask: bool = True) -> dict[str, float] | None:
    """Latitude and longitude in degrees with ``accuracy_m``; None where permission or a fix is not to be had.

    Without ``ask`` the person is not asked for permission: only one already given is used.
    """
    return await place_of(geo.Geolocator(), ask=ask)


def tracker() -> Callable[[bool], Awaitable[dict[str, float] | None]]:
    """As :func:`locate` (with True the person may be asked), for many looks: all through one service."""
    locator = geo.Geolocator()
    return lambda ask: place_of(locator, ask=ask)


async def place_of(locator: geo.Geolocator, *, ask: bool) -> dict[str, float] | None:
    """The place by this service; see :func:`locate`."""
    try:
        async with asyncio.timeout(PATIENCE):
            allowed = await (locator.request_permission() if ask else locator.get_permission_status())
            if allowed not in (
                geo.GeolocatorPermissionStatus.ALWAYS,
                geo.GeolocatorPermissionStatus.WHILE_IN_USE,
            ):
                return None
            position = await locator.get_current_position()
    except Exception as fault:  # noqa: BLE001  every platform fails in its own way; no place is an answer too
        log.info("no position: %s", fault)
        return None
    if position.latitude is None or position.longitude is None:
        return None
    return {
        "latitude": round(float(position.latitude), 6),
        "longitude": round(float(position.longitude), 6),
        "accuracy_m": round(float(position.accuracy or 0), 1),
    }


@guarded
def LocationAnswer(  # noqa: N802
    ui: Ui, question: Question, value: Any, put: Callable[[str, Any], Awaitable[object]]
) -> ft.Control:
    """Take the place now; says so where the device gives none."""
    state, set_state = ft.use_state("")

    async def take() -> None:
        set_state("looking")
        place = await locate()
        set_state("" if place else "none")
        if place is not None:
            await put("answered", place)

    parts: list[ft.Control] = [
        button(
            ui,
            ui.t("visits.location.take"),
            f"q-{question.code}-take",
            ui.on(take),
            icon=ft.Icons.MY_LOCATION,
            disabled=state == "looking",
        )
    ]
    if state:
        parts.append(text(ui, ui.t(f"visits.location.{state}"), "small", theme.MUTED))
    elif isinstance(value, dict):
        parts.append(text(ui, place_text(ui, value), "small"))
    return ft.Column(parts, spacing=theme.NEAR, tight=True)


def place_text(ui: Ui, place: dict[str, Any]) -> str:
    """A place in words: coordinates and how exact they are."""
    return ui.t(
        "visits.location.value",
        latitude=f"{place['latitude']:.5f}",
        longitude=f"{place['longitude']:.5f}",
        metres=round(place.get("accuracy_m", 0)),
    )
