"""Addresses that are told of events: made with a secret that is shown once, switched, removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, ruled, wide
from field_app.shell.asking import ask
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, heading, named, note, tag, text
from field_app.shell.times import since_text
from field_app.shell.ui import Ui, guarded
from shared_models.company.wire import Webhook

Again = Callable[[], Awaitable[None]]


@guarded
def WebhooksCard(ui: Ui, hooks: Sequence[Webhook], again: Again) -> ft.Control:  # noqa: N802
    """The endpoints and a form for a new one."""
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of("admin/webhook"))).current
    assert typed is not None
    secret, set_secret = use_value("")

    async def add() -> None:
        made = await admin_of(ui).add_webhook(typed["url"], typed["note"])
        typed.sent()
        set_secret(made.secret)
        await again()

    rows: list[ft.Control] = [
        heading(ui, ui.t("admin.hooks.title")),
        text(ui, ui.t("admin.hooks.about"), "small", theme.MUTED),
        wide(
            ui,
            typed.field(ui, "url", ui.t("admin.hooks.url"), "hook-url", keyboard_type=ft.KeyboardType.URL),
            typed.field(ui, "note", ui.t("admin.hooks.note"), "hook-note"),
        ),
        line(button(ui, ui.t("admin.hooks.add"), "hook-add", ui.on(add), look="main")),
    ]
    if secret:
        rows.append(note(ui, ui.t("admin.hooks.secret"), "warn", ft.Icons.VISIBILITY))
        rows.append(named(text(ui, secret, "strong", selectable=True), "hook-secret", secret))
    rows += [_hook(ui, place, one, again) for place, one in enumerate(hooks)]
    return card(*rows, spacing=theme.GAP)


def _hook(ui: Ui, place: int, one: Webhook, again: Again) -> ft.Control:
    async def flip() -> None:
        await admin_of(ui).write(f"/webhooks/{one.id}", {"active": not one.active})
        await again()

    async def remove() -> None:
        await admin_of(ui).remove(f"/webhooks/{one.id}")
        await again()

    def sure() -> None:
        title, yes = ui.t("admin.hooks.remove_title"), ui.t("admin.hooks.remove")
        ask(ui, "hook-remove", title, one.url, yes, remove, look="danger")

    failed = one.last_failed_at is not None and one.last_failed_at > (one.last_sent_at or "")
    marks: list[ft.Control] = [text(ui, one.url, "strong")]
    if not one.active:
        marks.append(tag(ui, ui.t("admin.hooks.off"), "warn"))
    elif failed:
        marks.append(tag(ui, ui.t("admin.hooks.failed"), "bad"))
    elif one.last_sent_at:
        said = ui.t("admin.hooks.sent", when=since_text(ui, one.last_sent_at))
        marks.append(tag(ui, said, "good"))
    rows: list[ft.Control] = [line(*marks)]
    if one.note:
        rows.append(text(ui, one.note, "small", theme.MUTED))
    if failed:
        rows.append(text(ui, one.last_error, "small", theme.MUTED))
    turn = ui.t("admin.hooks.turn_off" if one.active else "admin.hooks.turn_on")
    gone = ui.t("admin.hooks.remove")
    rows.append(
        line(
            button(ui, turn, f"hook-turn-{place}", ui.on(flip), look="quiet", spoken=f"{turn}: {one.url}"),
            button(ui, gone, f"hook-remove-{place}", ui.on(sure), look="quiet", spoken=f"{gone}: {one.url}"),
        )
    )
    return ruled(*rows)
