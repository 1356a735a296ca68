"""A checklist as an XLSForm workbook. What only a checklist knows stands in columns named ``revisit_…``."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from shared_models.checklists.document import (
    Bilingual,
    Question,
    QuestionKind,
    Repeat,
    Section,
    TemplateDocument,
)
from sync_server.checklists.xlsform.cells import Finding
from sync_server.checklists.xlsform.choices import same_choices
from sync_server.checklists.xlsform.expressions import Unreadable, write_condition

ZH, EN = "Chinese (zh)", "English (en)"
_SURVEY = (
    "type", "name", f"label::{ZH}", f"label::{EN}", f"hint::{ZH}", f"hint::{EN}", "required", "relevant",
    "constraint", "appearance", "parameters", "revisit_kind", "revisit_stage", "revisit_item",
    "revisit_rater", "revisit_weight", "revisit_critical", "revisit_evidence", "revisit_bands",
    "revisit_unit_zh", "revisit_unit_en", "revisit_low_zh", "revisit_low_en", "revisit_high_zh",
    "revisit_high_en", "calculation", "default", "repeat_count", "revisit_repeat", "revisit_one_zh",
    "revisit_one_en", "revisit_person",
)  # fmt: skip
_CHOICES = ("list_name", "name", f"label::{ZH}", f"label::{EN}", "revisit_score")
_SETTINGS = (
    "form_title", "form_id", "version", "default_language", "revisit_source", "revisit_description_zh",
    "revisit_description_en", "revisit_minimum_minutes", "revisit_test_drive_log",
)  # fmt: skip
_TYPES = {
    QuestionKind.SCALE: "range", QuestionKind.DURATION: "integer", QuestionKind.DATE: "date",
    QuestionKind.TIME: "time", QuestionKind.DATETIME: "dateTime", QuestionKind.TEXT: "text",
    QuestionKind.PHOTO: "image", QuestionKind.AUDIO: "audio", QuestionKind.SIGNATURE: "image",
    QuestionKind.LOCATION: "geopoint", QuestionKind.BARCODE: "barcode",
}  # fmt: skip
Line = dict[str, Any]


@dataclass(frozen=True)
class Exported:
    """A workbook, and what of the checklist other programs will not see in it."""

    data: bytes
    findings: tuple[Finding, ...]


def write_xlsform(document: TemplateDocument, version: str = "") -> Exported:
    """The workbook of a checklist; :func:`read_xlsform` reads the same checklist from it again."""
    book = Workbook()
    survey: Worksheet = book.active  # type: ignore[assignment]
    survey.title = "survey"
    lists = _Lists()
    findings: list[Finding] = []
    questions = {question.code: question for question in document.questions()}
    rows: list[Line] = []
    for section in document.sections:
        rows.append(_begin(section))
        rows += [_row(section, question, questions, lists, findings) for question in section.questions]
        rows.append({"type": "end_repeat" if section.repeat else "end_group", "name": section.code})
    _fill(survey, _SURVEY, rows)
    _fill(book.create_sheet("choices"), _CHOICES, lists.rows)
    _fill(book.create_sheet("settings"), _SETTINGS, [_settings(document, version)])
    out = io.BytesIO()
    book.save(out)
    return Exported(out.getvalue(), tuple(findings))


def _settings(document: TemplateDocument, version: str) -> Line:
    return {
        f"form_title::{ZH}": document.title.zh,
        f"form_title::{EN}": document.title.en,
        "form_title": document.title.zh,
        "form_id": document.code,
        "version": version,
        "default_language": ZH,
        "revisit_source": document.source.value,
        "revisit_description_zh": document.description.zh,
        "revisit_description_en": document.description.en,
        "revisit_minimum_minutes": document.minimum_minutes,
        "revisit_test_drive_log": "yes" if document.test_drive_log else None,
    }


class _Lists:
    """Choice lists of the workbook; equal ones are written once."""

    def __init__(self) -> None:
        self.rows: list[Line] = []
        self._known: dict[str, str] = {}

    def of(self, question: Question) -> str:
        """The name of a question's list."""
        if question.kind in {QuestionKind.YES_NO, QuestionKind.YES_NO_NA}:
            name = question.kind.value
            if name not in self._known:
                self._known[name] = name
                words = [("yes", "是", "Yes"), ("no", "否", "No")]
                words += [("na", "不适用", "Not applicable")] if name == "yes_no_na" else []
                for code, zh, en in words:
                    self._add(name, code, Bilingual(zh=zh, en=en), None)
            return name
        key = same_choices(question.choices)
        name = self._known.get(key, "")
        if not name:
            name = self._known[key] = f"list_{question.code}"
            for choice in question.choices:
                self._add(name, choice.code, choice.text, choice.score)
        return name

    def _add(self, name: str, code: str, text: Bilingual, score: Any) -> None:
        line = {"list_name": name, "name": code, **_both("label", text), "revisit_score": _plain(score)}
        self.rows.append(line)


