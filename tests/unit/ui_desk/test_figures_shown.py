"""Tables of figures: a funnel for people, and every row the way to the answers behind it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from field_app.insight.answers import PATH, answers_route, counted_answers, plain_route, runs, wanted_of
from field_app.insight.screen_figures import Wanted, _funnel, _table  # pyright: ignore[reportPrivateUsage]
from field_app.insight.widgets.evidence import evidence_row
from field_app.insight.widgets.funnel_chart import funnel_chart
from field_app.shell.parts import card
from field_app.theme import Width
from shared_models.checklists.stages import Source
from shared_models.insight import Evidence, EvidenceKind, Funnel, FunnelLimit, NetworkTable
from tests.unit.ui_desk.drawing import draw, make_ui

LIMITS = tuple(
    FunnelLimit(n=n, low95=85 - 80 / n, high95=85 + 15 / n, low=85 - 85 / n, high=85 + 15 / n)
    for n in (4, 50, 100)
)
FUNNEL = Funnel(centre=85.0, limits=LIMITS, dispersion=1.0)


def person(name: str, n: int, rate: float | None, flagged: bool) -> dict[str, Any]:
    return {"dealer": "N01", "employee": name, "n": n, "rate": rate, "flagged": flagged}


ROWS = (person("丙", 100, 60.0, True), person("甲", 100, 90.0, False), person("丁", 4, 25.0, False))


def people(rows: tuple[dict[str, Any], ...] = ROWS) -> NetworkTable:
    question = {"what": "observations", "month": "2026-10", "months": "3", "dealer_id": "d1"}
    return NetworkTable(
        name="people",
        months=("2026-08", "2026-09", "2026-10"),
        columns=("dealer", "employee", "n", "rate", "flagged"),
        rows=rows,
        behind=tuple((question | {"employee": row["employee"]},) for row in rows),
        funnel=FUNNEL,
    )


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("width", list(Width))
def test_a_funnel_is_spoken_with_those_outside_and_draws_everybody(language: str, width: Width) -> None:
    ui = make_ui(language, width)
    drawn = draw(lambda: funnel_chart(ui, FUNNEL, ROWS))
    assert "丙" in drawn.labels["funnel-chart"]
    assert "甲" not in drawn.labels["funnel-chart"]
    assert "85" in drawn.labels["funnel-chart"]
    assert ui.t("insight.funnel.limits") in drawn.said


def test_a_funnel_of_one_size_and_without_anybody_is_drawn_too() -> None:
    alone = Funnel(centre=100.0, limits=(LIMITS[0],))
    assert "–" in draw(lambda: funnel_chart(make_ui(), alone, ())).labels["funnel-chart"]
    nobody = person("丁", 0, None, False)
    assert "–" in draw(lambda: funnel_chart(make_ui(), alone, (nobody,))).labels["funnel-chart"]


def test_beneath_the_picture_those_outside_lead_to_their_answers() -> None:
    ui = make_ui()
    drawn = draw(lambda: _funnel(ui, people(), FUNNEL, "/overview/figures", lambda _: None, Wanted("people")))
    assert "1 of 3" in drawn.said
    assert "below the limits" in drawn.labels["funnel-0"]
    assert "funnel-1" not in drawn.labels
    assert not drawn.nameless


def test_every_row_of_a_table_leads_on_and_one_without_answers_does_not() -> None:
    ui = make_ui()
    drawn = draw(lambda: _table(ui, people(), 30, "/overview/figures"))
    assert {f"figures-rows-{place}" for place in range(3)} <= drawn.labels.keys()
    bare = people().model_copy(update={"behind": ((), (), ())})
    assert "figures-rows-0" not in draw(lambda: _table(ui, bare, 30, "/overview/figures")).labels


def test_an_address_of_answers_keeps_the_question_and_leads_back_within_the_app_only() -> None:
    route = answers_route(people().behind[0][0], "Advisers · 丙", "/overview/figures?table=people")
    parts = urlsplit(route)
    assert parts.path == PATH
    wanted = wanted_of({name: values[0] for name, values in parse_qs(parts.query).items()} | {"odd": "1"})
    assert wanted.query() == people().behind[0][0] | {"employee": "丙"}
    assert (wanted.called, wanted.back) == ("Advisers · 丙", "/overview/figures?table=people")
    assert plain_route("https://example.org/x") == plain_route("//example.org") == "/overview"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_marks_and_calls_say_what_they_were_and_of_whom(language: str) -> None:
    ui = make_ui(language)
    common: dict[str, Any] = {"id": "", "day": "2026-10-10", "source": Source.PHONE, "executed": None}
    where = {"dealer_code": "N01", "dealer_name": "北一店", "dealer_name_en": "North One"}
    mark = Evidence(kind=EvidenceKind.RATING, value="3", agent="王", **where, **common)
    said = draw(lambda: card(evidence_row(ui, 0, mark, None))).said
    assert ui.t("insight.answers.mark", mark="3") in said
    assert ui.t("insight.answers.agent", name="王") in said
    assert ("北一店" if ui.t.is_chinese else "North One") in said
    call = Evidence(kind=EvidenceKind.CALL, value="refused", **common)
    assert ui.t("surveys.disposition.refused") in draw(lambda: card(evidence_row(ui, 0, call, None))).said


def test_months_with_a_gap_are_asked_for_in_runs_so_that_the_gap_stays_out() -> None:
    assert runs(()) == []
    found = runs(("2025-11", "2025-12", "2026-01", "2026-03"))
    assert found == [("2025-11", "2025-12", "2026-01"), ("2026-03",)]
    asked = wanted_of(counted_answers(found[0], dealer_id="d1", item_id="i1")).query()
    assert asked == {
        "what": "observations", "month": "2026-01", "months": "3", "counted": "true", "dealer_id": "d1",
        "item_id": "i1",
    }  # fmt: skip
