"""Route of rescue files. Headquarters only."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile

from shared_models.problems import Code, Problem
from sync_server.people.session import Headquarters
from sync_server.problems import language_of, may_fail
from sync_server.rescue.service import RescueReport, take_in

router = APIRouter(prefix="/rescue", tags=["rescue"])
_MOST_UPLOADS = 20
"""A rescue file may hold this many times the largest single upload."""


@router.post(
    "/files",
    responses=may_fail(
        Code.SIGNED_OUT,
        Code.ACCOUNT_REVOKED,
        Code.NOT_ALLOWED,
        Code.TOO_LARGE,
        Code.RESCUE_DAMAGED,
        Code.RESCUE_WRONG_PERSON,
    ),
)
def import_rescue_file(
    who: Headquarters,
    request: Request,
    file: UploadFile,
    person_id: Annotated[str | None, Form(description="whose file it must be", max_length=36)] = None,
) -> RescueReport:
    """Take in what a device had not sent, with the rights of the person who saved the file.

    The same file again, or the device itself later, changes nothing more.
    """
    del who
    state = request.app.state
    limit = state.settings.max_upload_bytes * _MOST_UPLOADS
    if (file.size or 0) > limit:
        raise Problem(Code.TOO_LARGE, {"limit": limit})
    with tempfile.TemporaryDirectory(prefix="revisit-rescue-") as folder:
        path = Path(folder) / "rescue.zip"
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        return take_in(
            state.db,
            state.blobs,
            path,
            person_id=person_id,
            now=state.now(),
            language=language_of(request),
        )