def _begin(section: Section) -> Line:
    return {
        "type": "begin_repeat" if section.repeat else "begin_group",
        "name": section.code,
        **_both("label", section.title),
        **_both("hint", section.intro),
        "revisit_stage": section.stage.value,
        "revisit_weight": None if section.weight == 1 else _plain(section.weight),
        **(_repeated(section.repeat) if section.repeat else {}),
    }


def _repeated(rule: Repeat) -> Line:
    fixed = rule.minimum == rule.maximum and rule.count is None
    count = f"${{{rule.count}}}" if rule.count is not None else None
    return {
        "repeat_count": str(rule.minimum) if fixed else count,
        "revisit_repeat": None if fixed else f"{rule.minimum}-{rule.maximum}",
        "revisit_one_zh": rule.label.zh,
        "revisit_one_en": rule.label.en,
        "revisit_person": "yes" if rule.person else None,
    }


def _row(
    section: Section,
    question: Question,
    questions: dict[str, Question],
    lists: _Lists,
    findings: list[Finding],
) -> Line:
    line: Line = {
        "type": _type(question, lists),
        "name": question.code,
        **_both("label", question.text),
        **_both("hint", question.guidance),
        "required": "yes" if question.required else None,
        "revisit_stage": None if question.stage is section.stage else question.stage.value,
        "revisit_item": question.item,
        "revisit_rater": question.rater.value if question.rater else None,
        "revisit_weight": None if question.weight == 1 else _plain(question.weight),
    }
    if question.show_when is not None:
        try:
            line["relevant"] = write_condition(question.show_when, questions)
        except Unreadable:
            findings.append(Finding(question.code, "relevant"))
    if question.critical:
        line["revisit_critical"] = _plain(question.critical_cap) if question.critical_cap else "yes"
    if question.evidence is not None:
        rule = question.evidence
        line["revisit_evidence"] = f"{rule.kind} {rule.count} {rule.when}"
        findings.append(Finding(question.code, "evidence", line["revisit_evidence"]))
    if question.score_bands:
        bands = [f"{_plain(band.at_least)}={_plain(band.score)}" for band in question.score_bands]
        line["revisit_bands"] = "; ".join(bands)
    for name, text in (("unit", question.unit), ("low", question.low_label), ("high", question.high_label)):
        if text is not None:
            line[f"revisit_{name}_zh"], line[f"revisit_{name}_en"] = text.zh, text.en
    if question.kind is QuestionKind.SCALE:
        line["parameters"] = f"start={_plain(question.minimum)} end={_plain(question.maximum)} step=1"
    elif question.minimum is not None or question.maximum is not None:
        bounds = ((">=", question.minimum), ("<=", question.maximum))
        line["constraint"] = " and ".join(f". {op} {_plain(n)}" for op, n in bounds if n is not None)
    if question.kind is QuestionKind.SIGNATURE:
        line["appearance"] = "signature"
    if question.kind is QuestionKind.DURATION:
        line["revisit_kind"] = "duration"
    if question.calculation is not None:
        line["calculation"] = question.calculation
        line["required"] = None
    if question.carry_over:
        line["default"] = f"${{last-saved#{question.code}}}"
    return line


def _type(question: Question, lists: _Lists) -> str:
    match question.kind:
        case QuestionKind.YES_NO | QuestionKind.YES_NO_NA | QuestionKind.SINGLE:
            return f"select_one {lists.of(question)}"
        case QuestionKind.MULTIPLE:
            return f"select_multiple {lists.of(question)}"
        case QuestionKind.NUMBER:
            bounds = (question.minimum, question.maximum)
            whole = all(bound is None or bound == bound.to_integral_value() for bound in bounds)
            return (
                "integer"
                if whole and question.score_bands == () and question.minimum is not None
                else "decimal"
            )
        case _:
            return _TYPES[question.kind]


def _both(name: str, text: Bilingual | None) -> Line:
    return {f"{name}::{ZH}": text.zh, f"{name}::{EN}": text.en} if text is not None else {}


def _plain(number: Any) -> str | None:
    """A decimal as short text."""
    return None if number is None else format(number.normalize(), "f")


def _fill(sheet: Worksheet, headers: tuple[str, ...], rows: list[Line]) -> None:
    used = [name for name in headers if any(row.get(name) not in {None, ""} for row in rows)]
    extra = sorted({name for row in rows for name in row} - set(headers))
    names = [*dict.fromkeys([*headers[:2], *used]), *extra]
    sheet.append(names)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    sheet.freeze_panes = "C2"
    for place, name in enumerate(names, start=1):
        wide = name.startswith(("label", "hint", "form_title", "revisit_description"))
        sheet.column_dimensions[get_column_letter(place)].width = 48 if wide else 18
