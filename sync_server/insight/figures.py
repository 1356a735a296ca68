"""Where the figures of a month come from: kept in memory, else computed from the Parquet facts or the ledger.

Small networks are computed anew at the first question after a change, so every answer is exact. Where that
takes longer than a second, the figures of the last cut answer meanwhile (they name their data cut), and
newer ones are computed beside.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from shared_models.clock import Now, utc_now
from shared_models.problems import Problem
from sync_server.insight import importance, repository, results
from sync_server.insight.calendar import is_final, months_up_to
from sync_server.insight.engine.parameters import Parameters
from sync_server.insight.fact_files import FactFiles
from sync_server.insight.month_counts import (
    MonthCounts,
    NetworkCounts,
    network_of_files,
    network_of_ledger,
    of_files,
)
from sync_server.insight.network_month import NetworkMonth, compute_network_month
from sync_server.store import Database
from sync_server.targets.service import targets_in_force

SLOW_SECONDS = 1.0
"""Computing that takes longer is done beside, and the last figures answer meanwhile."""
_KEPT = 12
"""So many months' figures are kept in memory."""


@dataclass(frozen=True)
class Inputs:
    """All that the figures of a month depend on besides the ledger."""

    parameters: Parameters
    targets: Mapping[str, float]
    """By item id, fractions."""
    reviewed: tuple[tuple[str, str], ...]
    """(dealer, source) whose conflict was looked into for this month."""
    importance: Mapping[str, float] = field(default_factory=dict[str, float])
    """By item id, what customers weigh; 1 for an item that is not named."""
    local: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """By item id and dealer id, fractions: where a region or a dealer has a target of its own this month."""

    def at_dealer(self, dealer_id: str) -> dict[str, float]:
        """Targets by item id as they hold for one dealer."""
        own = {item: found[dealer_id] for item, found in self.local.items() if dealer_id in found}
        return {**self.targets, **own}

    def to_json(self) -> str:
        """Targets, reviews and importance with sorted keys, as stored with a result."""
        values = {
            "targets": dict(sorted(self.targets.items())),
            "reviewed": sorted(self.reviewed),
            "importance": dict(sorted(self.importance.items())),
            "local": {item: dict(sorted(found.items())) for item, found in sorted(self.local.items())},
        }
        return json.dumps(values, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, parameters: Parameters, text: str) -> Inputs:
        """What :meth:`to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        seen = tuple((one[0], one[1]) for one in raw["reviewed"])
        return cls(parameters, raw["targets"], seen, raw.get("importance", {}), raw.get("local", {}))

    @property
    def digest(self) -> str:
        """Names these inputs."""
        return hashlib.sha256((self.parameters.to_json() + self.to_json()).encode()).hexdigest()[:16]


def inputs_of(session: Session, month: str, parameters: Parameters | None = None) -> Inputs:
    """The inputs in force for a month."""
    parameters = parameters or results.parameters_in_force(session)
    found = targets_in_force(session, month)
    factors = importance.factors_of(session, month, parameters)
    return Inputs(parameters, found.items, results.reviewed(session, month), factors, found.local)


def compute(session: Session, month: str, inputs: Inputs, cut: int) -> NetworkMonth:
    """A month's figures from the ledger as of a data cut; the same arguments give the same bytes."""
    network = network_of_ledger(session, months_up_to(month, inputs.parameters.history_months), cut)
    return _compute(network, inputs, cut)


def _compute(network: NetworkCounts, inputs: Inputs, cut: int) -> NetworkMonth:
    return compute_network_month(
        _from_first(network),
        inputs.parameters,
        data_cut=cut,
        targets=inputs.targets,
        importance=inputs.importance,
        local=inputs.local,
        reviewed=inputs.reviewed,
    )


def _from_first(network: NetworkCounts) -> NetworkCounts:
    """Without the empty months before the first answer: they are no baseline."""
    some = [place for place, one in enumerate(network.counts) if one.dealer.size]
    first = min(some[0], max(len(network.months) - 3, 0)) if some else max(len(network.months) - 3, 0)
    return NetworkCounts(network.dealers, network.items, network.months[first:], network.counts[first:])


_Key = tuple[str, str]
"""Month and digest of the inputs."""


