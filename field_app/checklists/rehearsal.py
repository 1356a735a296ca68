"""A test run of a draft: the real visit on a store in memory that nothing is ever sent from."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from field_app.store import Context, RowWrite, Store
from field_app.store.rows import put, whole
from field_app.visits.live import LiveVisit
from field_app.visits.workflow_session import VisitSession
from shared_models.checklists.document import TemplateDocument
from shared_models.sync.wire import OpKind

_REGION, _DEALER, _PERSON, _TEMPLATE, _VERSION, _VISIT = (
    f"00000000-0000-7000-8000-00000000000{number}" for number in range(1, 7)
)


class _Memory:
    """A database that lasts as long as the test run."""

    def __init__(self) -> None:
        self.engine: Engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )

    async def durable(self) -> None:
        """Nothing has to survive."""

    async def close(self) -> None:
        """Forget everything."""
        self.engine.dispose()


class _Pictures:
    """Photos of the test run."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    async def put(self, sha256: str, data: bytes) -> None:
        self._held[sha256] = data

    async def get(self, sha256: str) -> bytes | None:
        return self._held.get(sha256)

    async def delete(self, sha256: str) -> None:
        self._held.pop(sha256, None)


def rehearse(document: TemplateDocument, context: Context, place: tuple[str, str]) -> LiveVisit:
    """Begin a visit with this checklist at a made-up dealer (``place``: its name in Chinese and English)."""
    store = Store(_Memory(), _Pictures(), context)
    given = [
        ("region", {"id": _REGION, "version": 1, "code": "R", "name": place[0], "name_en": place[1]}),
        ("dealer", {"id": _DEALER, "version": 1, "code": "D", "name": place[0], "name_en": place[1],
                    "region_id": _REGION}),
        ("person", {"id": _PERSON, "version": 1, "name": place[0]}),
        ("template", {"id": _TEMPLATE, "version": 1, "code": document.code, "title": document.title.zh,
                      "title_en": document.title.en, "source": document.source.value}),
        ("template_version", {"id": _VERSION, "version": 1, "template_id": _TEMPLATE, "number": 1,
                              "document": document.to_json(), "sha256": ""}),
    ]  # fmt: skip
    with store.write() as connection:
        for entity, values in given:
            put(connection, entity, [whole(entity, values)])
    now = context.instant()
    visit = {
        "dealer_id": _DEALER,
        "template_version_id": _VERSION,
        "person_id": _PERSON,
        "source": document.source.value,
        "visit_date": context.local(now).date(),
        "started_at": now,
        "zone": context.zone,
    }
    store.apply([RowWrite("visit", _VISIT, _VISIT, visit, OpKind.CREATE, template_version=_VERSION)])
    return LiveVisit(VisitSession(store, _VISIT))
