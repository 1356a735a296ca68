"""A person's roles: what is held where, for how long; giving and withdrawing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, ruled, wide
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose_button
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, heading, note, tag, text
from field_app.shell.ui import Ui, guarded
from shared_models.people.access import Role, ScopeKind
from shared_models.people.admin_wire import NewTerm, PersonDetail, TermOut
from shared_models.problems import Code, Place, Problem

Again = Callable[[], Awaitable[None]]


def roles_card(ui: Ui, one: PersonDetail, again: Again) -> ft.Control:
    """Roles held and planned."""
    rows: list[ft.Control] = [heading(ui, ui.t("admin.roles.title"))]
    if not one.terms:
        rows.append(note(ui, ui.t("admin.roles.none"), "warn"))
    rows += [_term(ui, place, term, again) for place, term in enumerate(one.terms)]
    return card(*rows)


def _term(ui: Ui, place: int, term: TermOut, again: Again) -> ft.Control:
    name = ui.t(f"people.role.{term.role.value}")
    where = term.scope_name or ui.t("admin.roles.company")
    marks: list[ft.Control] = [text(ui, name, "strong"), text(ui, where, "small", theme.MUTED)]
    if term.state == "planned":
        marks.append(tag(ui, ui.t("admin.roles.planned"), "accent"))
    if term.valid_from or term.valid_until:
        first = str(term.valid_from or "…")
        marks.append(tag(ui, ui.t("admin.roles.days", first=first, last=str(term.valid_until or "…"))))

    async def withdraw() -> None:
        await admin_of(ui).take_role(term.id)
        ui.tell(ui.t("admin.saved"))
        await again()

    def sure() -> None:
        title = ui.t("admin.roles.withdraw_title", role=name, where=where)
        about, yes = ui.t("admin.roles.withdraw_about"), ui.t("admin.roles.withdraw")
        ask(ui, "role-withdraw", title, about, yes, withdraw, look="danger")

    spoken = f"{ui.t('admin.roles.withdraw')}: {name} {where}"
    go = button(
        ui, ui.t("admin.roles.withdraw"), f"role-withdraw-{place}", ui.on(sure), look="quiet", spoken=spoken
    )
    return ruled(line(*marks, go))


@guarded
def RoleForm(ui: Ui, person_id: str, again: Again) -> ft.Control:  # noqa: N802
    """A role to give, its scope and its days."""
    role, set_role = use_value("")
    scope, set_scope = use_value("")
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of(f"admin/role/{person_id}"))).current
    assert typed is not None
    roles = [Option(one.value, ui.t(f"people.role.{one.value}")) for one in Role]
    scopes = [Option("company:", ui.t("admin.roles.company"))]
    for entity, kind in (("region", ScopeKind.REGION), ("dealer", ScopeKind.DEALER)):
        for row in sorted(ui.work.store.by(entity), key=lambda row: row["code"]):
            name = row["name"] if ui.t.is_chinese else row["name_en"] or row["name"]
            key = ui.t(f"admin.roles.kind.{kind.value}")
            scopes.append(Option(f"{kind.value}:{row['id']}", f"{row['code']} {name}", key))

    async def give() -> None:
        if not role or not scope:
            raise Problem(Code.INVALID_REQUEST, {}, [Place("role", "scope")])
        kind, _, place = scope.partition(":")
        term = NewTerm(
            role=Role(role),
            scope_kind=ScopeKind(kind),
            scope_id=place,
            valid_from=day_of(typed, "valid_from"),
            valid_until=day_of(typed, "valid_until"),
        )
        await admin_of(ui).give_role(person_id, term)
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    def field(name: str) -> ft.Control:
        label = ui.t(f"admin.field.{name}")
        return typed.field(ui, name, label, f"role-{name}", hint_text="2026-12-31")

    pick = partial(choose_button, ui, labelled=True)
    return card(
        heading(ui, ui.t("admin.roles.give")),
        line(
            pick(ui.t("admin.role"), "role-role", roles, role, set_role, hint=ui.t("admin.roles.pick")),
            pick(ui.t("admin.scope"), "role-scope", scopes, scope, set_scope, hint=ui.t("admin.roles.where")),
        ),
        wide(ui, field("valid_from"), field("valid_until")),
        line(
            button(
                ui,
                ui.t("admin.roles.give"),
                "role-give",
                ui.on(give),
                look="main",
                disabled=not role or not scope,
            )
        ),
        spacing=theme.GAP,
    )


def day_of(typed: Typed, name: str) -> date | None:
    """A typed day (YYYY-MM-DD); INVALID_REQUEST naming the field for anything else."""
    if not typed[name]:
        return None
    try:
        return date.fromisoformat(typed[name].replace("/", "-"))
    except ValueError:
        raise Problem(Code.INVALID_REQUEST, {}, [Place(name, typed[name])]) from None
