"""Column mappings: checked as a whole, edited as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared_models.imports import SurveyMapping
from shared_models.problems import Code, Problem
from sync_server.checklists import load_items
from sync_server.imports.mappings import (
    builtin_mappings,
    mapping_sha256,
    mapping_yaml,
    parse_mapping,
    read_mapping_file,
)


def document(**change: Any) -> dict[str, Any]:
    """A built-in mapping as data, with some parts changed."""
    return builtin_mappings()["cati_sales"].to_json() | change


def test_every_builtin_mapping_names_only_items_of_the_ledger() -> None:
    known = {item.code for item in load_items()}
    mappings = builtin_mappings()
    assert set(mappings) == {"cati_sales", "callbacks", "service_survey"}
    for mapping in mappings.values():
        assert set(mapping.items()) <= known


@pytest.mark.parametrize("name", ["cati_sales", "callbacks", "service_survey"])
def test_a_mapping_written_as_a_file_reads_back_the_same(tmp_path: Path, name: str) -> None:
    mapping = builtin_mappings()[name]
    path = tmp_path / "m.yaml"
    path.write_text(mapping_yaml(mapping), encoding="utf-8")
    again = read_mapping_file(path)
    assert again == mapping
    assert mapping_sha256(again) == mapping_sha256(mapping)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"source": "rumour"}, "source"),
        ({"key": []}, "key"),
        ({"colour": "red"}, "colour"),
        ({"dealer": {}}, "dealer"),
        ({"day": {"column": "访问日期", "forms": ["roman"]}}, "day.forms.0"),
        ({"answer_words": {"executed": ["是", "1"], "not_executed": ["否", "1"]}}, "answer_words"),
        ({"answer_words": {"executed": ["是"]}}, "mapping"),
        ({"execution": [], "ratings": []}, "mapping"),
    ],
)
def test_a_faulty_mapping_is_refused_at_the_place_of_the_fault(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_mapping(document(**change))
    assert caught.value.code is Code.MAPPING_INVALID
    assert caught.value.places[0].at == where


def test_one_outcome_word_cannot_mean_two_outcomes() -> None:
    words = {"completed": ["成功"], "refused": ["成功"]}
    with pytest.raises(Problem) as caught:
        parse_mapping(document(outcome={"column": "访问结果", "words": words}))
    assert "成功" in caught.value.places[0].reason


def test_a_file_that_is_no_yaml_is_a_problem_with_words_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("name: [", encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read_mapping_file(path)
    assert caught.value.code is Code.MAPPING_INVALID
    assert caught.value.title("zh_CN") != caught.value.title("en")


def test_the_schema_describes_every_field() -> None:
    schema = SurveyMapping.model_json_schema()
    assert set(schema["properties"]) == set(SurveyMapping.model_fields)
