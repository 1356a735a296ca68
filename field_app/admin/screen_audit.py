"""The audit trail: searched by words, deed, dealer and days; as a file with one tap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, pager, search_line, wide
from field_app.admin.widgets.roles import day_of
from field_app.admin.widgets.trail import action_words, trail_entry
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, empty
from field_app.shell.reading import use_reading
from field_app.shell.ui import Ui
from shared_models.audit.wire import AuditPage

_MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class _Wanted:
    text: str = ""
    action: str = ""
    dealer: str = ""
    since: str = ""
    until: str = ""
    offset: int = 0

    def query(self) -> dict[str, str]:
        """As the route takes it."""
        return {
            "text": self.text,
            "action": self.action,
            "dealer_id": self.dealer,
            "since": self.since,
            "until": self.until,
        }


@screen
def AuditScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Newest first."""
    wanted, want = use_value(_Wanted())
    typed = ft.use_ref(Typed.for_search).current
    assert typed is not None

    async def read(_first: Callable[[AuditPage], None]) -> AuditPage:
        return await admin_of(ui).trail(wanted.query(), offset=wanted.offset)

    got = use_reading(ui, read, wanted)

    def search() -> None:
        days = {name: str(day_of(typed, name) or "") for name in ("since", "until")}
        want(replace(wanted, text=typed["text"], offset=0, **days))

    def pick_action(key: str) -> None:
        want(replace(wanted, action=key, offset=0))

    def pick_dealer(key: str) -> None:
        want(replace(wanted, dealer=key, offset=0))

    async def bring(kind: str) -> None:
        data = await admin_of(ui).trail_file(kind, wanted.query())
        saved = await ui.app.platform.save_file(f"audit.{kind}", _MIME[kind], data)
        if saved.how != "cancelled":
            ui.tell(ui.t("desk.pdf.saved", name=str(saved.path or f"audit.{kind}")))

    deeds = [Option("", ui.t("admin.audit.any_action"))]
    if got.value is not None:
        deeds += [Option(code, action_words(ui, code), code) for code in got.value.actions]
    dealers = [Option("", ui.t("admin.audit.any_dealer"))]
    for row in sorted(ui.work.store.by("dealer"), key=lambda row: row["code"]):
        name = row["name"] if ui.t.is_chinese else row["name_en"] or row["name"]
        dealers.append(Option(row["id"], f"{row['code']} {name}"))

    def day(name: str) -> ft.Control:
        label, go = ui.t(f"admin.audit.{name}"), ui.on(search)
        return typed.field(ui, name, label, f"audit-{name}", hint_text="2026-11-22", on_submit=go)

    rows: list[ft.Control] = [
        card(
            *search_line(
                ui,
                typed,
                "audit",
                ui.t("admin.audit.search"),
                search,
                choose_button(
                    ui, ui.t("audit.column.action"), "audit-action", deeds, wanted.action, pick_action
                ),
                choose_button(
                    ui, ui.t("audit.column.dealer"), "audit-dealer", dealers, wanted.dealer, pick_dealer
                ),
            ),
            wide(ui, day("since"), day("until")),
            line(
                *(
                    button(
                        ui,
                        ui.t(f"admin.audit.file.{kind}"),
                        f"audit-{kind}",
                        ui.on(bring, kind),
                        icon=ft.Icons.DOWNLOAD,
                    )
                    for kind in _MIME
                )
            ),
            spacing=theme.GAP,
        )
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows += [stand_in] if stand_in is not None else []
    elif not got.value.entries:
        rows.append(empty(ui, ui.t("admin.none"), ui.t("admin.none_hint"), ft.Icons.MANAGE_SEARCH))
    else:
        rows.append(card(*(trail_entry(ui, one) for one in got.value.entries)))
        rows += pager(
            ui, "audit", wanted.offset, got.value.total, lambda offset: want(replace(wanted, offset=offset))
        )
    bar = title_bar(ui, ui.t("audit.title"), back=ui.going("/admin"))
    return framed(ui, "admin", bar, column(*rows, width=theme.READING + 120))
