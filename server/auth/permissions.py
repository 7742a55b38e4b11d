"""Who may do what: the one table of permissions by role. docs/server.md shows it, and a test compares the two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

from evenhand.registry.identity.roles import ROLES, Role

__all__ = ["PERMISSIONS", "Permission", "known", "permissions_of"]

Permission: TypeAlias = str

_EVERYBODY = frozenset(ROLES)
_PEOPLE = _EVERYBODY - {"service"}


def _of(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


PERMISSIONS: Mapping[Permission, frozenset[Role]] = {
    # oneself
    "account:use": _EVERYBODY,
    # segmentations, and what may be changed of them
    "segmentations:read": _EVERYBODY,
    "segmentations:create": _of("data_scientist", "marketer", "administrator"),
    "segmentations:rollback": _of("reviewer", "administrator"),  # in an emergency, at once
    "segmentations:freeze": _of("data_scientist", "marketer", "reviewer", "administrator"),
    "segmentations:unfreeze": _of("reviewer", "administrator"),
    "requests:read": _EVERYBODY,
    "requests:write": _of("data_scientist", "marketer", "reviewer", "administrator", "service"),
    "requests:comment": _PEOPLE,
    "requests:review": _of("reviewer", "administrator"),
    "requests:apply": _of("marketer", "reviewer", "administrator"),  # schedule, start, pause, stop
    "delegations:write": _of("reviewer", "administrator"),
    # data in, advice out
    "observations:read": _EVERYBODY,
    "observations:write": _of("data_scientist", "marketer", "service"),
    "recommendations:ask": _of("data_scientist", "marketer", "reviewer", "service"),
    "plans:read": _of("data_scientist", "marketer", "auditor", "service"),
    "plans:write": _of("data_scientist", "marketer", "service"),
    "results:write": _of("data_scientist", "marketer", "service"),
    # policies
    "policies:read": _EVERYBODY,
    "policies:upload": _of("data_scientist"),
    "policies:promote": _of("data_scientist", "administrator"),
    # customers: personal data
    "customers:read": _of("data_scientist", "marketer", "service"),
    "customers:write": _of("data_scientist", "service"),
    "customers:load": _of("data_scientist", "marketer", "administrator"),  # a table, with its first segmentation
    "customers:erase": _of("administrator", "service"),
    # looking after all of it
    "audit:read": _of("auditor", "administrator"),
    "metrics:read": _of("auditor", "administrator", "service"),
    "users:read": _of("auditor", "administrator"),
    "users:write": _of("administrator"),
    "keys:read": _of("auditor", "administrator"),  # everybody's; one's own need no more than account:use
    "keys:write": _of("administrator"),  # of services, never of other people
}


def known(permission: Permission) -> Permission:
    """Return a permission; KeyError, when the server starts, for one that the table does not have."""
    PERMISSIONS[permission]
    return permission


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return what somebody of these roles may do."""
    return _of_all(frozenset(roles))


@cache  # asked for each request, of few sets of roles
def _of_all(held: frozenset[Role]) -> frozenset[Permission]:
    return frozenset(permission for permission, allowed in PERMISSIONS.items() if allowed & held)
