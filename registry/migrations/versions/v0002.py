"""Campaign plans and their results, row by row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0002"
down_revision = "0001"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUTCOMES = ("delivered", "opened", "clicked", "redeemed", "unsubscribed", "spend", "margin")


def upgrade() -> None:
    """Say of a plan during which roll-out it was made and since when it is complete; make the tables of its rows."""
    op.add_column("plans", sa.Column("request", Number, nullable=True))
    op.add_column("plans", sa.Column("completed_at", sa.BigInteger, nullable=True))
    op.create_index(op.f("ix_plans_request"), "plans", ["request"])
    op.create_table(
        "plan_rows",
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("arm", "segment", "planned", "campaign")),
        sa.Column("eligible", sa.Integer, nullable=False),
        sa.Column("explored", sa.Boolean, nullable=False),
        sa.Column("exploration", sa.Float, nullable=False),
        sa.Column("propensity", sa.Float, nullable=False),
        sa.Column("baseline", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name=op.f("fk_plan_rows_plan_plans")),
        sa.PrimaryKeyConstraint("plan", "customer", name=op.f("pk_plan_rows")),
    )
    op.create_index(op.f("ix_plan_rows_customer"), "plan_rows", ["customer"])
    op.create_table(
        "results",
        *(sa.Column(name, sa.Text, nullable=False) for name in
          ("plan", "key", "content", "reason", "customer", "time", "sent")),
        *(sa.Column(name, sa.Float, nullable=True) for name in OUTCOMES),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name=op.f("fk_results_plan_plans")),
        sa.PrimaryKeyConstraint("plan", "key", name=op.f("pk_results")),
    )  # fmt: skip
    op.create_index(op.f("ix_results_customer"), "results", ["customer"])
