"""One person: data, mail, roles, invitation, sign-ins, deactivating; for headquarters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.admin.widgets.codes import codes_card
from field_app.admin.widgets.parts import Typed, admin_of, line, ruled, wide
from field_app.admin.widgets.roles import RoleForm, roles_card
from field_app.admin.widgets.trail import trail_entry
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, heading, note, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.times import since_text
from field_app.shell.ui import Ui, guarded
from shared_models.audit.wire import AuditPage
from shared_models.people.admin_wire import InvitationOut, PersonDetail

Again = Callable[[], Awaitable[None]]
Loaded = tuple[PersonDetail | None, AuditPage | None]


@screen
def PersonScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The person of the route; ``new`` for one to be made."""
    person_id = ft.use_route_params().get("person_id", "")

    async def read(_first: Callable[[Loaded], None]) -> Loaded:
        if person_id == "new":
            return None, None
        admin = admin_of(ui)
        return await admin.person(person_id), await admin.trail({"row_id": person_id})

    got = use_reading(ui, read, person_id)
    back = ui.going("/admin/people")
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        bar = title_bar(ui, ui.t("admin.people.one"), back=back)
        return framed(ui, "admin", bar, stand_in or busy(ui))
    one, trail = got.value
    title = one.name if one else ui.t("admin.people.add")
    bar = title_bar(ui, title, under=one.login if one else "", back=back)
    rows: list[ft.Control] = [PersonForm(ui, one, got.again, key=f"form-{person_id}")]  # pyright: ignore[reportCallIssue]
    if one is not None:
        rows += [
            roles_card(ui, one, got.again),
            RoleForm(ui, one.id, got.again, key=f"role-{len(one.terms)}"),  # pyright: ignore[reportCallIssue]
            Invitation(ui, one, got.again),
            _sign_ins(ui, one, got.again),
            _off(ui, one, got.again),
        ]
        if trail is not None and trail.entries:
            entries = [trail_entry(ui, entry) for entry in trail.entries]
            rows.append(card(heading(ui, ui.t("admin.history")), *entries))
    return framed(ui, "admin", bar, column(*rows))


@guarded
def PersonForm(ui: Ui, one: PersonDetail | None, again: Again) -> ft.Control:  # noqa: N802
    """Name, position, mail, language and home dealer; only what was changed is sent."""
    start = {name: getattr(one, name) if one else "" for name in ("name", "position", "email", "login")}
    start |= {"language": one.language if one else "zh_CN", "home": one.home_dealer_id or "" if one else ""}
    kept = ui.work.typed.of(f"admin/person/{one.id if one else 'new'}")
    typed = ft.use_ref(lambda: Typed(kept, **start)).current
    assert typed is not None
    turn, draw = use_value(0)
    language, home = typed["language"], typed["home"]

    def pick(name: str, value: str) -> None:
        typed.put(name, value)
        draw(turn + 1)

    dealers = sorted(ui.work.store.by("dealer"), key=lambda row: row["code"])
    homes = [Option("", ui.t("admin.people.no_home"))]
    for row in dealers:
        name = row["name"] if ui.t.is_chinese else row["name_en"] or row["name"]
        homes.append(Option(row["id"], f"{row['code']} {name}"))
    languages = [Option("zh_CN", "中文"), Option("en", "English")]  # each by its own name

    async def save() -> None:
        values: dict[str, Any] = {
            "name": typed["name"],
            "position": typed["position"],
            "language": language,
            "home_dealer_id": home or None,
        }
        if one is None:
            person_id = await admin_of(ui).add_person({**values, "login": typed["login"]})
            if typed["email"]:
                await admin_of(ui).put_mail(person_id, typed["email"])
            typed.sent()
            ui.tell(ui.t("admin.people.added"))
            ui.go(f"/admin/people/person/{person_id}")
            return
        changed = {name: value for name, value in values.items() if value != getattr(one, name)}
        if changed:
            await admin_of(ui).change_person(one.id, changed)
        if typed["email"] != one.email:
            await admin_of(ui).put_mail(one.id, typed["email"])
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    def field(name: str) -> ft.Control:
        return typed.field(ui, name, ui.t(f"admin.field.{name}"), f"person-{name}")

    rows: list[ft.Control] = [heading(ui, ui.t("admin.people.data"))]
    if one is None:
        rows.append(field("login"))
    rows += [
        wide(ui, field("name"), field("position")),
        field("email"),
        line(
            choose_button(
                ui,
                ui.t("admin.field.language"),
                "person-language",
                languages,
                language,
                lambda key: pick("language", key),
            ),
            choose_button(
                ui,
                ui.t("admin.field.home_dealer"),
                "person-home",
                homes,
                home,
                lambda key: pick("home", key),
                labelled=True,
            ),
        ),
        line(button(ui, ui.t("admin.save"), "person-save", ui.on(save), look="main")),
    ]
    return card(*rows, spacing=theme.GAP)


