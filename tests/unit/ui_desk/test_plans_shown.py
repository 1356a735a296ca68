"""Plans and actions in lists and on their pages: states, lateness, gaps, and what may be tapped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from field_app.plans.screen_actions import action_row
from field_app.plans.screen_plans import FILTERS, plan_row
from field_app.plans.widgets.effect import effect_answers, effect_lines
from field_app.plans.widgets.marks import due_mark, gap_note
from field_app.plans.widgets.requests import requests_card
from field_app.plans.workflow import ActionCard, PlanCard
from field_app.plans.workflow_requests import RequestCard
from field_app.review.widgets.decision import decision_bar
from field_app.visits.workflow_cards import DealerView
from shared_models.checklists import Bilingual
from shared_models.insight import EffectCell, Evaluation, Look, Trend, Verdict
from shared_models.messages import LANGUAGES, words
from shared_models.plans import RequestKind, RequestStatus, publication_gaps
from shared_models.problems import Place
from tests.unit.ui_desk.drawing import draw, make_ui

DEALER = DealerView("d", "A1001", Bilingual(zh="华盛", en="Huasheng"), None, "", None, None)
PLAN = PlanCard(
    id="p", number="A1001-202611-01", title="Hand-over", status="published", dealer=DEALER,
    items=(Bilingual(zh="服务对接", en="Hand-over"),), verdicts=("",), actions=3, verified=1, overdue=2,
    next_due=date(2026, 11, 20), created_at=None, published_at=None, pending=0,
)  # fmt: skip
ACTION = ActionCard(
    id="a", plan_id="p", plan_number="A1001-202611-01", plan_title="Hand-over", dealer=DEALER, item=None,
    finding=None, causes=(), measure="Leave contact details", method="drill", owner_id="o", owner="Li",
    supervisor_id="s", supervisor="Guo", starts_on=None, due_on=date(2026, 11, 20), days_left=-2,
    status="running", percent=50, progress=(), pending=0,
)  # fmt: skip


def test_a_late_plan_says_how_many_actions_are_late() -> None:
    drawn = draw(lambda: plan_row(make_ui(), 0, PLAN))
    assert "2 overdue" in drawn.texts
    assert "1 of 3 actions verified" in drawn.texts
    assert drawn.nameless == []


def test_a_closed_plan_is_not_called_late() -> None:
    said = draw(lambda: plan_row(make_ui(), 0, replace(PLAN, status="closed", verdicts=("improved",)))).said
    assert "overdue" not in said
    assert words("en")("insight.verdict.improved") in said


def test_a_late_action_says_by_how_many_days() -> None:
    drawn = draw(lambda: action_row(make_ui(), 0, ACTION))
    assert "Due 2026-11-20, 2 days late" in drawn.texts
    assert drawn.disabled == {"action-row-0": False}


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "1 day late"), (0, "Due today"), (5, "5 days left"), (None, "Due 2026-11-20")]
)
def test_a_deadline_says_where_it_stands(days: int | None, said: str) -> None:
    mark = due_mark(make_ui(), date(2026, 11, 20), days)
    assert mark is not None
    assert said in draw(lambda: mark).said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_that_keeps_a_plan_from_publication_is_named_in_words(language: str) -> None:
    action = {
        "id": "a",
        "plan_item_id": "i",
        "owner_id": "x",
        "supervisor_id": "x",
        "starts_on": 2,
        "due_on": 1,
    }
    bare = {"id": "b", "plan_item_id": "j"}
    gaps = [
        *publication_gaps({"id": "p"}, [], [], []),
        *publication_gaps({"id": "p", "title": "t"}, [{"id": "i"}, {"id": "k"}], [], [action, bare]),
    ]
    assert len({gap.reason for gap in gaps}) == 10
    for gap in gaps:
        said = draw(lambda gap=gap: gap_note(make_ui(language), [gap], gap.at)).said
        assert said
        assert "desk." not in said


def test_a_gap_stands_only_where_it_belongs() -> None:
    assert gap_note(make_ui(), [Place("action.1", "due_on")], "action.2") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_filter_of_plans_has_a_name(language: str) -> None:
    assert all(words(language).has(f"desk.plans.filter_{key}") for key in FILTERS)


def test_a_verdict_shows_before_after_difference_and_interval() -> None:
    merged = EffectCell(
        source=None, before_executed=78, before_applicable=100, after_executed=92, after_applicable=100,
        before_rate=78.0, after_rate=92.0, difference=14.0, low=3.9, high=23.6, verdict=Verdict.IMPROVED,
        trend=Trend.IMPROVING, months=("2026-12",), rates=(92.0,),
    )  # fmt: skip
    found = Evaluation(
        verdict=Verdict.IMPROVED, trend=Trend.IMPROVING, merged=merged, by_source=(),
        before_months=("2026-09",), after_months=("2026-12",), excluded_months=(), target=85,
        target_reached=True, data_cut=3, evaluated_on="2027-01-05",
    )  # fmt: skip
    said = draw(lambda: effect_lines(make_ui(), found)).said
    for figure in ("78%", "92%", "+14", "3.9", "23.6", "2026-09", "2026-12"):
        assert figure in said
    assert "100 before, 100 after" in said
    assert "What it cannot say" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_leads_to_the_answers_before_and_after_without_the_month_left_out(language: str) -> None:
    cell = EffectCell(
        source=None, before_executed=0, before_applicable=0, after_executed=0, after_applicable=0,
        before_rate=None, after_rate=None, difference=None, low=None, high=None,
        verdict=Verdict.NOT_ENOUGH_DATA, trend=Trend.IMPROVING, months=(), rates=(),
    )  # fmt: skip
    found = Evaluation(
        verdict=Verdict.NOT_ENOUGH_DATA, trend=Trend.IMPROVING, merged=cell, by_source=(),
        before_months=("2026-06", "2026-07", "2026-09"), after_months=("2026-12", "2027-01"),
        excluded_months=("2026-08",), target=85, target_reached=False, data_cut=3, evaluated_on="2027-02-06",
    )  # fmt: skip
    ui = make_ui(language)
    drawn = draw(lambda: effect_answers(ui, 2, found, "d", "i", "A1001 · Hand-over", "/plans/plan/p"))
    assert [text for text in drawn.texts if text[:2] == "20"] == [
        "2026-06 – 2026-07", "2026-09", "2026-12 – 2027-01",
    ]  # fmt: skip
    assert set(drawn.disabled) == {f"effect-answers-2-{at}" for at in range(3)}
    assert all("A1001 · Hand-over" in label for label in drawn.labels.values())
    assert drawn.nameless == []
    later = Look(
        months_after=6, after_months=("2027-03", "2027-04", "2027-05"), complete=False,
        verdict=Verdict.NOT_ENOUGH_DATA, difference=None, low=None, high=None, before_applicable=0,
        after_applicable=0, controls=0, matched=False, on_target=False, conflict=False, by_source=(),
    )  # fmt: skip
    for look, links in ((later, 3), (later.model_copy(update={"complete": True}), 4)):
        seen = found.model_copy(update={"looks": (look,)})
        shown = draw(lambda seen=seen: effect_answers(ui, 2, seen, "d", "i", "A1001", "/plans/plan/p"))
        assert len(shown.disabled) == links
    unknown = found.model_copy(update={"before_months": (), "after_months": ()})
    assert effect_answers(ui, 2, unknown, "d", "i", "", "/plans") == []


def test_the_decision_bar_counts_the_questions_that_go_back_with_the_visit() -> None:
    session = SimpleNamespace(id="v1", reject=None, accept=None, send_back=None, reason_to_accept=False)
    drawn = draw(lambda: decision_bar(make_ui(), session, {"F1": "why?", "F2": "when?"}))  # type: ignore[arg-type]
    assert "Return (2 questions)" in drawn.texts
    assert set(drawn.disabled) == {"review-reject", "review-return", "review-accept"}
    assert drawn.nameless == []


def request(**values: object) -> RequestCard:
    given: dict[str, object] = {
        "id": "r", "action_id": "a", "kind": RequestKind.EXTENSION, "status": RequestStatus.GRANTED,
        "author": "Li", "at": None, "reason": "Parts are late", "due_before": date(2026, 11, 20),
        "due_wanted": date(2026, 12, 5), "due_granted": date(2026, 12, 1), "decided_by": "Guo",
        "decided_at": datetime(2026, 11, 18, tzinfo=UTC), "decision": "Not later", "measure": "m",
        "dealer": "A1001",
    }  # fmt: skip
    return RequestCard(**{**given, **values})  # type: ignore[arg-type]


def test_a_decided_request_keeps_the_old_the_wanted_and_the_granted_deadline() -> None:
    asked = SimpleNamespace(
        of=lambda _: (request(),), may_ask=lambda _: frozenset(), may_decide=lambda _: False,
        may_withdraw=lambda _: False,
    )  # fmt: skip
    app = SimpleNamespace(accounts=SimpleNamespace(current=SimpleNamespace(requests=asked)))
    ui = make_ui(app=app)
    said = draw(lambda: requests_card(ui, ACTION)).said
    for expected in ("2026-11-20", "2026-12-05", "2026-12-01", "Not later", "Guo", "Granted"):
        assert expected in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waiting_request_marks_its_action(language: str) -> None:
    drawn = draw(lambda: action_row(make_ui(language), 0, replace(ACTION, asked=("objection", "extension"))))
    for kind in ("objection", "extension"):
        assert words(language)(f"desk.request.waits.{kind}") in drawn.texts
