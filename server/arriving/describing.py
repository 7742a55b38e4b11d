"""From what a person says of the columns to a schema. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evenhand.customers import CampaignSpec, ConsentsSpec, FeatureSpec, ProtectedSpec, Schema
from evenhand.errors import SchemaError
from evenhand.server.arriving.looked import Answer, Answers, CampaignAnswer, Guess, Look

__all__ = ["schema_of"]

UNITS = {"recency": "days ago", "frequency": "per month", "monetary": "money", "engagement": "share"}


def schema_of(look: Look, answers: Answers) -> Schema:
    """Return the schema that the answers describe; SchemaError names the column, the rule and the mend."""
    guesses = {guess.name: guess for guess in look.columns}
    said = {answer.name: answer for answer in answers.columns}
    if set(said) != set(guesses):
        raise SchemaError("the form is of another table", mend="load the page again")
    features = [_feature(guesses[name], one) for name, one in said.items() if one.use == "feature"]
    if not features:
        raise SchemaError(
            "rules may use none of the columns", rule="at least one column of numbers, yes/no or a few categories",
            mend="choose “rules may use it” for one",
        )  # fmt: skip
    return Schema(
        name=answers.title,
        id=_one(said, "id", needed=True) or "",
        consent=_one(said, "consent"),
        consents=ConsentsSpec(
            email=_one(said, "consent_email"), sms=_one(said, "consent_sms"), web=_one(said, "consent_web"),
            mail=_one(said, "consent_mail"),
        ),
        features=tuple(features),
        protected=tuple(_protected(guesses[name], one) for name, one in said.items() if one.use == "protected"),
        campaigns=tuple(_campaigns(answers.campaigns)),
    )  # fmt: skip


def _one(said: dict[str, Answer], use: str, *, needed: bool = False) -> str | None:
    found = [name for name, answer in said.items() if answer.use == use]
    what = "names the customer" if use == "id" else "says who consented"
    if len(found) > 1:
        raise SchemaError(f"both {found[0]!r} and {found[1]!r} are said to be the column that {what}",
                          where=f"column {found[1]!r}", rule="only one",
                          mend="choose something else for one")  # fmt: skip
    if needed and not found:
        raise SchemaError(f"no column is said to be the one that {what}", rule="exactly one",
                          mend="choose “names the customer” for one")  # fmt: skip
    return found[0] if found else None


def _feature(guess: Guess, said: Answer) -> FeatureSpec:
    if guess.feature is None:
        raise SchemaError("has too many different texts for a rule", where=f"column {guess.name!r}",
                          rule="numbers, yes/no, or 20 different texts at most", mend="leave it out")  # fmt: skip
    spec: dict[str, Any] = {**guess.feature, "column": guess.name, "label": said.label or guess.name.replace("_", " ")}
    if said.role and spec["kind"] != "number":
        raise SchemaError(f"is no column of numbers, so it cannot be the {said.role}", where=f"column {guess.name!r}",
                          mend="choose “no special part”")  # fmt: skip
    if said.role != (guess.role or ""):
        spec |= {"role": said.role or None, "unit": UNITS.get(said.role, ""), "per_days": None}
    return FeatureSpec.model_validate(spec)


def _protected(guess: Guess, said: Answer) -> ProtectedSpec:
    if guess.protected is None:
        raise SchemaError("has too many different texts to be groups", where=f"column {guess.name!r}",
                          rule="12 groups at most, or numbers", mend="leave it out, or join its values")  # fmt: skip
    label = said.label or guess.name.replace("_", " ")
    return ProtectedSpec.model_validate({**guess.protected, "column": guess.name, "label": label})


def _campaigns(typed: tuple[CampaignAnswer, ...]) -> Iterator[CampaignSpec]:
    taken = {"none"}
    for place, one in enumerate(typed, 1):
        where, name = f"campaign {place}", one.name.strip()
        if not name:
            if one.cost.strip() or one.discount.strip():
                raise SchemaError("has no name", where=where, mend="say what you call it, or empty its fields")
            continue
        base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "campaign"
        id_ = next(id for n in range(1, len(typed) + 2) if (id := base if n == 1 else f"{base}-{n}") not in taken)
        taken.add(id_)
        yield CampaignSpec(
            id=id_, name=name, channel=one.channel, cost=_money(one.cost, "cost", where),
            discount=_money(one.discount, "discount", where), beneficial=one.beneficial,
        )  # fmt: skip


def _money(typed: str, what: str, where: str) -> float:
    """Read an amount with a point or a comma before its decimals."""
    typed = typed.strip()
    if not typed:
        return 0.0
    if not re.fullmatch(r"\d{1,9}([.,]\d{1,4})?", typed):
        raise SchemaError(f"the {what} {typed[:20]!r} is no amount", where=where,
                          rule="a number from 0 on, without thousands separators", mend="write 0.50")  # fmt: skip
    return float(typed.replace(",", "."))
