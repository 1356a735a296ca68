"""The test drive as it was logged: stamps in order, minutes, checks, impressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flet as ft

from field_app import theme
from field_app.review.pictures import picture
from field_app.shell.parts import card, facts, heading, note, tag, text
from field_app.shell.ui import Ui
from field_app.visits.route_log import route_file
from field_app.visits.widgets.route_card import KeptRoute
from field_app.visits.workflow import ReviewSession
from shared_models.visits.test_drive import EVENTS

_CHECKS = (
    "car_clean",
    "car_equipped",
    "fuel_enough",
    "licence_checked",
    "agreement_signed",
    "route_explained",
    "consultant_drove_first",
    "safe_change_over",
)
_WORDS = ("car_model", "plate", "mileage_km", "route", "impressions", "debrief")


def drive_card(ui: Ui, session: ReviewSession) -> ft.Control:
    """Everything of the log that was filled in."""
    drive, timeline = session.drive, session.timeline
    parts: list[ft.Control] = [heading(ui, ui.t("visits.drive.timeline"))]
    for event in EVENTS:
        at = session.stamps.get(event)
        reason = session.corrections.get(event, "")
        words: list[ft.Control] = [text(ui, ui.t(f"visits.drive.event.{event}"), "small")]
        if reason:
            words.append(text(ui, ui.t("visits.drive.corrected", reason=reason), "caption", theme.MUTED))
        parts.append(
            ft.Row(
                [
                    text(
                        ui,
                        at.astimezone().strftime("%H:%M:%S") if at else "–",
                        "strong" if at else "small",
                        theme.INK if at else theme.MUTED,
                        width=92 * ui.look.scale,
                    ),
                    ft.Column(words, spacing=0, tight=True, expand=True),
                ],
                spacing=theme.NEAR,
            )
        )
    if timeline.out_of_order:
        names = ui.t("insight.list_separator").join(
            ui.t(f"visits.drive.event.{e}") for e in timeline.out_of_order
        )
        parts.append(note(ui, ui.t("visits.drive.out_of_order", events=names), "warn", ft.Icons.SWAP_VERT))
    minutes = {
        "consultant": timeline.consultant_minutes,
        "customer": timeline.customer_minutes,
        "drive": timeline.drive_minutes,
        "whole": timeline.whole_minutes,
    }
    rows = [
        (ui.t(f"visits.drive.minutes.{name}"), ui.t("visits.drive.minutes.value", minutes=value))
        for name, value in minutes.items()
        if value is not None
    ]
    if drive.get("offered"):
        rows.append((ui.t("visits.drive.field.offered"), ui.t(f"visits.drive.offer.{drive['offered']}")))
    rows += [(ui.t(f"visits.drive.field.{name}"), str(drive[name])) for name in _WORDS if drive.get(name)]
    if drive.get("demonstrated"):
        shown = (ui.t(f"visits.drive.demo.{code}") for code in drive["demonstrated"])
        rows.append((ui.t("visits.drive.field.demonstrated"), ui.t("insight.list_separator").join(shown)))
    parts.append(facts(ui, rows))
    checks = [name for name in _CHECKS if drive.get(name)]
    if checks:
        parts.append(heading(ui, ui.t("visits.drive.checks")))
        parts.append(
            ft.Row(
                [
                    tag(
                        ui,
                        ui.t(f"visits.drive.field.{name}"),
                        {"yes": "good", "no": "bad"}.get(drive[name], "plain"),  # type: ignore[arg-type]
                        ft.Icons.CHECK if drive[name] == "yes" else ft.Icons.CLOSE,
                    )
                    for name in checks
                ],
                spacing=6,
                run_spacing=6,
                wrap=True,
            )
        )
    route = route_file(session.attachments)
    if route is not None:

        async def read(row: Mapping[str, Any]) -> bytes | None:
            return await picture(ui.work, row["sha256"])

        parts.append(heading(ui, ui.t("visits.route.title")))
        parts.append(KeptRoute(ui, route, read, key=route["sha256"]))  # pyright: ignore[reportCallIssue]
    return card(*parts)
