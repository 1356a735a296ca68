"""Rows in: page by page, each page and its cursor in one local transaction."""

from __future__ import annotations

from field_app.store import Store, overlay
from field_app.store.store import count_up
from field_app.store.tables import sync_state
from field_app.sync.api import Api
from field_app.sync.status import SyncReport
from shared_models.clock import from_text
from shared_models.problems import Code, Problem
from shared_models.sync.wire import PULL_LIMIT, PullResponse


async def pull_all(store: Store, api: Api, report: SyncReport) -> None:
    """Read all pages. A cut between two pages loses nothing: the next run goes on from the stored cursor."""
    while True:
        cursor = store.state()["cursor"]
        try:
            body = await api.get("/sync/pull", cursor=cursor or None, limit=PULL_LIMIT)
        except Problem as problem:
            if problem.code is not Code.CURSOR_INVALID or not cursor:
                raise
            store.set_state(cursor="", snapshot=True)  # too old: a whole snapshot, own ops kept
            with store.write() as connection:
                overlay.begin_snapshot(connection)
            continue
        page = PullResponse.model_validate(body)
        arrival = take_page(store, page, cursor)
        report.received += arrival.written
        report.unreadable += len(arrival.unreadable)
        await store.durable()
        store.tell(arrival)
        if api.heard.epoch:
            store.hear(api.heard.epoch, api.heard.safe_until)
        if not page.more:
            store.forget_kept(from_text(page.server_time))
            return


def take_page(store: Store, page: PullResponse, cursor: str) -> overlay.Arrival:
    """Store one page and its cursor."""
    skew = store.context.now() - from_text(page.server_time)
    heard = {"cursor": page.cursor, "skew_ms": round(skew.total_seconds() * 1000)}
    if not (page.changes or page.departures or page.snapshot or store.state()["snapshot"]):
        store.set_state(**heard)  # as most pages are: nothing to count anew
        return overlay.Arrival()
    with store.write() as connection:
        state = connection.execute(sync_state.select()).one()
        snapshot = state.snapshot
        if page.snapshot and cursor:
            overlay.begin_snapshot(connection)
            snapshot = True
        arrival = overlay.take_changes(connection, page.changes, force=snapshot, mark_seen=snapshot)
        parted = overlay.take_departures(connection, page.departures)
        arrival.entities |= parted.entities
        arrival.written += parted.written
        if snapshot and not page.more:
            swept = overlay.end_snapshot(connection)
            arrival.entities |= swept.entities
            arrival.written += swept.written
            snapshot = False
        connection.execute(sync_state.update().values(**heard, snapshot=snapshot))
        if arrival.written or arrival.unreadable:
            count_up(connection, rows_received=arrival.written, unreadable=len(arrival.unreadable))
    return arrival
