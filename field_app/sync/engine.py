"""The sync engine: one run is push, pull, files, receipts, digests; runs repeat with back-off and jitter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from field_app.store import Store
from field_app.sync.api import Api, Unreachable
from field_app.sync.digests import compare_digests
from field_app.sync.media import MediaQueue
from field_app.sync.pull import pull_all
from field_app.sync.push import push_all
from field_app.sync.status import Board, SyncReport, SyncStatus
from shared_models.clock import to_text
from shared_models.problems import Code, Problem

log = logging.getLogger("revisit.sync")

_NO_PULL = frozenset({Code.ACCOUNT_REVOKED, Code.CLIENT_TOO_OLD})

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Pace:
    """Seconds between runs."""

    quiet: float = 60.0
    """After a run that came through, with nothing left to send."""
    busy: float = 5.0
    """After a run that came through while something is still to be sent."""
    first_retry: float = 2.0
    longest_retry: float = 300.0
    """After failures of a server that answers: it needs time."""
    longest_search: float = 30.0
    """After runs that found no server: a try costs the device next to nothing, and nothing else tells
    everywhere that the network is back."""
    after_change: float = 1.0
    """From the person's change to the run that sends it."""


def _not_found(problem: Problem | None) -> bool:
    """Whether no server answered; one that answers "overloaded" was found and needs time."""
    return problem is not None and problem.code is Code.SERVER_UNREACHABLE


