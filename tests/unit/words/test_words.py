"""Words and problems in both languages."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from shared_models.messages import LANGUAGES, match_language, words
from shared_models.problems import STATUS, Code, Place, Problem, from_json


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_words(code: Code, language: str) -> None:
    for part in ("title", "todo"):
        assert words(language).has(f"problems.{code.value}.{part}")
    problem = Problem(code)
    assert problem.title(language)
    assert problem.todo(language)
    assert 400 <= problem.status < 600
    assert STATUS.get(code, 422) == problem.status


def test_a_problem_survives_the_wire_with_its_places() -> None:
    problem = Problem(Code.PLAN_INCOMPLETE, {"count": 2}, [Place("plan.p", "title")])
    back = from_json(problem.to_json("zh_CN"))
    assert (back.code, back.places) == (problem.code, problem.places)
    assert back.todo("en") == "Fill in 2 places, then publish."


def test_a_problem_of_a_newer_server_is_kept_with_its_code() -> None:
    assert from_json({"code": "from_the_future"}).values["code"] == "from_the_future"


def test_languages_are_matched_with_chinese_first() -> None:
    assert [match_language(tag) for tag in ("zh-Hans-CN", "en-GB", "fr", None, "")] == [
        "zh_CN",
        "en",
        "zh_CN",
        "zh_CN",
        "zh_CN",
    ]


def test_a_key_without_text_is_seen_and_never_a_crash() -> None:
    assert words("en")("no.such.key", count=1) == "no.such.key"


@pytest.mark.parametrize(
    ("count", "english", "chinese"),
    [(0, "0 questions open", "0"), (1, "1 question open", "1"), (2, "2 questions open", "2")],
)
def test_english_says_one_question_and_two_questions(count: int, english: str, chinese: str) -> None:
    assert words("en")("visits.today.questions", count=count) == english
    assert chinese in words("zh_CN")("visits.today.questions", count=count)


def test_every_number_of_a_text_chooses_its_own_word() -> None:
    text = words("en")("visits.submit.not_ready", questions=1, files=2)
    assert text == "Not ready yet: 1 question open, 2 pieces of evidence missing."


def test_a_number_that_came_over_the_wire_as_text_chooses_its_word() -> None:
    problem = from_json(Problem(Code.PLAN_INCOMPLETE, {"count": 1}).to_json("zh_CN"))
    assert problem.todo("en") == "Fill in 1 place, then publish."


def test_a_problem_without_its_number_shows_the_gap() -> None:
    assert Problem(Code.PLAN_INCOMPLETE).todo("en") == "Fill in … places, then publish."


@pytest.mark.parametrize(
    ("english", "chinese", "refused"),
    [
        ("{count} photos", "{count} 张照片", True),
        ("{count} more photos needed", "还需 {count} 张照片", True),
        ("{count} of the photos are missing", "缺 {count} 张照片", True),
        ("{count} {count:photo|photos}", "{count} 张照片", False),
        ("{count} {count:photo|photos|photos}", "{count} 张照片", True),
        ("{count} {count:photo|photos} and {files} files", "{count} 张照片, {files} 个文件", True),
        ("{count} {count:photo|photos}", "{count} {count:张|张}照片", True),
        ("Photos ({count})", "照片（{count}）", False),
        ("This is {name}, {count} left", "{name}，剩 {count}", False),
    ],
)
def test_an_english_text_that_counts_with_one_form_is_refused(
    english: str, chinese: str, refused: bool
) -> None:
    script = runpy.run_path(str(Path(__file__).parents[3] / "scripts" / "messages"))
    assert bool(script["plural_faults"]({"x.y": english}, {"x.y": chinese})) is refused
