"""The car, the checks, what was shown on the road, impressions and photos of a test drive."""

from __future__ import annotations

from typing import Any

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import (
    button,
    card,
    choice,
    heading,
    text,
)
from field_app.shell.picking import Chosen
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import DRIVE, LiveVisit
from field_app.visits.photos import keep_photo
from field_app.visits.widgets.media_strip import media_strip
from field_app.visits.widgets.saved_text import SavedText
from shared_models.visits.route import ROUTE_KIND

CHECKS = (
    "licence_checked",
    "agreement_signed",
    "car_clean",
    "car_equipped",
    "fuel_enough",
    "route_explained",
    "consultant_drove_first",
    "safe_change_over",
)
OFFERS = ("consultant", "asked", "refused")
SHOWN_OFF = (
    "acceleration",
    "braking",
    "handling",
    "comfort",
    "quiet",
    "assistance",
    "parking",
    "infotainment",
)
"""What a consultant demonstrates on the road."""


@guarded
def DriveForm(ui: Ui, live: LiveVisit) -> ft.Control:  # noqa: N802
    """The car, the checks, what was shown, impressions, photos: every field saves itself."""
    use_redraw(lambda call: live.listen([DRIVE, ""], call), live)
    drive = live.session.drive

    def words(field: str, *, lines: int = 1, hint: str = "") -> ft.Control:
        async def save(written: str) -> None:
            await live.drive_set(field, written.strip())

        return SavedText(
            ui,
            ui.t(f"visits.drive.field.{field}"),
            f"drive-{field}",
            str(drive.get(field) or ""),
            save,
            on_typing=lambda begun: live.typing("drive." + field, begun),
            multiline=lines > 1,
            min_lines=lines if lines > 1 else None,
            max_lines=8 if lines > 1 else 1,
            helper=hint or None,
        )

    async def save_mileage(written: str) -> None:
        await live.drive_set("mileage_km", int(written) if written.strip() else None)

    def refuse_mileage(written: str) -> str | None:
        plain = written.strip()
        return (
            None if not plain or (plain.isdigit() and len(plain) <= 7) else ui.t("visits.number.unreadable")
        )

    mileage = drive.get("mileage_km")
    car = card(
        heading(ui, ui.t("visits.drive.car")),
        words("car_model"),
        words("plate"),
        SavedText(
            ui,
            ui.t("visits.drive.field.mileage_km"),
            "drive-mileage_km",
            "" if mileage is None else str(mileage),
            save_mileage,
            refuse=refuse_mileage,
            keyboard_type=ft.KeyboardType.NUMBER,
        ),
    )
    checks = card(
        heading(ui, ui.t("visits.drive.checks")),
        _choices(ui, live, "offered", OFFERS, drive.get("offered") or ""),
        *(_check(ui, live, field, drive.get(field) or "") for field in CHECKS),
    )
    held: list[str] = list(drive.get("demonstrated") or [])
    talk = card(
        heading(ui, ui.t("visits.drive.on_the_road")),
        words("route"),
        text(ui, ui.t("visits.drive.field.demonstrated"), "small", theme.MUTED),
        ft.Row(
            [
                choice(
                    ui,
                    ui.t(f"visits.drive.demo.{code}"),
                    f"drive-demo-{code}",
                    ui.on(
                        live.drive_set,
                        "demonstrated",
                        [one for one in SHOWN_OFF if (one in held) != (one == code)],
                    ),
                    chosen=code in held,
                    multiple=True,
                    expand=False,
                )
                for code in SHOWN_OFF
            ],
            wrap=True,
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
        ),
        words("impressions", lines=3, hint=ui.t("visits.drive.impressions_hint")),
        words("debrief", lines=2),
    )
    return ft.Column([car, checks, talk, _photos(ui, live)], spacing=theme.GAP, tight=True)


def _photos(ui: Ui, live: LiveVisit) -> ft.Control:
    async def take(files: list[Chosen]) -> None:
        for file in files:
            await keep_photo(ui, live, "", file)

    parts = ui.app.picking.button_parts(ui, "photo", take)
    rows: list[ft.Control] = [heading(ui, ui.t("visits.drive.photos"))]
    attachments = [row for row in live.attachments("") if row["kind"] != ROUTE_KIND]
    if attachments:
        rows.append(media_strip(ui, live, "", attachments))
    rows.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("visits.media.take_photo"),
                    "drive-add-photo",
                    parts["on_click"],  # pyright: ignore[reportArgumentType]
                    action=parts["action"],
                    icon=ft.Icons.PHOTO_CAMERA_OUTLINED,
                )
            ]
        )
    )
    return card(*rows)


def _choices(ui: Ui, live: LiveVisit, field: str, values: tuple[str, ...], held: str) -> ft.Control:
    return ft.Column(
        [
            text(ui, ui.t(f"visits.drive.field.{field}")),
            ft.Column(
                [
                    choice(
                        ui,
                        ui.t(f"visits.drive.offer.{value}"),
                        f"drive-{field}-{value}",
                        ui.on(live.drive_set, field, "" if held == value else value),
                        chosen=held == value,
                        align_start=True,
                    )
                    for value in values
                ],
                spacing=6,
                tight=True,
            ),
        ],
        spacing=theme.TIGHT,
        tight=True,
    )


def _check(ui: Ui, live: LiveVisit, field: str, held: str) -> ft.Control:
    label = ui.t(f"visits.drive.field.{field}")
    tones: dict[str, Any] = {"yes": "good", "no": "bad", "na": "accent"}
    return ft.Column(
        [
            text(ui, label),
            ft.Row(
                [
                    choice(
                        ui,
                        ui.t(f"visits.answer.{value}"),
                        f"drive-{field}-{value}",
                        ui.on(live.drive_set, field, "" if held == value else value),
                        chosen=held == value,
                        tone=tones[value],
                        spoken=f"{ui.t(f'visits.answer.{value}')} · {label}",
                    )
                    for value in ("yes", "no", "na")
                ],
                spacing=theme.NEAR,
            ),
        ],
        spacing=theme.TIGHT,
        tight=True,
    )
