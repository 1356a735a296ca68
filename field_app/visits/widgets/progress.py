"""Where the visit stands: the line under the title, and the list of sections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw, use_redraw_soon, use_value
from field_app.shell.parts import named, tag, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import PROGRESS, SAVING, SHOWN, LiveVisit
from shared_models.checklists import Section
from shared_models.visits import SectionScore

LATER = 0.2
"""Seconds after an answer at which the list of sections follows, so that the answer itself is drawn first."""
SETTLE = 0.2
"""Seconds from the layout of the first questions, which the client tells, until they are painted as well."""
UNSEEN = 4
"""Seconds after which what waits for the client to have drawn the first questions waits no longer."""


def percent_text(ui: Ui, percent: Decimal | None) -> str:
    """A score with one decimal, or a dash while nothing is scored."""
    return ui.t("visits.score.none") if percent is None else f"{percent:.1f}"


@guarded
def VisitProgress(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """Answered of shown, running score, saved state; drawn again by itself at every answer."""
    use_redraw(lambda call: live.listen([PROGRESS, SHOWN, SAVING], call), live)
    score = live.session.score
    share = score.answered / score.shown if score.shown else 0
    if live.any_refused:
        state, icon, colour = "refused", ft.Icons.ERROR_OUTLINE, theme.BAD
    elif live.any_saving:
        state, icon, colour = "saving", ft.Icons.MORE_HORIZ, theme.MUTED
    else:
        state, icon, colour = "saved", ft.Icons.CHECK_CIRCLE, theme.GOOD
    label = ui.t(f"visits.saved.all_{state}")
    counts = ui.t("visits.progress.counts", answered=score.answered, shown=score.shown)
    row: list[ft.Control] = [
        ft.Semantics(content=text(ui, counts, "small"), identifier="visit-counts", container=True),
        named(
            text(
                ui, ui.t("visits.score.running", score=percent_text(ui, score.percent)), "small", theme.MUTED
            ),
            "visit-score",
        ),
        ft.Semantics(
            content=ft.Row(
                [ft.Icon(icon, size=ui.look.icon - 2, color=colour), text(ui, label, "small", colour)],
                spacing=4,
                tight=True,
            ),
            identifier=f"visit-{state}",
            container=True,
        ),
    ]
    if ui.look.cramped:
        del row[1]
    if score.critical_failures:
        row.append(
            tag(
                ui,
                ui.t("visits.progress.critical", count=len(score.critical_failures)),
                "bad",
                ft.Icons.PRIORITY_HIGH,
            )
        )
    return ft.Column(
        [
            ft.Row(row, spacing=theme.ROOM, run_spacing=2, wrap=True),
            ft.Semantics(
                content=ft.ProgressBar(
                    value=share, color=theme.ACCENT, bgcolor=theme.SUNKEN, bar_height=4, border_radius=2
                ),
                label=counts,
                exclude_semantics=True,
            ),
        ],
        spacing=6,
        tight=True,
    )


@guarded
def SectionRail(  # noqa: N802
    ui: Ui, live: LiveVisit, current: str, pick: Callable[[str], None]
) -> ft.Control:
    """All sections with what is answered and scored; the current one is marked."""
    use_redraw_soon(ui, LATER, lambda call: live.listen([PROGRESS, SHOWN], call), live)
    standing, set_standing = use_value(False)

    async def stands(_: object = None) -> None:
        await asyncio.sleep(SETTLE)
        set_standing(True)

    async def stands_at_last() -> None:
        await asyncio.sleep(UNSEEN)
        set_standing(True)

    ft.use_effect(stands_at_last, [])
    if not standing:  # the questions come first; the list follows when the client has laid them out
        return ft.ListView([], spacing=theme.TIGHT, padding=theme.NEAR, expand=True, on_size_change=stands)
    scores = {score.code: score for score in live.session.score.sections}
    rows: list[ft.Control] = [
        ft.memo(SectionLine)(
            ui, section, scores[section.code], section.code == current, pick, key=section.code
        )
        for section in live.session.document.sections
    ]
    return ft.ListView(rows, spacing=theme.TIGHT, padding=theme.NEAR, expand=True)


@guarded
def SectionLine(  # noqa: N802
    ui: Ui, section: Section, score: SectionScore, chosen: bool, pick: Callable[[str], None]
) -> ft.Control:
    """A row of the list, drawn again only when its own counts, score or mark change."""
    return section_row(ui, section, score, chosen, pick)


def section_row(
    ui: Ui, section: Section, score: SectionScore, chosen: bool, pick: Callable[[str], None]
) -> ft.Control:
    """One section as a wide touch target."""
    done = score.shown > 0 and score.answered >= score.shown
    ink = theme.ON_ACCENT_SOFT if chosen else theme.INK
    quiet = theme.ON_ACCENT_SOFT if chosen else theme.MUTED
    title = section.title.text(ui.language)
    counts = ui.t("visits.progress.counts", answered=score.answered, shown=score.shown)
    icon = ft.Icons.CHECK_CIRCLE if done else ft.Icons.RADIO_BUTTON_UNCHECKED
    control = ft.TextButton(
        content=ft.Row(
            [
                ft.Icon(icon, size=ui.look.icon, color=theme.GOOD if done else theme.EDGE),
                ft.Column(
                    [
                        text(ui, title, "strong" if chosen else "body", ink),
                        ft.Row(
                            [
                                text(ui, counts, "caption", quiet),
                                *(
                                    [
                                        text(
                                            ui,
                                            ui.t("visits.score.short", score=percent_text(ui, score.percent)),
                                            "caption",
                                            theme.BAD if score.capped and not chosen else quiet,
                                        )
                                    ]
                                    if score.percent is not None
                                    else []
                                ),
                            ],
                            spacing=theme.GAP,
                            wrap=True,
                            run_spacing=0,
                        ),
                    ],
                    spacing=0,
                    tight=True,
                    expand=True,
                ),
            ],
            spacing=theme.GAP,
        ),
        on_click=ui.on(pick, section.code),
        style=ft.ButtonStyle(
            bgcolor=theme.ACCENT_SOFT if chosen else ft.Colors.TRANSPARENT,
            shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
            padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=theme.NEAR),
        ),
        expand=True,
    )
    return named(
        ft.Row([control], spacing=0),
        f"section-{section.code}",
        f"{title}, {counts}",
        button=True,
        selected=chosen,
    )
