"""The ledger as month-partitioned Parquet facts, written incrementally.

A fact is what one visit or interview says about one item: all its questions on the item together. Files are
only ever added: `FOLDER/month=YYYYMM/<first cut>-<last cut>.parquet` holds what these data cuts brought,
`…-gone.parquet` what they took back. `state.json` names the files that count, the network's lists and the
data cut they stand at; it is replaced last, so that a writer killed in between leaves nothing half done.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from shared_models.clock import to_text
from shared_models.columns import sql_table
from sync_server.insight import frames as pl
from sync_server.insight.engine.facts import schema
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.repository import newest_cut
from sync_server.insight.tables import WHOLE, DataCut, Observation

_o = sql_table(Observation).c
_cut = sql_table(DataCut).c
FORMAT = 1
COUNTED, NOT_APPLICABLE, NOT_OBSERVED = 0, 1, 2
"""`state`: counted, not applicable, not observed; `value` is null unless counted."""
_MANY = 48
"""A month of more files than this is put together into one."""


@dataclass
class _Files:
    """Names of a month's files: what was said, and what was taken back."""

    said: list[str] = field(default_factory=list[str])
    gone: list[str] = field(default_factory=list[str])


@dataclass
class _State:
    cut: int = 0
    mark: str = ""
    """When that cut was made and by what: tells this ledger from a restored or another one."""
    dealers: list[str] = field(default_factory=list[str])
    items: list[str] = field(default_factory=list[str])
    months: dict[str, _Files] = field(default_factory=dict[str, _Files])


