"""What people write: keys of customers, titles on one line, reasons and comments on several."""

from __future__ import annotations

from evenhand.errors import DataError

__all__ = ["KEY", "line", "paragraph"]

KEY = r"^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,99}$"  # what a customer may be called by
LONGEST_LINE = 200
LONGEST_PARAGRAPH = 5000


def line(text: str, *, what: str) -> str:
    """Return a text without spaces around it; DataError unless it is one printable line of 1 to 200 characters."""
    text = text.strip()
    if not text.isprintable() or not 0 < len(text) <= LONGEST_LINE:
        raise DataError(f"{text[:40]!r}", where=what, rule=f"one printable line of 1 to {LONGEST_LINE} characters")
    return text


def paragraph(text: str, *, what: str, needed: bool = True) -> str:
    """Return a text without spaces around it; DataError when it is needed and empty, overlong or holds odd signs.

    Line breaks and tabs are fine; other control characters and half characters are not.
    """
    text = text.strip()
    if needed and not text:
        raise DataError("it is empty", where=what, rule="others must be able to read why")
    if len(text) > LONGEST_PARAGRAPH:
        raise DataError(f"{len(text):,} characters", where=what, rule=f"at most {LONGEST_PARAGRAPH:,}")
    odd = next((sign for sign in text if not (sign.isprintable() or sign in "\n\r\t\u00a0\u200d\u202f")), None)
    if odd is not None:
        raise DataError(f"the sign {odd!r} in it cannot be shown", where=what, mend="take it out")
    return text
