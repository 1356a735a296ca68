"""The built-in checklists: the item ledger and the templates in ``assets/checklists``, read and checked.

The files are templates as in :mod:`shared_models.checklists.document`, with two shorthands that keep them
readable: a question without ``stage`` has its section's, and one without ``rater`` has its item's.
``yes`` and ``no`` are plain words in these files (YAML 1.2), only ``true`` and ``false`` are truth values.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared_models.checklists import Bilingual, Rater, Source, Stage, TemplateDocument
from shared_models.checklists.document import Code
from sync_server.assets import assets_dir

TEMPLATE_FILES: tuple[str, ...] = (
    "sales_visit",
    "test_drive",
    "service_inspection",
    "sales_audit",
    "showroom_observation",
    "delivery_call",
    "service_call",
)
"""Built-in templates in the order they are offered; each stands in ``<code>.yaml``."""

_ITEMS_FILE = "items.yaml"
_RECORDED_SOURCES = {Source.SHOP, Source.INSPECTION, Source.AUDIT, Source.CALLBACK}


class CauseCode(BaseModel):
    """A typical cause of a weak item."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class ItemDefinition(BaseModel):
    """A canonical item 核心流程项目 as the ledger defines it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Bilingual
    short_name: Bilingual
    """As used in tables and charts."""
    stage: Stage
    rater: Rater
    target: Decimal = Field(default=Decimal(85), gt=0, le=100)
    """Wanted execution rate in percent."""
    cause_codes: tuple[CauseCode, ...] = ()


class BadChecklist(ValueError):
    """A checklist file that cannot be used: which file, which question or item, and why."""

    def __init__(self, file: str, code: str | None, reason: str) -> None:
        self.file = file
        self.code = code
        self.reason = reason
        super().__init__(f"{file}: {code}: {reason}" if code else f"{file}: {reason}")


def load_items(folder: Path | None = None) -> list[ItemDefinition]:
    """All items in ledger order, read from ``folder`` (default: the built-in checklists).

    Raises BadChecklist for the first fault: not YAML, wrong field, code used twice.
    """
    stages = _read(_folder(folder) / _ITEMS_FILE)
    items: list[ItemDefinition] = []
    for stage, entries in stages.items():
        if not isinstance(entries, list):
            raise BadChecklist(_ITEMS_FILE, stage, "expected a list of items under this stage")
        for entry in cast("list[Any]", entries):
            if not isinstance(entry, dict):
                raise BadChecklist(_ITEMS_FILE, stage, f"expected an item, found {entry!r}")
            data = cast("dict[str, Any]", entry)
            try:
                items.append(ItemDefinition.model_validate({"stage": stage, **data}))
            except ValidationError as error:
                raise BadChecklist(_ITEMS_FILE, str(data.get("code", stage)), _reason(error)) from error
    _refuse_repeats(_ITEMS_FILE, (item.code for item in items), "item")
    _refuse_repeats(_ITEMS_FILE, (cause.code for item in items for cause in item.cause_codes), "cause")
    return items


def load_templates(folder: Path | None = None) -> list[TemplateDocument]:
    """The built-in templates in the order of TEMPLATE_FILES, each checked against the item ledger.

    Raises BadChecklist for the first fault, naming file, question code and reason.
    """
    place = _folder(folder)
    items = {item.code: item for item in load_items(place)}
    return [_load_template(place / f"{name}.yaml", items) for name in TEMPLATE_FILES]


def _load_template(path: Path, items: dict[str, ItemDefinition]) -> TemplateDocument:
    data = _read(path)
    _fill_shorthands(path.name, data, items)
    try:
        document = TemplateDocument.model_validate(data)
    except ValidationError as error:
        raise BadChecklist(path.name, _place(error, data), _reason(error)) from error
    if document.code != path.stem:
        raise BadChecklist(path.name, None, f"the code is {document.code}, the file name says {path.stem}")
    if document.source not in _RECORDED_SOURCES:
        raise BadChecklist(path.name, None, f"a visit cannot feed the source {document.source}")
    for question in document.questions():
        if question.scored and question.item is None:
            raise BadChecklist(path.name, question.code, "a scored question needs an item")
        for read in question.show_when.questions() if question.show_when else ():
            if read == question.code:
                raise BadChecklist(path.name, question.code, "show_when reads the question itself")
    return document


def _fill_shorthands(file: str, data: dict[str, Any], items: dict[str, ItemDefinition]) -> None:
    """Give each question its section's stage and its item's RATER dimension where it names none."""
    for section in _mappings(data.get("sections")):
        for question in _mappings(section.get("questions")):
            if "stage" in section:
                question.setdefault("stage", section["stage"])
            code = question.get("item")
            if code is None:
                continue
            if code not in items:
                raise BadChecklist(file, str(question.get("code")), f"the item {code} is not in the ledger")
            question.setdefault("rater", items[code].rater.value)


def _mappings(entries: Any) -> list[dict[str, Any]]:
    """The mappings of a list; whatever else stands there is left for the schema to refuse."""
    if not isinstance(entries, list):
        return []
    return [cast("dict[str, Any]", entry) for entry in cast("list[Any]", entries) if isinstance(entry, dict)]


def _folder(folder: Path | None) -> Path:
    return folder if folder is not None else assets_dir() / "checklists"


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 truth values and without silently overwritten keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


# SafeLoader's own table reads yes, no, on and off as truth values, and 2026-11-03 as a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {"tag:yaml.org,2002:timestamp"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first not in "yYnNoO"
}


def _read(path: Path) -> dict[str, Any]:
    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError as error:
        raise BadChecklist(path.name, None, f"the file is missing in {path.parent}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadChecklist(path.name, None, " ".join(str(error).split())) from error
    if not isinstance(data, dict):
        raise BadChecklist(path.name, None, "expected a mapping at the top")
    return cast("dict[str, Any]", data)


def _refuse_repeats(file: str, codes: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise BadChecklist(file, code, f"this {what} code stands twice")
        seen.add(code)


def _reason(error: ValidationError) -> str:
    """The first fault in one line: the field within its part, and what is wrong with it."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"][-2:] if not isinstance(part, int))
    message = first["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


def _place(error: ValidationError, data: dict[str, Any]) -> str | None:
    """Code of the question (or section) in which the first fault lies."""
    found: str | None = None
    part: Any = data
    for step in error.errors(include_url=False)[0]["loc"]:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, dict) and "code" in part:
            found = str(cast("dict[str, Any]", part)["code"])
    return found
