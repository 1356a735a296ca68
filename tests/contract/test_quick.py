"""Statements straight through the driver give the rows that SQLAlchemy gives, on both databases."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from shared_models.columns import sql_table
from shared_models.people.tables import Person
from sync_server.people.tables import login_session
from sync_server.store.quick import quick_rows
from sync_server.store.statements import among, ids_parameter, is_sqlite
from tests.server.world import World

_person = sql_table(Person)


def test_rows_have_the_types_of_the_columns(world: World) -> None:
    world.token("shopper")
    with world.db.read() as session:
        query = select(login_session, _person.c.active).join(
            _person, _person.c.id == login_session.c.person_id
        )
        expected = [tuple(row) for row in session.execute(query)]
        assert len(expected) > 0
        found = quick_rows(session, query)
        assert sorted(map(repr, found)) == sorted(map(repr, expected))


def test_parameters_go_by_name_and_a_limit_holds(world: World) -> None:
    with world.db.read() as session:
        ids = [str(one) for one in session.execute(select(_person.c.id)).scalars()]
        sqlite = is_sqlite(session)
        query = select(_person.c.id).where(
            among(_person.c.id, sqlite), _person.c.version > bindparam("least")
        )
        given = ids_parameter(ids[:2], sqlite)
        assert {row[0] for row in quick_rows(session, query, ids=given, least=0)} == set(ids[:2])
        assert quick_rows(session, query, ids=given, least=10**6) == []
        assert len(quick_rows(session, query.limit(1), ids=given, least=0)) == 1


def test_what_is_read_is_of_the_open_transaction(world: World) -> None:
    query = select(_person.c.name).where(_person.c.id == bindparam("id"))
    with world.db.write() as session:
        person = str(session.execute(select(_person.c.id).limit(1)).scalar_one())
        session.execute(_person.update().where(_person.c.id == person).values(name="changed"))
        assert quick_rows(session, query, id=person) == [("changed",)]
        session.rollback()
