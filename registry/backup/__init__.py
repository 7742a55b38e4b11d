"""One file that holds everything, made while the server runs, checked, and restored into either kind of database."""

from evenhand.registry.backup.check import Checked, check_file
from evenhand.registry.backup.restore import restore
from evenhand.registry.backup.save import backup

__all__ = ["Checked", "backup", "check_file", "restore"]
