"""Double visits that plan themselves: the rule, what was drawn from whom, and where nobody could be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from field_app import theme
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.review.workflow_quality import Quality
from field_app.shell.hooks import use_value
from field_app.shell.parts import button, card, choice, empty, heading, named, note, tag, text, text_field
from field_app.shell.ui import Ui, guarded
from shared_models.people.access import Role
from shared_models.problems import Code, Place, Problem
from shared_models.reviews import DoublingAnswer, DoublingRule, DrawnVisit, DrawOf

SHOWN = 200
PERCENT = (1, 50)
MOST_OPEN = (1, 60)


def doubling_rows(
    ui: Ui, quality: Quality, got: Fetched[DoublingAnswer], again: Callable[[], Awaitable[None]]
) -> list[ft.Control]:
    """Everything about the draw, from the top down."""
    found = got.value
    rows: list[ft.Control] = [*age_note(ui, got), text(ui, ui.t("review.doubling.about"), "small")]
    if ui.work.access.whole_company(Role.HQ):
        rows.append(RuleCard(ui, quality, found.rule, again))
    else:
        rows.append(note(ui, _rule_words(ui, found.rule), icon=ft.Icons.INFO_OUTLINE))
    if not found.people:
        words = ui.t("review.doubling.none"), ui.t("review.doubling.none_hint")
        return [*rows, empty(ui, *words, ft.Icons.CASINO_OUTLINED)]
    enough = found.quarter_done >= found.quarter_needed
    words = ui.t("review.doubling.quarter", done=found.quarter_done, needed=found.quarter_needed)
    rows.append(note(ui, words, "good" if enough else "plain", ft.Icons.CALL_SPLIT))
    rows.append(heading(ui, ui.t("review.doubling.drawn")))
    rows += [_drawn(ui, one) for one in found.drawn[:SHOWN]]
    rows.append(heading(ui, ui.t("review.doubling.by_person")))
    rows += [_person(ui, one) for one in found.people[:SHOWN]]
    return rows


def _rule_words(ui: Ui, rule: DoublingRule) -> str:
    if not rule.active:
        return ui.t("review.doubling.off")
    return ui.t("review.doubling.on", percent=rule.percent, most=rule.most_open)


@guarded
def RuleCard(  # noqa: N802
    ui: Ui, quality: Quality, rule: DoublingRule, again: Callable[[], Awaitable[None]]
) -> ft.Control:
    """The share and who is spared, for headquarters."""
    active, set_active = use_value(rule.active)
    typed = ft.use_ref(lambda: {"percent": str(rule.percent), "most_open": str(rule.most_open)}).current
    assert typed is not None

    def field(name: str) -> ft.Control:
        def take(event: ft.Event[ft.TextField]) -> None:
            typed[name] = event.control.value or ""

        return text_field(
            ui,
            ui.t(f"review.doubling.{name}"),
            f"doubling-{name}",
            typed[name],
            on_change=ui.on_event(take),
            keyboard_type=ft.KeyboardType.NUMBER,
            width=180,
        )

    async def save() -> None:
        numbers = {
            name: _number(ui, typed[name], name, *ends)
            for name, ends in (("percent", PERCENT), ("most_open", MOST_OPEN))
        }
        drawn = await quality.put_doubling(DoublingRule(active=active, **numbers))
        ui.tell(ui.t("review.doubling.saved", count=len(drawn.drawn)))
        ui.page.run_task(ui.work.sync.run_once)
        await again()

    label = ui.t("review.doubling.active")
    row: list[ft.Control] = [
        choice(
            ui,
            label,
            "doubling-active",
            ui.on(set_active, not active),
            chosen=active,
            multiple=True,
            expand=False,
        ),
        field("percent"),
        field("most_open"),
        button(ui, ui.t("review.doubling.save"), "doubling-save", ui.on(save), look="main"),
    ]
    return card(
        text(ui, _rule_words(ui, rule), "strong"),
        ft.Row(row, spacing=theme.GAP, run_spacing=theme.GAP, wrap=True),
        padding=theme.GAP,
    )


def _number(ui: Ui, written: str, name: str, least: int, most: int) -> int:
    words = written.strip()
    if not words.isdecimal() or not least <= int(words) <= most:
        label = ui.t(f"review.doubling.{name}")
        said = ui.t("review.doubling.wrong", least=least, most=most)
        raise Problem(Code.INVALID_FIELD, {"field": label}, [Place(label, said)])
    return int(words)


def _drawn(ui: Ui, one: DrawnVisit) -> ft.Control:
    window = f"{one.window_start.isoformat()} – {one.window_end.isoformat()}"
    marks: list[ft.Control] = [tag(ui, window, icon=ft.Icons.EVENT)]
    if one.done:
        marks.append(tag(ui, ui.t("review.doubling.done"), "good"))
    who = one.first if not one.second else ui.t("review.doubling.pair", first=one.first, second=one.second)
    parts: list[ft.Control] = [
        text(ui, one.dealer if ui.t.is_chinese else one.dealer_en or one.dealer, "strong"),
        text(ui, who, "small", theme.MUTED),
        ft.Row(marks, spacing=6, run_spacing=6, wrap=True),
    ]
    if one.problem:
        parts.append(note(ui, ui.t("review.doubling.nobody"), "warn", ft.Icons.PERSON_OFF_OUTLINED))
    return named(card(*parts, padding=theme.GAP), f"drawn-{one.assignment_id}", container=True)


def _person(ui: Ui, one: DrawOf) -> ft.Control:
    counts = one.model_dump(include={"visits", "drawn", "planned", "done"})
    words = ui.t("review.doubling.person", **counts)
    return named(
        card(text(ui, one.name, "strong"), text(ui, words, "small"), padding=theme.GAP),
        f"draw-of-{one.person_id}",
        container=True,
    )
