"""One dealer: what it is, who keeps its data, how fresh each source is, and what was done to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, is_hq, line, wide
from field_app.admin.widgets.trail import trail_entry
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import busy, button, card, facts, heading, note, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.ui import Ui, guarded
from shared_models.audit.wire import AuditPage
from shared_models.people.admin_wire import DealerLine
from shared_models.people.wire import DirectoryEntry
from shared_models.problems import Code, Place, Problem

Loaded = tuple[DealerLine | None, list[DirectoryEntry], AuditPage | None]
_TEXTS = ("name", "name_en", "city", "city_en", "address")


@screen
def DealerScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The dealer of the route; ``new`` for one to be made."""
    dealer_id = ft.use_route_params().get("dealer_id", "")

    async def read(_first: Callable[[Loaded], None]) -> Loaded:
        if dealer_id == "new":
            return None, [], None
        admin = admin_of(ui)
        found = await admin.dealer(dealer_id)
        return found, await admin.candidates(dealer_id), await admin.trail({"row_id": dealer_id})

    got = use_reading(ui, read, dealer_id)
    back = ui.going("/admin/dealers")
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        bar = title_bar(ui, ui.t("admin.dealers.one"), back=back)
        return framed(ui, "admin", bar, stand_in or busy(ui))
    one, candidates, trail = got.value
    if one is None:
        bar = title_bar(ui, ui.t("admin.dealers.add"), back=back)
        form = DealerForm(ui, None, got.again, key="new")  # pyright: ignore[reportCallIssue]
        return framed(ui, "admin", bar, column(form))
    name = one.name if ui.t.is_chinese else one.name_en or one.name
    rows: list[ft.Control] = [_keeper(ui, one, candidates, got.again), _fresh(ui, one)]
    if is_hq(ui):
        rows.insert(0, DealerForm(ui, one, got.again, key=f"{one.id}-{one.name}"))  # pyright: ignore[reportCallIssue]
        rows.append(DealerClosing(ui, one, got.again))
    else:
        place = ui.t("admin.field.city"), one.city if ui.t.is_chinese else one.city_en or one.city
        rows.insert(0, card(facts(ui, [place, (ui.t("admin.field.address"), one.address)])))
    if trail is not None and trail.entries:
        entries = [trail_entry(ui, entry) for entry in trail.entries]
        rows.append(card(heading(ui, ui.t("admin.history")), *entries))
    bar = title_bar(ui, f"{one.code} {name}", under=ui.t("admin.dealers.one"), back=back)
    return framed(ui, "admin", bar, column(*rows))


def _keeper(
    ui: Ui, one: DealerLine, candidates: list[DirectoryEntry], again: Callable[[], Awaitable[None]]
) -> ft.Control:
    options = [Option("", ui.t("admin.dealers.nobody"))]
    options += [Option(person.id, person.name, person.position) for person in candidates]
    if one.maintainer_id and one.maintainer_id not in {option.key for option in options}:
        options.append(Option(one.maintainer_id, one.maintainer))

    async def pick(key: str) -> None:
        await admin_of(ui).name_maintainer(one.id, key)
        ui.tell(ui.t("admin.saved"))
        await again()

    return card(
        heading(ui, ui.t("admin.dealers.keeper_title")),
        text(ui, ui.t("admin.dealers.keeper_about"), "small", theme.MUTED),
        ft.Row(
            [
                choose_button(
                    ui,
                    ui.t("admin.dealers.keeper_title"),
                    "dealer-keeper",
                    options,
                    one.maintainer_id,
                    pick,
                    icon=ft.Icons.PERSON_OUTLINE,
                )
            ]
        ),
    )


def _fresh(ui: Ui, one: DealerLine) -> ft.Control:
    rows: list[ft.Control] = [heading(ui, ui.t("admin.dealers.fresh"))]
    if not one.sources:
        rows.append(note(ui, ui.t("admin.dealers.no_data"), "warn", ft.Icons.HISTORY))
    rows += [
        ft.Row(
            [
                text(ui, ui.t(f"checklists.source.{day.source}"), "small", expand=True),
                text(ui, day.newest_day, "small", theme.MUTED),
                tag(ui, ui.t("admin.dealers.days", days=day.days), "good" if day.days <= 45 else "warn"),
            ],
            spacing=theme.NEAR,
        )
        for day in one.sources
    ]
    return card(*rows)


