"""Every error that Evenhand raises on purpose: one readable line that says what, where, which rule and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArtefactError",
    "CampaignError",
    "ConflictError",
    "DataError",
    "EvenhandError",
    "MissingError",
    "RefusedError",
    "RuleError",
    "SchemaError",
    "UnavailableError",
    "nearest",
]


class EvenhandError(Exception):
    """Base of all errors that a user can mend; the command line ends with status 2 on any of them.

    `what` is wrong, `where` it stands (file, row, column), the `rule` it breaks and the likely `mend`.
    """

    def __init__(
        self, what: str, *, where: str | None = None, rule: str | None = None, mend: str | None = None
    ) -> None:
        self.what, self.where, self.rule, self.mend = what, where, rule, mend
        line = f"{where}: {what}" if where else what
        parts = [line, f"rule: {rule}" if rule else "", f"mend: {mend}" if mend else ""]
        super().__init__(" | ".join(" ".join(part.split()) for part in parts if part))


class DataError(EvenhandError):
    """A table, file or value cannot be used as it is."""


class SchemaError(EvenhandError):
    """A schema names something that is missing, doubled or of the wrong kind."""


class RuleError(EvenhandError):
    """A rule, segmentation or tweak is not valid."""


class CampaignError(EvenhandError):
    """A campaign is unknown or badly described."""


class ArtefactError(EvenhandError):
    """A saved file is of another version, broken or does not fit what it is used with."""


class MissingError(EvenhandError):
    """What is asked for does not exist, or is not for the one who asks."""


class ConflictError(EvenhandError):
    """A change does not fit what stands: an outdated version, a wrong state, a name that is taken."""


class RefusedError(EvenhandError):
    """Whoever asks may not do this: a role is missing, or four eyes are needed."""


class UnavailableError(EvenhandError):
    """The database is away, full or busy: nothing was written, and trying again later may help."""


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like `name`, or None when none is close."""
    close = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return close[0] if close else None
