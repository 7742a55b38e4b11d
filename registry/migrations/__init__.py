"""How a database becomes one that this version works on."""

from evenhand.registry.migrations.migrate import migrate

__all__ = ["migrate"]
