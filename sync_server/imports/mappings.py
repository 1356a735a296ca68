"""Saved column mappings: built-in files, the database's own, and their checks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared_models.checklists.tables import Item
from shared_models.clock import Now, to_text
from shared_models.columns import sql_table
from shared_models.imports.mapping import SurveyMapping
from shared_models.imports.wire import MappingSummary
from shared_models.problems import Code, Place, Problem
from sync_server.assets import assets_dir
from sync_server.imports.tables import ImportMapping, ImportMappingVersion

_item = sql_table(Item).c
_mapping = sql_table(ImportMapping).c


def parse_mapping(data: Any) -> SurveyMapping:
    """The mapping of plain data; MAPPING_INVALID names every field that does not fit."""
    try:
        return SurveyMapping.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        places = [
            Place(".".join(map(str, fault["loc"])) or "mapping", fault["msg"].removeprefix("Value error, "))
            for fault in faults
        ]
        name = cast("dict[str, Any]", data).get("name", "?") if isinstance(data, dict) else "?"
        raise Problem(
            Code.MAPPING_INVALID, {"name": name, "reason": f"{places[0].at}: {places[0].reason}"}, places
        ) from error


def read_mapping_file(path: Path) -> SurveyMapping:
    """The mapping in a YAML (or JSON) file; MAPPING_INVALID or MAPPING_UNKNOWN otherwise."""
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Problem(Code.MAPPING_UNKNOWN, {"name": str(path), "known": "–"}) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        places = [Place(path.name, reason)]
        raise Problem(Code.MAPPING_INVALID, {"name": path.name, "reason": reason}, places) from error
    return parse_mapping(data)


def mapping_yaml(mapping: SurveyMapping) -> str:
    """The mapping as a file that can be edited and read again."""
    return yaml.safe_dump(mapping.to_json(), allow_unicode=True, sort_keys=False, width=110)


def builtin_mappings(folder: Path | None = None) -> dict[str, SurveyMapping]:
    """The mappings that come with the program, by name."""
    place = folder or assets_dir() / "mappings"
    found = [read_mapping_file(path) for path in sorted(place.glob("*.yaml"))]
    return {mapping.name: mapping for mapping in found}


def mapping_sha256(mapping: SurveyMapping) -> str:
    """Fingerprint of a mapping's content."""
    text = json.dumps(mapping.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def find_mapping(session: Session, name: str) -> SurveyMapping:
    """The saved mapping of that name, else the built-in one; MAPPING_UNKNOWN if there is neither."""
    row = session.get(ImportMapping, name)
    if row is not None and not row.removed:
        return parse_mapping(row.document)
    builtin = builtin_mappings()
    if row is not None or name not in builtin:
        known = ", ".join(summary.name for summary in list_mappings(session))
        raise Problem(Code.MAPPING_UNKNOWN, {"name": name, "known": known})
    return builtin[name]


def list_mappings(session: Session) -> list[MappingSummary]:
    """All mappings by name: saved ones, and built-in ones that nobody has edited or removed."""
    rows = {row.name: row for row in session.scalars(select(ImportMapping))}
    summaries = [
        _summary(mapping, 0, None) for name, mapping in builtin_mappings().items() if name not in rows
    ]
    summaries += [
        _summary(parse_mapping(row.document), row.version, to_text(row.updated_at))
        for row in rows.values()
        if not row.removed
    ]
    return sorted(summaries, key=lambda summary: summary.name)


def save_mapping(session: Session, mapping: SurveyMapping, *, person_id: str | None, now: Now) -> int:
    """Save a mapping under its name; gives its version. MAPPING_INVALID for an item nobody knows.

    Saving what is already saved changes nothing. Versions that imports used stay readable by their SHA-256.
    """
    check_items(session, mapping)
    row = session.get(ImportMapping, mapping.name)
    sha256 = keep_version(session, mapping)
    if row is not None and row.sha256 == sha256 and not row.removed:
        return row.version
    if row is None:
        row = ImportMapping(
            name=mapping.name,
            house_code=mapping.house.code,
            version=0,
            document={},
            sha256=sha256,
            updated_at=now(),
        )
    row.house_code, row.document, row.sha256 = mapping.house.code, mapping.to_json(), sha256
    row.version, row.updated_at, row.updated_by, row.removed = row.version + 1, now(), person_id, False
    session.add(row)
    session.flush()
    return row.version


def remove_mapping(session: Session, name: str, *, person_id: str | None, now: Now) -> None:
    """Take a mapping out of use; MAPPING_UNKNOWN if there is none. Past imports keep the text they used."""
    mapping = find_mapping(session, name)
    row = session.get(ImportMapping, name)
    if row is None:
        row = ImportMapping(
            name=name,
            house_code=mapping.house.code,
            version=0,
            document=mapping.to_json(),
            sha256=keep_version(session, mapping),
            updated_at=now(),
        )
    row.version, row.updated_at, row.updated_by, row.removed = row.version + 1, now(), person_id, True
    session.add(row)
    session.flush()


def keep_version(session: Session, mapping: SurveyMapping) -> str:
    """Keep the mapping's text for good; gives its SHA-256."""
    sha256 = mapping_sha256(mapping)
    if session.get(ImportMappingVersion, sha256) is None:
        session.add(ImportMappingVersion(sha256=sha256, name=mapping.name, document=mapping.to_json()))
        session.flush()
    return sha256


def check_items(session: Session, mapping: SurveyMapping) -> None:
    """MAPPING_INVALID naming every item that the ledger does not hold."""
    named = list(mapping.items())
    known = set(session.scalars(select(_item.code).where(_item.code.in_(named))))
    places = [Place(f"item.{code}", "unknown_item") for code in named if code not in known]
    if places:
        reason = "、".join(place.at for place in places)
        raise Problem(Code.MAPPING_INVALID, {"name": mapping.name, "reason": reason}, places)


def _summary(mapping: SurveyMapping, version: int, updated_at: str | None) -> MappingSummary:
    return MappingSummary(
        name=mapping.name,
        title=mapping.title,
        house=mapping.house.code,
        source=mapping.source,
        format=mapping.file.format,
        version=version,
        updated_at=updated_at,
    )
