"""One dealer: overall trend, every item with its interval, plans; as file with one tap."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.desk.widgets.files import file_buttons
from field_app.insight.answers import counted_answers
from field_app.insight.widgets.answers_link import answers_link
from field_app.insight.widgets.figures import age_note, interval_bar, percent, rate_words
from field_app.insight.widgets.plan_maker import plan_route
from field_app.insight.workflow import Fetched
from field_app.plans.widgets.marks import marks, plan_mark, verdict_mark
from field_app.shell.frame import column, framed, screen, title_bar
from field_app.shell.parts import busy, button, card, heading, named, note, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui
from shared_models.insight.words import number_text
from shared_models.people.access import DESK_ROLES
from shared_models.reports import ItemScore, PlanScore, Scorecard


@screen
def ScorecardScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The dealer of the route, in the newest closed month."""
    dealer_id = ft.use_route_params().get("dealer_id", "")

    async def read(first: Callable[[Fetched[Scorecard]], None]) -> Fetched[Scorecard]:
        return await fresh(first, lambda kept: ui.work.desk.scorecard(dealer_id, kept_first=kept))

    got = use_reading(ui, read, dealer_id)
    back = ui.going("/overview/network" if ui.work.access.has(*DESK_ROLES) else "/overview")
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        bar = title_bar(ui, ui.t("desk.scorecard.title"), back=back)
        return framed(ui, "overview", bar, stand_in or busy(ui))
    made = got.value.value
    name = made.dealer.name if ui.t.is_chinese else (made.dealer.name_en or made.dealer.name)
    bar = title_bar(ui, f"{made.dealer.code} {name}", under=made.month, back=back)
    query = {"dealer_id": dealer_id, "month": made.month}
    stem = f"scorecard-{made.dealer.code}-{made.month}"
    rows: list[ft.Control] = [
        *age_note(ui, got.value),
        _overall(ui, made),
        file_buttons(ui, "/reports/scorecard/file", stem, **query),
    ]
    if ui.work.access.has(*DESK_ROLES):
        from field_app.visits.widgets.observe_button import observe_button

        rows.append(ft.Row(observe_button(ui, dealer_id), wrap=True))
    if made.plans:
        plans = [_plan(ui, place, one) for place, one in enumerate(made.plans)]
        rows.append(card(heading(ui, ui.t("desk.plans.title")), *plans))
    items = [_item(ui, place, one, made) for place, one in enumerate(made.items)]
    rows.append(card(heading(ui, ui.t("desk.scorecard.items")), *items))
    return framed(ui, "overview", bar, column(*rows, width=theme.READING + 120))


def _overall(ui: Ui, made: Scorecard) -> ft.Control:
    title = ui.t("desk.network.column.overall")
    lines: list[ft.Control] = [heading(ui, title)]
    for one in made.overall:
        if one.rate is None:
            continue
        said = ui.t(
            "desk.rate.small" if one.small else "desk.rate.interval",
            low=number_text(one.low),
            high=number_text(one.high),
            count=number_text(one.applicable),
        )
        lines.append(text(ui, f"{one.month}  {percent(one.rate)}  {said}", "small"))
    if made.newest_day:
        lines.append(note(ui, ui.t("desk.scorecard.newest", day=made.newest_day)))
    known = [one.month for one in made.overall if one.rate is not None]
    if known:
        months = [one.month for one in made.overall if one.month >= known[0]]
        question = counted_answers(months, dealer_id=made.dealer.id)
        link = answers_link(ui, "scorecard-answers", question, f"{made.dealer.code} · {title}", _route(made))
        lines.append(ft.Row([link]))
    return named(card(*lines), "scorecard-overall", container=True)


def _route(made: Scorecard) -> str:
    return f"/overview/dealer/{made.dealer.id}"


def _plan(ui: Ui, place: int, one: PlanScore) -> ft.Control:
    return ft.Column(
        [
            text(ui, one.title, "strong"),
            marks(
                plan_mark(ui, one.status),
                tag(ui, ui.t("desk.plans.actions", done=one.verified, count=one.actions)),
                tag(ui, ui.t("desk.plans.overdue", count=one.overdue), "bad") if one.overdue else None,
                *(verdict_mark(ui, verdict) for verdict in dict.fromkeys(one.verdicts)),
            ),
            ft.Row(
                [
                    button(
                        ui,
                        ui.t("desk.plans.open"),
                        f"scorecard-plan-{place}",
                        ui.going(plan_route(one.id)),
                        look="quiet",
                        spoken=ui.t("desk.plans.open_spoken", plan=one.title),
                    )
                ]
            ),
        ],
        spacing=theme.TIGHT,
        tight=True,
    )


def _item(ui: Ui, place: int, one: ItemScore, made: Scorecard) -> ft.Control:
    last = one.months[-1]
    name = one.item.name if ui.t.is_chinese else (one.item.name_en or one.item.name)
    lines: list[ft.Control] = [
        ft.Row(
            [
                text(ui, name, "strong", expand=True),
                text(ui, percent(last.rate if last else None), "heading"),
            ],
            spacing=theme.NEAR,
        )
    ]
    if last is not None:
        lines += [interval_bar(last, one.item.target), text(ui, rate_words(ui, last), "caption", theme.MUTED)]
    ways: list[ft.Control] = []
    if last is not None:
        question = counted_answers([made.month], dealer_id=made.dealer.id, item_id=one.item.id)
        called = f"{made.dealer.code} · {name}"
        ways.append(answers_link(ui, f"scorecard-answers-{place}", question, called, _route(made)))
    if one.weak is not None and ui.work.access.has(*DESK_ROLES):
        route = f"/weak/item/{made.month}/{made.dealer.id}/{one.item.id}"
        go = button(
            ui,
            ui.t("desk.scorecard.weak"),
            f"scorecard-weak-{place}",
            ui.going(route),
            look="quiet",
            icon=ft.Icons.TRENDING_DOWN,
            spoken=f"{ui.t('desk.scorecard.weak')}: {name}",
        )
        ways.append(go)
    if ways:
        lines.append(ft.Row(ways, spacing=theme.NEAR, run_spacing=0, wrap=True))
    return ft.Container(
        ft.Column(lines, spacing=2, tight=True, horizontal_alignment=ft.CrossAxisAlignment.STRETCH),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(top=theme.NEAR),
    )
