"""What a draft changes against the published version, and publishing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import flet as ft

from field_app import theme
from field_app.checklists.open_draft import OpenDraft
from field_app.checklists.widgets.rule import rule_words
from field_app.shell.parts import button, named, note, tag, text
from field_app.shell.ui import Ui
from shared_models.checklists.diff import Difference, differences
from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.languages import Untranslated, untranslated


def changes(draft: OpenDraft) -> list[Difference] | None:
    """The differences; None while there is no published version or the draft has faults."""
    if draft.desk.published is None or draft.faults:
        return None
    return differences(draft.desk.published, TemplateDocument.model_validate(draft.drafting.plain()))


def show_changes(ui: Ui, draft: OpenDraft, publish: Callable[[bool], Awaitable[object]]) -> None:
    """The list in a dialog with the button that publishes. Dialogs stand outside the components.

    Where one language stands in for the other, the button says so: pressing it is the explicit yes.
    """
    found = changes(draft)
    missing = [] if draft.faults else untranslated(TemplateDocument.model_validate(draft.drafting.plain()))
    rows: list[ft.Control] = []
    if draft.faults:
        rows.append(note(ui, ui.t("checklists.edit.faults", count=len(draft.faults)), "bad"))
    elif found is None:
        rows.append(note(ui, ui.t("checklists.changes.first")))
    elif not found:
        rows.append(note(ui, ui.t("checklists.changes.none")))
    if missing:
        rows.append(_missing(ui, missing))
    rows += [_row(ui, one) for one in found or ()]
    if not draft.faults and found != []:
        rows.insert(0, text(ui, ui.t("checklists.changes.about"), "small", theme.MUTED))
    answered = False

    async def sure() -> None:
        nonlocal answered
        if not answered:
            answered = True
            ui.page.pop_dialog()
            await publish(bool(missing))

    actions: list[ft.Control] = [
        button(ui, ui.t("shell.cancel"), "changes-cancel", ui.on(ui.page.pop_dialog), look="quiet"),
        button(
            ui,
            ui.t("checklists.changes.untranslated_too" if missing else "checklists.changes.publish"),
            "changes-publish",
            ui.on(sure),
            look="danger" if missing else "main",
            disabled=bool(draft.faults) or found == [],
        ),
    ]
    ui.page.show_dialog(
        ft.AlertDialog(
            title=ft.Text(ui.t("checklists.changes.title")),
            content=ft.Container(
                ft.ListView(rows, spacing=theme.GAP, expand=True),
                width=640,
                height=min(520, 90 + 76 * len(rows)),
            ),
            actions=actions,
            inset_padding=ft.Padding.all(theme.ROOM),
        )
    )


def _missing(ui: Ui, missing: Sequence[Untranslated]) -> ft.Control:
    """The texts that stand in one language for both."""
    lines: list[ft.Control] = [
        note(
            ui,
            ui.t("checklists.changes.untranslated", count=len(missing)),
            "warn",
            ft.Icons.TRANSLATE,
        )
    ]
    for one in missing:
        field = ui.t(f"checklists.field.{one.field}")
        words = ui.t(f"checklists.changes.no_{one.language}", field=field)
        where = one.where or ui.t("checklists.edit.top")
        lines.append(text(ui, f"{where} · {words}", "small"))
    return named(ft.Column(lines, spacing=2, tight=True), "changes-untranslated", container=True)


def _row(ui: Ui, one: Difference) -> ft.Control:
    where = one.where or ui.t("checklists.edit.top")
    tones = {"added": "good", "removed": "bad", "moved": "accent", "changed": "warn"}
    head = ft.Row(
        [
            tag(ui, ui.t(f"checklists.changes.{one.kind}"), tones[one.kind]),  # type: ignore[arg-type]
            text(ui, where, "strong"),
            text(ui, ui.t(f"checklists.field.{one.field}") if one.field else "", "small", theme.MUTED),
        ],
        spacing=theme.NEAR,
        run_spacing=2,
        wrap=True,
    )
    rows: list[ft.Control] = [head]
    if one.before is not None:
        rows.append(
            text(ui, ui.t("checklists.changes.before", value=_shown(ui, one.before)), "small", theme.MUTED)
        )
    if one.after is not None:
        rows.append(text(ui, ui.t("checklists.changes.after", value=_shown(ui, one.after)), "small"))
    return ft.Column(rows, spacing=2, tight=True)


def _shown(ui: Ui, value: Any) -> str:
    """A value of a document in words, as far as it has some."""
    if isinstance(value, bool):
        return ui.t("visits.answer.yes" if value else "visits.answer.no")
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            return f"{value['zh']} / {value['en']}"
        if {"question", "all", "any", "not"} & set(value):
            return rule_words(ui, {name: held for name, held in value.items() if held is not None})
        return " · ".join(f"{held}" for held in value.values() if held is not None)
    if isinstance(value, list | tuple):
        return "; ".join(_shown(ui, one) for one in value)
    return str(value)
