"""How long photos, routes, recordings and customers' numbers are kept: rules, what is due, removing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, ruled, wide
from field_app.shell.asking import ask
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, heading, note, text
from field_app.shell.times import since_text, size_text
from field_app.shell.ui import Ui, guarded
from shared_models.company.wire import RetentionCounts, RetentionState
from shared_models.problems import Code, Place, Problem

KINDS = ("photo_days", "audio_days", "number_days")


@guarded
def RetentionCard(ui: Ui, state: RetentionState, again: Callable[[], Awaitable[None]]) -> ft.Control:  # noqa: N802
    """Saving the rules removes nothing; the dry run stands below them before anybody can remove."""
    start = {name: str(getattr(state.rules, name) or "") for name in KINDS}
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of("admin/retention"), **start)).current
    assert typed is not None

    nightly, set_nightly = use_value(state.rules.automatic)

    async def save() -> None:
        values: dict[str, int | bool | None] = {"automatic": nightly}
        for name in KINDS:
            if typed[name] and not typed[name].isdigit():
                raise Problem(Code.INVALID_REQUEST, {}, [Place(name, typed[name])])
            values[name] = int(typed[name]) if typed[name] else None
        await admin_of(ui).write("/retention/rules", values)
        typed.sent()
        ui.tell(ui.t("admin.saved"))
        await again()

    async def run() -> None:
        await admin_of(ui).run_retention()
        ui.tell(ui.t("admin.retention.done"))
        await again()

    def sure() -> None:
        about = ui.t("admin.retention.sure_about", what=counts_text(ui, state.due))
        title, yes = ui.t("admin.retention.sure"), ui.t("admin.retention.run")
        ask(ui, "retention", title, about, yes, run, look="danger")

    fields = [
        typed.field(
            ui,
            name,
            ui.t(f"admin.retention.{name}"),
            f"retention-{name}",
            keyboard_type=ft.KeyboardType.NUMBER,
        )
        for name in KINDS
    ]
    rows: list[ft.Control] = [
        heading(ui, ui.t("admin.retention.title")),
        text(ui, ui.t("admin.retention.about"), "small", theme.MUTED),
        wide(ui, *fields),
        line(
            choice(
                ui,
                ui.t("admin.retention.automatic"),
                "retention-automatic",
                ui.on(set_nightly, not nightly),
                chosen=nightly,
                multiple=True,
                expand=False,
            )
        ),
        line(button(ui, ui.t("admin.save"), "retention-save", ui.on(save), look="main")),
    ]
    if state.next_at:
        when = {"next": since_text(ui, state.next_at), "last": since_text(ui, state.looked_at)}
        rows.append(note(ui, ui.t("admin.retention.nightly", **when), "accent", ft.Icons.SCHEDULE))
    if state.due.anything:
        rows.append(note(ui, ui.t("admin.retention.due", what=counts_text(ui, state.due)), "warn"))
        rows.append(
            line(button(ui, ui.t("admin.retention.run"), "retention-run", ui.on(sure), look="danger"))
        )
    else:
        rows.append(note(ui, ui.t("admin.retention.nothing"), "good"))
    for one in state.runs:
        who = one.by or ui.t("admin.retention.job")
        said = f"{since_text(ui, one.at)} · {who} · {counts_text(ui, one.counts)}"
        rows.append(ruled(text(ui, said, "small", theme.MUTED)))
    return card(*rows, spacing=theme.GAP)


def counts_text(ui: Ui, counts: RetentionCounts) -> str:
    """What a run removes, in words."""
    return ui.t(
        "admin.retention.counts",
        photos=counts.photos,
        routes=counts.routes,
        recordings=counts.recordings,
        numbers=counts.numbers,
        size=size_text(counts.bytes),
    )
