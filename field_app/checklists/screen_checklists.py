"""The checklists: their versions and drafts, new ones, workbooks in and out, retirement."""

from __future__ import annotations

import re
from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.checklists.workflow import FindingLine, Imported, TemplateLine, VersionLine, Versions
from field_app.insight.widgets.figures import age_note
from field_app.shell.asking import ask
from field_app.shell.choosing import Option, choose
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import (
    busy,
    button,
    card,
    choice,
    empty,
    heading,
    named,
    note,
    tag,
    text,
    text_field,
)
from field_app.shell.picking import Chosen
from field_app.shell.reading import fresh, use_reading
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui
from shared_models.checklists.stages import Source

SOURCES = (Source.SHOP, Source.INSPECTION, Source.AUDIT, Source.CALLBACK)
"""Sources that a visit can feed."""
CODE = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,39}$")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _nothing_imported() -> Imported | None:
    return None


@screen
def ChecklistsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """All checklists of the company; each opens as a draft."""
    imported, set_imported = use_value(_nothing_imported())
    checklists = ui.work.checklists

    async def read(first: Callable[[Versions], None]) -> Versions:
        return await fresh(first, lambda kept: checklists.versions(kept_first=kept))

    got = use_reading(ui, read)

    async def take(files: list[Chosen]) -> None:
        for file in files[:1]:
            set_imported(await checklists.import_file(file.name, file.data))
            await got.again()

    rows: list[ft.Control] = [_actions(ui, take)]
    if imported is not None:
        rows.append(_imported(ui, imported))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows.append(stand_in or busy(ui))
    else:
        lines = got.value.value
        rows += age_note(ui, got.value)
        rows += [_only_here(ui, code) for code in checklists.only_here(lines)]
        templates = checklists.templates(lines)
        if not templates:
            rows.append(
                empty(
                    ui,
                    ui.t("checklists.list.none"),
                    ui.t("checklists.list.none_hint"),
                    ft.Icons.CHECKLIST_OUTLINED,
                )
            )
        rows += [_template(ui, one, lines, got.again) for one in templates]
    bar = title_bar(ui, ui.t("checklists.list.title"), actions=[SyncChip(ui, brief=ui.look.phone)])
    return framed(ui, "checklists", bar, column(*rows, width=theme.READING + 120))


