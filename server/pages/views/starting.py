"""The first visit, filled: what a table was taken for, what its owner says of it, and the segmentation that follows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evenhand.errors import DataError, EvenhandError
from evenhand.segments import Segmentation
from evenhand.server.arriving.folder import Arrival
from evenhand.server.arriving.limits import MOST_ROWS
from evenhand.server.arriving.looked import Answer, Answers, CampaignAnswer, Guess, Look, Noticed
from evenhand.server.pages.models.first import (
    Attribute,
    CampaignField,
    Column,
    SchemaPage,
    TodayPage,
    UploadPage,
    Waiting,
)
from evenhand.server.pages.sentences import placed, sentence, told
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import Audience
from evenhand.server.pages.views.content import segments_of
from evenhand.server.pages.words import N_

__all__ = ["MOST_CAMPAIGNS", "answers_from", "begun", "name_of", "schema_page", "today_page", "upload_page"]

BLANK = 2  # campaigns that the form begins with
MOST_CAMPAIGNS = 20
COLUMN, CAMPAIGN = re.compile(r"column '(.+?)'$"), re.compile(r"^campaign (\d+)$")
SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_RANGE = N_("mostly from %(low)s to %(high)s")
NOTICED = {
    "few": N_("%(n)s customers are too few to learn from: 200 are needed. Until then, keep what runs."),
    "no_roles": N_(
        "No column says how recently, how often or for how much a customer buys, so everyone is in one segment. Go "
        "back and give a column its part, or split the segment later."
    ),
    "no_campaigns": N_(
        "No campaign is named, so nobody is contacted and everyone is in one segment. Go back and name what you send."
    ),
    "no_protected": N_(
        "No column is protected, so fairness cannot be checked. Go back if one says age, gender or the like."
    ),
    "everyone_consents": N_("No column says who consented, so everyone is taken to have consented. Is that so?"),
    "small_groups": N_("Under %(n)s customers, so counted but not compared: %(names)s."),
}  # fmt: skip


def upload_page(
    waiting: Sequence[Arrival], say: Speech, *, most_bytes: int, error: EvenhandError | None = None
) -> UploadPage:
    """Return where a table is chosen, with what was wrong with one."""
    last = [Waiting(table=one.id, file=one.file, at=one.at) for one in waiting][-1:]
    return UploadPage(
        most_bytes=most_bytes, most_rows=MOST_ROWS, error=_told(error, say) if error else "", mend=_mended(error, say),
        waiting=last[0] if last else None,
    )  # fmt: skip


def begun(arrival: Arrival) -> Answers:
    """Return what the form holds before its owner said anything."""
    stem = re.sub(r"[_\s]+", " ", Path(arrival.file).stem).strip()[:80]
    return Answers(
        title=stem[:1].upper() + stem[1:] or "Customers",
        columns=tuple(
            Answer(name=guess.name, use=guess.use, role=guess.role, label=_label(guess))  # type: ignore[arg-type]  # roles
            for guess in arrival.look.columns
        ),
        campaigns=(CampaignAnswer(),) * BLANK,
    )


def _label(guess: Guess) -> str:
    """Return what people call a column: of "days since last purchase", which sentences say in days, the purchase."""
    label = guess.name.replace("_", " ")
    if guess.role != "recency":
        return label
    label = re.sub(r"(?i)^tage seit (dem )?letzt\w* (kauf|einkauf|besuch)$", r"letzter \2", label)
    return re.sub(r"(?i)^days since (the |their )?", "", label)


def answers_from(fields: Mapping[str, str], look: Look) -> Answers:
    """Return what a form says; DataError for one that no page of ours has sent."""

    def filled(path: str, *names: str) -> dict[str, Any]:
        return {name: fields[f"{path}.{name}"].strip() for name in names if f"{path}.{name}" in fields}

    columns = [
        {"name": guess.name, **filled(f"column-{k}", "use", "role", "label")} for k, guess in enumerate(look.columns)
    ]
    campaigns: list[dict[str, Any]] = [
        filled(f"campaign-{k}", "name", "channel", "cost", "discount", "beneficial")
        for k in range(MOST_CAMPAIGNS)
        if f"campaign-{k}.name" in fields
    ]
    title = " ".join(fields.get("title", "").split())
    try:
        return Answers.model_validate({"title": title, "columns": columns, "campaigns": campaigns})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError("the form cannot be read", where=where, rule=first["msg"], mend="load the page again") from None


def schema_page(arrival: Arrival, answers: Answers, say: Speech, *, error: EvenhandError | None = None) -> SchemaPage:
    """Return the form with what was said so far, and with what is wrong where it stands."""
    look, where = arrival.look, (error and error.where) or ""
    column, campaign = COLUMN.search(where), CAMPAIGN.search(where)
    wrong = _told(error, say) if error else ""
    guesses = {guess.name: guess for guess in look.columns}
    return SchemaPage(
        table=arrival.id, file=arrival.file, rows=look.rows, title=answers.title,
        columns=tuple(
            _column(guesses[answer.name], answer, say, wrong if column and column[1] == answer.name else "")
            for answer in answers.columns
        ),
        campaigns=tuple(
            CampaignField(**one.model_dump(), error=wrong if campaign and int(campaign[1]) == place else "")
            for place, one in enumerate(answers.campaigns, 1)
        ),
        trouble=look.trouble if error is None else "", error=wrong, mend=_mended(error, say),  # type: ignore[arg-type]  # its codes
    )  # fmt: skip


def _column(guess: Guess, answer: Answer, say: Speech, error: str) -> Column:
    example = say.listed(guess.common)
    if guess.low is not None and guess.high is not None:
        digits = 0 if guess.high >= 10 else 2
        example = say(_RANGE) % {"low": say.number(guess.low, digits), "high": say.number(guess.high, digits)}
    return Column(
        name=guess.name, kind=guess.kind, use=answer.use, example=example, missing=guess.missing, role=answer.role,
        label=answer.label, why=guess.why, check=guess.why in ("protected", "proxy", "frequency", "comma", "consent"),
        error=error,
    )  # fmt: skip


def _told(error: EvenhandError, say: Speech) -> str:
    where = placed(error.where, say) if error.where else ""
    rule = f" ({told(error.rule, say)})" if error.rule else ""
    return ": ".join(part for part in (where, told(error.what, say)) if part) + rule + "."


def _mended(error: EvenhandError | None, say: Speech) -> str:
    return sentence(told((error and error.mend) or "", say))


def name_of(title: str) -> str:
    """Return what a segmentation of this title is called in addresses; DataError where nothing is left of it."""
    plain = "".join(SPELT.get(letter, letter) for letter in title.lower())
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if not name:
        raise DataError(f"{title[:40]!r} cannot be a name", where="title", rule="at least one letter or digit",
                        mend="Winter shop")  # fmt: skip
    return name


def today_page(arrival: Arrival, say: Speech, *, error: EvenhandError | None = None, key: str = "") -> TodayPage:
    """Return the first segmentation with what is to be known before it is in force."""
    from evenhand.customers import Customers  # reading tables takes what is slow to import

    customers = Customers.load(arrival.study / "customers")
    today = Segmentation.from_json((arrival.study / "today.json").read_text(encoding="utf-8"))
    answers = arrival.answers
    return TodayPage(
        table=arrival.id, file=arrival.file, title=answers.title if answers else "",
        segments=segments_of(today, Audience(customers, None, 0.0), say), customers=customers.n,
        reachable=int(customers.consent.sum()), remarks=tuple(_said(one, say) for one in arrival.noticed),
        attributes=tuple(
            Attribute(name=one.label or one.name, groups=tuple((group.name, group.n) for group in one.groups))
            for one in customers.protected
        ),
        error=_told(error, say) if error else "", mend=_mended(error, say), key=key,
    )  # fmt: skip


def _said(one: Noticed, say: Speech) -> str:
    return say(NOTICED[one.code]) % {"n": say.number(one.n), "names": say.listed(one.names)}
