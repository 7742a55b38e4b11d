"""Names of columns in German, told in the English words that the rules of inference look for."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["in_english"]

SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
# Every word that says what a column is for; what is protected above all, since a slip there lets rules use it.
WORDS = {
    "age": "alter lebensalter geburtstag geburtsdatum geburtsjahr jahrgang",
    "gender": "geschlecht anrede titel",
    "income": "einkommen gehalt lohn vermoegen kaufkraft",
    "marital": "familienstand verheiratet ehepartner geschieden verwitwet",
    "household": "haushalt haushaltsgroesse kinder kind kinderzahl familie",
    "ethnicity": "herkunft herkunftsland nationalitaet staatsangehoerigkeit staatsbuergerschaft sprache muttersprache",
    "religion": "konfession glaube bekenntnis",
    "health": "gesundheit behinderung schwanger schwangerschaft",
    "politics": "politik partei",
    "postcode": "postleitzahl",
    "district": "bezirk stadtteil viertel",
    "surname": "nachname familienname zuname",
    "firstname": "vorname",
    "customer_id": "kundennummer kundennr kundenid",
    "consent": "einwilligung zustimmung werbeerlaubnis erlaubnis einverstanden",
    "days_since": "tage_seit",
    "last": "letzter letztem letzten letzte",
    "purchase": "kauf einkauf bestellung besuch",
    "orders": "kaeufe einkaeufe bestellungen besuche",
    "value": "umsatz betrag geld wert euro",
    "per": "pro je im",
    "month": "monat",
    "week": "woche",
    "year": "jahr",
}
ENGLISH = {german: english for english, several in WORDS.items() for german in several.split()}
PHRASE = re.compile(rf"(?<![a-z0-9])({'|'.join(sorted(ENGLISH, key=len, reverse=True))})(?![a-z0-9])")


def in_english(names: Iterable[str]) -> dict[str, str]:
    """Return what each name is for the rules of inference; no two are the same."""
    told: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"([a-zäöüß])([A-ZÄÖÜ])", r"\1_\2", name).lower()
        plain = re.sub(r"[^a-z0-9]+", "_", "".join(SPELT.get(letter, letter) for letter in plain)).strip("_")
        english = PHRASE.sub(lambda found: ENGLISH[found[1]], plain)
        known = name if english == plain else english
        told[name] = known if known not in told.values() else name
    return told
