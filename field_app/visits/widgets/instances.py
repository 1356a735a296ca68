"""A section asked once per car or consultant: the name of this one, one more, taking this one out."""

from __future__ import annotations

import flet as ft

from field_app import theme
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.live import SHOWN, LiveVisit
from field_app.visits.widgets.saved_text import SavedText


@guarded
def InstanceHead(ui: Ui, live: LiveVisit, key: str) -> ft.Control:  # noqa: N802
    """Above the questions of one instance: its name, and the way to take it out."""
    use_redraw(lambda call: live.listen([key, SHOWN], call), live, key)
    repeats = live.session.repeats
    section = repeats.section(key)
    if section is None or section.repeat is None or key not in repeats.instances(key):
        return ft.Container()
    label = section.repeat.label.text(ui.language)

    async def save(written: str) -> None:
        await live.rename_instance(key, written)

    async def remove() -> None:
        place = repeats.instances(key).index(key)
        await live.remove_instance(key)
        left = repeats.instances(key)
        live.aim(left[min(place, len(left) - 1)] if left else section.code)
        ui.tell(ui.t("visits.repeat.removed"))

    name = SavedText(
        ui,
        ui.t("visits.repeat.name", label=label),
        f"instance-{key}-name",
        repeats.name(key),
        save,
        on_typing=lambda begun: live.typing(key, begun),
        expand=True,
        max_length=60,
        counter="",
    )
    row: list[ft.Control] = [name]
    if repeats.can_remove(key):
        row.append(
            button(
                ui,
                ui.t("visits.repeat.remove"),
                f"instance-{key}-remove",
                ui.on(remove),
                look="quiet",
                icon=ft.Icons.DELETE_OUTLINE,
                spoken=ui.t("visits.repeat.remove_spoken", label=label),
            )
        )
    return ft.Row(row, spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.CENTER)


@guarded
def AddInstance(ui: Ui, live: LiveVisit, key: str) -> ft.Control:  # noqa: N802
    """Below the questions: one more of this kind, or that there are enough."""
    use_redraw(lambda call: live.listen([SHOWN], call), live, key)
    repeats = live.session.repeats
    section = repeats.section(key)
    if section is None or section.repeat is None:
        return ft.Container()
    label = section.repeat.label.text(ui.language)
    if not repeats.can_add(key):
        words = ui.t("visits.repeat.enough", count=section.repeat.maximum)
        if section.repeat.count is not None:
            words = ui.t("visits.repeat.counted", question=section.repeat.count)
        return text(ui, words, "caption", theme.MUTED)

    async def add() -> None:
        live.aim(await live.add_instance(section.code))

    return ft.Row(
        [
            button(
                ui,
                ui.t("visits.repeat.add", label=label),
                f"instance-add-{section.code}",
                ui.on(add),
                icon=ft.Icons.ADD,
            )
        ],
        wrap=True,
    )
