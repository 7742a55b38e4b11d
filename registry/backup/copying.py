"""Every row of every table, as it is kept, from one database into another of either kind."""

from __future__ import annotations

from sqlalchemy import Connection, Table, TableClause, column, func, insert, select, table, text
from sqlalchemy.types import TypeDecorator

from evenhand.registry.tables import audit_head, metadata

__all__ = ["copy_rows", "is_empty"]

BATCH = 500  # rows held in memory at a time


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all tables into empty ones, in the callers' transactions; references always find what they refer to."""
    target.execute(audit_head.delete())  # `migrate` has made the one of an empty log
    for each in metadata.sorted_tables:
        plain = _plain(each)
        with source.execute(select(plain), execution_options={"yield_per": BATCH}) as rows:
            for part in rows.mappings().partitions():
                target.execute(insert(plain), [dict(row) for row in part])
        if target.dialect.name == "postgresql" and each.autoincrement_column is not None:
            _count_on(target, each)


def is_empty(connection: Connection) -> bool:
    """Whether nothing was written since `migrate` set the tables up."""
    heads = select(audit_head.c.sequence)
    others = [each for each in metadata.sorted_tables if each is not audit_head]
    return connection.execute(heads).scalar() == 0 and not any(
        connection.execute(select(text("1")).select_from(each).limit(1)).first() for each in others
    )


def _plain(whole: Table) -> TableClause:
    """Return the table with documents as texts and instants as numbers: what is kept is what is copied."""
    types = ((each.name, each.type) for each in whole.columns)
    return table(
        whole.name,
        *(column(name, kind.impl_instance if isinstance(kind, TypeDecorator) else kind) for name, kind in types),
    )


def _count_on(target: Connection, each: Table) -> None:
    """Let PostgreSQL count on behind the last id; SQLite does so by itself."""
    highest = target.execute(select(func.max(each.c.id))).scalar()
    if highest is not None:
        counter = func.pg_get_serial_sequence(each.name, "id")
        target.execute(select(func.setval(counter, highest)))
