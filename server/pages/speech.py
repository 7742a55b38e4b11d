"""Words, numbers, money and dates in the reader's language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cached_property

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_timezone
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, parse_pattern
from babel.support import NullTranslations
from babel.units import format_unit

from evenhand.server.pages.catalogue import translations
from evenhand.server.pages.models.parts import Estimate, Unit
from evenhand.server.pages.words import WORDS

__all__ = ["Speech"]

MINUS = "\u2212"


class Speech:
    """One reader's language, time zone and currency ("" where the business has not named one)."""

    def __init__(self, locale: str, *, zone: str = "UTC", currency: str = "", now: datetime | None = None) -> None:
        self.locale = Locale.parse(locale)
        self.zone = get_timezone(zone)
        self.currency = currency
        self.now = now or datetime.now(UTC)

    @cached_property
    def translations(self) -> NullTranslations:
        """The catalogue of the language."""
        return translations(str(self.locale))

    def __call__(self, message: str) -> str:
        """Translate a message that was marked by `N_`."""
        return str(self.translations.gettext(message)) if message else ""

    def word(self, group: str, code: str) -> str:
        """Return what a code is called; a code that nobody named is shown as words."""
        known = WORDS[group].get(code)
        return self(known) if known else code.replace("_", " ").replace(".", " ")

    # ------------------------------------------------------------------ numbers

    def number(self, value: float, digits: int = 0, *, signed: bool = False) -> str:
        """Write a number with so many decimals and a real minus."""
        return self._signed(format_decimal(_clean(value, digits), _pattern(digits), self.locale), value, digits, signed)

    def share(self, value: float, digits: int = 0, *, signed: bool = False) -> str:
        """Write a share 0..1 as a percentage."""
        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", _pattern(digits))
        text = format_percent(_clean(value, digits + 2), pattern, self.locale)
        return self._signed(text, value, digits + 2, signed)

    def money(self, value: float, digits: int = 2, *, signed: bool = False) -> str:
        """Write an amount, in the business's currency where it has one."""
        if not self.currency:
            return self.number(value, digits, signed=signed)
        standard = self.locale.currency_formats["standard"].pattern.split(";")[0]
        pattern = parse_pattern(re.sub(r"#,##0(\.0+)?", _pattern(digits), standard))
        text = format_currency(_clean(value, digits), self.currency, pattern, self.locale, currency_digits=False)
        return self._signed(text, value, digits, signed)

    def amount(self, value: float, unit: Unit, digits: int, *, signed: bool = False) -> str:
        """Write a number of a metric; `digits` are decimals of the plain number, also for shares."""
        if unit == "share":
            return self.share(value, max(digits - 2, 0), signed=signed)
        return (self.money if unit == "money" else self.number)(value, digits, signed=signed)

    def digits(self, estimates: Iterable[Estimate]) -> int:
        """Return the decimals that show two figures of the narrowest interval's width, 6 at most."""
        widths = [one.high - one.low for one in estimates if one.high > one.low]
        return min(max(1 - math.floor(math.log10(min(widths, default=0.1))), 0), 6)

    def interval(self, estimate: Estimate, unit: Unit, digits: int, *, signed: bool = False) -> str:
        """Write a mean with its limits: 0.412 [0.407, 0.417]."""
        mean = self.amount(estimate.mean, unit, digits, signed=signed)
        return f"{mean} {self.limits(estimate.low, estimate.high, unit, digits, signed=signed)}"

    def limits(self, low: float, high: float, unit: Unit, digits: int, *, signed: bool = False) -> str:
        """Write limits: [0.407, 0.417]; where the comma is the decimal sign a semicolon parts them."""
        apart = "; " if self.locale.number_symbols["latn"]["decimal"] == "," else ", "
        bare = self.number if unit != "share" else self.share
        places = max(digits - 2, 0) if unit == "share" else digits
        texts = [bare(value, places, signed=signed) for value in (low, high)]
        return f"[{apart.join(texts)}]"

    def size(self, n_bytes: int) -> str:
        """Write a size in megabytes."""
        return format_unit(round(n_bytes / 1e6), "digital-megabyte", "short", locale=self.locale)

    # ------------------------------------------------------------------ dates and lists

    def day(self, at: date | datetime) -> str:
        """Write a day; of an instant, the day in the reader's zone."""
        return format_date(at.astimezone(self.zone) if isinstance(at, datetime) else at, "medium", self.locale)

    def moment(self, at: datetime) -> str:
        """Write an instant, to the minute, in the reader's zone."""
        return f"{self.day(at)}, {format_time(at, 'HH:mm', self.zone, self.locale)}"

    def ago(self, at: datetime) -> str:
        """Write how long ago or ahead an instant is."""
        return format_timedelta(at - self.now, add_direction=True, locale=self.locale)

    def language(self, code: str) -> str:
        """Return what a language calls itself."""
        return str(Locale.parse(code).get_display_name() or code)

    def listed(self, items: Iterable[str]) -> str:
        """Write "a, b and c"."""
        return format_list(list(items), locale=self.locale)

    def _signed(self, text: str, value: float, digits: int, signed: bool) -> str:
        text = text.replace("-", MINUS)
        return f"+{text}" if signed and round(value, digits) > 0 else text


def _pattern(digits: int) -> str:
    return f"#,##0.{'0' * digits}" if digits else "#,##0"


def _clean(value: float, digits: int) -> float:
    """Round, and make a zero of a minus zero."""
    return round(value, digits) + 0.0
