"""What needs me today, each line leading to the thing it names."""

from __future__ import annotations

from collections.abc import Sequence

import flet as ft

from field_app import theme
from field_app.desk.needs import Need
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, button, card, heading, named, note, tag, text
from field_app.shell.ui import Ui, guarded

FIRST = 6
"""So many lines are shown before the rest is asked for."""
STEP = 30
_TONES: dict[str, Tone] = {
    "objection": "warn", "extension": "warn", "approval": "accent", "overdue": "bad", "unanswered": "warn",
    "appeal": "warn", "conflict": "warn", "fell": "bad", "stale": "plain",
}  # fmt: skip


@guarded
def NeedsCard(ui: Ui, needs: Sequence[Need], complete: bool) -> ft.Control:  # noqa: N802
    """Decisions first, then what is late, then what figures show; only when all is read may it say none."""
    shown, show = use_value(FIRST)
    title = ui.t("desk.needs.title", count=len(needs)) if needs or complete else ui.t("desk.needs.reading")
    rows: list[ft.Control] = [heading(ui, title)]
    if not needs and complete:
        rows.append(note(ui, ui.t("desk.needs.none"), "good", ft.Icons.TASK_ALT))
    rows += [need_row(ui, place, one) for place, one in enumerate(needs[:shown])]
    if len(needs) > shown:
        label = ui.t("desk.more", count=len(needs) - shown)
        rows.append(ft.Row([button(ui, label, "needs-more", ui.on(show, shown + STEP), look="quiet")]))
    return card(*rows)


def need_row(ui: Ui, place: int, one: Need) -> ft.Control:
    """One line: what kind, how long, where, what."""
    kind = ui.t(f"desk.needs.kind.{one.kind}")
    where, what = one.dealer.text(ui.language), one.what.text(ui.language)
    marks: list[ft.Control] = [tag(ui, kind, _TONES[one.kind])]
    since = "" if one.days is None else ui.t(f"desk.needs.days.{one.kind}", days=one.days)
    if since:
        marks.append(text(ui, since, "caption", theme.MUTED))
    if one.told:
        marks.append(tag(ui, ui.t("desk.needs.told"), "bad", ft.Icons.NOTIFICATIONS_ACTIVE_OUTLINED))
    control = ft.TextButton(
        content=ft.Row(
            [
                ft.Column(
                    [
                        ft.Row(marks, spacing=6, run_spacing=4, wrap=True),
                        text(ui, what, "strong", max_lines=2, overflow=ft.TextOverflow.ELLIPSIS),
                        text(ui, where, "small", theme.MUTED),
                    ],
                    spacing=2,
                    tight=True,
                    expand=True,
                ),
                ft.Icon(ft.Icons.CHEVRON_RIGHT, size=ui.look.icon, color=theme.MUTED),
            ],
            spacing=theme.NEAR,
        ),
        on_click=ui.going(one.route),
        expand=True,
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.NEAR, vertical=theme.NEAR),
        ),
    )
    spoken = ", ".join(part for part in (kind, since, what, where) if part)
    return named(ft.Row([control], spacing=0), f"need-{place}", spoken, button=True)
