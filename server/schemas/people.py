"""Users, log-in and keys, as they are sent and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field, SecretStr

from evenhand.registry.identity import Key, Role, User
from evenhand.server.schemas.base import Answer, Posted, example

__all__ = [
    "KeyId",
    "KeyRotation",
    "KeyShown",
    "Login",
    "Me",
    "NewKey",
    "NewKeyShown",
    "NewPassword",
    "NewUser",
    "OwnPassword",
    "UserChange",
    "UserName",
    "UserShown",
]

NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
Name = Annotated[str, Field(pattern=NAME, examples=["ann.smith"])]
UserName = Annotated[str, Path(pattern=NAME, description="Name of a user.", examples=["ann.smith"])]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="Id of a key.", examples=["0f3a5c7e9b1d"])]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Display = Annotated[str, Field(min_length=1, max_length=100, examples=["Ann Smith"])]
Roles = Annotated[list[Role], Field(min_length=1, max_length=6, examples=[["reviewer"]])]
Days = Annotated[float, Field(gt=0, le=3_650, examples=[90])]


class Login(Posted):
    """A log-in by password."""

    model_config = example(name="ann.smith", password="correct horse battery staple")

    name: Annotated[str, Field(min_length=1, max_length=256)]
    password: Secret


class OwnPassword(Posted):
    """Another password for oneself."""

    model_config = example(current="correct horse battery staple", new="purple monday anchor violin")

    current: Secret
    new: Secret


class NewPassword(Posted):
    """Another password for somebody."""

    model_config = example(password="purple monday anchor violin")

    password: Secret


class NewUser(Posted):
    """A user to make; without a password it comes in by API keys only."""

    model_config = example(
        name="ann.smith", display="Ann Smith", roles=["reviewer"], password="correct horse battery staple"
    )

    name: Name
    display: Display | None = None
    roles: Roles
    password: Secret | None = None


class UserChange(Posted):
    """What to change of a user; what is left out stays."""

    model_config = example(roles=["reviewer", "auditor"])

    display: Display | None = None
    roles: Roles | None = None
    disabled: bool | None = None


class UserShown(Answer):
    """A user."""

    name: str
    display: str
    roles: list[Role]
    disabled: bool
    has_password: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> UserShown:
        """Return what is shown of a user."""
        return cls(
            name=user.name,
            display=user.display,
            roles=list(user.roles),
            disabled=user.disabled,
            has_password=user.password_hash is not None,
            created_at=user.created_at,
        )


class Me(Answer):
    """Who one is here, and what one may do."""

    user: UserShown
    permissions: list[str]
    csrf: str | None = Field(description="With a session: what to send as X-CSRF-Token when writing.")
    ends_at: datetime | None = Field(description="When the session or the key ends at the latest.")


class NewKey(Posted):
    """A key to make: for oneself, or, by an administrator, for a service."""

    model_config = example(name="nightly job of the CRM", scopes=["recommendations:ask", "observations:write"], days=90)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=60)]
    owner: Name | None = Field(None, description="A service; left out: oneself.")
    days: Days | None = Field(None, description="Until it ends; left out: what the server's settings say.")


class KeyRotation(Posted):
    """How to replace a key."""

    model_config = example(grace_hours=24)

    grace_hours: float = Field(0, ge=0, le=720, description="For how long the old key still works.")
    days: Days | None = None


class KeyShown(Answer):
    """A key, without its secret."""

    id: str
    owner: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: Key) -> KeyShown:
        """Return what is shown of a key."""
        return cls(
            **{name: getattr(key, name) for name in cls.model_fields if name != "scopes"}, scopes=list(key.scopes)
        )


class NewKeyShown(Answer):
    """A key that was just made, with its text."""

    key: KeyShown
    text: str | None = Field(
        description="Shown this once; null when the same request comes again: rotate the key if it was lost.",
        examples=["evh_0f3a5c7e9b1d_…"],
    )
