"""An XLSForm workbook as a checklist: groups become sections, rows questions, the rest findings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from shared_models.checklists.document import Question, QuestionKind, TemplateDocument
from shared_models.checklists.logic import Condition
from shared_models.checklists.stages import Source, Stage
from shared_models.problems import Code, Place, Problem
from sync_server.checklists.xlsform.cells import Faults, Finding, Row, Sheet, read_sheets
from sync_server.checklists.xlsform.choices import ChoiceList, read_choices
from sync_server.checklists.xlsform.columns import (
    bands,
    bilingual,
    code_of,
    evidence,
    fault_of,
    number,
    one_language,
    text_in,
    truth,
    unused_columns,
)
from sync_server.checklists.xlsform.derived import counting, repeat_rule, take_calculation, take_default
from sync_server.checklists.xlsform.expressions import (
    Names,
    UnknownName,
    Unreadable,
    read_bounds,
    read_condition,
)

_PLAIN = {
    "text": "text", "string": "text", "integer": "number", "int": "number", "decimal": "number",
    "range": "scale", "date": "date", "time": "time", "datetime": "datetime", "image": "photo",
    "photo": "photo", "audio": "audio", "geopoint": "location", "gps": "location", "location": "location",
    "barcode": "barcode", "phone number": "text", "add text prompt": "text", "add integer prompt": "number",
    "add decimal prompt": "number", "add image prompt": "photo",
}  # fmt: skip
_BY_ITSELF = frozenset({
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email",
    "audit", "start-geopoint", "background-audio", "uri:deviceid", "uri:subscriberid", "uri:simserial",
    "uri:phonenumber", "uri:username", "uri:email", "start time", "end time", "device id", "subscriber id",
})  # fmt: skip
"""What a visit records anyway, or never."""
_NO_WORD = frozenset({
    "note", "hidden", "acknowledge", "trigger", "video", "file", "geotrace", "geoshape",
    "xml-external", "csv-external", "select_one_external", "select_one_from_file",
    "select_multiple_from_file", "rank", "osm", "add note prompt",
})  # fmt: skip
"""Types that XLSForm has and a checklist has not."""
_SELECT = re.compile(
    r"^(?P<cmd>select[_ ]one(?: from)?|select1|select[_ ]multiple(?: from)?|select all that apply(?: from)?)"
    r"\s+(?P<list>\S+)(?P<other>\s+(?:or[_ ]other|or specify other))?$"
)
_BLOCK = re.compile(r"^(?P<edge>begin|end)[_ ]+(?P<kind>group|repeat|loop)\b")


@dataclass(frozen=True)
class Imported:
    """A checklist read from a workbook, and what of the workbook it cannot say."""

    document: TemplateDocument
    findings: tuple[Finding, ...]


@dataclass
class _Group:
    row: Row
    kind: str
    code: str
    relevant: Condition | None
    opened: int = 0
    """How many sections it has opened: it opens another one after an inner group has ended."""
    section: dict[str, Any] | None = None
    """Of a repeat: its one section, which takes all that stands in it."""
    asked: bool = False
    """Whether anything stands in it that can be asked."""


@dataclass
class _Work:
    """What one reading collects."""

    source: Source
    stage: Stage
    faults: Faults = field(default_factory=Faults)
    findings: list[Finding] = field(default_factory=list[Finding])
    names: Names = field(default_factory=lambda: Names({}, {}))
    taken: set[str] = field(default_factory=set[str])
    groups: list[_Group] = field(default_factory=list[_Group])
    sections: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fresh: bool = True
    """Whether the next question opens a section."""

    def find(self, row: Row, header: str, what: str, value: str = "") -> None:
        """Note what cannot be said."""
        self.findings.append(Finding(row.at(header), what, value or row.get(header)))


def read_xlsform(
    data: bytes,
    *,
    items: frozenset[str] | None = None,
    source: Source = Source.SHOP,
    stage: Stage = Stage.FACILITIES,
) -> Imported:
    """The checklist of a workbook.

    ``items``: codes of the ledger, to check those that the workbook names (None: not checked). ``source`` and
    ``stage`` stand in where the workbook gives none. Raises CHECKLIST_INVALID with sheet, row and column of
    every fault, FILE_UNREADABLE for what is no workbook.
    """
    sheets = read_sheets(data)
    survey = sheets.get("survey")
    if survey is None or not survey.headers:
        raise Problem(Code.CHECKLIST_INVALID, {"count": 1}, [Place("survey", "no such sheet")])
    work = _Work(source, stage)
    for header in ("type", "name"):
        if header not in survey.headers:
            work.faults.add("survey!1", f"no column {header}")
    work.faults.raise_if_any()
    settings = sheets.get("settings", Sheet("settings"))
    twice = any(row.get("choice_filter") for row in survey.rows) or any(
        truth(row.get("allow_choice_duplicates")) for row in settings.rows
    )
    choices = sheets.get("choices", Sheet("choices"))
    lists = read_choices(choices, work.faults, work.findings, twice=twice)
    unused_columns(survey, work.findings)
    one_language(survey, work.findings)
    known = {"survey", "choices", "settings"}
    work.findings += [
        Finding(name, "sheet") for name, sheet in sheets.items() if name not in known and sheet.rows
    ]
    for sheet in (survey, choices, settings):
        work.faults.places += sheet.faults
    for row in survey.rows:
        _row(work, row, lists, items)
    for group in work.groups:
        work.faults.add(group.row.at("type"), "no end")
    work.faults.raise_if_any()
    return Imported(_document(work, settings), tuple(work.findings))


def _row(work: _Work, row: Row, lists: Mapping[str, ChoiceList], items: frozenset[str] | None) -> None:
    kind = re.sub(r"\s+", " ", row.get("type").strip())
    if not kind:
        if row.get("name") or row.get("label"):
            work.faults.add(row.at("type"), "no type")
        return
    block = _BLOCK.match(kind.lower())
    if block:
        _block(work, row, block["edge"], block["kind"])
        return
    bare = kind.lower()
    first = bare.split(" ")[0]
    if bare in _BY_ITSELF:
        work.find(row, "type", "by_itself")
        return
    if bare in _NO_WORD or first in _NO_WORD:
        work.find(row, "type", "type")
        return
    select = _SELECT.match(kind)
    if select is None and bare not in _PLAIN and bare != "calculate":
        work.faults.add(row.at("type"), f"unknown type {kind}")
        return
    plain = _question(work, row, bare, select, lists, items)
    if plain is None:
        return
    try:
        question = Question.model_validate(plain)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            work.faults.add(*fault_of(row, one["loc"], str(one["msg"])))
        return
    work.names.questions[row.get("name")] = question
    if select is not None and question.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        work.names.choices[row.get("name")] = lists[select["list"]].codes
    _section(work)["questions"].append(plain)


def _block(work: _Work, row: Row, edge: str, kind: str) -> None:
    work.fresh = True
    if edge == "end":
        if not work.groups or work.groups[-1].kind != kind:
            work.faults.add(row.at("type"), f"end {kind} without begin {kind}")
            return
        ended = work.groups.pop()
        if not ended.asked:  # its words, its rule and how often it is asked go with it
            work.find(ended.row, "type", "empty", ended.row.get("name"))
        return
    inside = any(group.kind == "repeat" for group in work.groups)
    if kind == "loop" or (kind == "repeat" and inside):
        work.find(row, "type", kind)
    if work.groups:
        work.find(row, "name", "within" if inside else "nested")
    name = row.get("name") or f"group_{row.number}"
    work.groups.append(_Group(row, kind, code_of(name, work.taken), _relevant(work, row)))
    if code_of(name, set()) != name:
        work.find(row, "name", "renamed", work.groups[-1].code)


def _section(work: _Work) -> dict[str, Any]:
    for group in work.groups:
        group.asked = True
    repeating = next((group for group in work.groups if group.kind == "repeat"), None)
    if repeating is not None:
        work.fresh = True  # what follows the repeat stands in a section of its own
        if repeating.section is None:
            repeating.section = _opened(work, repeating)
            repeating.section["repeat"] = repeat_rule(
                repeating.row,
                repeating.section["title"],
                counting(work.sections, work.names),
                work.find,
                work.faults,
            )
            work.sections.append(repeating.section)
        return repeating.section
    if not work.fresh and work.sections:
        return work.sections[-1]
    work.fresh = False
    if work.groups:
        made = _opened(work, work.groups[-1])
    else:
        code = code_of("general", work.taken)
        title = {"zh": "概况", "en": "General"}
        made = {"code": code, "title": title, "stage": work.stage.value, "questions": []}
    work.sections.append(made)
    return made


def _opened(work: _Work, group: _Group) -> dict[str, Any]:
    """One more section of a group."""
    group.opened += 1
    again = group.opened > 1
    code = code_of(f"{group.code}_{group.opened}", work.taken) if again else group.code
    title = bilingual(group.row, "label") or {"zh": group.row.get("name"), "en": group.row.get("name")}
    if not title["zh"]:
        title = {"zh": code, "en": code}
    made: dict[str, Any] = {"code": code, "title": title, "stage": _stage(work, group.row), "questions": []}
    if (intro := bilingual(group.row, "hint")) and not again:
        made["intro"] = intro
    weight = number(group.row, "revisit_weight", work.faults)
    if weight is not None:
        made["weight"] = weight
    return made


def _stage(work: _Work, row: Row) -> str:
    given = row.get("revisit_stage")
    if not given:
        for group in reversed(work.groups):
            given = given or group.row.get("revisit_stage")
    if given and given not in {stage.value for stage in Stage}:
        work.faults.add(row.at("revisit_stage"), f"unknown stage {given}")
        return work.stage.value
    return given or work.stage.value


def _relevant(work: _Work, row: Row) -> Condition | None:
    text = row.get("relevant")
    if not text:
        return None
    try:
        return read_condition(text, work.names)
    except UnknownName as unknown:
        work.faults.add(row.at("relevant"), f"${{{unknown}}} is not asked before")
    except Unreadable:
        work.find(row, "relevant", "relevant")
    return None


def _question(
    work: _Work,
    row: Row,
    bare: str,
    select: re.Match[str] | None,
    lists: Mapping[str, ChoiceList],
    items: frozenset[str] | None,
) -> dict[str, Any] | None:
    name = row.get("name")
    if not name:
        work.faults.add(row.at("name"), "no name")
        return None
    if name in work.names.questions:
        work.faults.add(row.at("name"), f"{name} stands twice")
        return None
    text = bilingual(row, "label")
    if text is None:
        if bare != "calculate":  # those have none elsewhere either
            work.find(row, "label", "label", name)
        text = {"zh": name, "en": name}
    plain: dict[str, Any] = {
        "code": code_of(name, work.taken),
        "text": text,
        "stage": _stage(work, row),
        "required": truth(row.get("required")),
    }
    if plain["code"] != name:
        work.find(row, "name", "renamed", plain["code"])
    hint = bilingual(row, "hint") or bilingual(row, "guidance_hint")
    if hint:
        plain["guidance"] = hint
    conditions = [group.relevant for group in work.groups if group.relevant is not None]
    own = _relevant(work, row)
    conditions += [own] if own is not None else []
    if conditions:
        whole = conditions[0] if len(conditions) == 1 else Condition(all=tuple(conditions))
        plain["show_when"] = whole.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if select is not None:
        if not _choices(work, row, select, lists, plain):
            return None
    else:
        _simple(work, row, bare, plain)
    if not take_calculation(row, plain, work.names, work.find, work.faults):
        return None
    take_default(row, plain, work.find)
    _own_columns(work, row, plain, items)
    return plain


def _choices(
    work: _Work, row: Row, select: re.Match[str], lists: Mapping[str, ChoiceList], plain: dict[str, Any]
) -> bool:
    found = lists.get(select["list"])
    if found is None:
        work.faults.add(row.at("type"), f"no list {select['list']} on the sheet choices")
        return False
    if select["other"]:
        work.find(row, "type", "or_other")
    for column in ("choice_filter", "constraint"):
        if row.get(column):
            work.find(row, column, column)
    names = set(found.codes)
    several = "multiple" in select["cmd"] or "all that apply" in select["cmd"]
    if not several and names == {"yes", "no"}:
        plain["kind"] = "yes_no"
    elif not several and names == {"yes", "no", "na"}:
        plain["kind"] = "yes_no_na"
    else:
        plain["kind"] = "multiple" if several else "single"
        plain["choices"] = found.choices
    return True


def _simple(work: _Work, row: Row, bare: str, plain: dict[str, Any]) -> None:
    kind = row.get("revisit_kind") or ("number" if bare == "calculate" else _PLAIN[bare])
    if bare in {"image", "photo"} and "signature" in row.get("appearance"):
        kind = "signature"
    plain["kind"] = kind
    if bare == "range":
        given = dict(part.split("=", 1) for part in row.get("parameters").split() if "=" in part)
        plain["minimum"], plain["maximum"] = given.get("start", "0"), given.get("end", "10")
        if given.get("step", "1") != "1":
            work.find(row, "parameters", "step")
    if not row.get("constraint"):
        return
    if kind not in {"number", "scale", "duration"}:
        work.find(row, "constraint", "constraint")
        return
    try:
        low, high = read_bounds(row.get("constraint"), bare in {"integer", "int", "range"})
    except Unreadable:
        work.find(row, "constraint", "constraint")
        return
    if low is not None:
        plain["minimum"] = str(low)
    if high is not None:
        plain["maximum"] = str(high)


def _own_columns(work: _Work, row: Row, plain: dict[str, Any], items: frozenset[str] | None) -> None:
    """Columns that only a checklist knows; other programs pass over them."""
    item = row.get("revisit_item")
    if item:
        plain["item"] = item
        if items is not None and item not in items:
            work.faults.add(row.at("revisit_item"), f"unknown item {item}")
    if row.get("revisit_rater"):
        plain["rater"] = row.get("revisit_rater")
    weight = number(row, "revisit_weight", work.faults)
    if weight is not None:
        plain["weight"] = weight
    critical = row.get("revisit_critical")
    if critical:
        plain["critical"] = True
        if re.fullmatch(r"\d+(\.\d+)?", critical):
            plain["critical_cap"] = critical
    for column, read, name in (
        ("revisit_evidence", evidence, "evidence"),
        ("revisit_bands", bands, "score_bands"),
    ):
        if row.get(column):
            try:
                plain[name] = read(row.get(column))
            except ValueError:
                work.faults.add(row.at(column), f"not understood: {row.get(column)}")
    for name, column in (
        ("unit", "revisit_unit"),
        ("low_label", "revisit_low"),
        ("high_label", "revisit_high"),
    ):
        words = text_in(row, column)
        if words:
            plain[name] = words


def _document(work: _Work, settings: Sheet) -> TemplateDocument:
    row = settings.rows[0] if settings.rows else Row("settings", 2, {}, {})
    title = bilingual(row, "form_title") or {"zh": row.get("form_title"), "en": row.get("form_title")}
    form_id = row.get("form_id") or row.get("id_string") or "imported"
    if not title["zh"]:
        title = {"zh": form_id, "en": form_id}
    source = row.get("revisit_source") or work.source.value
    if source == Source.PHONE.value:
        work.faults.add(row.at("revisit_source"), f"unknown source {source}")
    if not any(section["questions"] for section in work.sections):
        work.faults.add("survey", "no question that can be asked")
    if row.get("revisit_minimum_minutes") and not row.get("revisit_minimum_minutes").isdecimal():
        work.faults.add(row.at("revisit_minimum_minutes"), "not a number of minutes")
    work.faults.raise_if_any()
    plain: dict[str, Any] = {
        "code": code_of(form_id, set()),
        "title": title,
        "description": text_in(row, "revisit_description") or title,
        "source": source,
        "test_drive_log": truth(row.get("revisit_test_drive_log")),
        "sections": [section for section in work.sections if section["questions"]],
    }
    if row.get("revisit_minimum_minutes"):
        plain["minimum_minutes"] = int(row.get("revisit_minimum_minutes"))
    if plain["code"] != form_id:
        work.findings.append(Finding(row.at("form_id"), "renamed", plain["code"]))
    unused_columns(settings, work.findings)
    try:
        return TemplateDocument.model_validate(plain)
    except ValidationError as error:
        places = [
            Place("survey", f"{'.'.join(map(str, one['loc']))}: {one['msg']}")
            for one in error.errors(include_url=False)
        ]
        raise Problem(Code.CHECKLIST_INVALID, {"count": len(places)}, places) from None
