"""Statements straight through the driver give the rows that SQLAlchemy gives, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    cast,
    func,
    insert,
    select,
    type_coerce,
)

from shared_models.columns import Json, sql_table
from shared_models.people.tables import Person
from sync_server.people.tables import login_session
from sync_server.store.quick import quick_rows
from sync_server.store.rows import insert_rows
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


@pytest.mark.parametrize(
    "odd", ['a"b', "a\\b", '\\"', "a,b", "{a}", "NULL", "", " ", "a\nb", "张三", '"', "'", '","', "%s", "$1"]
)
def test_any_text_is_found_among_others(world: World, odd: str) -> None:
    with world.db.write() as session:
        person = str(session.execute(select(_person.c.id).limit(1)).scalar_one())
        session.execute(_person.update().where(_person.c.id == person).values(name=odd))
        query = select(_person.c.id).where(among(_person.c.name, is_sqlite(session)))
        for others in ([], ["x"], ['"', "\\"]):
            given = ids_parameter([*others, odd], is_sqlite(session))
            assert (person,) in quick_rows(session, query, ids=given), others
        for without in ([], ["x"], [odd + "x"]):
            given = ids_parameter(without, is_sqlite(session))
            assert quick_rows(session, query, ids=given) == [], without
        session.rollback()


def test_json_goes_in_as_sqlalchemy_writes_it(world: World) -> None:
    table = Table("probe", MetaData(), Column("id", Integer), Column("detail", Json), prefixes=["TEMPORARY"])
    odd: list[object] = [None, {"字": ["值", 1, True, None, 1.5]}, "短", 'a"\\\n', True, 1, 1.0, [], "x" * 90]
    rows = [{"id": number, "detail": value} for number, value in enumerate(odd)]
    twins = [{"id": -1 - number, "detail": value} for number, value in enumerate(odd)]
    with world.db.write() as session:
        table.create(session.connection())
        insert_rows(session, table, rows)
        session.execute(insert(table), twins)
        as_text = table.c.detail if is_sqlite(session) else cast(table.c.detail, String)
        query = select(table.c.id, type_coerce(as_text, String)).order_by(func.abs(table.c.id + 0.5))
        stored = [row[1] for row in session.execute(query)]
        assert len(stored) == 2 * len(odd)
        assert stored[::2] == stored[1::2]
        assert stored[0] is None
        session.rollback()
