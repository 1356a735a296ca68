"""Planning visits at the desk: who goes where with which checklist and when, and what became of it."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.shell.filters import filter_row
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, busy, button, card, empty, named, note, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from field_app.visits.widgets.planning_form import PlanningForm
from field_app.visits.widgets.second_person import second_person
from field_app.visits.workflow_planning import PlannedVisit

OPEN = frozenset({"planned", "accepted", "started", "declined"})
PAGE = 40
_TONES: dict[str, Tone] = {"declined": "bad", "accepted": "good", "started": "accent", "done": "good"}


@screen
def PlanningScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Open assignments and the form for a new one."""
    adding, add = use_value(False)
    past, set_past = use_value(False)
    shown, show = use_value(PAGE)

    async def read(_first: Callable[[tuple[PlannedVisit, ...]], None]) -> tuple[PlannedVisit, ...]:
        return await ui.work.planning.load()

    got = use_reading(ui, read, entities=frozenset({"assignment", "person", "dealer"}))
    bar = title_bar(ui, ui.t("visits.planning.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "planning", bar, stand_in or busy(ui))
    rows: list[ft.Control] = []
    if adding:
        rows.append(PlanningForm(ui, lambda: add(False)))
    else:
        new = button(
            ui,
            ui.t("visits.planning.new"),
            "planning-new",
            ui.on(add, True),
            look="main",
            icon=ft.Icons.ADD,
        )
        series = button(
            ui,
            ui.t("visits.series.open"),
            "planning-series",
            ui.going("/planning/series"),
            icon=ft.Icons.EVENT_REPEAT,
        )
        double = button(
            ui,
            ui.t("review.quality.doubling"),
            "planning-doubling",
            ui.going("/planning/quality/doubling"),
            icon=ft.Icons.CALL_SPLIT,
        )
        rows.append(ft.Row([new, series, double], spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True))
    labels = [(name, ui.t(f"visits.planning.{name}")) for name in ("open", "past")]
    chosen = "past" if past else "open"
    rows.append(filter_row(ui, "planning", labels, chosen, lambda name: set_past(name == "past")))
    visits = [one for one in got.value if (one.card.status in OPEN) is not past]
    if not visits:
        rows.append(
            empty(
                ui, ui.t("visits.planning.none"), ui.t("visits.planning.none_hint"), ft.Icons.EVENT_OUTLINED
            )
        )
    rows += [planned_row(ui, one) for one in visits[:shown]]
    if len(visits) > shown:
        more = ui.on(lambda: show(shown + PAGE))
        label = ui.t("desk.more", count=len(visits) - shown)
        rows.append(ft.Row([button(ui, label, "planning-more", more, expand=True)]))
    return framed(ui, "planning", bar, column(*rows, width=theme.READING + 120))


def planned_row(ui: Ui, one: PlannedVisit) -> ft.Control:
    """A planned visit: where, who, when, and what the person said."""
    it = one.card
    late = it.status in {"planned", "accepted"} and it.days_left < 0
    window = f"{it.window_start.isoformat()} – {it.window_end.isoformat()}"
    marks: list[ft.Control] = [
        tag(ui, ui.t(f"visits.assignment.status.{it.status}"), _TONES.get(it.status, "plain")),
        tag(ui, it.title.text(ui.language), "accent"),
        tag(ui, window, "bad" if late else "plain", ft.Icons.EVENT),
    ]
    if it.announced:
        marks.append(tag(ui, ui.t("visits.today.announced"), icon=ft.Icons.CAMPAIGN_OUTLINED))
    parts: list[ft.Control] = [
        text(ui, it.dealer.name.text(ui.language), "heading"),
        text(ui, " · ".join(part for part in (it.dealer.code, one.person) if part), "small", theme.MUTED),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
    ]
    if it.scenario is not None:
        parts.append(text(ui, it.scenario.text(ui.language), "small"))
    if one.decline_reason:
        words = ui.t("visits.assignment.declined_because", reason=one.decline_reason)
        parts.append(note(ui, words, "bad", ft.Icons.EVENT_BUSY))
    if it.status in {"planned", "accepted"}:

        async def cancel() -> None:
            await ui.work.planning.cancel(it.id)
            ui.tell(ui.t("visits.planning.cancelled"))
            ui.page.run_task(ui.work.sync.run_once)

        label = ui.t("visits.planning.cancel")
        parts.append(
            ft.Row(
                [
                    button(
                        ui,
                        label,
                        f"planning-cancel-{it.id}",
                        ui.on(cancel),
                        look="quiet",
                        small=True,
                        spoken=f"{label} {it.dealer.name.text(ui.language)}",
                    ),
                    second_person(ui, one),
                ],
                wrap=True,
            )
        )
    return named(card(*parts, padding=theme.GAP), f"planned-{it.id}", container=True)