def _actions(ui: Ui, take: Callable[[list[Chosen]], object]) -> ft.Control:
    parts = ui.app.picking.button_parts(ui, "any", take, several=False)  # type: ignore[arg-type]
    return ft.Row(
        [
            button(
                ui,
                ui.t("checklists.list.new"),
                "checklist-new",
                ui.on(_ask_new, ui),
                look="main",
                icon=ft.Icons.ADD,
            ),
            button(
                ui,
                ui.t("checklists.list.import"),
                "checklist-import",
                parts["on_click"],  # type: ignore[arg-type]
                icon=ft.Icons.UPLOAD_FILE,
                action=parts["action"],
            ),
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )


def _imported(ui: Ui, made: Imported) -> ft.Control:
    rows: list[ft.Control] = [
        heading(ui, ui.t("checklists.list.imported", code=made.code)),
        text(ui, ui.t("checklists.list.findings", count=len(made.findings)), "small", theme.MUTED),
    ]
    rows += [text(ui, f"{one.at} · {_finding(ui, one)}", "small") for one in made.findings]
    rows.append(_open(ui, made.code, "checklist-open-imported", look_main=True))
    return named(card(*rows), "checklist-imported", container=True)


def _finding(ui: Ui, one: FindingLine) -> str:
    return ui.t(f"checklists.xlsform.{one.what}", value=one.value)


def _open(ui: Ui, code: str, identifier: str, *, look_main: bool = False) -> ft.Control:
    return button(
        ui,
        ui.t("checklists.list.edit"),
        identifier,
        ui.going(f"/checklists/draft/{code}"),
        look="main" if look_main else "plain",
        icon=ft.Icons.EDIT_OUTLINED,
        spoken=ui.t("checklists.list.edit_spoken", name=code),
    )


def _only_here(ui: Ui, code: str) -> ft.Control:
    async def discard() -> None:
        await ui.work.checklists.discard(code)
        ui.app.redraw()

    return named(
        card(
            heading(ui, code),
            ft.Row([tag(ui, ui.t("checklists.state.here"), "warn", ft.Icons.TABLET_ANDROID)]),
            ft.Row(
                [
                    _open(ui, code, f"checklist-edit-{code}"),
                    button(
                        ui,
                        ui.t("checklists.list.discard"),
                        f"checklist-discard-{code}",
                        ui.on(_ask_discard, ui, code, discard),
                        look="quiet",
                    ),
                ],
                wrap=True,
            ),
        ),
        f"checklist-{code}",
        container=True,
    )


def _template(ui: Ui, one: TemplateLine, lines: list[VersionLine], again: Callable[[], object]) -> ft.Control:
    name = one.any.name(ui.language)
    marks: list[ft.Control] = [
        tag(ui, one.code),
        tag(ui, ui.t(f"checklists.source.{one.any.source}"), "accent"),
    ]
    if one.newest is not None:
        marks.append(tag(ui, ui.t("checklists.state.version", number=one.newest.number), "good"))
    if one.draft is not None:
        marks.append(tag(ui, ui.t("checklists.state.draft"), "warn", ft.Icons.EDIT_OUTLINED))
    if one.here:
        marks.append(tag(ui, ui.t("checklists.state.here"), "warn", ft.Icons.TABLET_ANDROID))
    if one.any.retired:
        marks.append(tag(ui, ui.t("checklists.state.retired")))

    async def retire() -> None:
        await ui.work.checklists.retire(one.code, back=one.any.retired)
        await again()  # type: ignore[misc]

    async def discard() -> None:
        await ui.work.checklists.discard(one.code)
        await again()  # type: ignore[misc]

    acts: list[ft.Control] = [
        _open(ui, one.code, f"checklist-edit-{one.code}"),
        button(
            ui,
            ui.t("checklists.list.export"),
            f"checklist-export-{one.code}",
            ui.on(_choose_export, ui, one.code, lines),
            look="quiet",
            icon=ft.Icons.TABLE_VIEW_OUTLINED,
            spoken=ui.t("checklists.list.export_spoken", name=name),
        ),
    ]
    if one.draft is not None or one.here:
        acts.append(
            button(
                ui,
                ui.t("checklists.list.discard"),
                f"checklist-discard-{one.code}",
                ui.on(_ask_discard, ui, name, discard),
                look="quiet",
                spoken=ui.t("checklists.list.discard_spoken", name=name),
            )
        )
    if one.newest is not None:
        label = "checklists.list.offer" if one.any.retired else "checklists.list.retire"
        acts.append(
            button(
                ui,
                ui.t(label),
                f"checklist-retire-{one.code}",
                ui.on(retire) if one.any.retired else ui.on(_ask_retire, ui, name, retire),
                look="quiet",
                spoken=f"{ui.t(label)} {name}",
            )
        )
    return named(
        card(
            heading(ui, name),
            ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
            ft.Row(acts, spacing=theme.NEAR, run_spacing=0, wrap=True),
            padding=theme.GAP,
        ),
        f"checklist-{one.code}",
        container=True,
    )


def _choose_export(ui: Ui, code: str, lines: list[VersionLine]) -> None:
    options = [
        Option(
            one.id,
            ui.t("checklists.state.draft")
            if one.status == "draft"
            else ui.t("checklists.state.version", number=one.number),
        )
        for one in lines
        if one.code == code
    ]

    async def take(version_id: str) -> None:
        data = await ui.work.checklists.export_file(version_id)
        saved = await ui.app.platform.save_file(f"{code}.xlsx", XLSX, data)
        if saved.how != "cancelled":
            ui.tell(ui.t("checklists.list.exported", name=str(saved.path or f"{code}.xlsx")))

    choose(ui, ui.t("checklists.list.which_version"), "checklist-version", options, take)


def _ask_retire(ui: Ui, name: str, act: Callable[[], object]) -> None:
    ask(
        ui,
        "checklist-retire",
        ui.t("checklists.list.retire_title", name=name),
        ui.t("checklists.list.retire_body"),
        ui.t("checklists.list.retire"),
        act,  # type: ignore[arg-type]
    )


def _ask_discard(ui: Ui, name: str, act: Callable[[], object]) -> None:
    ask(
        ui,
        "checklist-discard",
        ui.t("checklists.list.discard_title", name=name),
        ui.t("checklists.list.discard_body"),
        ui.t("checklists.list.discard"),
        act,  # type: ignore[arg-type]
        look="danger",
    )


def _ask_new(ui: Ui) -> None:
    """The few things that a checklist cannot begin without. Dialogs stand outside the components."""
    typed = {"code": "", "zh": "", "en": ""}
    source = {"now": SOURCES[0]}
    told = ft.Column(tight=True)
    sources = ft.Row(spacing=theme.NEAR, run_spacing=theme.NEAR, wrap=True)

    def field(name: str, label: str) -> ft.Control:
        def changed(event: ft.Event[ft.TextField]) -> None:
            typed[name] = (event.control.value or "").strip()

        return text_field(ui, label, f"checklist-new-{name}", on_change=ui.on_event(changed))

    def offer() -> None:
        sources.controls = [
            choice(
                ui,
                ui.t(f"checklists.source.{one.value}"),
                f"checklist-new-source-{one.value}",
                ui.on(pick, one),
                chosen=one is source["now"],
                expand=False,
            )
            for one in SOURCES
        ]

    def pick(one: Source) -> None:
        source["now"] = one
        offer()
        sources.update()

    async def begin() -> None:
        wrong = ""
        if not CODE.match(typed["code"]):
            wrong = "checklists.fault.code"
        elif not typed["zh"] or not typed["en"]:
            wrong = "checklists.new.both"
        if wrong:
            told.controls = [note(ui, ui.t(wrong), "bad")]
            told.update()
            return
        await ui.work.checklists.begin(typed["code"], source["now"].value, typed["zh"], typed["en"])
        ui.page.pop_dialog()
        ui.go(f"/checklists/draft/{typed['code']}")

    offer()
    body = ft.Column(
        [
            field("zh", ui.t("checklists.new.zh")),
            field("en", ui.t("checklists.new.en")),
            field("code", ui.t("checklists.new.code")),
            text(ui, ui.t("checklists.new.source"), "small", theme.MUTED),
            sources,
            told,
        ],
        spacing=theme.GAP,
        tight=True,
        width=480,
    )
    cancel = button(ui, ui.t("shell.cancel"), "checklist-new-cancel", ui.on(ui.page.pop_dialog), look="quiet")
    go = button(ui, ui.t("checklists.new.begin"), "checklist-new-begin", ui.on(begin), look="main")
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("checklists.list.new")),
            content=ft.Container(body, padding=ft.Padding(top=theme.NEAR)),
            actions=[cancel, go],
            scrollable=True,
        )
    )
