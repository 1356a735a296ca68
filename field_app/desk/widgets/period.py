"""Region, month and month of comparison: what every comparison of the desk is narrowed by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flet as ft

from field_app.shell.choosing import Option, choose_button
from field_app.shell.ui import Ui


def region_button(ui: Ui, identifier: str, chosen: str, pick: Callable[[str], object]) -> list[ft.Control]:
    """The regions of the person's dealers; nothing where there is only one of them."""
    store = ui.work.store
    own = {row["region_id"] for row in store.by("dealer")}
    regions = sorted((row for row in store.by("region") if row["id"] in own), key=lambda row: row["code"])
    if len(regions) < 2:
        return []
    options = [
        Option("", ui.t("desk.network.everywhere")),
        *(
            Option(one["id"], one["name"] if ui.t.is_chinese else one["name_en"] or one["name"])
            for one in regions
        ),
    ]
    return [choose_button(ui, ui.t("desk.network.region"), identifier, options, chosen, pick)]


def period_buttons(
    ui: Ui,
    prefix: str,
    months: Sequence[str],
    shown: tuple[str, str],
    chosen: tuple[str, str],
    pick: Callable[[str, str], object],
) -> list[ft.Control]:
    """``shown``: month and month of comparison as answered; ``chosen``: as asked for ("" for the usual)."""
    month, compare = chosen

    def pick_month(key: str) -> None:
        pick(key, compare if compare != key else "")

    def pick_compare(key: str) -> None:
        pick(month, key)

    months_known = list(months) or [one for one in shown if one]
    current = [Option("", ui.t("desk.period.newest")), *(Option(one, one) for one in months_known)]
    others = [one for one in months_known if one != (month or shown[0])]
    against = [Option("", ui.t("desk.period.before")), *(Option(one, one) for one in others)]
    first = choose_button(ui, ui.t("desk.period.month"), f"{prefix}-month", current, month, pick_month,
                          labelled=True)  # fmt: skip
    second = choose_button(
        ui, ui.t("desk.period.compare"), f"{prefix}-compare", against, compare, pick_compare, labelled=True
    )
    return [first, second]
