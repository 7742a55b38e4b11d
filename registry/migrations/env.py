"""What Alembic runs to migrate the connection that `migrate` hands it."""

from __future__ import annotations

from alembic import context

from evenhand.registry.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,  # also on SQLite: the transaction is `migrate`'s own, all steps or none
)
context.run_migrations()
