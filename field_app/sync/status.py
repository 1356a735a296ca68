"""What the sync chip and the sync screen show: counted from receipts, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from field_app.store import Held
from shared_models.problems import Problem


@dataclass(frozen=True)
class SyncStatus:
    """The state of sync at one moment."""

    pending_records: int = 0
    pending_files: int = 0
    pending_bytes: int = 0
    poisoned_files: int = 0
    files_wait: str = ""
    """What the pending files wait for by the person's choice: "wifi", "ask", "" for nothing."""
    coming_back: int = 0
    """Of the pending records, those that the server had and lost when it was put back to a backup."""
    held: tuple[Held, ...] = ()
    overdue: tuple[Held, ...] = ()
    """Changes that have long waited for a record that has not arrived."""
    sending: bool = False
    phase: str = ""
    """"" when idle, else push, pull, media, receipts, digests."""
    last_success: str = ""
    """Instant (ISO 8601 UTC) of the last run that came through; "" if there was none."""
    last_problem: Problem | None = None
    online: bool | None = None
    """Whether the server answered last time; None before the first try."""
    revoked: bool = False
    """The account was revoked: nothing comes in any more, records still go out."""
    signed_out: bool = False
    """The server no longer knows the token: sign in again; everything is kept."""
    skew_ms: int = 0
    """Device clock minus server clock."""


@dataclass
class SyncReport:
    """What one run did."""

    pushed: int = 0
    confirmed: int = 0
    refused: int = 0
    received: int = 0
    files_sent: int = 0
    bytes_sent: int = 0
    receipts: int = 0
    repaired: int = 0
    unreadable: int = 0
    problem: Problem | None = None

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.problem is None


@dataclass
class Board:
    """Holds the newest status and tells its watchers of every change."""

    status: SyncStatus = field(default_factory=SyncStatus)
    _watchers: list[Callable[[SyncStatus], None]] = field(default_factory=list[Callable[[SyncStatus], None]])

    def update(self, **values: object) -> None:
        """Change some of the status; watchers hear of it if anything differs."""
        after = replace(self.status, **values)  # type: ignore[arg-type]
        if after == self.status:
            return
        self.status = after
        for watcher in list(self._watchers):
            watcher(after)

    def watch(self, watcher: Callable[[SyncStatus], None]) -> Callable[[], None]:
        """Be told of changes; gives the function that ends it."""
        self._watchers.append(watcher)

        def stop() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return stop
