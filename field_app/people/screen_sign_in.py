"""Signing in: once online, then this device works without network; several accounts may share it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

import flet as ft

from field_app import theme
from field_app.rescue.saving import save_rescue
from field_app.shell.frame import bare, screen
from field_app.shell.parts import (
    abreast,
    button,
    card,
    choice,
    heading,
    icon_button,
    named,
    note,
    text,
    text_field,
)
from field_app.shell.times import since_text
from field_app.shell.ui import Ui, guarded
from field_app.store import Account
from shared_models.messages import LANGUAGES
from shared_models.problems import Problem

LANGUAGE_NAMES = {"zh_CN": "中文", "en": "English"}
"""Each language by its own name, whatever language is shown."""


@screen
def SignInScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The accounts of this device first, if there are any; else the form."""
    return bare(
        "/",
        ft.Column(
            [
                ft.Container(
                    ft.Container(SignInBody(ui), width=440),
                    alignment=ft.Alignment.TOP_CENTER,
                    padding=ft.Padding.symmetric(
                        horizontal=theme.ROOM, vertical=theme.WIDE if ui.look.phone else 56
                    ),
                )
            ],
            scroll=ft.ScrollMode.AUTO,
            expand=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        ),
    )


def language_switch(ui: Ui) -> ft.Control:
    """All languages by their own names."""
    return abreast(
        ui,
        [
            choice(
                ui,
                LANGUAGE_NAMES[language],
                f"language-{language}",
                ui.on(ui.app.set_language, language),
                chosen=ui.language == language,
            )
            for language in LANGUAGES
        ],
    )


@guarded
def SignInBody(ui: Ui) -> ft.Control:  # noqa: N802
    """Chooser or form."""
    accounts = ui.app.accounts.accounts()
    asked, set_asked = ft.use_state("" if accounts else "new")
    parts: list[ft.Control] = [_brand(ui), language_switch(ui)]
    if asked:
        known = next((one for one in accounts if one.id == asked), None)
        parts.append(
            SignInForm(ui, known, (lambda: set_asked("")) if accounts else None, key=f"form-{asked}")
        )  # pyright: ignore[reportCallIssue]
    else:
        parts.append(_chooser(ui, accounts, set_asked))
    return ft.Column(
        parts, spacing=theme.ROOM, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )


def _brand(ui: Ui) -> ft.Control:
    mark = ft.Container(
        ft.Text(ui.t("shell.mark"), size=40, color=theme.ON_ACCENT, weight=ft.FontWeight.W_500),
        width=64,
        height=64,
        bgcolor=theme.ACCENT,
        border_radius=16,
        alignment=ft.Alignment.CENTER,
    )
    return ft.Row(
        [
            mark,
            ft.Column(
                [
                    heading(ui, ui.t("shell.product"), "display"),
                    text(ui, ui.t("shell.product_line"), "small", theme.MUTED),
                ],
                spacing=0,
                tight=True,
                expand=True,
            ),
        ],
        spacing=theme.ROOM,
    )


def _chooser(ui: Ui, accounts: list[Account], ask: Any) -> ft.Control:
    async def choose(one: Account) -> None:
        if one.signed_in:
            await ui.app.enter(one.id)
        else:
            ask(one.id)

    rows: list[ft.Control] = [heading(ui, ui.t("shell.sign_in.who"))]
    for one in accounts:
        state = "shell.sign_in.ready" if one.signed_in else "shell.sign_in.password_needed"
        under = " · ".join([one.login, urlparse(one.server).netloc or one.server, ui.t(state)])
        rows.append(
            named(
                ft.OutlinedButton(
                    content=ft.Row(
                        [
                            ft.Icon(ft.Icons.PERSON_OUTLINE, color=theme.ACCENT),
                            ft.Column(
                                [
                                    text(ui, one.name or one.login, "strong"),
                                    text(ui, under, "caption", theme.MUTED),
                                    text(
                                        ui,
                                        ui.t("shell.sign_in.used", when=since_text(ui, one.used_at)),
                                        "caption",
                                        theme.MUTED,
                                    ),
                                ],
                                spacing=0,
                                tight=True,
                                expand=True,
                            ),
                            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=theme.MUTED),
                        ],
                        spacing=theme.GAP,
                    ),
                    on_click=ui.on(choose, one),
                    style=ft.ButtonStyle(
                        side=ft.BorderSide(1, theme.LINE),
                        shape=ft.RoundedRectangleBorder(radius=theme.ROUND),
                        padding=ft.Padding.all(theme.GAP),
                    ),
                ),
                f"account-{one.login}",
                one.name or one.login,
                button=True,
            )
        )
    rows.append(
        ft.Row(
            [button(ui, ui.t("shell.sign_in.other"), "account-other", ui.on(ask, "new"), icon=ft.Icons.ADD)]
        )
    )
    # what is not on the server yet can be saved even by whoever cannot sign in any more
    rows.append(text(ui, ui.t("settings.rescue.explained"), "caption", theme.MUTED))
    rows.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("shell.sign_in.rescue", login=one.login),
                    f"rescue-{one.login}",
                    ui.on(save_rescue, ui, one),
                    icon=ft.Icons.SAVE_ALT,
                )
                for one in accounts
            ],
            wrap=True,
            spacing=theme.GAP,
            run_spacing=theme.GAP,
        )
    )
    return card(*rows)


