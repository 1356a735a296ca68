"""Words and problems in both languages."""

from __future__ import annotations

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
