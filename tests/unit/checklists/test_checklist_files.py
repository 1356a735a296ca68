"""A faulty checklist file is refused with file, question and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_server.assets import assets_dir
from sync_server.checklists import TEMPLATE_FILES, BadChecklist, load_items, load_templates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the built-in files that a test may spoil."""
    for source in (assets_dir() / "checklists").glob("*.yaml"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return tmp_path


def spoil(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def refused(folder: Path) -> BadChecklist:
    with pytest.raises(BadChecklist) as caught:
        load_templates(folder)
    return caught.value


def test_an_untouched_copy_loads_like_the_original(folder: Path) -> None:
    assert load_templates(folder) == load_templates()
    assert [document.code for document in load_templates(folder)] == list(TEMPLATE_FILES)


def test_an_unknown_item_is_named_with_its_question(folder: Path) -> None:
    spoil(folder / "test_drive.yaml", "item: route_suitable", "item: route_lovely")
    problem = refused(folder)
    assert (problem.file, problem.code) == ("test_drive.yaml", "D05")
    assert "route_lovely" in problem.reason


def test_a_scored_question_without_an_item_is_refused(folder: Path) -> None:
    spoil(folder / "sales_visit.yaml", "        item: background_music\n", "")
    problem = refused(folder)
    assert (problem.file, problem.code) == ("sales_visit.yaml", "F13")
    assert "item" in problem.reason


def test_a_wrong_kind_is_named_with_its_question(folder: Path) -> None:
    spoil(folder / "sales_audit.yaml", "kind: signature", "kind: autograph")
    problem = refused(folder)
    assert (problem.file, problem.code) == ("sales_audit.yaml", "Z02")
    assert problem.reason.startswith("kind")


def test_a_missing_translation_is_refused(folder: Path) -> None:
    spoil(folder / "test_drive.yaml", "          en: Was the test car clean outside?\n", "")
    problem = refused(folder)
    assert problem.code == "V03"
    assert problem.reason.startswith("text.en")


def test_a_question_code_used_twice_is_refused(folder: Path) -> None:
    spoil(folder / "test_drive.yaml", "code: D05", "code: D04")
    assert "D04 stands twice" in refused(folder).reason


def test_a_key_written_twice_is_refused_instead_of_overwritten(folder: Path) -> None:
    spoil(folder / "test_drive.yaml", "code: O01\n", "code: O01\n        code: O09\n")
    assert "stands twice" in refused(folder).reason


def test_a_rule_that_reads_a_later_question_is_refused(folder: Path) -> None:
    spoil(folder / "sales_visit.yaml", "question: R10", "question: T01")
    assert "T01" in refused(folder).reason


def test_broken_yaml_is_refused_with_the_file_and_line(folder: Path) -> None:
    spoil(folder / "showroom_observation.yaml", "sections:", "sections: [")
    problem = refused(folder)
    assert problem.file == "showroom_observation.yaml"
    assert "line" in problem.reason


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "sales_audit.yaml").unlink()
    assert refused(folder).file == "sales_audit.yaml"


def test_a_file_under_a_wrong_name_is_refused(folder: Path) -> None:
    spoil(folder / "sales_audit.yaml", "code: sales_audit", "code: audit_of_sales")
    assert "audit_of_sales" in refused(folder).reason


@pytest.mark.parametrize(
    ("before", "after", "code", "word"),
    [
        ("code: outside_tidy", "code: storefront_sign", "storefront_sign", "twice"),
        ("code: sign_blocked", "code: sign_damaged", "sign_damaged", "twice"),
        ("rater: tangibles", "rater: beauty", "storefront_sign", "rater"),
        ("target: 95", "target: 950", "legal_notices", "target"),
        ("care:\n", "aftercare:\n", "farewell_escort", "stage"),
    ],
)
def test_a_faulty_ledger_is_refused_with_the_item(
    folder: Path, before: str, after: str, code: str, word: str
) -> None:
    spoil(folder / "items.yaml", before, after)
    with pytest.raises(BadChecklist) as caught:
        load_items(folder)
    assert (caught.value.file, caught.value.code) == ("items.yaml", code)
    assert word in caught.value.reason


def test_yes_and_no_are_words_in_the_files() -> None:
    document = load_templates()[0]
    rule = document.question("R11").show_when
    assert rule is not None
    assert rule.value == "yes"
    evidence = document.question("F03").evidence
    assert evidence is not None
    assert evidence.when == "no"


def test_the_assets_folder_can_be_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "checklists").mkdir()
    (folder / "checklists" / "items.yaml").write_text("care: []\n", encoding="utf-8")
    monkeypatch.setenv("REVISIT_ASSETS", str(folder))
    assert assets_dir() == folder
    assert load_items() == []


def test_a_folder_without_checklists_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVISIT_ASSETS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        assets_dir()