@guarded
def DealerForm(ui: Ui, one: DealerLine | None, again: Callable[[], Awaitable[None]]) -> ft.Control:  # noqa: N802
    """The dealer's own data; only what was changed is sent."""
    start = {name: str(getattr(one, name) or "") if one else "" for name in (*_TEXTS, "code")}
    start |= {
        name: "" if one is None or getattr(one, name) is None else str(getattr(one, name))
        for name in ("latitude", "longitude")
    }
    start["region"] = one.region_id if one else ""
    kept = ui.work.typed.of(f"admin/dealer/{one.id if one else 'new'}")
    typed = ft.use_ref(lambda: Typed(kept, **start)).current
    assert typed is not None
    turn, draw = use_value(0)
    region = typed["region"]

    def set_region(key: str) -> None:
        typed.put("region", key)
        draw(turn + 1)

    regions = sorted(ui.work.store.by("region"), key=lambda row: row["code"])
    options = [
        Option(row["id"], row["name"] if ui.t.is_chinese else row["name_en"] or row["name"], row["code"])
        for row in regions
    ]

    async def save() -> None:
        values: dict[str, Any] = {name: typed[name] for name in _TEXTS}
        for name in ("latitude", "longitude"):
            values[name] = _degrees(name, typed[name])
        values["region_id"] = region
        if one is None:
            dealer_id = await admin_of(ui).add_dealer({**values, "code": typed["code"]})
            typed.sent()
            ui.tell(ui.t("admin.saved"))
            ui.go(f"/admin/dealers/dealer/{dealer_id}")
            return
        changed = {name: value for name, value in values.items() if value != getattr(one, name)}
        if changed:
            await admin_of(ui).change_dealer(one.id, changed)
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    def field(name: str) -> ft.Control:
        return typed.field(ui, name, ui.t(f"admin.field.{name}"), f"dealer-{name}")

    rows: list[ft.Control] = [heading(ui, ui.t("admin.dealers.data"))]
    if one is None:
        rows.append(field("code"))
    rows += [
        wide(ui, field("name"), field("name_en")),
        line(
            choose_button(
                ui, ui.t("desk.network.region"), "dealer-region", options, region, set_region, labelled=True
            )
        ),
        wide(ui, field("city"), field("city_en")),
        field("address"),
        wide(ui, field("latitude"), field("longitude")),
        line(button(ui, ui.t("admin.save"), "dealer-save", ui.on(save), look="main")),
    ]
    return card(*rows, spacing=theme.GAP)


def _degrees(name: str, value: str) -> float | None:
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        raise Problem(Code.INVALID_REQUEST, {}, [Place(name, value)]) from None


@guarded
def DealerClosing(ui: Ui, one: DealerLine, again: Callable[[], Awaitable[None]]) -> ft.Control:  # noqa: N802
    """Closing a dealer, or opening it again; its visits, plans and figures stay."""
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of(f"admin/dealer-closing/{one.id}"))).current
    assert typed is not None

    async def turn() -> None:
        await admin_of(ui).change_dealer(one.id, {"active": not one.active, "reason": typed["reason"]})
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    def sure() -> None:
        title = ui.t("admin.dealers.close_title", name=f"{one.code} {one.name}")
        ask(
            ui,
            "dealer-closing",
            title,
            ui.t("admin.dealers.close_about"),
            ui.t("admin.dealers.close"),
            turn,
            look="danger",
        )

    go = (
        button(ui, ui.t("admin.dealers.close"), "dealer-close", ui.on(sure), look="danger")
        if one.active
        else button(ui, ui.t("admin.dealers.reopen"), "dealer-reopen", ui.on(turn))
    )
    return card(
        heading(ui, ui.t("admin.dealers.close" if one.active else "admin.dealers.reopen")),
        text(ui, ui.t("admin.dealers.close_about"), "small", theme.MUTED),
        typed.field(ui, "reason", ui.t("admin.field.reason"), "dealer-reason"),
        line(go),
        spacing=theme.GAP,
    )
