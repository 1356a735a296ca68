"""The server as one FastAPI application: routers of all slices, problems, OpenAPI, the PWA."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from shared_models.clock import Now, utc_now
from shared_models.problems import Code
from shared_models.sync.wire import PROTOCOL, PushRequest
from sync_server import problems
from sync_server.appeals import endpoints as appeals
from sync_server.audit import endpoints as audit
from sync_server.checklists import endpoints as checklists
from sync_server.company import endpoints as company
from sync_server.imports import endpoints as imports
from sync_server.insight import endpoints as insight
from sync_server.insight import endpoints_engine as insight_engine
from sync_server.insight import figures
from sync_server.media import endpoints as media
from sync_server.media.blobs import FolderBlobs
from sync_server.people import endpoints as people
from sync_server.people import endpoints_admin as people_admin
from sync_server.people import places
from sync_server.people.limits import SignInLimits
from sync_server.people.terms import turn
from sync_server.plans import endpoints as plans
from sync_server.pwa.serve import mount_pwa
from sync_server.reminders import endpoints as reminders
from sync_server.reports import endpoints as reports
from sync_server.rescue import endpoints as rescue
from sync_server.retention import endpoints as retention
from sync_server.reviews import endpoints as reviews
from sync_server.settings import VERSION, Settings
from sync_server.store import Database
from sync_server.surveys import endpoints as surveys
from sync_server.sync import endpoints as sync
from sync_server.sync.body import BodyRoom
from sync_server.sync.epoch import Epochs
from sync_server.sync.pull import purge
from sync_server.sync.together import PushQueue
from sync_server.targets import endpoints as targets
from sync_server.visits import endpoints as visits
from sync_server.visits import endpoints_series as visits_series
from sync_server.webhooks import endpoints as webhooks

API = "/api/v1"

about = APIRouter(tags=["about"])


class Health(BaseModel):
    """Liveness."""

    status: str


class Version(BaseModel):
    """Build of the server, protocol version, and the oldest client that may pull ("" for any)."""

    build: str
    protocol: int
    min_client: str


@about.get("/health")
def health(request: Request) -> Health:
    """Whether the process and its database answer."""
    with request.app.state.db.read() as session:
        session.connection()
    return Health(status="ok")


@about.get("/version")
def version(request: Request) -> Version:
    """Which build this is."""
    return Version(build=VERSION, protocol=PROTOCOL, min_client=request.app.state.settings.min_client)


def create_app(settings: Settings, *, now: Now = utc_now) -> FastAPI:
    """The application for these settings; the clock can be passed in. Starting it migrates the database."""
    db = Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await run_in_threadpool(_prepare, db, now() - timedelta(days=settings.tombstone_days))
        yield
        app.state.pushes.close()
        db.close()

    app = FastAPI(
        title="Revisit",
        version=VERSION,
        lifespan=lifespan,
        docs_url=f"{API}/docs",
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        responses=problems.may_fail(Code.INVALID_REQUEST, Code.INTERNAL, Code.OVERLOADED),
    )
    app.state.settings = settings
    app.state.db = db
    app.state.now = now
    figures.attach(db, settings.data_dir / "figures", now)
    app.state.blobs = FolderBlobs(settings.blob_dir)
    app.state.limits = SignInLimits()
    app.state.met_tokens = set[str]()
    app.state.bodies = BodyRoom()
    app.state.epochs = Epochs(db, now)
    app.state.pushes = PushQueue(db, token_days=settings.token_days)
    problems.install(app)
    routers = (
        about,
        people.router,
        people_admin.router,
        places.router,
        visits.router,
        visits_series.router,
        reviews.router,
        appeals.router,
        checklists.router,
        sync.router,
        rescue.router,
        media.router,
        imports.router,
        insight.router,
        insight_engine.router,
        surveys.router,
        plans.router,
        reminders.router,
        reports.router,
        audit.router,
        company.router,
        retention.router,
        targets.router,
        webhooks.router,
    )
    for router in routers:
        app.include_router(router, prefix=API)
    app.router.routes[:0] = sync.quick_routes(API)
    if settings.pwa_root is not None:
        mount_pwa(app, settings.pwa_root)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _prepare(db: Database, kept_since: datetime) -> None:
    """What a start does before the first request: migrate, and forget what need not be kept any longer."""
    db.migrate()
    with db.write() as session:
        purge(session, kept_since)
        turn(session, utc_now())
    # what is loaded by now stays: the collector need not walk it again with every push
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with the problem schema in the place of FastAPI's own error shape."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        push = PushRequest.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(push.pop("$defs", {}))
        schemas["PushRequest"] = push
        schemas["PlaceDocument"] = problems.PlaceDocument.model_json_schema()
        schemas["ProblemDocument"] = problems.ProblemDocument.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schemas["ProblemDocument"].pop("$defs", None)
        app.openapi_schema = document
    return app.openapi_schema
