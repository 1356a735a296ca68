"""Templates of plans: what they hold, and removing one's own."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.plans.templates import PlanTemplates
from field_app.shell.asking import ask
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, empty, heading, named, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui
from shared_models.plans import PlanTemplate, TemplatePart


@screen
def TemplatesScreen(ui: Ui) -> ft.View:  # noqa: N802
    """All that this person may use."""
    templates = PlanTemplates(ui.work.store, ui.work.api)

    async def read(
        first: Callable[[Fetched[tuple[PlanTemplate, ...]]], None],
    ) -> Fetched[tuple[PlanTemplate, ...]]:
        return await fresh(first, lambda kept: templates.all(kept_first=kept))

    got = use_reading(ui, read)
    bar = title_bar(ui, ui.t("plans.template.list"), back=ui.going("/plans"))
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return framed(ui, "plans", bar, stand_in or busy(ui))

    def remove(one: PlanTemplate) -> None:
        async def sure() -> None:
            await templates.remove(one.id)
            await got.again()
            ui.tell(ui.t("plans.template.removed"))

        title = ui.t("plans.template.remove")
        ask(ui, "template-remove", title, ui.t("plans.template.remove_sure", title=one.title), title, sure,
            look="danger")  # fmt: skip

    rows: list[ft.Control] = [*age_note(ui, got.value), text(ui, ui.t("plans.template.list_hint"), "small")]
    found = got.value.value
    if not found:
        hint = ui.t("plans.template.none")
        rows.append(empty(ui, ui.t("plans.template.list"), hint, ft.Icons.BOOKMARK_BORDER))
    rows += [template_card(ui, place, one, remove) for place, one in enumerate(found)]
    return framed(ui, "plans", bar, column(*rows, width=theme.READING + 120))


def template_card(
    ui: Ui, place: int, one: PlanTemplate, remove: Callable[[PlanTemplate], None]
) -> ft.Control:
    """One template with its items, causes and measures."""
    parts: list[ft.Control] = [
        heading(ui, one.title),
        ft.Row(
            [
                tag(ui, ui.t("plans.template.shared" if one.shared else "plans.template.own")),
                tag(ui, one.author) if one.author else ft.Container(),
            ],
            spacing=6,
            wrap=True,
        ),
    ]
    for part in one.content.parts:
        parts.append(text(ui, _item_name(ui, part), "strong"))
        parts += [
            text(ui, f"· {ui.t(f'checklists.stage.{cause.category}')}: {cause.text}", "small", theme.MUTED)
            for cause in part.causes
        ]
        for measure in part.measures:
            due = "" if measure.due_after is None else ui.t("plans.template.due", days=measure.due_after)
            said = " · ".join(p for p in (ui.t(f"plans.method.{measure.method}"), due) if p)
            parts.append(text(ui, f"· {measure.measure}（{said}）" if ui.t.is_chinese
                              else f"· {measure.measure} ({said})", "small"))  # fmt: skip
    if one.may_remove:
        label = ui.t("plans.template.remove")
        act = ui.on(remove, one)
        parts.append(
            ft.Row(
                [
                    button(
                        ui,
                        label,
                        f"template-{place}-remove",
                        act,
                        look="quiet",
                        spoken=f"{label}: {one.title}",
                    )
                ]
            )
        )
    return named(card(*parts), f"template-{place}", container=True)


def _item_name(ui: Ui, part: TemplatePart) -> str:
    if not part.item_code:
        return ui.t("desk.plan.whole")
    row = next(iter(ui.work.store.by("item", code=part.item_code)), None)
    if row is None:
        return part.item_code
    return row["name"] if ui.t.is_chinese else (row["name_en"] or row["name"])
