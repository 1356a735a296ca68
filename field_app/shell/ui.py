"""The screen's surroundings, given to every component: words, look, page, and guarded ways to act."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import flet as ft

from field_app import theme
from field_app.people.workflow import Workspace
from field_app.shell.navigation import Destination, destinations
from field_app.theme import Look
from shared_models.messages import Words
from shared_models.problems import Code, Problem

if TYPE_CHECKING:
    from field_app.shell.state import AppState

log = logging.getLogger("revisit.screen")
Work = Callable[..., Awaitable[object] | object]
Handler = Callable[..., Awaitable[None]]


@dataclass(eq=False, repr=False)  # flet puts arguments of components into debug texts, used or not
class Ui:
    """One rendering's surroundings. A new one is made when language or look changes, so all is drawn anew."""

    page: ft.Page
    t: Words
    look: Look
    app: AppState
    """What outlives a rendering: accounts, the file picker, the open visit, how the app is set up."""

    @property
    def work(self) -> Workspace:
        """What the signed-in account works with; SIGNED_OUT where nobody is."""
        current = self.app.accounts.current
        if current is None:
            raise Problem(Code.SIGNED_OUT)
        return current

    @property
    def places(self) -> tuple[Destination, ...]:
        """Where the signed-in person can go."""
        return destinations(self.work.access.roles)

    @property
    def language(self) -> str:
        """The language shown."""
        return self.t.language

    def on(self, work: Work, *args: Any) -> Handler:
        """An event handler that runs ``work(*args)`` and turns whatever fails into words."""

        async def handle(_event: Any = None) -> None:
            await self.attempt(work, *args)

        return handle

    def on_event(self, work: Work) -> Handler:
        """As :meth:`on`, for work that reads the event."""

        async def handle(event: Any) -> None:
            await self.attempt(work, event)

        return handle

    async def attempt(self, work: Work, *args: Any) -> bool:
        """Run work now; False if it failed, and the person has been told."""
        try:
            outcome = work(*args)
            if inspect.isawaitable(outcome):
                await outcome
        except Problem as problem:
            self.tell_problem(problem)
            return False
        except Exception:
            log.exception("unexpected failure in %r", work)
            self.tell_problem(Problem(Code.APP_FAILED))
            return False
        return True

    def tell_problem(self, problem: Problem) -> None:
        """Show what went wrong and what to do about it."""
        log.warning("told: %s", problem)
        words = f"{problem.title(self.language)}\n{problem.todo(self.language)}"
        self._snack(words, theme.BAD_SOFT, theme.ON_BAD_SOFT, ft.Icons.ERROR_OUTLINE, 8)

    def tell(self, text: str) -> None:
        """Say that something is done."""
        colour = ft.Colors.ON_INVERSE_SURFACE
        self._snack(text, ft.Colors.INVERSE_SURFACE, colour, ft.Icons.CHECK_CIRCLE_OUTLINE, 4)

    def _snack(self, text: str, ground: str, ink: str, icon: ft.IconData, seconds: int) -> None:
        content = ft.Row(
            [
                ft.Icon(icon, color=ink, size=self.look.icon),
                ft.Text(text, style=self.look.style("small", ink), expand=True),
            ],
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
        self.page.show_dialog(
            ft.SnackBar(
                content=ft.Semantics(content=content, identifier="notice", live_region=True),
                bgcolor=ground,
                show_close_icon=True,
                close_icon_color=ink,
                duration=ft.Duration(seconds=seconds),
            )
        )

    def go(self, route: str) -> None:
        """Show another screen."""
        self.page.navigate(route)

    def going(self, route: str) -> Handler:
        """A handler that shows another screen."""
        return self.on(self.go, route)


def guarded(draw: Callable[..., Any]) -> Callable[..., ft.Control]:
    """Make a component of a function whose first argument is :class:`Ui`.

    Flet's scheduler dies of an exception while drawing; here it becomes a panel in words in its place.
    """

    @wraps(draw)
    def body(*args: Any, **kwargs: Any) -> Any:
        try:
            return draw(*args, **kwargs)
        except Exception as fault:
            log.exception("could not draw %s", draw.__name__)
            problem = fault if isinstance(fault, Problem) else Problem(Code.APP_FAILED)
            return failure_panel(cast(Ui, args[0]), problem)

    return ft.component(body)


FAILURE = "failure"
"""Marks such a panel, so that a screen does not stretch it over its whole room."""


def failure_panel(ui: Ui, problem: Problem) -> ft.Control:
    """What stands where a part of a screen could not be drawn."""
    return ft.Container(
        ft.Column(
            [
                ft.Text(problem.title(ui.language), style=ui.look.style("strong", theme.ON_BAD_SOFT)),
                ft.Text(problem.todo(ui.language), style=ui.look.style("small", theme.ON_BAD_SOFT)),
            ],
            spacing=theme.TIGHT,
            tight=True,
        ),
        bgcolor=theme.BAD_SOFT,
        border_radius=theme.ROUND,
        padding=theme.ROOM,
        margin=theme.GAP,
        data=FAILURE,
    )
