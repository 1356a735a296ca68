"""Dealers of the scope: searched, with data maintainer and freshness."""

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
from shared_models.people.admin_wire import DealerLine, DealerList


@dataclass(frozen=True)
class _Wanted:
    text: str = ""
    state: str = "active"
    region: str = ""
    offset: int = 0


@screen
def DealersScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Search, filters and one card per dealer."""
    wanted, want = use_value(_Wanted())
    typed = ft.use_ref(Typed.for_search).current
    assert typed is not None

    async def read(_first: Callable[[DealerList], None]) -> DealerList:
        return await admin_of(ui).dealers(
            text=wanted.text, state=wanted.state, region_id=wanted.region, offset=wanted.offset
        )

    got = use_reading(ui, read, wanted)
    regions = sorted(ui.work.store.by("region"), key=lambda row: row["code"])
    names = [Option("", ui.t("desk.network.everywhere"))]
    names += [
        Option(one["id"], one["name"] if ui.t.is_chinese else one["name_en"] or one["name"])
        for one in regions
    ]
    states = [Option(state, ui.t(f"admin.dealers.state.{state}")) for state in ("active", "inactive", "all")]

    def pick_state(key: str) -> None:
        want(replace(wanted, state=key, offset=0))

    def pick_region(key: str) -> None:
        want(replace(wanted, region=key, offset=0))

    rows: list[ft.Control] = [
        card(
            *search_line(
                ui,
                typed,
                "dealers",
                ui.t("admin.dealers.search"),
                lambda: want(replace(wanted, text=typed["text"], offset=0)),
                choose_chips(ui, ui.t("admin.state"), "dealers-state", states, wanted.state, pick_state),
                choose_button(
                    ui, ui.t("desk.network.region"), "dealers-region", names, wanted.region, pick_region
                ),
            )
        )
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows += [stand_in] if stand_in is not None else []
    else:
        found = got.value
        rows += [_dealer(ui, one) for one in found.dealers]
        if not found.dealers:
            rows.append(empty(ui, ui.t("admin.none"), ui.t("admin.none_hint"), ft.Icons.STORE_OUTLINED))
        rows += pager(
            ui, "dealers", wanted.offset, found.total, lambda offset: want(replace(wanted, offset=offset))
        )
    actions: list[ft.Control] = []
    if is_hq(ui):
        label = ui.t("admin.dealers.add")
        actions.append(
            button(ui, label, "dealer-add", ui.going("/admin/dealers/dealer/new"), icon=ft.Icons.ADD)
        )
    bar = title_bar(ui, ui.t("admin.dealers.title"), back=ui.going("/admin"), actions=actions)
    return framed(ui, "admin", bar, column(*rows, width=theme.READING + 120))


def _dealer(ui: Ui, one: DealerLine) -> ft.Control:
    name = one.name if ui.t.is_chinese else one.name_en or one.name
    region = one.region if ui.t.is_chinese else one.region_en or one.region
    newest = min((day.days for day in one.sources), default=None)
    marks: list[ft.Control] = [tag(ui, region)]
    if not one.active:
        marks.append(tag(ui, ui.t("admin.dealers.closed"), "warn"))
    if one.stale and one.active:
        words = ui.t("admin.dealers.no_data") if newest is None else ui.t("admin.dealers.stale", days=newest)
        marks.append(tag(ui, words, "bad", ft.Icons.HISTORY))
    keeper = one.maintainer or ui.t("admin.dealers.nobody")
    return named(
        card(
            text(ui, f"{one.code} {name}", "heading"),
            line(*marks),
            text(ui, ui.t("admin.dealers.keeper", name=keeper), "small", theme.MUTED),
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("admin.open"),
                        f"dealer-{one.code}",
                        ui.going(f"/admin/dealers/dealer/{one.id}"),
                        look="quiet",
                        icon=ft.Icons.CHEVRON_RIGHT,
                        spoken=f"{ui.t('admin.open')}: {one.code} {name}",
                    )
                ],
                alignment=ft.MainAxisAlignment.END,
            ),
            padding=theme.GAP,
        ),
        f"dealer-card-{one.code}",
        container=True,
    )
