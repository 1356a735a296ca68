"""Fixtures of the contract suite: the same tests on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import postgres_server
from tests.server.world import World, empty_database, make_world, postgres_world


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A running PostgreSQL server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'contract.db'}"
    return empty_database(request.getfixturevalue("postgres"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_world(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., World]:
    """Makes the tiny network on each kind of database, with settings of one's own."""
    if request.param == "sqlite":
        return lambda **settings: make_world(tmp_path, **settings)
    server = request.getfixturevalue("postgres")
    return lambda **settings: postgres_world(tmp_path, server, **settings)


@pytest.fixture
def world(new_world: Callable[..., World]) -> Iterator[World]:
    """The tiny network on each kind of database."""
    made = new_world()
    yield made
    made.close()


@pytest.fixture
def question(world: World) -> str:
    """A yes/no question of the short template."""
    from sync_server.checklists.service import document_of

    with world.db.read() as session:
        document = document_of(session, world.versions["showroom_observation"])
    return next(q.code for q in document.questions() if q.kind == "yes_no")
