"""XLSForm in and out: the public workbooks of pyxform, our own checklists there and back, faults by cell."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from shared_models.checklists import AnswerValue, Condition, QuestionKind, TemplateDocument
from shared_models.messages import LANGUAGES, words
from shared_models.problems import Code, Problem
from sync_server.checklists.builtin import load_templates
from sync_server.checklists.xlsform import Imported, read_xlsform, write_xlsform
from sync_server.checklists.xlsform.expressions import Names, Unreadable, read_condition, write_condition
from tests.factories.repeating import document as repeating_document

FIXTURES = Path(__file__).parents[2] / "golden" / "xlsform"
HEAD = ["type", "name", "label::Chinese (zh)", "label::English (en)"]


def fixture(name: str) -> Imported:
    return read_xlsform((FIXTURES / f"{name}.xlsx").read_bytes())


def kinds(read: Imported) -> dict[str, str]:
    return {question.code: question.kind.value for question in read.document.questions()}


def found(read: Imported) -> set[tuple[str, str]]:
    return {(one.at, one.what) for one in read.findings}


def workbook(
    *rows: list[Any], choices: list[list[Any]] | None = None, head: list[str] | None = None
) -> bytes:
    """A workbook with these rows on the survey sheet."""
    book = Workbook()
    survey = book.active
    assert survey is not None
    survey.title = "survey"
    for row in [head or HEAD, *rows]:
        survey.append(row)
    if choices:
        sheet = book.create_sheet("choices")
        for row in [["list_name", *HEAD[1:]], *choices]:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(data: bytes) -> dict[str, str]:
    """The faults of a workbook: reason by cell."""
    with pytest.raises(Problem) as caught:
        read_xlsform(data)
    assert caught.value.code is Code.CHECKLIST_INVALID
    return {place.at: place.reason for place in caught.value.places}


def test_plain_public_workbooks_come_in_whole() -> None:
    assert kinds(fixture("text_and_integer")) == {"your_name": "text", "your_age": "number"}
    assert kinds(fixture("yes_or_no_question")) == {"good_day": "yes_no"}
    group = fixture("group")
    assert kinds(group) == {"family_name": "text", "phone_number": "text", "age": "number"}
    assert [section.code for section in group.document.sections] == ["general", "father"]
    assert found(group) == {("survey!C", "one_language")}


def test_what_a_checklist_cannot_say_is_listed_with_its_cell() -> None:
    assert ("survey!A2", "or_other") in found(fixture("specify_other"))
    filtered = fixture("or_other")
    assert {("survey!A2", "or_other"), ("survey!D3", "choice_filter"), ("choices!D", "column")} <= found(
        filtered
    )
    assert ("survey!A3", "loop") in found(fixture("loop"))
    odd = found(fixture("case_insensitivity"))
    assert {("survey!A3", "type"), ("survey!A4", "type"), ("choices!B2", "renamed"), ("osm", "sheet")} <= odd


def test_every_row_of_the_large_public_workbook_is_asked_or_listed() -> None:
    read = fixture("attribute_columns_test")
    sheet = load_workbook(FIXTURES / "attribute_columns_test.xlsx")["survey"]
    names = [str(cell.value).strip().lower() if cell.value else "" for cell in sheet[1]]
    listed = {one.at for one in read.findings}
    asked = sum(1 for _ in read.document.questions())
    rows = 0
    for number, row in enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2):
        line = dict(zip(names, row, strict=False))
        kind = str(line.get("type") or "").strip().lower()
        if not kind or kind.startswith(("begin group", "begin repeat", "end ")):
            continue
        rows += 1
        asked -= f"survey!{_letter(names, 'type')}{number}" not in listed
    assert rows > 30
    assert asked == 0


def _letter(names: list[str], name: str) -> str:
    return chr(ord("A") + names.index(name))


@pytest.mark.parametrize("name", ["text_and_integer", "yes_or_no_question", "group", "or_other", "field-list",
                                  "attribute_columns_test", "choice_filter_test"])  # fmt: skip
def test_a_workbook_read_and_written_reads_the_same_again(name: str) -> None:
    once = fixture(name).document
    again = read_xlsform(write_xlsform(once).data).document
    assert again.to_json() == once.to_json()


@pytest.mark.parametrize("document", load_templates(), ids=lambda one: one.code)
def test_a_built_in_checklist_goes_out_and_comes_back_as_it_was(document: TemplateDocument) -> None:
    out = write_xlsform(document, "3")
    back = read_xlsform(out.data)
    assert back.document.to_json() == document.to_json()
    assert back.findings == ()
    # only evidence is beyond what other programs enforce, and they are told question by question
    assert {one.what for one in out.findings} <= {"evidence"}
    assert {one.at for one in out.findings} == {q.code for q in document.questions() if q.evidence}


def test_faults_are_named_by_sheet_row_and_column_all_at_once() -> None:
    data = workbook(
        ["text", "a", "甲", "A"],
        ["text", "a", "甲", "A"],
        ["select_one nowhere", "b", "乙", "B"],
        ["hologram", "c", "丙", "C"],
        ["text", "", "丁", "D"],
        ["begin group", "g", "组", "G"],
        ["text", "e", "戊", "E", "${later} = 'x'"],
        head=[*HEAD, "relevant"],
    )
    assert refused(data) == {
        "survey!B3": "a stands twice",
        "survey!A4": "no list nowhere on the sheet choices",
        "survey!A5": "unknown type hologram",
        "survey!B6": "no name",
        "survey!E8": "${later} is not asked before",
        "survey!A7": "no end",
    }


TWO = [["l", "x", "一", "one", ""], ["l", "y", "二", "two", ""]]
ASKED = ["text", "a", "甲", "A"]


@pytest.mark.parametrize(
    ("column", "rows", "cell"),
    [
        ("relevant", [[*ASKED, "${b} = 'x'"], ["text", "b", "乙", "B"]], "survey!E2"),
        ("calculation", [ASKED, ["calculate", "c", None, None, "${zz} + 1"]], "survey!E3"),
        ("revisit_stage", [[*ASKED, "moon"]], "survey!E2"),
        ("revisit_rater", [[*ASKED, "kindness"]], "survey!E2"),
        ("revisit_weight", [[*ASKED, "heavy"]], "survey!E2"),
        ("revisit_weight", [[*ASKED, "-3"]], "survey!E2"),
        ("revisit_critical", [[*ASKED, "yes"]], "survey!E2"),
        ("revisit_evidence", [["select_one l", *ASKED[1:], "photo many"]], "survey!E2"),
        ("revisit_bands", [["integer", *ASKED[1:], "0=2; x"]], "survey!E2"),
        ("constraint", [["integer", *ASKED[1:], ". >= 10 and . <= 2"]], "survey!E2"),
        ("parameters", [["range", *ASKED[1:], "start=9 end=3"]], "survey!E2"),
        ("revisit_repeat", [["begin_repeat", "r", "车", "Car", "5-1"], ASKED, ["end_repeat"]], "survey!E2"),
        ("repeat_count", [["begin_repeat", "r", "车", "Car", "51"], ASKED, ["end_repeat"]], "survey!E2"),
        ("name", [[*ASKED, "b"]], "survey!E1"),
        ("hint", [["text", "a", "#REF!", "A"]], "survey!C2"),
        ("hint", [ASKED, ["end_group"]], "survey!A3"),
        ("hint", [["", "a", "甲", "A"]], "survey!A2"),
    ],
)
def test_each_kind_of_bad_workbook_is_refused_with_its_cell(
    column: str, rows: list[list[Any]], cell: str
) -> None:
    head = [*HEAD, column]
    assert list(refused(workbook(*rows, head=head, choices=[one[:4] for one in TWO]))) == [cell]


def test_a_score_beyond_one_and_minutes_that_are_none_are_refused_with_their_cells() -> None:
    book = load_workbook(io.BytesIO(workbook(["select_one l", "a", "甲", "A"])))
    choices, settings_ = book.create_sheet("choices"), book.create_sheet("settings")
    for row in [["list_name", *HEAD[1:], "revisit_score"], [*TWO[0][:4], "3"], TWO[1]]:
        choices.append(row)
    settings_.append(["form_id", "revisit_minimum_minutes"])
    settings_.append(["f", "soon"])
    out = io.BytesIO()
    book.save(out)
    assert set(refused(out.getvalue())) == {"choices!E2"}  # choices before settings
    choices["E2"] = "1"
    out = io.BytesIO()
    book.save(out)
    assert set(refused(out.getvalue())) == {"settings!B2"}


def test_a_single_label_without_its_translation_is_listed_with_its_cell() -> None:
    read = read_xlsform(workbook(ASKED, ["text", "b", "乙", ""], ["text", "c", "", "C"]))
    assert found(read) == {("survey!D3", "one_language"), ("survey!C4", "one_language")}


def test_a_choice_that_stands_twice_and_an_unknown_item_are_faults() -> None:
    choices = [["l", "x", "一", "one"], ["l", "x", "二", "two"], ["l", "y", "三", "three"]]
    data = workbook(["select_one l", "a", "甲", "A"], choices=choices)
    assert refused(data) == {"choices!B3": "x stands twice in l"}
    own = workbook(["text", "a", "甲", "A", "no_such_item"], head=[*HEAD, "revisit_item"])
    with pytest.raises(Problem) as caught:
        read_xlsform(own, items=frozenset({"real"}))
    assert caught.value.places[0].at == "survey!E2"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"a,b,c\n1,2,3\n"])
def test_what_is_no_workbook_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_xlsform(data)
    assert caught.value.code is Code.FILE_UNREADABLE


def test_a_workbook_without_a_survey_sheet_is_refused() -> None:
    assert refused((FIXTURES / "survey_no_name.xlsx").read_bytes()) == {"survey": "no such sheet"}


def test_bounds_conditions_and_signature_are_understood() -> None:
    head = [*HEAD, "constraint", "relevant", "appearance", "required"]
    read = read_xlsform(
        workbook(
            ["integer", "n", "数", "N", ". > 0 and . <= 10", "", "", "yes"],
            ["select_one yn", "q", "问", "Q", "", "${n} >= 3"],
            ["image", "s", "签", "S", "", "${q} = 'yes' and not(${n} = 5)", "signature"],
            ["decimal", "d", "小", "D", ". > 0.5"],
            choices=[["yn", "yes", "是", "Yes"], ["yn", "no", "否", "No"]],
            head=head,
        )
    )
    questions = {q.code: q for q in read.document.questions()}
    assert (questions["n"].minimum, questions["n"].maximum, questions["n"].required) == (1, 10, True)
    assert questions["s"].kind is QuestionKind.SIGNATURE
    shown = questions["s"].show_when
    assert shown is not None
    five, six = ({"n": AnswerValue("answered", n), "q": AnswerValue("answered", "yes")} for n in (5, 6))
    assert (shown.holds(five), shown.holds(six)) == (False, True)
    assert ("survey!E5", "constraint") in found(read)  # strictly more than 0.5 has no word here


def test_a_group_that_is_shown_conditionally_gives_its_condition_to_every_question() -> None:
    read = read_xlsform(
        workbook(
            ["text", "a", "甲", "A"],
            ["begin group", "g", "组", "G", "${a} = 'x'"],
            ["text", "b", "乙", "B", "${a} != ''"],
            ["end group", ""],
            head=[*HEAD, "relevant"],
        )
    )
    condition = read.document.question("b").show_when
    assert condition is not None
    assert condition.holds({"a": AnswerValue("answered", "x")})
    assert not condition.holds({"a": AnswerValue("answered", "y")})
    assert not condition.holds({})


@pytest.mark.parametrize(
    "text", ["count(${a}) > 1", "${a} + 1 = 2", "pulldata('x')", "${a} =", "selected(., 'x')"]
)
def test_an_expression_beyond_our_rules_is_told_and_the_question_stays(text: str) -> None:
    rows = (["text", "a", "甲", "A"], ["text", "b", "乙", "B", text])
    read = read_xlsform(workbook(*rows, head=[*HEAD, "relevant"]))
    assert kinds(read) == {"a": "text", "b": "text"}
    assert read.document.question("b").show_when is None
    assert [(one.at, one.value) for one in read.findings if one.what == "relevant"] == [("survey!E3", text)]


_DOCUMENT = read_xlsform(
    workbook(
        ["select_one l", "s", "甲", "S"],
        ["select_multiple l", "m", "乙", "M"],
        ["integer", "n", "丙", "N", ". >= 0"],
        choices=[["l", one, one, one] for one in ("x", "y", "z")],
        head=[*HEAD, "constraint"],
    )
).document
_QUESTIONS = {question.code: question for question in _DOCUMENT.questions()}
_LEAVES = st.one_of(
    st.builds(lambda op, v: Condition(question="n", op=op, value=v),
              st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.integers(0, 9)),
    st.builds(lambda v: Condition(question="s", value=v), st.sampled_from("xyz")),
    st.builds(lambda v: Condition(question="m", op="includes", value=v), st.sampled_from("xyz")),
    st.sampled_from([Condition(question=code, op="answered") for code in "smn"]),
)  # fmt: skip
_RULES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda part: Condition.model_validate({"not": part}), inner),
        st.builds(lambda parts: Condition(all=tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Condition(any=tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)
_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "s": st.sampled_from("xyz").map(lambda v: AnswerValue("answered", v)),
        "m": st.sets(st.sampled_from("xyz")).map(lambda v: AnswerValue("answered", sorted(v))),
        "n": st.integers(0, 9).map(lambda v: AnswerValue("answered", v)),
    },
)


@settings(deadline=None)
@given(rule=_RULES, answers=_ANSWERS)
def test_a_rule_written_and_read_again_decides_the_same(
    rule: Condition, answers: dict[str, AnswerValue]
) -> None:
    try:
        text = write_condition(rule, _QUESTIONS)
    except Unreadable:
        pytest.fail("every rule of these questions has words in XLSForm")
    again = read_condition(text, Names(_QUESTIONS, {}))
    assert again.holds(answers) == rule.holds(answers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words(language: str) -> None:
    t = words(language)
    for one in fixture("attribute_columns_test").findings + fixture("case_insensitivity").findings:
        assert t.has(f"checklists.xlsform.{one.what}")


REPEATING = [
    "type",
    "name",
    "label::Chinese (zh)",
    "label::English (en)",
    "calculation",
    "default",
    "repeat_count",
]


def test_a_repeat_becomes_a_section_asked_once_per_instance_with_its_groups_in_it() -> None:
    read = read_xlsform(
        workbook(
            ["text", "before", "前", "Before"],
            ["begin_repeat", "car", "车", "Car", None, None, "2"],
            ["integer", "price", "价", "Price"],
            ["begin_group", "inner", "内", "Inner"],
            ["text", "colour", "色", "Colour"],
            ["end_group"],
            ["end_repeat"],
            ["text", "after", "后", "After"],
            head=REPEATING,
        )
    )
    before, car, after = read.document.sections
    assert car.repeat is not None
    assert (car.repeat.minimum, car.repeat.maximum, car.repeat.label.en) == (2, 2, "Car")
    assert [question.code for question in car.questions] == ["price", "colour"]
    assert (before.repeat, after.repeat) == (None, None)
    assert {one.what for one in read.findings} == {"within"}


def test_a_group_or_repeat_that_asks_nothing_is_listed_with_its_cell() -> None:
    read = read_xlsform(
        workbook(
            ["text", "before", "前", "Before"],
            ["begin_repeat", "car", "车", "Car", None, None, "2"],
            ["end_repeat"],
            ["begin_group", "words", "说明", "Words"],
            ["note", "hello", "你好", "Hello"],
            ["begin_group", "deep", "内", "Deep"],
            ["end_group"],
            ["end_group"],
            ["begin_group", "full", "有", "Full"],
            ["begin_group", "inner", "内", "Inner"],
            ["text", "after", "后", "After"],
            ["end_group"],
            ["end_group"],
            head=REPEATING,
        )
    )
    left_out = [(one.at, one.value) for one in read.findings if one.what == "empty"]
    assert left_out == [("survey!A3", "car"), ("survey!A7", "deep"), ("survey!A5", "words")]
    assert [section.code for section in read.document.sections] == ["general", "inner"]
    assert all(words("zh_CN").has(f"checklists.xlsform.{one.what}") for one in read.findings)


def test_a_repeat_within_a_repeat_is_asked_once_and_listed_with_its_cell() -> None:
    read = read_xlsform(
        workbook(
            ["begin_repeat", "car", "车", "Car"],
            ["text", "plate", "牌", "Plate"],
            ["begin_repeat", "defect", "缺陷", "Defect", None, None, "3"],
            ["text", "what", "何", "What"],
            ["end_repeat"],
            ["end_repeat"],
            head=REPEATING,
        )
    )
    assert ("survey!A4", "repeat") in {(one.at, one.what) for one in read.findings}
    (car,) = read.document.sections
    assert [question.code for question in car.questions] == ["plate", "what"]


def test_calculations_and_last_answers_come_in_and_others_are_listed() -> None:
    read = read_xlsform(
        workbook(
            ["integer", "a price", "价", "Price", None, "${last-saved#a price}"],
            ["calculate", "total", None, None, "${a price} * 1.13"],
            ["calculate", "odd", None, None, "pulldata('x', 'y')"],
            ["text", "colour", "色", "Colour", None, "red"],
            ["image", "picture", "照", "Picture", "1 + 1"],
            ["begin_repeat", "car", "车", "Car", None, None, "${a price} + 1"],
            ["text", "name", "名", "Name"],
            ["end_repeat"],
            head=REPEATING,
        )
    )
    price, total, colour, picture, _ = read.document.questions()
    assert (price.code, price.carry_over, colour.carry_over) == ("a_price", True, False)
    assert (total.kind, total.calculation, total.required) == (
        QuestionKind.NUMBER,
        "${a_price} * 1.13",
        False,
    )
    assert picture.calculation is None
    wanted = {("survey!E4", "calculation"), ("survey!F5", "default"), ("survey!E6", "calculation")}
    assert wanted | {("survey!G7", "repeat_count")} <= found(read)


def test_a_calculation_of_what_is_not_asked_before_refuses_the_workbook() -> None:
    faults = refused(workbook(["calculate", "total", None, None, "${price} + 1"], head=REPEATING))
    assert faults["survey!E2"] == "${price} is not asked before"


def test_a_repeat_is_counted_by_a_number_asked_before_and_other_counts_are_listed() -> None:
    read = read_xlsform(
        workbook(
            ["integer", "how many", "几", "How many"],
            ["begin_repeat", "car", "车", "Car", None, None, "${how many}"],
            ["integer", "seats", "座", "Seats"],
            ["end_repeat"],
            ["begin_repeat", "seat", "座", "Seat", None, None, "${seats}"],  # itself asked again and again
            ["text", "colour", "色", "Colour"],
            ["end_repeat"],
            head=REPEATING,
        )
    )
    repeats = [section.repeat for section in read.document.sections if section.repeat]
    assert [(one.count, one.minimum, one.maximum) for one in repeats] == [("how_many", 0, 50), (None, 1, 10)]
    assert ("survey!G6", "repeat_count") in found(read)
    again = read_xlsform(write_xlsform(read.document).data).document
    assert again.to_json() == read.document.to_json()


@pytest.mark.parametrize(("minimum", "maximum"), [(1, 3), (0, 5), (2, 2)])
def test_repeats_calculations_and_last_answers_go_out_and_come_in_again(minimum: int, maximum: int) -> None:
    plain = repeating_document(minimum, maximum)
    plain["sections"][0]["questions"][0]["carry_over"] = True
    plain["sections"][1]["repeat"]["person"] = True
    document = TemplateDocument.model_validate(plain)
    again = read_xlsform(write_xlsform(document).data).document
    assert [section.repeat for section in again.sections] == [section.repeat for section in document.sections]
    facts = [(one.code, one.kind, one.calculation, one.carry_over) for one in again.questions()]
    assert facts == [(one.code, one.kind, one.calculation, one.carry_over) for one in document.questions()]
