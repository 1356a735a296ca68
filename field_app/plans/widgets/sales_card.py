"""Achievement of the dealer's sales targets beside the plan's verdicts: read, and entered by desks."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft
from pydantic import TypeAdapter, ValidationError

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import CachedReader, Fetched
from field_app.shell.choosing import Option, choose_button
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, heading, named, text, text_field
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from field_app.store.typed import TypedWords
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES
from shared_models.plans import SalesFigures, SalesMonth

_MONTHS = TypeAdapter(tuple[SalesMonth, ...])
SHOWN = 6


@guarded
def SalesCard(ui: Ui, dealer_id: str, months: tuple[str, ...]) -> ft.Control:  # noqa: N802
    """``months``: those that can be entered, the newest first."""
    reader = CachedReader(ui.work.store, ui.work.api)
    chosen, choose = use_value(months[0] if months else "")
    beat, again = use_value(0)
    kept = ui.work.typed.of(f"sales/{dealer_id}")

    async def read(first: Callable[[Fetched[object]], None]) -> Fetched[object]:
        return await fresh(
            first, lambda kept: reader.read("/plans/sales", kept_first=kept, dealer_id=dealer_id)
        )

    got = use_reading(ui, read, dealer_id, beat)
    found = _MONTHS.validate_python(got.value.value) if got.value else ()
    rows: list[ft.Control] = [heading(ui, ui.t("plans.sales.title"))]
    if got.value:
        rows += age_note(ui, got.value)
    rows += sales_lines(ui, found[:SHOWN])
    if ui.work.access.has(*DESK_ROLES) and months:

        async def save() -> None:
            typed = _typed(kept)
            try:
                figures = SalesFigures(target=int(typed["target"]), achieved=int(typed["achieved"]))
            except (ValueError, ValidationError):
                ui.tell(ui.t("plans.sales.whole"))
                return
            body = figures.model_dump(mode="json")
            await ui.work.api.call("PUT", f"/plans/sales/{dealer_id}/{chosen}", body=body)
            kept.clear()
            again(beat + 1)
            ui.tell(ui.t("plans.sales.saved"))

        rows.append(_form(ui, months, chosen, choose, kept, save))
    return named(card(*rows), "sales", container=True)


def sales_lines(ui: Ui, found: tuple[SalesMonth, ...]) -> list[ft.Control]:
    """A line per month: sold of target, and the share."""
    if not found:
        return [text(ui, ui.t("plans.sales.none"), "small", theme.MUTED)]
    return [
        ft.Row(
            [
                text(ui, one.month, "small", theme.MUTED, width=84 * max(1.0, ui.look.scale)),
                text(ui, "–" if one.rate is None else f"{number_text(one.rate)}%", "strong",
                     width=84 * max(1.0, ui.look.scale)),
                text(ui, ui.t("plans.sales.of", achieved=one.achieved, target=one.target), "small",
                     theme.MUTED, expand=True),
            ],
            spacing=theme.NEAR,
        )
        for one in found
    ]  # fmt: skip


def _typed(kept: TypedWords) -> dict[str, str]:
    return {"target": "", "achieved": "", **(kept.lines[0] if kept.lines else {})}


def _form(
    ui: Ui,
    months: tuple[str, ...],
    chosen: str,
    choose: Callable[[str], None],
    kept: TypedWords,
    save: Callable[[], object],
) -> ft.Control:
    def put(field: str) -> Callable[[ft.Event[ft.TextField]], None]:
        def take(event: ft.Event[ft.TextField]) -> None:
            kept.lines[:] = [{**_typed(kept), field: (event.control.value or "").strip()}]
            kept.changed()

        return take

    options = [Option(month, month) for month in months]
    fields = [
        ft.Container(
            text_field(
                ui,
                ui.t(f"plans.sales.{name}"),
                f"sales-{name}",
                _typed(kept)[name],
                on_change=ui.on_event(put(name)),
                keyboard_type=ft.KeyboardType.NUMBER,
            ),
            width=150,
        )
        for name in ("target", "achieved")
    ]
    return ft.Row(
        [
            choose_button(ui, ui.t("desk.period.month"), "sales-month", options, chosen, choose),
            *fields,
            button(ui, ui.t("plans.sales.save"), "sales-save", ui.on(save)),
        ],
        spacing=theme.NEAR,
        run_spacing=theme.NEAR,
        wrap=True,
    )
