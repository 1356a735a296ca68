"""The field app: opens this device's stores, then shows the screens of whoever is signed in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import flet as ft
from flet.components.component import Component

from field_app import theme
from field_app.people.ports import platform_ports
from field_app.people.workflow import Accounts
from field_app.platform import Platform, platform
from field_app.shell.drawing import quicken
from field_app.shell.frame import bare
from field_app.shell.navigation import Destination, Place, load
from field_app.shell.refusal import refusal_view
from field_app.shell.state import AppState
from field_app.shell.ui import Ui
from field_app.theme import Look, width_class
from shared_models.messages import Words, match_language, words
from shared_models.problems import Code, Problem

log = logging.getLogger("revisit.app")
# Flet's socket and web server format each message for a debug log even while it is off (1.0.5). The full text
# of a component holds its whole subtree several times: measured 4 s for a message of 94 KB. Its name will do.
Component.__repr__ = Component.__str__
quicken()
FONT = "Noto Sans SC"


async def main(page: ft.Page) -> None:
    """A page of the app: everything that can fail at the start ends in words, never in a traceback."""
    device = platform()
    t = words(match_language(next(iter(device.languages()), None)))
    if device.kind == "native":
        page.fonts = {FONT: "/fonts/NotoSansSC-Regular.ttf"}
    page.title = t("shell.product")
    dress(page, t, "system", _look(page, 1.0))
    try:
        accounts = await _open(page, device, t)
        await _resume(accounts)
        state = AppState(accounts, device)
        state.begin()
        page.render_views(App, page, state)
    except Problem as problem:
        refuse(page, t, problem)
    except Exception:
        log.exception("the app could not start")
        refuse(page, t, Problem(Code.APP_FAILED))


def refuse(page: ft.Page, t: Words, problem: Problem, *, waiting: bool = False) -> None:
    """Show a whole page that says why the app does not go on."""
    page.views.clear()
    page.views.append(refusal_view(t, _look(page, 1.0), problem, waiting=waiting))
    page.update()


async def _open(page: ft.Page, device: Platform, t: Words) -> Accounts:
    if not await device.claim_writer():
        refuse(page, t, Problem(Code.OTHER_TAB_OPEN), waiting=True)
        await device.wait_for_writer()
    return await Accounts.open(platform_ports(device, device.kind))


async def _resume(accounts: Accounts) -> None:
    try:
        await accounts.resume()
    except Problem as problem:
        if problem.code in {Code.STORAGE_UNAVAILABLE, Code.STORAGE_FULL, Code.DATABASE_TOO_NEW}:
            raise
        log.info("not resumed: %s", problem)


def _look(page: ft.Page, scale: float) -> Look:
    return Look(width_class(page.width), scale)


def dress(page: ft.Page, t: Words, brightness: str, look: Look) -> None:
    """Give the page its colours, type and language."""
    family = FONT if page.fonts else None
    page.theme = theme.theme(False, look, family)
    page.dark_theme = theme.theme(True, look, family)
    page.theme_mode = ft.ThemeMode(brightness)
    page.bgcolor = theme.GROUND
    language = "zh" if t.is_chinese else "en"
    page.locale_configuration = ft.LocaleConfiguration(
        supported_locales=[ft.Locale("zh", "CN"), ft.Locale("en", "US")],
        current_locale=ft.Locale(language, "CN" if t.is_chinese else "US"),
    )
    page.title = t("shell.product")
    page.update()


@ft.component
def App(page: ft.Page, state: AppState) -> Any:  # noqa: N802
    """The whole app; drawn as a whole only when account, language, look or room change."""
    _, beat = ft.use_state(0)
    worn: list[Any] = ft.use_ref(lambda: [None]).current or [None]
    t = words(state.language)
    look = _look(page, state.text_size)

    def again() -> None:
        beat(lambda count: count + 1)

    def resized(_event: Any) -> None:
        if _look(page, state.text_size) != look:
            again()

    def put_on() -> None:
        wanted = (t.language, state.brightness, look)
        if worn[0] != wanted:
            worn[0] = wanted
            dress(page, t, state.brightness, look)

    state.redraw = again
    page.on_resize = resized
    ft.use_effect(put_on, [t.language, state.brightness, look])
    ui = Ui(page, t, look, state)
    if state.accounts.current is None:
        return load("field_app.people.screen_sign_in:SignInScreen")(ui)
    places = ui.places
    home = places[0].route

    def start() -> Any:
        return Start(ui, home)

    routes = [ft.Route(index=True, component=start), *(_route(ui, one) for one in places)]
    return ft.Router(routes, not_found=start, manage_views=True)


@ft.component
def Start(ui: Ui, home: str) -> ft.View:  # noqa: N802
    """The address of nothing in particular leads to the first place of the person's roles."""
    ft.use_effect(lambda: ui.go(home), [home])
    return bare("/")


def _route(ui: Ui, place: Destination | Place) -> ft.Route:
    def draw(screen: str) -> Callable[[], Any]:
        return lambda: load(screen)(ui)

    return ft.Route(
        path=place.path, component=draw(place.screen), children=[_route(ui, one) for one in place.children]
    )
