"""A caller's device: lists by part of the day, attempts, interviews begun, broken off and sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from field_app.calls.times import again_choices, read_time
from field_app.calls.workflow import Calls
from field_app.store import Store
from field_app.sync.pull import take_page
from field_app.visits.workflow import Today
from shared_models.checklists import QuestionKind
from shared_models.problems import Problem
from shared_models.surveys import Disposition
from sync_server.checklists import load_templates
from tests.factories.device import Clock, make_context, make_store
from tests.factories.network import DEALER, PERSON, REGION, TEMPLATE, VERSION, change, page

DOCUMENT = next(one for one in load_templates() if one.code == "delivery_call")
CALL = "0193a000-0000-7000-8000-0000000000c1"
NEXT = "0193a000-0000-7000-8000-0000000000c2"
TASKS = {CALL: "0193a000-0000-7000-8000-0000000000d1", NEXT: "0193a000-0000-7000-8000-0000000000d2"}
MORNING = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
"""10 o'clock in Shanghai."""


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING)


async def _free() -> int | None:
    return None


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    """Two calls: one since today, one in a week; a plan judges the service hand-over."""
    store = make_store(tmp_path / "account.db", clock=clock)
    rows = [
        change("region", REGION, code="N", name="北区", name_en="North"),
        change("dealer", DEALER, code="N01", name="北一店", name_en="North one", region_id=REGION),
        change("person", PERSON, name="周"),
        change("template", TEMPLATE, code=DOCUMENT.code, title="回访", title_en="Call", source="callback"),
        change(
            "template_version", VERSION, template_id=TEMPLATE, number=1, status="published",
            document=DOCUMENT.to_json(), sha256="0" * 64,
        ),
    ]  # fmt: skip
    for place, (call, task) in enumerate(TASKS.items()):
        first = date(2026, 11, 3 + 7 * place)
        rows.append(
            change(
                "call_task", task, dealer_id=DEALER, person_id=PERSON, customer_id="c", name="王小明",
                phone="13812345678", model="Z500", employee="李伟", reason="delivery_1",
                event_day="2026-11-02",
            )
        )  # fmt: skip
        rows.append(
            change(
                "assignment", call, dealer_id=DEALER, template_version_id=VERSION, person_id=PERSON,
                window_start=first.isoformat(), window_end=first.replace(day=first.day + 2).isoformat(),
                call_id=task,
            )
        )  # fmt: skip
    rows.append(
        change(
            "focus", "0193a000-0000-7000-8000-0000000000f1", assignment_id=CALL, dealer_id=DEALER,
            person_id=PERSON, items=["service_handover", "showroom_tidy"],
        )
    )  # fmt: skip
    take_page(store, page(*rows), "")
    return store


@pytest.fixture
def calls(store: Store) -> Calls:
    return Calls(store, PERSON, Today(store, PERSON, _free))


def run(work: Callable[[], Any]) -> Any:
    return asyncio.run(work())


def lists(calls: Calls) -> tuple[list[str], list[str]]:
    view = asyncio.run(calls.load())
    return [one.id for one in view.now], [one.id for one in view.later]


def report(calls: Calls, outcome: str, **more: Any) -> None:
    asyncio.run(calls.report(CALL, Disposition(outcome), **more))


def status(store: Store) -> str:
    row = store.row("assignment", CALL)
    assert row is not None
    return str(row["status"])


def test_a_call_stands_among_those_to_make_now_once_its_days_have_begun(calls: Calls) -> None:
    assert lists(calls) == ([CALL], [NEXT])
    one = calls.card(CALL)
    assert (one.customer, one.phone, one.car) == ("王小明", "13812345678", "Z500")


def test_only_judged_items_that_the_questionnaire_asks_about_are_counted(calls: Calls) -> None:
    assert (calls.card(CALL).judged, calls.card(NEXT).judged) == (1, 0)


def test_calls_are_no_visits_of_today(store: Store) -> None:
    today = Today(store, PERSON, _free)
    assert asyncio.run(today.load()).assignments == ()
    assert today.templates() == []


def test_who_was_not_reached_comes_again_in_another_part_of_the_day(calls: Calls, clock: Clock) -> None:
    report(calls, "unreachable")
    assert lists(calls) == ([], [CALL, NEXT])
    assert Disposition.UNREACHABLE not in calls.card(CALL).outcomes
    clock.forward(hours=3)
    assert lists(calls) == ([CALL], [NEXT])


def test_a_time_agreed_decides_when_to_call_again(calls: Calls, clock: Clock) -> None:
    report(calls, "call_later", again_at=datetime(2026, 11, 3, 7, 0, tzinfo=UTC), note="电话13812345678")
    assert lists(calls) == ([], [CALL, NEXT])
    assert calls.card(CALL).attempts[0].note == "电话138****5678"
    clock.forward(hours=4, minutes=55)
    assert lists(calls) == ([CALL], [NEXT])


def test_three_parts_of_the_day_in_vain_end_the_call(calls: Calls, store: Store, clock: Clock) -> None:
    for hours in (3, 3, 0):
        report(calls, "unreachable")
        clock.forward(hours=hours)
    assert status(store) == "given_up"
    assert lists(calls) == ([], [NEXT])
    assert asyncio.run(calls.load()).finished_today == 1
    with pytest.raises(Problem):
        report(calls, "refused")


def test_an_interview_is_begun_with_the_adviser_and_sent_like_a_visit(calls: Calls, store: Store) -> None:
    async def interview() -> str:
        session = await calls.begin(CALL)
        for question in DOCUMENT.questions():
            if question.kind is QuestionKind.SCALE:
                await session.answer(question.code, value=9)
            elif question.kind is not QuestionKind.TEXT:
                await session.answer(question.code, value="yes")
        await session.submit()
        return session.id

    visit = store.row("visit", run(interview))
    assert visit is not None
    assert (visit["source"], visit["status"], visit["consultant"]) == ("callback", "submitted", "李伟")
    assert status(store) == "done"
    assert lists(calls) == ([], [NEXT])


def test_an_interview_broken_off_keeps_its_answers_and_is_sent_with_the_rest_unobserved(
    calls: Calls, store: Store
) -> None:
    async def begin() -> str:
        session = await calls.begin(CALL)
        await session.answer("A01", value="no")
        session.close()
        return session.id

    visit_id = run(begin)
    assert [one.value for one in calls.card(CALL).outcomes] == ["call_later", "broken_off"]
    report(calls, "broken_off")
    visit = store.row("visit", visit_id)
    assert visit is not None
    assert visit["status"] == "submitted"
    answers = {row["question"]: row["state"] for row in store.by("answer", visit_id=visit_id)}
    assert answers.pop("A01") == "answered"
    assert set(answers.values()) == {"unobserved"}
    (attempt,) = store.by("call_attempt", assignment_id=CALL)
    assert attempt["disposition"] == "broken_off"


def test_times_to_call_again_lie_ahead_and_own_ones_are_read() -> None:
    context = make_context(Clock(MORNING))
    offered = again_choices(context)
    assert [context.local(at).strftime("%d %H:%M") for at in offered[:4]] == [
        "03 12:30", "03 15:00", "03 19:00", "04 10:00",
    ]  # fmt: skip
    assert read_time(context, "tomorrow") is None
    assert read_time(context, " 2026-11-25 10:30 ") == datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
