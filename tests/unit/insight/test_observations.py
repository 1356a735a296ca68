"""From answers to observations: sharing, states, ratings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared_models.checklists import AnswerValue, TemplateDocument
from sync_server.insight.observations import Fact, ItemAnswer, share_observations, visit_answers
from sync_server.insight.tables import WHOLE


def question(code: str, item: str | None, kind: str = "yes_no_na", **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "kind": kind,
        "item": item,
        "stage": "delivery",
        "text": {"zh": code, "en": code},
        **more,
    }


DOCUMENT = TemplateDocument.model_validate(
    {
        "code": "visit",
        "title": {"zh": "访", "en": "Visit"},
        "description": {"zh": "访", "en": "Visit"},
        "source": "shop",
        "sections": [
            {
                "code": "S",
                "title": {"zh": "段", "en": "Section"},
                "stage": "delivery",
                "questions": [
                    question("F1", "new_car_fuel", weight=2),
                    question("F2", "new_car_fuel"),
                    question("H1", "service_handover"),
                    question("H2", "service_handover", show_when={"question": "H1", "value": "yes"}),
                    question("R1", "staff_attitude", "scale", minimum=1, maximum=10),
                    question("N1", None),
                    question("W0", "delivery_on_time", weight=0),
                    question(
                        "C1",
                        "payment_methods",
                        "single",
                        choices=[
                            {"code": "all", "text": {"zh": "全", "en": "All"}, "score": 1},
                            {"code": "some", "text": {"zh": "部分", "en": "Some"}, "score": "0.25"},
                        ],
                    ),
                ],
            }
        ],
    }
)


def facts(**answers: Any) -> dict[str, Fact]:
    """Facts by question; values as answers, "na" and "unobserved" as states."""
    states = {"na", "unobserved"}
    given_answers = {
        (code, 0): AnswerValue(value) if value in states else AnswerValue("answered", value)
        for code, value in answers.items()
    }
    return {fact.question: fact for fact in share_observations(visit_answers(DOCUMENT, given_answers))}


def test_the_questions_of_one_item_share_one_observation_by_their_weights() -> None:
    found = facts(F1="yes", F2="no")
    assert [(found[q].state, found[q].weight, found[q].earned) for q in ("F1", "F2")] == [
        ("executed", 666_667, 666_667),
        ("not", 333_333, 0),
    ]


def test_a_question_that_does_not_apply_leaves_its_share_to_the_others() -> None:
    found = facts(F1="na", F2="no")
    assert (found["F1"].weight, found["F2"].weight) == (0, WHOLE)


def test_an_item_without_any_answer_counts_once_as_not_observed_before_not_applicable() -> None:
    found = facts(F1="na", F2="unobserved")
    assert [(found[q].state, found[q].weight) for q in ("F1", "F2")] == [("na", 0), ("unobserved", WHOLE)]
    assert {fact.weight for fact in facts(F1="na", F2="na").values()} == {666_667, 333_333}


def test_a_part_achieved_counts_as_that_part() -> None:
    fact = facts(C1="some")["C1"]
    assert (fact.state, fact.value, fact.earned) == ("not", 250_000, 250_000)


def test_ratings_unscored_questions_and_those_of_no_item_are_no_observations() -> None:
    assert facts(R1=10, W0="yes", N1="no") == {}


def test_a_hidden_question_is_no_observation() -> None:
    assert set(facts(H1="no", H2="no")) == {"H1"}
    assert set(facts(H1="yes", H2="no")) == {"H1", "H2"}


answers_of_one_item = st.lists(
    st.tuples(
        st.decimals(min_value="0.5", max_value="100", places=1),
        st.sampled_from(["answered", "na", "unobserved"]),
        st.sampled_from([Decimal(0), Decimal("0.25"), Decimal(1)]),
    ),
    min_size=1,
    max_size=8,
)


@given(answers_of_one_item)
def test_every_item_of_a_visit_counts_exactly_once(rows: list[tuple[Decimal, Any, Decimal]]) -> None:
    shared = share_observations(
        ItemAnswer("x", f"Q{i}", 0, weight, state, fraction if state == "answered" else None)
        for i, (weight, state, fraction) in enumerate(rows)
    )
    assert sum(fact.weight for fact in shared) == WHOLE
    assert {fact.state for fact in shared if fact.weight} <= {"executed", "not"} or len(
        {fact.state for fact in shared if fact.weight}
    ) == 1


@given(answers_of_one_item, st.sampled_from(["na", "unobserved"]))
def test_adding_an_answer_that_does_not_count_never_changes_what_was_earned(
    rows: list[tuple[Decimal, Any, Decimal]], state: Any
) -> None:
    answered = [
        ItemAnswer("x", f"Q{i}", 0, weight, "answered", fraction)
        for i, (weight, _, fraction) in enumerate(rows)
    ]
    extra = ItemAnswer("x", "Q99", 0, Decimal(3), state)
    plain, more = share_observations(answered), share_observations([*answered, extra])
    assert [fact for fact in more if fact.question != "Q99"] == plain


@given(st.permutations([("F1", "yes"), ("F2", "no"), ("H1", "yes"), ("H2", "na"), ("C1", "all")]))
def test_the_order_of_answers_does_not_matter(order: list[tuple[str, str]]) -> None:
    assert facts(**dict(order)) == facts(F1="yes", F2="no", H1="yes", H2="na", C1="all")
