"""Passwords: which are good enough, and how they are kept and compared (argon2id)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from evenhand.errors import DataError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["LEAST", "MOST", "Passwords", "check_password"]

LEAST, MOST, LEAST_DIFFERENT = 12, 256, 5


def check_password(password: str, *, name: str) -> str:
    """Return a password, or raise DataError for one that is too short, too long, too plain or like the user's name."""
    reason = None
    if len(password) < LEAST:
        reason = f"at least {LEAST} characters"
    elif len(password) > MOST:
        reason = f"at most {MOST} characters"
    elif name.casefold() in password.casefold() and len(password) - len(name) < LEAST:
        reason = f"beside the name of the user it has at least {LEAST} characters"
    elif len(set(password)) < LEAST_DIFFERENT:
        reason = f"at least {LEAST_DIFFERENT} different characters"
    elif any(unicodedata.category(sign) in ("Cc", "Cs") for sign in password):
        reason = "no control characters"
    if reason:
        raise DataError("the password is not good enough", where="password", rule=reason,
                        mend="four or five words that nobody would put together")  # fmt: skip
    return password


@dataclass(frozen=True)
class Passwords:
    """Hashes passwords and compares them, at a stated cost.

    The defaults are those of OWASP's Password Storage Cheat Sheet for argon2id: 19 MiB, two passes, one lane. A
    password is compared in Unicode's form NFC (RFC 8265), so that it is the same from every keyboard.
    """

    memory: int = 19_456  # KiB
    passes: int = 2

    def hash(self, password: str) -> str:
        """Return what is kept of a password: algorithm, cost, salt and hash in one text."""
        return self._hasher.hash(_bytes(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one that is kept.

        Where nothing is kept, as of a user who does not exist, as much work is done, so that time tells nothing.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._hasher.verify(kept or self._nobody, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return bool(kept)

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made at another cost, so that it should be made anew."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=self.passes, memory_cost=self.memory, parallelism=1)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(b"nobody's password")


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password[: MOST + 1]).encode("utf-8", "surrogatepass")