class FactFiles:
    """The Parquet facts of one ledger in one folder; one writer at a time (the caller sees to it)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = self._read_state()

    @property
    def cut(self) -> int:
        """The data cut that the files stand at."""
        return self._state.cut

    @property
    def dealers(self) -> Sequence[str]:
        """Ids of the dealers; their places are the numbers in the files."""
        return self._state.dealers

    @property
    def items(self) -> Sequence[str]:
        """Ids of the items; their places are the numbers in the files."""
        return self._state.items

    def months(self) -> list[str]:
        """Months (YYYY-MM) that have facts, oldest first."""
        return sorted(self._state.months)

    def files(self, month: str) -> tuple[list[Path], list[Path]]:
        """The files of a month: what was said, and what was taken back."""
        found = self._state.months.get(month, _Files())
        folder = self._month_folder(month)
        return [folder / name for name in found.said], [folder / name for name in found.gone]

    def bring_up(self, session: Session) -> frozenset[str]:
        """Add what the ledger's cuts brought since; the months that changed.

        ``session`` must see committed rows only. A ledger that is not the one of the files (a restored
        backup) is written anew.
        """
        newest = newest_cut(session)
        if newest < self._state.cut or self._mark(session, self._state.cut) != self._state.mark:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._state = _State()
        last = self._state.cut
        if newest == last:
            return frozenset()
        fresh = _o.cut.between(last + 1, newest) & or_(_o.gone_cut.is_(None), _o.gone_cut > newest)
        closed = _o.gone_cut.between(last + 1, newest) & (_o.cut <= last)
        state = _State(
            newest,
            self._mark(session, newest),
            list(self._state.dealers),
            list(self._state.items),
            {month: _Files(list(one.said), list(one.gone)) for month, one in self._state.months.items()},
        )
        lists = (_Places(state.dealers), _Places(state.items))
        changed: set[str] = set()
        for condition, suffix in ((fresh, ""), (closed, "-gone")):
            for month, frame in _facts(session, condition, lists):
                files = state.months.setdefault(month, _Files())
                name = f"{last + 1:010d}-{newest:010d}{suffix}.parquet"
                self._write(month, name, frame)
                (files.gone if suffix else files.said).append(name)
                changed.add(month)
        for month in changed:
            self._put_together(month, state)
        self._write_state(state)
        return frozenset(changed)

    def _put_together(self, month: str, state: _State) -> None:
        files = state.months[month]
        for names, suffix in ((files.said, ""), (files.gone, "-gone")):
            if len(names) <= _MANY:
                continue
            whole = pl.read_parquet([self._month_folder(month) / name for name in names])
            name = f"{0:010d}-{state.cut:010d}{suffix}.parquet"
            self._write(month, name, whole.sort("item", "dealer", "source", "state", "value"))
            names[:] = [name]

    def _write(self, month: str, name: str, frame: pl.DataFrame) -> None:
        final = self._month_folder(month) / name
        final.parent.mkdir(parents=True, exist_ok=True)
        partial = final.with_suffix(".part")
        frame.write_parquet(partial, compression="zstd", statistics=True)
        os.replace(partial, final)

    def _month_folder(self, month: str) -> Path:
        return self._folder / f"month={month.replace('-', '')}"

    def _read_state(self) -> _State:
        try:
            raw: dict[str, Any] = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return _State()
        if raw.get("format") != FORMAT:
            return _State()
        months = {month: _Files(**names) for month, names in raw["months"].items()}
        return _State(raw["cut"], raw["mark"], raw["dealers"], raw["items"], months)

    def _write_state(self, state: _State) -> None:
        partial = self._folder / "state.part"
        self._folder.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps({"format": FORMAT, **asdict(state)}), encoding="utf-8")
        os.replace(partial, self._folder / "state.json")
        self._state = state
        for month, files in state.months.items():
            wanted = {*files.said, *files.gone}
            for path in self._month_folder(month).iterdir():
                if path.name not in wanted:
                    path.unlink(missing_ok=True)

    @staticmethod
    def _mark(session: Session, cut: int) -> str:
        if cut == 0:
            return ""
        made = session.execute(select(_cut.at, _cut.origin_id).where(_cut.id == cut)).first()
        return f"{to_text(made.at)} {made.origin_id}" if made is not None else "?"


class _Places:
    """A list of ids that grows, and the place of each."""

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids
        self._at = {one: place for place, one in enumerate(ids)}

    def of(self, ids: Iterable[str]) -> list[int]:
        for one in ids:
            if one not in self._at:
                self._at[one] = len(self._ids)
                self._ids.append(one)
        return [self._at[one] for one in ids]


def _facts(
    session: Session, condition: ColumnElement[bool], lists: tuple[_Places, _Places]
) -> Iterable[tuple[str, pl.DataFrame]]:
    """The facts of the observations that fulfil a condition, month by month."""
    counted = case((_o.state.in_(("executed", "not")), _o.weight), else_=0)
    unseen = case((_o.state == "unobserved", _o.weight), else_=0)
    months = session.scalars(select(_o.month).where(condition).distinct().order_by(_o.month))
    for month in list(months):
        rows = session.execute(
            select(
                _o.dealer_id,
                _o.item_id,
                _o.source,
                func.sum(_o.earned),
                func.sum(counted),
                func.sum(unseen),
            )
            .where(condition, _o.month == month)
            .group_by(_o.kind, _o.origin_id, _o.item_id, _o.cut, _o.dealer_id, _o.source)
            .order_by(_o.item_id, _o.dealer_id, _o.kind, _o.origin_id, _o.cut)
        ).all()
        columns: dict[str, list[Any]] = defaultdict(list)
        columns["dealer"] = lists[0].of([row[0] for row in rows])
        columns["item"] = lists[1].of([row[1] for row in rows])
        number = int(month.replace("-", ""))
        for _, _, source, earned, applies, not_seen in rows:
            state = COUNTED if applies else NOT_OBSERVED if not_seen else NOT_APPLICABLE
            columns["month"].append(number)
            columns["source"].append(SOURCES.index(source))
            columns["value"].append(int(earned) / WHOLE if state == COUNTED else None)
            columns["state"].append(state)
        yield month, pl.DataFrame(columns, schema=pl.Schema({**schema(), "state": pl.Int8()}))
