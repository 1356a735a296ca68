"""People of the scope: searched by name or login, by role and state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, is_hq, line, pager, search_line
from field_app.shell.choosing import Option, choose_button, choose_chips
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, empty, named, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.ui import Ui
from shared_models.people.access import Role
from shared_models.people.admin_wire import PersonLine, PersonList


@dataclass(frozen=True)
class _Wanted:
    text: str = ""
    state: str = "active"
    role: str = ""
    offset: int = 0


@screen
def PeopleScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Search, filters and one card per person; only headquarters opens one."""
    wanted, want = use_value(_Wanted())
    typed = ft.use_ref(Typed.for_search).current
    assert typed is not None

    async def read(_first: Callable[[PersonList], None]) -> PersonList:
        return await admin_of(ui).people(
            text=wanted.text, state=wanted.state, role=wanted.role, offset=wanted.offset
        )

    got = use_reading(ui, read, wanted)
    states = [Option(state, ui.t(f"admin.people.state.{state}")) for state in ("active", "inactive", "all")]
    roles = [Option("", ui.t("admin.people.any_role"))]
    roles += [Option(role.value, ui.t(f"people.role.{role.value}")) for role in Role]

    def pick_state(key: str) -> None:
        want(replace(wanted, state=key, offset=0))

    def pick_role(key: str) -> None:
        want(replace(wanted, role=key, offset=0))

    rows: list[ft.Control] = [
        card(
            *search_line(
                ui,
                typed,
                "people",
                ui.t("admin.people.search"),
                lambda: want(replace(wanted, text=typed["text"], offset=0)),
                choose_chips(ui, ui.t("admin.state"), "people-state", states, wanted.state, pick_state),
                choose_button(ui, ui.t("admin.role"), "people-role", roles, wanted.role, pick_role),
            )
        )
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows += [stand_in] if stand_in is not None else []
    else:
        found = got.value
        rows += [_person(ui, place, one) for place, one in enumerate(found.persons)]
        if not found.persons:
            rows.append(empty(ui, ui.t("admin.none"), ui.t("admin.none_hint"), ft.Icons.PEOPLE_OUTLINE))
        rows += pager(
            ui, "people", wanted.offset, found.total, lambda offset: want(replace(wanted, offset=offset))
        )
    actions: list[ft.Control] = []
    if is_hq(ui):
        label = ui.t("admin.people.add")
        actions.append(
            button(ui, label, "person-add", ui.going("/admin/people/person/new"), icon=ft.Icons.PERSON_ADD)
        )
    bar = title_bar(ui, ui.t("admin.people.title"), back=ui.going("/admin"), actions=actions)
    return framed(ui, "admin", bar, column(*rows, width=theme.READING + 120))


def _person(ui: Ui, place: int, one: PersonLine) -> ft.Control:
    under = " · ".join(part for part in (one.login, one.position, one.home_dealer) if part)
    marks: list[ft.Control] = [tag(ui, ui.t(f"people.role.{role.value}"), "accent") for role in one.roles]
    if not one.active:
        marks.append(tag(ui, ui.t("admin.people.off"), "warn"))
    elif is_hq(ui) and not one.has_password:
        key = "admin.people.invited" if one.invited_until else "admin.people.no_password"
        marks.append(tag(ui, ui.t(key), "plain"))
    rows: list[ft.Control] = [text(ui, one.name, "heading")]
    if under:
        rows.append(text(ui, under, "small", theme.MUTED))
    rows.append(line(*marks))
    if is_hq(ui):
        open_it = button(
            ui,
            ui.t("admin.open"),
            f"person-{place}",
            ui.going(f"/admin/people/person/{one.id}"),
            look="quiet",
            icon=ft.Icons.CHEVRON_RIGHT,
            spoken=f"{ui.t('admin.open')}: {one.name}",
        )
        rows.append(ft.Row([open_it], alignment=ft.MainAxisAlignment.END))
    return named(card(*rows, padding=theme.GAP), f"person-card-{one.login or place}", container=True)