class _Form:
    """What is typed; kept beside the drawing, so that a redraw never takes a letter away."""

    def __init__(self, server: str, login: str) -> None:
        self.server = server
        self.login = login
        self.password = ""
        self.code = ""
        """Invitation, where somebody signs in for the first time."""


@guarded
def SignInForm(ui: Ui, known: Account | None, back: Any) -> ft.Control:  # noqa: N802
    """Server, account, password. What went wrong stands above the button until the next try."""
    origin = ui.app.platform.server_origin()
    form = ft.use_ref(
        lambda: _Form(
            known.server if known else (origin or ui.app.accounts.server), known.login if known else ""
        )
    ).current
    assert form is not None
    busy, set_busy = ft.use_state(False)
    wrong, set_wrong = ft.use_state("")
    invited, set_invited = ft.use_state(False)

    def typed(name: str) -> Any:
        def take(event: ft.Event[ft.TextField]) -> None:
            setattr(form, name, event.control.value or "")

        return ui.on_event(take)

    async def submit() -> None:
        server = form.server.strip().rstrip("/")
        if server and "://" not in server:
            server = "https://" + server
        if not urlparse(server).netloc:
            set_wrong(ui.t("shell.sign_in.server_needed"))
            return
        if not form.login.strip() or not form.password or (invited and not form.code.strip()):
            set_wrong(ui.t("shell.sign_in.incomplete"))
            return
        set_wrong("")
        set_busy(True)
        try:
            code = form.code.strip() if invited else ""
            await ui.app.sign_in(server, form.login, form.password, ui.language, invitation=code)
        except Problem as problem:
            set_wrong(f"{problem.title(ui.language)}\n{problem.todo(ui.language)}")
        finally:
            set_busy(False)

    go = ui.on(submit)
    parts: list[ft.Control] = [heading(ui, ui.t("shell.sign_in.title"))]
    if back is not None:
        parts[0] = ft.Row(
            [icon_button(ui, ft.Icons.ARROW_BACK, ui.t("shell.back"), "back", ui.on(back)), parts[0]],
            spacing=theme.TIGHT,
        )
    parts.append(
        text_field(
            ui,
            ui.t("shell.sign_in.server"),
            "sign-in-server",
            form.server,
            on_change=typed("server"),
            keyboard_type=ft.KeyboardType.URL,
            hint_text="https://",
            helper=ui.t("shell.sign_in.server_is_origin") if origin and not known else None,
        )
    )
    parts.append(
        text_field(
            ui,
            ui.t("shell.sign_in.login"),
            "sign-in-login",
            form.login,
            on_change=typed("login"),
            autofill_hints=ft.AutofillHint.USERNAME,
            autocorrect=False,
            read_only=known is not None,
            autofocus=known is None and bool(form.server),
        )
    )
    if invited:
        parts.append(
            text_field(
                ui,
                ui.t("shell.sign_in.code"),
                "sign-in-code",
                form.code,
                on_change=typed("code"),
                autocorrect=False,
                capitalization=ft.TextCapitalization.CHARACTERS,
                hint_text="XXXX-XXXX-XXXX",
            )
        )
    parts.append(
        text_field(
            ui,
            ui.t("shell.sign_in.new_password" if invited else "shell.sign_in.password"),
            "sign-in-password",
            form.password,
            on_change=typed("password"),
            on_submit=go,
            password=True,
            can_reveal_password=True,
            autofill_hints=ft.AutofillHint.NEW_PASSWORD if invited else ft.AutofillHint.PASSWORD,
            helper=ui.t("shell.sign_in.new_password_about") if invited else None,
        )
    )
    if wrong:
        parts.append(
            ft.Semantics(
                content=note(ui, wrong, "bad", ft.Icons.ERROR_OUTLINE),
                identifier="sign-in-wrong",
                live_region=True,
            )
        )
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t(
                        "shell.sign_in.busy"
                        if busy
                        else "shell.sign_in.set_password"
                        if invited
                        else "shell.sign_in.go"
                    ),
                    "sign-in",
                    go,
                    look="main",
                    expand=True,
                    disabled=busy,
                )
            ]
        )
    )
    parts.append(
        ft.Row(
            [
                button(
                    ui,
                    ui.t("shell.sign_in.has_password" if invited else "shell.sign_in.invited"),
                    "sign-in-invited",
                    ui.on(set_invited, not invited),
                    look="quiet",
                )
            ],
            alignment=ft.MainAxisAlignment.CENTER,
        )
    )
    parts.append(text(ui, ui.t("shell.sign_in.once"), "caption", theme.MUTED))
    return card(*parts, spacing=theme.ROOM)