class SyncEngine:
    """Sync of one account. Never two runs at once; a run cut off at any await loses nothing."""

    def __init__(
        self,
        store: Store,
        api: Api,
        person_id: str,
        *,
        sleep: Sleep = asyncio.sleep,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._api = api
        self._sleep = sleep
        self._pace = pace or Pace()
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._media = MediaQueue(store, api, person_id)
        self.files_wait: Callable[[int], str] = lambda _waiting: ""
        """Asked before files are sent: what so many bytes wait for (field_app.sync.lines), "" for nothing."""
        self._files_anyway = False
        self.board = Board()
        self._store.watch(lambda touched: self._changed() if touched.local else self.refresh())
        self.refresh()

    @property
    def status(self) -> SyncStatus:
        """The newest status."""
        return self.board.status

    def watch(self, watcher: Callable[[SyncStatus], None]) -> Callable[[], None]:
        """Be told when the status changes; gives the function that ends it."""
        return self.board.watch(watcher)

    def refresh(self) -> None:
        """Count again what is pending, held and without receipt."""
        counts, state = self._store.counts(), self._store.state()
        self.board.update(
            pending_records=counts.pending,
            pending_files=counts.files,
            pending_bytes=counts.file_bytes,
            poisoned_files=counts.poisoned,
            held=tuple(self._store.held()) if counts.held else (),
            overdue=tuple(self._store.overdue()) if counts.pending else (),
            coming_back=self._store.brings_back(),
            last_success=state["last_success"],
            skew_ms=state["skew_ms"],
        )

    # -- one run -------------------------------------------------------------------------------------------

    async def run_once(self) -> SyncReport:
        """Push, pull, send files, fetch receipts, compare digests. Waits for a run already under way.

        What goes wrong is in the report (and in the status), not raised: sync never disturbs the work.
        """
        async with self._lock:
            report = SyncReport()
            self.board.update(sending=True)
            try:
                await self._phases_of_one_epoch(report)
            except Problem as problem:
                report.problem = problem
            except Exception:  # a fault of ours, or an answer of no known shape: log it, try later
                log.exception("a sync run failed")
                report.problem = Problem(Code.INTERNAL)
            except BaseException:
                self.board.update(sending=False, phase="")
                raise
            self._conclude(report)
            return report

    async def _phases_of_one_epoch(self, report: SyncReport) -> None:
        """The phases; once more where the server says that it was put back to a backup."""
        try:
            await self._phases(report)
        except Problem as problem:
            if problem.code is not Code.SERVER_RESTORED or not problem.values.get("epoch"):
                raise
            self._store.server_restored(str(problem.values["epoch"]))
            await self._store.durable()
            self.refresh()
            await self._phases(report)

    async def _phases(self, report: SyncReport) -> None:
        self._api.server_epoch = self._store.state()["server_epoch"]
        self._api.again = bool(self._store.brings_back())
        self.board.update(phase="push")
        touched = await push_all(self._store, self._api, report)
        self.refresh()
        self.board.update(phase="pull")
        no_pull: Problem | None = None
        try:
            await pull_all(self._store, self._api, report)
        except Problem as problem:
            if problem.code not in _NO_PULL:
                raise
            no_pull = problem  # nothing comes in any more; what was recorded still goes out
        waits = "" if self._files_anyway else self.files_wait(self.status.pending_bytes)
        self.board.update(files_wait=waits if self.status.pending_files else "")
        if not waits:
            self.board.update(phase="media")
            await self._media.send_all(report, self.refresh)
            self._files_anyway = False
        self.board.update(phase="receipts")
        await self._media.take_receipts(report)
        await self._media.clear_out_of_grace()
        if no_pull is not None:
            raise no_pull
        if report.receipts:  # the server has noted the files on their rows: digests would differ without them
            self.board.update(phase="pull")
            await pull_all(self._store, self._api, report)
        self.board.update(phase="digests")
        await compare_digests(self._store, self._api, touched, report)

    def _conclude(self, report: SyncReport) -> None:
        problem = report.problem
        if problem is None:
            self._store.set_state(last_success=to_text(self._store.context.now()))
        self.refresh()
        self.board.update(
            sending=False,
            phase="",
            last_problem=problem,
            online=not isinstance(problem, Unreachable),
            revoked=problem is not None and problem.code is Code.ACCOUNT_REVOKED,
            signed_out=problem is not None and problem.code is Code.SIGNED_OUT,
        )

    # -- again and again -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Sync in the background until :meth:`stop`."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.run_forever())

    async def stop(self) -> None:
        """End the background sync; a run under way is cut off, which loses nothing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send_files_anyway(self) -> SyncReport:
        """Send the waiting files on whatever line there is: the person said so."""
        self._files_anyway = True
        return await self.run_once()

    async def try_files_again(self) -> None:
        """Queue poisoned files once more and run soon."""
        await self._media.try_again()
        self.refresh()
        self.nudge()

    def nudge(self) -> None:
        """Run soon: the person asked for it, or the network is back."""
        self._wake.set()

    def _changed(self) -> None:
        self._wake.set()
        self.refresh()

    async def run_forever(self) -> None:
        """Run, wait, run. Waits double from failure to failure up to a limit, with jitter, and are cut short
        by a change or a nudge; while the server cannot be reached a change does not cut them below the first
        retry."""
        failures = 0
        while True:
            self._wake.clear()
            report = await self.run_once()
            failures = 0 if report.complete else failures + 1
            await self._rest(self._wait(failures, _not_found(report.problem)))

    def _wait(self, failures: int, searching: bool) -> float:
        pace = self._pace
        if failures:
            limit = min(pace.longest_retry, pace.longest_search) if searching else pace.longest_retry
            longest = min(limit, pace.first_retry * 2 ** (failures - 1))
        else:
            status = self.status
            sending = status.pending_records or (status.pending_files and not status.files_wait)
            longest = pace.busy if sending else pace.quiet
        return longest * self._store.context.chance.uniform(0.5, 1.0)

    async def _rest(self, seconds: float) -> None:
        """Wait, but no longer than shortly after the person changes something."""
        rest = asyncio.ensure_future(self._sleep(seconds))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({rest, woken}, return_when=asyncio.FIRST_COMPLETED)
            if not rest.done():
                await self._sleep(self._pace.after_change)
        finally:
            for task in (rest, woken):
                task.cancel()
            await asyncio.gather(rest, woken, return_exceptions=True)
