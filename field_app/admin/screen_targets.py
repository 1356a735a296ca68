"""Targets of items: the company's, and those of regions, dealers and months; set, changed, withdrawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import flet as ft
from pydantic import TypeAdapter, ValidationError

from field_app import theme
from field_app.admin.widgets.parts import Typed, admin_of, line, pager, ruled, search_line, wide
from field_app.admin.workflow import PAGE
from field_app.shell.choosing import Option, choose_button
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, empty, heading, named, note, tag, text
from field_app.shell.reading import use_reading
from field_app.shell.times import since_text
from field_app.shell.ui import Ui, guarded
from shared_models.insight.words import number_text
from shared_models.problems import Code, Place, Problem
from shared_models.targets import ItemTargets, NewTarget, PlaceKind, TargetRule

_ITEMS = TypeAdapter(tuple[ItemTargets, ...])
Again = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class _Wanted:
    text: str = ""
    only_set: bool = False
    offset: int = 0
    open: str = ""
    """Id of the item whose form is open."""


@screen
def TargetsScreen(ui: Ui) -> ft.View:  # noqa: N802
    """Headquarters: one card per item."""
    wanted, want = use_value(_Wanted())
    typed = ft.use_ref(Typed.for_search).current
    assert typed is not None

    async def read(_first: Callable[[tuple[ItemTargets, ...]], None]) -> tuple[ItemTargets, ...]:
        return _ITEMS.validate_python(await admin_of(ui).read("/targets"))

    got = use_reading(ui, read)
    filters = choice(
        ui,
        ui.t("admin.targets.only_set"),
        "targets-only-set",
        ui.on(lambda: want(replace(wanted, only_set=not wanted.only_set, offset=0))),
        chosen=wanted.only_set,
        multiple=True,
        expand=False,
    )
    rows: list[ft.Control] = [
        note(ui, ui.t("admin.targets.how"), icon=ft.Icons.TRACK_CHANGES),
        card(
            *search_line(
                ui,
                typed,
                "targets",
                ui.t("admin.targets.search"),
                lambda: want(replace(wanted, text=typed["text"].casefold(), offset=0)),
                filters,
            )
        ),
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        rows += [stand_in] if stand_in is not None else []
    else:
        found = [one for one in got.value if _fits(one, wanted)]
        for one in found[wanted.offset : wanted.offset + PAGE]:
            open_ = wanted.open == one.item_id
            toggle = ui.on(want, replace(wanted, open="" if open_ else one.item_id))
            form = TargetForm(ui, one, got.again, key=f"form-{one.code}") if open_ else None
            rows.append(item_card(ui, one, toggle, form, got.again))
        if not found:
            rows.append(empty(ui, ui.t("admin.none"), ui.t("admin.none_hint"), ft.Icons.TRACK_CHANGES))
        rows += pager(
            ui, "targets", wanted.offset, len(found), lambda offset: want(replace(wanted, offset=offset))
        )
    bar = title_bar(ui, ui.t("admin.targets.title"), back=ui.going("/admin"))
    return framed(ui, "admin", bar, column(*rows, width=theme.READING + 120))


def _fits(one: ItemTargets, wanted: _Wanted) -> bool:
    if wanted.only_set and not one.rules:
        return False
    return any(wanted.text in words.casefold() for words in (one.code, one.name, one.name_en))


def months_text(ui: Ui, rule: NewTarget) -> str:
    """For which months a target holds, in words."""
    match bool(rule.month_from), bool(rule.month_to):
        case False, False:
            return ui.t("admin.targets.always")
        case True, False:
            return ui.t("admin.targets.since", first=rule.month_from)
        case False, True:
            return ui.t("admin.targets.until", last=rule.month_to)
        case _:
            return ui.t("admin.targets.between", first=rule.month_from, last=rule.month_to)


def item_card(
    ui: Ui, one: ItemTargets, toggle: Callable[..., Awaitable[None]], form: ft.Control | None, again: Again
) -> ft.Control:
    """An item: what holds for the company, below it the more specific ones, the winning one on top."""
    name = one.name if ui.t.is_chinese else one.name_en or one.name
    shown = (
        ui.t("admin.targets.default", target=number_text(one.default_target))
        if one.target is None
        else f"{number_text(one.target)}%"
    )
    rows: list[ft.Control] = [
        ft.Row([text(ui, name, "heading", expand=True), tag(ui, shown, "accent")], spacing=theme.NEAR),
        text(ui, one.code, "caption", theme.MUTED),
        *(_rule(ui, place, one, rule, again) for place, rule in enumerate(one.rules)),
    ]
    if form is not None:
        rows.append(form)
    label = ui.t("shell.cancel" if form is not None else "admin.targets.set")
    rows.append(
        line(button(ui, label, f"target-{one.code}", toggle, look="quiet", spoken=f"{label}: {name}"))
    )
    return named(card(*rows, padding=theme.GAP), f"target-card-{one.code}", container=True)


def _rule(ui: Ui, place: int, item: ItemTargets, rule: TargetRule, again: Again) -> ft.Control:
    where = rule.place_name if ui.t.is_chinese else rule.place_name_en or rule.place_name
    where = f"{rule.place_code} {where}".strip() or ui.t("admin.targets.company")
    who = ui.t("admin.targets.by", who=rule.set_by or "–", when=since_text(ui, rule.set_at))

    async def withdraw() -> None:
        gone = NewTarget.model_validate({**rule.model_dump(), "target": None})
        await admin_of(ui).write("/targets", gone.model_dump(mode="json"))
        ui.tell(ui.t("admin.targets.saved"))
        await again()

    label = ui.t("admin.targets.withdraw")
    return ruled(
        ft.Row(
            [
                ft.Column(
                    [
                        text(ui, f"{where} · {months_text(ui, rule)}", "small"),
                        text(ui, who, "caption", theme.MUTED),
                    ],
                    spacing=0,
                    tight=True,
                    expand=True,
                ),
                text(ui, f"{number_text(rule.target)}%", "strong"),
                button(
                    ui,
                    label,
                    f"target-{item.code}-withdraw-{place}",
                    ui.on(withdraw),
                    look="quiet",
                    small=True,
                    spoken=f"{label}: {where}",
                ),
            ],
            spacing=theme.NEAR,
        )
    )


def places_of(ui: Ui) -> list[Option]:
    """Company, regions and dealers of this device, as ``kind:id``."""
    found = [Option("company:", ui.t("admin.targets.company"))]
    for kind, entity in ((PlaceKind.REGION, "region"), (PlaceKind.DEALER, "dealer")):
        rows = sorted(ui.work.store.by(entity), key=lambda row: row["code"])
        found += [
            Option(
                f"{kind.value}:{row['id']}",
                row["name"] if ui.t.is_chinese else row["name_en"] or row["name"],
                row["code"],
            )
            for row in rows
        ]
    return found


@guarded
def TargetForm(ui: Ui, one: ItemTargets, again: Again) -> ft.Control:  # noqa: N802
    """Where, for which months, how much."""
    typed = ft.use_ref(lambda: Typed(ui.work.typed.of(f"admin/target/{one.item_id}"))).current
    assert typed is not None
    place, pick = use_value("company:")

    async def save() -> None:
        kind, place_id = place.split(":")
        try:
            wanted = NewTarget(
                item_id=one.item_id,
                place_kind=PlaceKind(kind),
                place_id=place_id,
                month_from=typed["first"],
                month_to=typed["last"],
                target=float(typed["value"].removesuffix("%")),
            )
        except (ValueError, ValidationError):
            raise Problem(Code.INVALID_REQUEST, {}, [Place("target", typed["value"])]) from None
        await admin_of(ui).write("/targets", wanted.model_dump(mode="json"))
        typed.sent()
        ui.tell(ui.t("admin.targets.saved"))
        await again()

    label = ui.t("admin.targets.place")
    fields = [
        typed.field(ui, name, ui.t(f"admin.targets.{name}"), f"target-{name}")
        for name in ("value", "first", "last")
    ]
    return ft.Column(
        [
            heading(ui, ui.t("admin.targets.set")),
            line(choose_button(ui, label, "target-place", places_of(ui), place, pick)),
            wide(ui, *fields),
            line(button(ui, ui.t("admin.save"), "target-save", ui.on(save), look="main")),
        ],
        spacing=theme.GAP,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )
