"""The one MetaData: names of constraints follow from what they hold, so that a migration can name them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, MetaData

from evenhand.registry.types import Number

__all__ = ["counted", "metadata", "one_of"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def counted() -> Column[int]:
    """Return the primary key `id` that the database counts up; with `sqlite_autoincrement` none comes back."""
    return Column("id", Number, primary_key=True, autoincrement=True)


def one_of(column: str, *values: str) -> CheckConstraint:
    """Return the rule that a column holds one of these values."""
    return CheckConstraint(f'"{column}" IN ({", ".join(repr(value) for value in values)})', name=column)
