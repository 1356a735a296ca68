"""Repeating sections and computed values: the evaluator that device and server share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared_models.checklists import AnswerValue, TemplateDocument, evaluated, shown_questions
from shared_models.checklists.faults import faults
from shared_models.checklists.formula import FUNCTIONS, Formula, FormulaFault
from shared_models.checklists.repeats import key_of, overfull, split_key
from shared_models.visits import completeness, score_visit
from sync_server.insight.observations import share_observations, visit_answers
from sync_server.insight.tables import WHOLE
from tests.factories.repeating import asked, cars, document, section


def said(**values: Any) -> dict[str, AnswerValue]:
    """Answers by key, ``C1_2`` for C1 of the instance numbered 2; "na" for not applicable."""
    found: dict[str, AnswerValue] = {}
    for name, value in values.items():
        code, _, repeat = name.partition("_")
        state = "na" if value == "na" else "answered"
        found[key_of(code, int(repeat or 0))] = AnswerValue(state, None if state == "na" else value)
    return found


def shown(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> list[str]:
    return [question.code for question in shown_questions(*evaluated(document, answers))]


def percent(document: TemplateDocument, answers: Mapping[str, AnswerValue]) -> Decimal | None:
    return score_visit(*evaluated(document, answers)).percent


def facts(answers: Mapping[str, AnswerValue]) -> list[tuple[str, int, int, int]]:
    by_place = {split_key(key): answer for key, answer in answers.items()}
    found = share_observations(visit_answers(cars(), by_place))
    return [(one.question, one.repeat, one.weight, one.earned) for one in found if one.item == "walkaround"]


def counted(maximum: int = 4) -> TemplateDocument:
    """The cars, as many as the answer of N1 says."""
    plain = document(0, maximum)
    plain["sections"][0]["questions"].append(asked("N1", "number", minimum="0", required=False))
    plain["sections"][1]["repeat"]["count"] = "N1"
    return TemplateDocument.model_validate(plain)


@pytest.mark.parametrize(
    ("answer", "asked_for"),
    [(None, []), (0, []), (1, ["C1"]), (2, ["C1", "C1~1"]), (9, ["C1", "C1~1", "C1~2", "C1~3"]), ("na", [])],
)
def test_a_section_is_asked_as_often_as_the_counting_answer_says(answer: Any, asked_for: list[str]) -> None:
    answers = said(G1="yes") if answer is None else said(G1="yes", N1=answer)
    assert [code for code in shown(counted(), answers) if code.startswith("C1")] == asked_for


def test_a_smaller_count_keeps_the_answers_of_the_others_without_asking_them() -> None:
    answers = said(G1="yes", N1=2, C1="yes", C1_1="no", C2_1="why")
    assert percent(counted(), answers) == 75
    fewer = {**answers, "N1": AnswerValue("answered", 1)}
    assert percent(counted(), fewer) == 100
    assert percent(counted(), {**fewer, "N1": AnswerValue("answered", 2)}) == 75
    assert overfull(counted(), answers) == []


@pytest.mark.parametrize("spoiled", ["G1", "C3", "T1", "nobody"])
def test_only_a_number_always_asked_before_can_count(spoiled: str) -> None:
    plain = counted().to_json()
    plain["sections"][1]["repeat"]["count"] = spoiled
    with pytest.raises(ValidationError):
        TemplateDocument.model_validate(plain)
    assert [(one.kind, one.section, one.detail) for one in faults(plain, None)][:1] == [
        ("repeat_count", 1, spoiled)
    ]


def test_what_is_seen_of_an_employee_is_known_under_the_name_of_the_instance() -> None:
    plain = document()
    plain["sections"][1]["repeat"]["person"] = True
    people = TemplateDocument.model_validate(plain)
    answers = said(G1="yes", car="李涛", car_1=" 王芳 ", car_2="", C1="yes", C1_1="no", C1_2="yes")
    by_place = {split_key(key): answer for key, answer in answers.items()}
    facts_of = {
        (one.question, one.repeat): one.employee
        for one in share_observations(visit_answers(people, by_place))
    }
    assert facts_of == {("G1", 0): "", ("C1", 0): "李涛", ("C1", 1): "王芳", ("C1", 2): ""}
    cars_of = share_observations(visit_answers(cars(), by_place))
    assert {one.employee for one in cars_of} == {""}  # a car's name is nobody's


def test_a_checklist_without_repeats_is_read_as_it_is() -> None:
    plain = TemplateDocument.model_validate({**document(), "sections": document()["sections"][:1]})
    assert evaluated(plain, said(G1="yes")).document is plain


def test_each_instance_asks_its_own_questions_by_its_own_rules() -> None:
    answers = said(car="Red", car_1="", C1="yes", C1_1="no")
    assert shown(cars(), answers) == [
        "G1",
        "C1",
        "C3",
        "C4",
        "C1~1",
        "C2~1",
        "C3~1",
        "C4~1",
        "D1",
        "D2",
        "T1",
        "T2",
    ]
    titles = [one.title.en for one in evaluated(cars(), answers).document.sections]
    assert titles == ["general", "Car 1 · Red", "Car 2", "total"]


def test_what_is_missing_is_missing_per_instance() -> None:
    answers = said(G1="yes", car_1="", C1="yes", C1_1="no")
    missing = completeness(*evaluated(cars(), answers), {("C1", "photo"): 5})
    assert missing.unanswered == ("C2~1",)
    assert [(one.question, one.count) for one in missing.missing_evidence] == [("C1~1", 1)]


def test_an_instance_that_was_taken_out_asks_and_counts_nothing() -> None:
    answers = said(G1="yes", car_1="", car_2="", C1="yes", C1_1="no", C1_2="no")
    without = answers | {"car~1": AnswerValue("na")}
    assert "C1~1" not in shown(cars(), without)
    assert percent(cars(), without) == Decimal("75")
    assert {repeat for _, repeat, _, _ in facts(without)} == {0, 2}


def test_a_section_never_has_fewer_instances_than_it_asks_for() -> None:
    both_gone = {"car": AnswerValue("na"), "car~1": AnswerValue("na")}
    assert "C1" in shown(cars(), both_gone)
    assert [code for code in shown(cars(minimum=0), {}) if code.startswith("C")] == []
    assert overfull(cars(maximum=1), said(car_1="")) == ["car"]
    assert overfull(cars(maximum=2), said(car_1="")) == []


def test_instances_count_together_once_by_their_mean() -> None:
    assert percent(cars(), said(G1="yes", C1="no")) == Decimal("50")
    assert percent(cars(), said(G1="yes", car_1="", car_2="", C1="no", C1_1="no", C1_2="no")) == Decimal("50")
    assert percent(cars(), said(G1="no", car_1="", C1="no", C1_1="yes")) == Decimal("25")
    shared = facts(said(car_1="", car_2="", C1="no", C1_1="yes", C1_2="yes"))
    assert sum(weight for _, _, weight, _ in shared) == WHOLE
    assert abs(sum(earned for *_, earned in shared) - WHOLE * 2 // 3) <= 1


@given(st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=3), st.integers(0, 2))
def test_an_instance_that_is_not_applicable_changes_no_score_and_no_rate(values: list[str], at: int) -> None:
    answers = {key_of("C1", n): AnswerValue("answered", value) for n, value in enumerate(values)}
    names = {key_of("car", n): AnswerValue("answered", "") for n in range(len(values))}
    here = {"G1": AnswerValue("answered", "yes"), **answers, **names}
    more = here | said(**{f"car_{5 + at}": "", f"C1_{5 + at}": "na"})
    assert percent(cars(), here) == percent(cars(), more)
    assert [one for one in facts(more) if one[2]] == facts(here)


def test_a_rule_elsewhere_reads_the_first_instance_that_is_there() -> None:
    plain = document()
    plain["sections"][2]["questions"][0]["show_when"] = {"question": "C1", "op": "=", "value": "no"}
    whole = TemplateDocument.model_validate(plain)
    answers = said(car_1="", C1="yes", C1_1="no")
    assert "D1" not in shown(whole, answers)
    assert "D1" in shown(whole, answers | {"car": AnswerValue("na")})


def test_computed_values_follow_the_answers_of_their_own_instance_and_of_all() -> None:
    answers = evaluated(cars(), said(car_1="", C3=100, C3_1=0.5, D1="23:50", D2="00:35")).answers
    assert answers["C4"].value == 113
    assert answers["C4~1"].value == 0.565
    assert answers["T1"].value == 113.565
    assert answers["T2"].value == 45
    assert "C4" not in evaluated(cars(), said(D1="10:00")).answers


def test_a_recorded_value_of_a_computed_question_is_not_believed() -> None:
    answers = evaluated(cars(), said(C3=100, C4=999, T1=999)).answers
    assert (answers["C4"].value, answers["T1"].value) == (113, 113)


def test_what_is_computed_shows_questions_and_what_is_hidden_computes_nothing() -> None:
    assert "T3" in shown(cars(), said(C3=200))
    assert "T3" not in shown(cars(), said(C3=100))
    hiding = document()
    hiding["sections"][1]["questions"][2]["show_when"] = {"question": "C1", "op": "=", "value": "yes"}
    answers = said(C1="no", C3=200)
    assert "C4" not in evaluated(TemplateDocument.model_validate(hiding), answers).answers


def test_nothing_computed_is_waited_for_or_counted_as_an_answer() -> None:
    document, answers = evaluated(cars(), said(G1="yes", C1="yes"))
    assert completeness(document, answers, {}).ready
    score = score_visit(document, answers)
    assert (score.answered, score.shown) == (2, 5)


@given(st.permutations(["C3", "C3_1", "car_1", "G1", "C1", "D1", "D2"]))
def test_the_order_in_which_answers_came_changes_nothing(order: list[str]) -> None:
    values: dict[str, Any] = {
        "C3": 7,
        "C3_1": 8,
        "car_1": "B",
        "G1": "no",
        "C1": "yes",
        "D1": "09:00",
        "D2": "09:30",
    }
    straight, other = (
        evaluated(cars(), said(**{name: values[name] for name in one})) for one in (values, order)
    )
    assert dict(straight.answers) == dict(other.answers)
    assert score_visit(*straight) == score_visit(*other)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3 - -1", Decimal(8)),
        ("(1 + 2) * 3 div 2", Decimal("4.5")),
        ("7 mod 4", Decimal(3)),
        ("1 div 0", None),
        ("${none} + 1", None),
        ("sum(${many}, 10)", Decimal(17)),
        ("count(${many}) = 2 and not(1 > 2)", True),
        ("mean(${many})", Decimal("3.5")),
        ("max(${many}) - min(${many})", Decimal(3)),
        ("if(${many} >= 2, 'yes', 'no')", "yes"),
        ("coalesce(${none}, 'x')", "x"),
        ("round(10 div 3, 2)", Decimal("3.33")),
        ("selected(${chosen}, 'b') or 1 = 2", True),
        ("count-selected(${chosen})", Decimal(2)),
        ("minutes('2026-11-03T10:00+08:00', '2026-11-03T10:45+08:00')", Decimal(45)),
        ("minutes('10:00', 'soon')", None),
        ("sum(${none})", None),
        ("abs(3 - 5)", Decimal(2)),
    ],
)
def test_formulas_reckon(formula: str, value: object) -> None:
    known: dict[str, list[Any]] = {
        "many": [Decimal(2), None, Decimal(5)],
        "chosen": [("a", "b")],
        "none": [None],
    }
    assert Formula.read(formula).value(lambda code: known[code]) == value


@pytest.mark.parametrize(
    "formula",
    ["", "1 +", "open('x')", "${a}.b", "__import__('os')", "sum()", "selected('a', 'a')", "((((((" * 9 + "1",
     "1 = 2 = 3", "'" + "x" * 2000 + "'", "2 ** 9"],
)  # fmt: skip
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(FormulaFault):
        Formula.read(formula)


_leaves = st.sampled_from(["${a}", "${b}", "2", "0", "'x'", "0.1", "99999999999999999999"])
_formulas = st.recursive(
    _leaves,
    lambda part: st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from(["+", "-", "*", "div", "mod", "=", "<", "or"]),
                  part),
        st.builds("{}({})".format, st.sampled_from([f for f, (least, _) in FUNCTIONS.items() if least == 1
                                                    and f != "count-selected"]), part),
    ),
    max_leaves=25,
)  # fmt: skip


@given(_formulas, st.sampled_from([None, Decimal(3), "text", True, ("a", "b")]))
def test_no_formula_breaks_the_device(formula: str, value: Any) -> None:
    try:
        read = Formula.read(formula)
    except FormulaFault:
        return  # brackets within brackets within brackets
    read.value(lambda code: [value] if code == "a" else [])


def test_a_checklist_refuses_formulas_and_repeats_that_cannot_work() -> None:
    def refused(*sections: dict[str, Any]) -> str:
        with pytest.raises(ValidationError) as caught:
            TemplateDocument.model_validate({**document(), "sections": list(sections)})
        return str(caught.value)

    repeat = {"label": {"zh": "车", "en": "Car"}}
    assert "not asked before it" in refused(
        section("s", asked("A", "number", calculation="${B}"), asked("B", "number"))
    )
    assert "not understood" in refused(section("s", asked("A", "number", calculation="1 +")))
    assert "cannot be computed" in refused(section("s", asked("A", "photo", calculation="1")))
    assert "code of a question" in refused(section("A", asked("A", "text"), repeat=repeat))
    assert "at most 36" in refused(section("s", asked("A" * 37, "text"), repeat=repeat))
    assert "must not exceed" in refused(
        section("s", asked("A", "text"), repeat={**repeat, "minimum": 5, "maximum": 2})
    )
    assert "has no ~" in refused(section("s", asked("A~1", "text")))
