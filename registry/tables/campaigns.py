"""Who was planned to get what, and what came back of it: the rows of campaign plans and of their results."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text

from evenhand.registry.tables.metadata import metadata
from evenhand.registry.types import Document, Instant

__all__ = ["plan_rows", "results"]

plan_rows = Table(
    "plan_rows",
    metadata,
    Column("plan", Text, ForeignKey("plans.id"), primary_key=True),
    Column("customer", Text, primary_key=True),
    Column("arm", Text, nullable=False),
    Column("segment", Text, nullable=False),
    Column("planned", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("eligible", Integer, nullable=False),  # position among the plan's sets of campaigns
    Column("explored", Boolean, nullable=False),
    Column("exploration", Float, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("baseline", Document, nullable=False),  # features and protected attributes when the plan was made
    Index(None, "customer"),
)

results = Table(
    "results",
    metadata,
    Column("plan", Text, ForeignKey("plans.id"), primary_key=True),
    Column("key", Text, primary_key=True),  # what makes a row that comes again the same row
    Column("content", Text, nullable=False),  # hash of what it says
    Column("reason", Text, nullable=False),  # why it was not believed; empty when it was
    Column("customer", Text, nullable=False),  # empty where the plan knows no such customer
    Column("time", Text, nullable=False),
    Column("sent", Text, nullable=False),  # the campaign that the row names
    Column("delivered", Float),
    Column("opened", Float),
    Column("clicked", Float),
    Column("redeemed", Float),
    Column("unsubscribed", Float),
    Column("spend", Float),
    Column("margin", Float),
    Column("at", Instant, nullable=False),  # when it came
    Index(None, "customer"),
)