class Figures:
    """The figures of one database. Without a folder and a database of its own it reads the ledger."""

    def __init__(
        self, database: Database | None = None, folder: Path | None = None, now: Now = utc_now
    ) -> None:
        self._database, self._now = database, now
        self._facts = FactFiles(folder / "facts") if folder is not None else None
        self._lock = threading.RLock()
        self._counts: dict[str, tuple[tuple[str, ...], MonthCounts]] = {}
        self._kept: OrderedDict[_Key, NetworkMonth] = OrderedDict()
        self._seconds: dict[_Key, float] = {}
        self._beside: set[_Key] = set()

    def month(
        self, session: Session, month: str, *, cut: int | None = None, parameters: Parameters | None = None
    ) -> NetworkMonth:
        """The figures of a month: the newest, or as they stood at a data cut."""
        inputs = inputs_of(session, month, parameters)
        if cut is not None:
            return compute(session, month, inputs, cut)
        newest = repository.newest_cut(session)
        key = (month, inputs.digest)
        kept = self._kept.get(key)
        if kept is not None and kept.data_cut == newest:
            return kept
        if kept is not None and self._database is not None and self._seconds.get(key, 0) > SLOW_SECONDS:
            self._compute_beside(key, inputs)
            return kept
        return self._fresh(session, key, inputs, newest)

    def _fresh(self, session: Session, key: _Key, inputs: Inputs, newest: int) -> NetworkMonth:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.data_cut >= newest:
                return kept
            begun = time.perf_counter()
            found = self._of_facts(key[0], inputs, newest) or compute(session, key[0], inputs, newest)
            self._seconds[key] = time.perf_counter() - begun
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        today = (self._now() + timedelta(hours=8)).date()
        if self._database is not None and is_final(found.month, today):
            threading.Thread(target=self._store, args=(found, inputs), daemon=True).start()
        return found

    def _store(self, found: NetworkMonth, inputs: Inputs) -> None:
        """Keep the figures of a closed month; beside, since a long import may hold the database."""
        assert self._database is not None
        # what cannot be stored now is stored after the next question: the figures are the same again
        with suppress(Problem, SQLAlchemyError), self._database.write(journal=False) as session:
            results.store_result(session, found, inputs.to_json(), self._now())

    def _of_facts(self, month: str, inputs: Inputs, cut: int) -> NetworkMonth | None:
        """From the Parquet facts brought up to date; None where they do not stand at the cut asked for."""
        if self._facts is None or self._database is None:
            return None
        with self._database.read() as committed:
            self._facts.bring_up(committed)
        if self._facts.cut != cut:
            return None
        months = months_up_to(month, inputs.parameters.history_months)
        counts = [self._month_counts(self._facts, one) for one in months]
        return _compute(network_of_files(self._facts, months, counts), inputs, cut)

    def _month_counts(self, facts: FactFiles, month: str) -> MonthCounts:
        """A month is read again only when its files have changed."""
        said, gone = facts.files(month)
        names = tuple(path.name for path in (*said, *gone))
        kept = self._counts.get(month)
        if kept is None or kept[0] != names:
            kept = self._counts[month] = (names, of_files(facts, month))
        return kept[1]

    def _compute_beside(self, key: _Key, inputs: Inputs) -> None:
        with self._lock:
            if key in self._beside:
                return
            self._beside.add(key)
        threading.Thread(target=self._beside_work, args=(key, inputs), daemon=True).start()

    def _beside_work(self, key: _Key, inputs: Inputs) -> None:
        assert self._database is not None
        try:
            with self._database.read() as session:
                self._fresh(session, key, inputs, repository.newest_cut(session))
        finally:
            self._beside.discard(key)


def close_month(session: Session, month: str, now: Now = utc_now) -> int:
    """Compute a month and keep its result in this transaction; gives the revision."""
    inputs = inputs_of(session, month)
    found = compute(session, month, inputs, repository.newest_cut(session))
    return results.store_result(session, found, inputs.to_json(), now())


def reproduce(session: Session, result: Any) -> NetworkMonth:
    """A stored result computed again, from the ledger as it stood at its data cut."""
    parameters = Parameters.from_json(result.parameters)
    return compute(session, result.month, Inputs.from_json(parameters, result.inputs), result.data_cut)


_of_pool: WeakKeyDictionary[Pool, Figures] = WeakKeyDictionary()
_making = threading.Lock()


def attach(database: Database, folder: Path, now: Now = utc_now) -> Figures:
    """Let the figures of this database be computed from Parquet facts in a folder (the server does)."""
    made = Figures(database, folder, now)
    _of_pool[database.engine.pool] = made
    return made


def figures_of(session: Session) -> Figures:
    """The figures of the database that a session belongs to."""
    with _making:
        bind = session.get_bind()
        pool = (bind if isinstance(bind, Engine) else bind.engine).pool
        return _of_pool.setdefault(pool, Figures())
