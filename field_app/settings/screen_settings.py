"""Settings: language, look, accounts, storage, the rescue file, and what build of the app this is."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.people.screen_sign_in import language_switch
from field_app.platform import StorageEstimate, UpdateState
from field_app.rescue.saving import save_rescue
from field_app.settings.files_card import FilesCard
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import abreast, button, card, choice, facts, heading, named, note, text
from field_app.shell.state import BRIGHTNESS, TEXT_SIZES
from field_app.shell.times import size_text
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.photo_settings import PhotoCard
from shared_models.people.access import FIELD_ROLES, Role

_NO_ROOM: StorageEstimate | None = None


@screen
def SettingsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """For everybody."""
    return framed(
        ui,
        "settings",
        title_bar(ui, ui.t("settings.title")),
        column(
            AccountCard(ui), _look_card(ui), *_photo_card(ui), FilesCard(ui), StorageCard(ui), AboutCard(ui)
        ),
    )


def _photo_card(ui: Ui) -> list[ft.Control]:
    return [PhotoCard(ui)] if ui.work.access.has(*FIELD_ROLES, Role.OWNER) else []


def _look_card(ui: Ui) -> ft.Control:
    return card(
        heading(ui, ui.t("settings.look.title")),
        text(ui, ui.t("settings.look.language"), "small", theme.MUTED),
        language_switch(ui),
        text(ui, ui.t("settings.look.brightness"), "small", theme.MUTED),
        abreast(
            ui,
            [
                choice(
                    ui,
                    ui.t(f"settings.look.{one}"),
                    f"brightness-{one}",
                    ui.on(ui.app.set_brightness, one),
                    chosen=ui.app.brightness == one,
                )
                for one in BRIGHTNESS
            ],
        ),
        text(ui, ui.t("settings.look.text_size"), "small", theme.MUTED),
        abreast(
            ui,
            [
                choice(
                    ui,
                    f"{round(one * 100)} %",
                    f"text-{round(one * 100)}",
                    ui.on(ui.app.set_text_size, one),
                    chosen=ui.app.text_size == one,
                )
                for one in TEXT_SIZES
            ],
            spacing=6,
        ),
    )


@guarded
def AccountCard(ui: Ui) -> ft.Control:  # noqa: N802
    """Who works here, signing out, and the other accounts of this device."""
    account = ui.work.account
    roles = "、" if ui.t.is_chinese else ", "
    held = roles.join(ui.t(f"shell.role.{role.value}") for role in sorted(account.access.roles))

    def ask() -> None:
        async def sure() -> None:
            ui.page.pop_dialog()
            await ui.app.sign_out()

        waiting = ui.work.store.counts()
        words = ui.t("settings.account.sign_out_text")
        if waiting.pending or waiting.files:
            words += "\n" + ui.t("settings.account.unsent", records=waiting.pending, files=waiting.files)
        ui.page.show_dialog(
            ft.AlertDialog(
                title=ft.Text(ui.t("settings.account.sign_out")),
                content=text(ui, words),
                actions=[
                    button(
                        ui, ui.t("shell.cancel"), "sign-out-cancel", ui.on(ui.page.pop_dialog), look="quiet"
                    ),
                    button(ui, ui.t("settings.account.sign_out"), "sign-out-sure", ui.on(sure), look="main"),
                ],
                scrollable=True,
            )
        )

    parts: list[ft.Control] = [
        heading(ui, ui.t("settings.account.title")),
        facts(
            ui,
            [
                (ui.t("settings.account.name"), account.name),
                (ui.t("settings.account.login"), account.login),
                (ui.t("settings.account.roles"), held),
                (ui.t("settings.account.server"), account.server),
            ],
        ),
    ]
    others = [one for one in ui.app.accounts.accounts() if one.id != account.id and one.signed_in]
    parts.extend(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("settings.account.switch", name=other.name or other.login),
                    f"switch-{other.login}",
                    ui.on(ui.app.enter, other.id),
                    icon=ft.Icons.SWITCH_ACCOUNT_OUTLINED,
                )
            ]
        )
        for other in others
    )
    parts.append(
        ft.Row(
            [button(ui, ui.t("settings.account.sign_out"), "sign-out", ui.on(ask), icon=ft.Icons.LOGOUT)],
            wrap=True,
        )
    )
    return card(*parts)


@guarded
def StorageCard(ui: Ui) -> ft.Control:  # noqa: N802
    """Room on the device, whether the browser may throw data away, and the rescue file."""
    room, set_room = use_value(_NO_ROOM)
    saving, set_saving = ft.use_state(False)

    async def measure() -> None:
        await ui.attempt(_measure)

    async def _measure() -> None:
        set_room(await ui.app.platform.storage_estimate())

    ft.use_effect(measure, [])

    async def rescue() -> None:
        set_saving(True)
        try:
            await save_rescue(ui, ui.work.account)
        finally:
            set_saving(False)

    parts: list[ft.Control] = [heading(ui, ui.t("settings.storage.title"))]
    if room is not None:
        parts.append(facts(ui, _room_facts(ui, room)))
        if not room.persisted:
            parts.append(note(ui, ui.t("settings.storage.not_persisted"), "warn", ft.Icons.WARNING_AMBER))
    parts.append(text(ui, ui.t("settings.rescue.explained"), "small", theme.MUTED))
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("settings.rescue.busy" if saving else "settings.rescue.make"),
                    "rescue",
                    ui.on(rescue),
                    icon=ft.Icons.SAVE_ALT,
                    disabled=saving,
                )
            ]
        )
    )
    return card(*parts)


def _room_facts(ui: Ui, room: StorageEstimate) -> list[tuple[str, str]]:
    return [
        (ui.t("settings.storage.used"), size_text(room.used)),
        (
            ui.t("settings.storage.free"),
            ui.t("settings.storage.unknown") if room.free is None else size_text(room.free),
        ),
        (ui.t("settings.storage.kept"), ui.t(f"settings.storage.kind.{room.kind}")),
        (
            ui.t("settings.storage.persisted"),
            ui.t("settings.storage.yes" if room.persisted else "settings.storage.no"),
        ),
    ]


@guarded
def AboutCard(ui: Ui) -> ft.Control:  # noqa: N802
    """Build id, licences, and the way to a newer build."""
    state, set_state = use_value(UpdateState.NONE)
    update = ui.app.platform.app_update

    async def read() -> None:
        set_state(await update.state())

    async def check() -> None:
        set_state(await update.check())

    async def apply() -> None:
        set_state(await update.apply())

    ft.use_effect(read, [])
    parts: list[ft.Control] = [
        heading(ui, ui.t("settings.about.title")),
        facts(ui, [(ui.t("settings.about.build"), ui.app.platform.build_id())]),
    ]
    if state is not UpdateState.NONE:
        tone = "accent" if state is UpdateState.AVAILABLE else "plain"
        parts.append(
            named(
                note(ui, ui.t(f"settings.update.{state.value}"), tone, ft.Icons.SYSTEM_UPDATE_ALT),
                "update-state",
            )
        )
        if state is UpdateState.AVAILABLE:
            action = button(ui, ui.t("settings.update.apply"), "update-apply", ui.on(apply), look="main")
        else:
            action = button(ui, ui.t("settings.update.check"), "update-check", ui.on(check))
        parts.append(ft.Row([action]))
    parts.append(text(ui, ui.t("settings.about.fonts"), "caption", theme.MUTED))
    return card(*parts)
