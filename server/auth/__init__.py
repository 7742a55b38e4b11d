"""Who asks, and what they may: keys and sessions, permissions by role, forged requests, log-in."""

from evenhand.server.auth.caller import ANYBODY, Caller, require
from evenhand.server.auth.permissions import PERMISSIONS, permissions_of

__all__ = ["ANYBODY", "PERMISSIONS", "Caller", "permissions_of", "require"]
