"""All rows of one database into another of the same form, of whichever kind."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import BigInteger, Connection, Integer, Table, func, insert, select, text

from sync_server.store.metadata import all_tables

_ROWS = 2_000
"""Rows held in memory at a time."""


def is_empty(connection: Connection) -> bool:
    """Whether nobody has an account yet: what migrations alone have written does not count."""
    return connection.scalar(select(func.count()).select_from(all_tables().tables["person"])) == 0


def carry(source: Connection, target: Connection, step: Callable[[int, int], None]) -> None:
    """Replace every row of ``target`` by those of ``source``; both have the newest form.

    Reads and writes within the transactions that the two connections are in, so that one state is read and a
    failure leaves the target as it was. ``step`` is told tables done and tables altogether.
    """
    tables = all_tables().sorted_tables
    for table in reversed(tables):
        target.execute(table.delete())
    for done, table in enumerate(tables):
        step(done, len(tables))
        read = source.execution_options(yield_per=_ROWS).execute(select(table))
        for rows in read.mappings().partitions(_ROWS):
            target.execute(insert(table), [dict(row) for row in rows])
        if target.dialect.name == "postgresql":
            _continue_numbers(target, table)


def _continue_numbers(target: Connection, table: Table) -> None:
    """The next number that PostgreSQL gives comes after those that were carried over."""
    counted = table.autoincrement_column
    if counted is None or not isinstance(counted.type, Integer | BigInteger):
        return
    sequence = target.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": counted.name}
    )
    newest = target.scalar(select(func.max(counted)))
    if sequence is not None and newest is not None:
        target.execute(text("SELECT setval(:sequence, :newest)"), {"sequence": sequence, "newest": newest})
