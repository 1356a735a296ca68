"""The route of a test drive: the switch that it is kept at all, what was taken, the sketch, taking it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.parts import button, card, choice, heading, named, note, text
from field_app.shell.ui import Ui, guarded
from field_app.store.typed import TypedWords
from field_app.visits.live import DRIVE, LiveVisit
from field_app.visits.route_log import ON, ROUTE, RouteLog, over, route_file
from field_app.visits.widgets.location import tracker
from field_app.visits.widgets.route_sketch import route_sketch
from shared_models.problems import Problem
from shared_models.visits.route import Fix, from_geojson, kilometres

Read = Callable[[Mapping[str, Any]], Awaitable[bytes | None]]
"""Reads the file of an attachment; None or a Problem where it cannot be had now."""


def route_of(ui: Ui, live: LiveVisit) -> RouteLog:
    """The one log of an open visit."""
    if live.route is None:
        live.route = RouteLog(live, _words(ui, live), tracker(), ui.work.store.context.now)
    return live.route


def _words(ui: Ui, live: LiveVisit) -> TypedWords:
    return ui.work.typed.of(f"visit/{live.session.id}/route")


def resume_route(ui: Ui, live: LiveVisit) -> None:
    """Go on where the app was closed on the road, whichever screen of the visit is opened first."""
    if _words(ui, live).text == ON:
        route_of(ui, live).follow()


async def keep_route(ui: Ui, live: LiveVisit) -> None:
    """Before the visit is sealed: what was taken on the road becomes part of it."""
    if live.route is not None or _words(ui, live).lines:
        log = route_of(ui, live)
        log.stop()
        await log.finish()


@guarded
def RouteCard(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """Off until the person switches it on; what is kept and who sees it stands beside the switch."""
    use_redraw(lambda call: live.listen([ROUTE, DRIVE, ""], call), live)
    log = route_of(ui, live)
    kept = route_file(live.session.attachments)
    parts: list[ft.Control] = [heading(ui, ui.t("visits.route.title"))]
    if live.session.editable and not over(live.session.stamps):
        parts.append(text(ui, ui.t("visits.route.about"), "small", theme.MUTED))
        switch = choice(
            ui,
            ui.t("visits.route.keep"),
            "route-switch",
            ui.on(log.switch),
            chosen=log.on,
            multiple=True,
            expand=False,
        )
        parts.append(ft.Row([switch]))
    state = _state(ui, live, log)
    if state:
        tone = "warn" if log.refused or (log.blind and log.running) else "plain"
        parts.append(named(note(ui, state, tone, ft.Icons.ROUTE_OUTLINED), "route-state", live_region=True))
    if kept is not None:

        async def read(row: Mapping[str, Any]) -> bytes | None:
            return await live.session.blob(row["id"])

        parts.append(KeptRoute(ui, kept, read, key=kept["sha256"]))  # pyright: ignore[reportCallIssue]
    elif len(log.fixes) > 1:
        parts.append(route_sketch(ui, log.fixes))
    if live.session.editable and (kept is not None or log.fixes):
        remove = button(
            ui,
            ui.t("visits.route.remove"),
            "route-remove",
            ui.on(log.discard),
            look="quiet",
            icon=ft.Icons.DELETE_OUTLINE,
        )
        parts.append(ft.Row([remove]))
    if len(parts) == 1:
        return ft.Container(height=0)
    return card(*parts)


def _state(ui: Ui, live: LiveVisit, log: RouteLog) -> str:
    if log.refused:
        return ui.t("visits.route.refused")
    if not log.on or not live.session.editable:
        return ""
    if not log.running:
        return ui.t("visits.route.waits")
    if log.blind:
        return ui.t("visits.route.blind")
    return ui.t("visits.route.running", km=f"{kilometres(log.fixes):.1f}", count=len(log.fixes))


def _unread() -> tuple[Fix, ...] | None:
    return None


@guarded
def KeptRoute(ui: Ui, row: Mapping[str, Any], read: Read) -> ft.Control:  # noqa: N802
    """The route of a visit as its file has it; where the file cannot be read now, this says so."""
    route, set_route = use_value(_unread())

    async def load() -> None:
        try:
            data = await read(row)
        except Problem:  # offline, or removed by the rules
            data = None
        set_route(from_geojson(data or b""))

    ft.use_effect(load, [row["sha256"]])
    if route is None:
        return ft.Container(height=0)
    if len(route) < 2:
        return text(ui, ui.t("visits.route.missing"), "small", theme.MUTED)
    return route_sketch(ui, route)
