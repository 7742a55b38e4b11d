"""One file that holds everything, made while the server runs, checked, and restored into either kind of database."""

from evenhand.registry.backup.check import Checked, check_file
from evenhand.registry.backup.restoring import Restored, restore
from evenhand.registry.backup.saving import backup

__all__ = ["Checked", "Restored", "backup", "check_file", "restore"]
