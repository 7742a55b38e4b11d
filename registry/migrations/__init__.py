"""How a database becomes one that this version works on."""

from evenhand.registry.migrations.migrating import migrate

__all__ = ["migrate"]