def _no_code() -> InvitationOut | None:
    return None


@guarded
def Invitation(ui: Ui, one: PersonDetail, again: Again) -> ft.Control:  # noqa: N802
    """A one-time code for the first password or a forgotten one; shown here once."""
    made, set_made = use_value(_no_code())

    async def invite() -> None:
        set_made(await admin_of(ui).invite(one.id))
        await again()

    if made is not None:
        return codes_card(ui, [made])
    if one.invited_until:
        state = ui.t("admin.invite.open", until=one.invited_until[:10])
    else:
        state = ui.t("admin.invite.has_password" if one.has_password else "admin.invite.no_password")
    return card(
        heading(ui, ui.t("admin.invite.title")),
        text(ui, state, "small"),
        text(ui, ui.t("admin.invite.about"), "small", theme.MUTED),
        line(
            button(
                ui,
                ui.t("admin.invite.make"),
                "person-invite",
                ui.on(invite),
                icon=ft.Icons.KEY,
                disabled=not one.active,
            )
        ),
    )


def _sign_ins(ui: Ui, one: PersonDetail, again: Again) -> ft.Control:
    rows: list[ft.Control] = [heading(ui, ui.t("admin.sign_ins.title"))]
    if not one.sign_ins:
        rows.append(text(ui, ui.t("admin.sign_ins.none"), "small", theme.MUTED))

    async def end(session_id: str) -> None:
        await admin_of(ui).end_sign_ins(one.id, session_id)
        ui.tell(ui.t("admin.saved"))
        await again()

    for place, sign_in in enumerate(one.sign_ins):
        seen = ui.t("admin.sign_ins.seen", when=since_text(ui, sign_in.last_seen_at))
        device = sign_in.device_name or ui.t("admin.sign_ins.device")
        marks: list[ft.Control] = [text(ui, device, "strong"), text(ui, seen, "small", theme.MUTED)]
        if sign_in.current:
            marks.append(tag(ui, ui.t("admin.sign_ins.current"), "accent"))
        label = ui.t("admin.sign_ins.end")
        go = button(
            ui,
            label,
            f"sign-in-end-{place}",
            ui.on(end, sign_in.id),
            look="quiet",
            spoken=f"{label}: {device}",
            disabled=sign_in.current,
        )
        rows.append(ruled(line(*marks, go)))
    return card(*rows)


def _off(ui: Ui, one: PersonDetail, again: Again) -> ft.Control:
    async def turn() -> None:
        await admin_of(ui).change_person(one.id, {"active": not one.active})
        ui.tell(ui.t("admin.saved"))
        await again()

    def sure() -> None:
        title = ui.t("admin.people.off_title", name=one.name)
        about, yes = ui.t("admin.people.off_about"), ui.t("admin.people.turn_off")
        ask(ui, "person-off", title, about, yes, turn, look="danger")

    if not one.active:
        return card(
            note(ui, ui.t("admin.people.is_off"), "warn"),
            line(button(ui, ui.t("admin.people.turn_on"), "person-on", ui.on(turn))),
        )
    return card(
        heading(ui, ui.t("admin.people.turn_off")),
        text(ui, ui.t("admin.people.off_about"), "small", theme.MUTED),
        line(
            button(
                ui,
                ui.t("admin.people.turn_off"),
                "person-off",
                ui.on(sure),
                look="danger",
                disabled=one.id == ui.work.access.person_id,
            )
        ),
    )
