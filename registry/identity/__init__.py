"""Who may come in: users with roles and passwords, sessions, API keys, and how often somebody may try."""

from evenhand.registry.identity.attempts import Allowance, TooManyError, begin_attempt, check_attempts, succeed
from evenhand.registry.identity.keys import (
    Key,
    create_key,
    find_key,
    get_key,
    list_keys,
    revoke_key,
    rotate_key,
    touch_key,
)
from evenhand.registry.identity.passwords import Passwords, check_password
from evenhand.registry.identity.roles import ROLES, Role, check_roles
from evenhand.registry.identity.sessions import (
    Session,
    close_session,
    drop_ended_sessions,
    find_session,
    open_session,
    touch_session,
)
from evenhand.registry.identity.users import (
    User,
    add_user,
    change_user,
    find_user,
    list_users,
    renew_hash,
    set_password,
)

__all__ = [
    "ROLES",
    "Allowance",
    "Key",
    "Passwords",
    "Role",
    "Session",
    "TooManyError",
    "User",
    "add_user",
    "begin_attempt",
    "change_user",
    "check_attempts",
    "check_password",
    "check_roles",
    "close_session",
    "create_key",
    "drop_ended_sessions",
    "find_key",
    "find_session",
    "find_user",
    "get_key",
    "list_keys",
    "list_users",
    "open_session",
    "renew_hash",
    "revoke_key",
    "rotate_key",
    "set_password",
    "succeed",
    "touch_key",
    "touch_session",
]
