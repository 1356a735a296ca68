"""What ``revisit bench ledger`` measures on: a store that holds a large network's observations."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from sqlalchemy import select

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.stages import Rater, Stage
from shared_models.checklists.tables import Item
from shared_models.clock import to_text, utc_now
from shared_models.columns import sql_table
from shared_models.people.access import Role, ScopeKind
from sync_server.checklists.builtin import ItemDefinition
from sync_server.checklists.service import publish_items, publish_template
from sync_server.cli.bench_world import BenchWorld, make_world
from sync_server.insight.calendar import months_up_to
from sync_server.insight.engine.parameters import SOURCES
from sync_server.insight.tables import WHOLE, Observation
from sync_server.people import service as people
from sync_server.settings import Settings

LAST_MONTH = "2026-11"
"""The month of the visit that is pushed in the measurement."""
MONTHS = 24
_SHARES = (0.47, 0.02, 0.24, 0.10, 0.17)
_BIAS = (0.05, 0.0, 0.20, 0.40, 0.60)
_CHUNK = 200_000
"""Rows handed to the database at a time."""


def item_code(place: int) -> str:
    """Code of one of the network's items."""
    return f"item_{place:03d}"


def _definition(place: int) -> ItemDefinition:
    text = {"zh": f"项目{place}", "en": f"Item {place}"}
    stages, raters = list(Stage), list(Rater)
    return ItemDefinition.model_validate(
        {
            "code": item_code(place),
            "name": text,
            "short_name": text,
            "stage": stages[place % len(stages)].value,
            "rater": raters[place % len(raters)].value,
        }
    )


def _checklist(items: int) -> TemplateDocument:
    """A visit of 60 questions on the first items."""
    text = {"zh": "题", "en": "question"}
    questions = [
        {
            "code": f"q{place}",
            "kind": "yes_no",
            "text": text,
            "stage": "reception",
            "item": item_code(place % items),
        }
        for place in range(60)
    ]
    section = {"code": "s0", "title": text, "stage": "reception", "questions": questions}
    return TemplateDocument.model_validate(
        {"code": "ledger", "title": text, "description": text, "source": "shop", "sections": [section]}
    )


def make_ledger(
    settings: Settings,
    *,
    rows: int,
    dealers: int,
    items: int,
    progress: Callable[[int, int], None],
    seed: int = 1,
) -> BenchWorld:
    """An installation with ``rows`` observations of 24 months, five sources, 3 % weak cells; deterministic.

    Observations are inserted directly into the SQLite file, a data cut per month.
    """
    world = make_world(settings, dealers=dealers)
    world.document = _checklist(items)
    now = utc_now()
    with world.db.write() as session:
        publish_items(session, [_definition(place) for place in range(items)])
        world.version = publish_template(session, world.document, now=now)
        hq = people.create_person(session, name="hq", language="en")
        people.grant(session, hq, Role.HQ, ScopeKind.COMPANY, "")
        world.tokens["hq"] = people.open_session(session, hq, now=now, days=30).token
    with world.db.read() as session:
        columns = sql_table(Item).c
        ids = list(session.scalars(select(columns.id).order_by(columns.code)))
    path = world.db.url.database
    assert path is not None
    with closing(sqlite3.connect(path)) as raw:
        _fill(raw, world.dealers, ids, rows, np.random.default_rng(seed), progress)
    return world


def _fill(
    raw: sqlite3.Connection,
    dealers: list[str],
    items: list[str],
    rows: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None],
) -> None:
    name = sql_table(Observation).name
    # a scratch file: nobody misses it after a power cut
    raw.execute("PRAGMA synchronous = OFF")
    found = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (name,),
    )
    indexes = list(found)
    for index, _ in indexes:
        raw.execute(f'DROP INDEX "{index}"')
    size = rng.gamma(3, 1 / 3, len(dealers))
    level = special.logit(rng.uniform(0.85, 0.98, len(items)))[None, :]
    level = level + rng.normal(0, 0.4, (len(dealers), len(items)))
    weak = rng.random(level.shape) < 0.03
    level = np.where(weak, special.logit(rng.uniform(0.45, 0.75, level.shape)), level)
    months = months_up_to(LAST_MONTH, MONTHS)
    columns = (
        "dealer_id, item_id, source, day, month, state, value, weight, earned, employee, kind, origin_id, "
        "question, repeat, revision, cut"
    )
    statement = (
        f"INSERT INTO {name} ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', 'response', ?, 'q', 0, 0, ?)"
    )
    for done, month in enumerate(months):
        n = rows // len(months) + (1 if done < rows % len(months) else 0)
        cut = raw.execute(
            "INSERT INTO data_cut (at, kind, origin_id, added, superseded) VALUES (?, 'import', '', ?, 0)",
            (to_text(utc_now()), n),
        ).lastrowid
        for start in range(0, n, _CHUNK):
            drawn = _draw(rng, size, level, min(_CHUNK, n - start))
            raw.executemany(statement, _said(drawn, dealers, items, month, start, cut))
        raw.commit()
        progress(done + 1, len(months) + 1)
    for _, made in indexes:
        raw.execute(made)
    raw.execute("ANALYZE")
    raw.commit()
    progress(len(months) + 1, len(months) + 1)


_Drawn = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


def _draw(rng: np.random.Generator, size: NDArray[np.float64], level: NDArray[np.float64], n: int) -> _Drawn:
    dealer = np.searchsorted(np.cumsum(size) / size.sum(), rng.random(n)).clip(0, size.size - 1)
    item = rng.integers(0, level.shape[1], n)
    source = np.searchsorted(np.cumsum(_SHARES), rng.random(n)).clip(0, len(SOURCES) - 1)
    value = rng.random(n) < special.expit(level[dealer, item] + np.array(_BIAS)[source])
    return dealer, item, source, value


def _said(
    drawn: _Drawn, dealers: list[str], items: list[str], month: str, start: int, cut: int | None
) -> Iterator[tuple[Any, ...]]:
    for place, (dealer, item, source, value) in enumerate(zip(*(x.tolist() for x in drawn), strict=True)):
        earned = WHOLE if value else 0
        yield (
            dealers[dealer], items[item], SOURCES[source], f"{month}-15", month,
            "executed" if value else "not", earned, WHOLE, earned, f"{month}-{start + place}", cut,
        )  # fmt: skip
