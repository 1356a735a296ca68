"""Routes of imports: survey files in, reports out, mappings kept. Headquarters only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Query, Request, Response, UploadFile

from shared_models.imports.mapping import SurveyMapping
from shared_models.imports.wire import ImportBatch, ImportReport, MappingSummary
from shared_models.problems import Code, Problem
from sync_server.imports import mappings, report, repository, service
from sync_server.people.session import Headquarters
from sync_server.problems import language_of, may_fail

router = APIRouter(
    prefix="/imports",
    tags=["imports"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)
_MOST_SHOWN = 1_000  # findings in one JSON answer; the CSV has all


@router.post(
    "/files",
    responses=may_fail(
        Code.FILE_UNREADABLE, Code.COLUMN_MISSING, Code.MAPPING_UNKNOWN, Code.MAPPING_INVALID, Code.TOO_LARGE
    ),
)
def import_survey_file(
    who: Headquarters,
    request: Request,
    file: UploadFile,
    mapping: Annotated[str, Form(description="name of a saved mapping", max_length=40)],
) -> ImportReport:
    """Import a survey file: good rows load, bad rows are listed, the same file again changes nothing."""
    state = request.app.state
    with _on_disk(file, state.settings.max_upload_bytes) as path, state.db.write() as session:
        return _cut(
            service.import_file(
                session,
                path,
                mappings.find_mapping(session, mapping),
                person_id=who.person_id,
                now=state.now,
            )
        )


@router.get("/batches")
def batches(
    who: Headquarters, request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[ImportBatch]:
    """Imported files, newest first."""
    del who
    with request.app.state.db.read() as session:
        return repository.batches(session, limit)


@router.get("/batches/{batch_id}", responses=may_fail(Code.NOT_FOUND))
def batch(batch_id: str, who: Headquarters, request: Request) -> ImportReport:
    """An imported file with what was found in its rows."""
    del who
    with request.app.state.db.read() as session:
        return repository.report(session, repository.batch(session, batch_id), _MOST_SHOWN)


@router.get(
    "/batches/{batch_id}/rows.csv",
    responses=may_fail(Code.NOT_FOUND) | {200: {"content": {"text/csv": {}}}},
    response_class=Response,
)
def bad_rows(batch_id: str, who: Headquarters, request: Request) -> Response:
    """The rows to look at, as CSV in the caller's language."""
    del who
    with request.app.state.db.read() as session:
        of = repository.batch(session, batch_id)
        text = report.to_csv(repository.findings(session, of.id), language_of(request))
    name = f"rows-{of.id}.csv"
    return Response(
        text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/mappings")
def list_mappings(who: Headquarters, request: Request) -> list[MappingSummary]:
    """All column mappings."""
    del who
    with request.app.state.db.read() as session:
        return mappings.list_mappings(session)


@router.get("/mappings/schema")
def mapping_schema(who: Headquarters) -> dict[str, Any]:
    """JSON Schema of a column mapping."""
    del who
    return SurveyMapping.model_json_schema()


@router.get("/mappings/{name}", responses=may_fail(Code.MAPPING_UNKNOWN))
def get_mapping(name: str, who: Headquarters, request: Request) -> SurveyMapping:
    """One column mapping."""
    del who
    with request.app.state.db.read() as session:
        return mappings.find_mapping(session, name)


@router.get(
    "/mappings/{name}/file",
    responses=may_fail(Code.MAPPING_UNKNOWN) | {200: {"content": {"application/yaml": {}}}},
    response_class=Response,
)
def mapping_file(name: str, who: Headquarters, request: Request) -> Response:
    """One column mapping as YAML, to edit and put back."""
    del who
    with request.app.state.db.read() as session:
        text = mappings.mapping_yaml(mappings.find_mapping(session, name))
    return Response(text, media_type="application/yaml")


@router.put("/mappings/{name}", responses=may_fail(Code.MAPPING_INVALID, Code.CONFLICT))
def put_mapping(
    name: str,
    who: Headquarters,
    request: Request,
    document: Annotated[dict[str, Any], Body(description="the mapping, see /imports/mappings/schema")],
) -> MappingSummary:
    """Save a column mapping under its name; the former text stays with the imports that used it."""
    mapping = mappings.parse_mapping(document)
    if mapping.name != name:
        raise Problem(Code.MAPPING_INVALID, {"name": name, "reason": f"name: {mapping.name}"})
    state = request.app.state
    with state.db.write(journal=False) as session:
        mappings.save_mapping(session, mapping, person_id=who.person_id, now=state.now)
        return next(one for one in mappings.list_mappings(session) if one.name == name)


@router.delete("/mappings/{name}", status_code=204, responses=may_fail(Code.MAPPING_UNKNOWN))
def delete_mapping(name: str, who: Headquarters, request: Request) -> Response:
    """Take a column mapping out of use."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        mappings.remove_mapping(session, name, person_id=who.person_id, now=state.now)
    return Response(status_code=204)


def _cut(full: ImportReport) -> ImportReport:
    return full.model_copy(update={"findings": full.findings[:_MOST_SHOWN]})


@contextmanager
def _on_disk(file: UploadFile, most: int) -> Generator[Path]:
    """The upload as a file of its own; TOO_LARGE above the server's limit."""
    if file.size is not None and file.size > most:
        raise Problem(Code.TOO_LARGE, {"limit": most})
    with tempfile.TemporaryDirectory(prefix="revisit-import-") as folder:
        name = PurePath(file.filename or "").name[-80:]
        path = Path(folder) / (name if name.strip(". ") else "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        yield path
