"""The roles that people and programs can have; what each may do is a table of the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from evenhand.errors import DataError, nearest

__all__ = ["ROLES", "Role", "check_roles"]

Role: TypeAlias = Literal["data_scientist", "marketer", "reviewer", "auditor", "administrator", "service"]
ROLES: tuple[Role, ...] = get_args(Role)


def check_roles(names: Iterable[str]) -> tuple[Role, ...]:
    """Return roles once each, in the order of `ROLES`.

    DataError for none, for an unknown one, and for `service` beside another: a program is no person, so it can never be
    one of the four eyes.
    """
    given = set(names)
    for name in sorted(given - set(ROLES)):
        close = nearest(name, ROLES)
        raise DataError(
            f"there is no role {name!r:.60}",
            where="roles",
            rule=f"roles are {', '.join(ROLES)}",
            mend=f"did you mean {close}?" if close else None,
        )
    roles = tuple(role for role in ROLES if role in given)
    if not roles:
        raise DataError("no role is given", where="roles", rule="a user has at least one")
    if "service" in roles and len(roles) > 1:
        raise DataError(
            "a service has another role", where="roles", rule="`service` stands alone: a program is no person",
            mend="make two users",
        )  # fmt: skip
    return roles
