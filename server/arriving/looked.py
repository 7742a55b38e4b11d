"""What a table on its way in was taken for, and what a person says it is: plain data for pages and for the child."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["USES", "Answer", "Answers", "CampaignAnswer", "Guess", "Look", "Noticed", "Trouble", "Use"]

Use = Literal[
    "id", "feature", "protected", "consent", "consent_email", "consent_sms", "consent_web", "consent_mail", "ignore"
]
USES: tuple[Use, ...] = get_args(Use)
Why = Literal["", "id", "protected", "consent", "frequency", "proxy", "texts", "comma", "empty", "left_out"]
Text = Annotated[str, Field(max_length=200)]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Guess(_Plain):
    """One column and what it was taken for; nothing in it is a single customer's."""

    name: str
    kind: Literal["number", "category", "flag", "text"]
    use: Use
    role: str = ""
    why: Why = ""
    missing: float = 0.0  # share of empty cells
    low: float | None = None  # of a number: nine in ten customers lie between, rounded to two figures
    high: float | None = None
    common: tuple[str, ...] = ()  # of a category: values that many customers share
    feature: dict[str, Any] | None = None  # its spec if rules may use it; None where they cannot
    protected: dict[str, Any] | None = None  # its spec if it is protected; None where it makes no groups


class Look(_Plain):
    """A table as it was read."""

    rows: int
    sha256: str
    columns: tuple[Guess, ...]
    trouble: str = ""  # why nothing could be guessed as a whole: "id" or "feature" is missing


class Answer(_Plain):
    """What a person says of one column."""

    name: str
    use: Use
    role: Literal["", "recency", "frequency", "monetary", "engagement"] = ""
    label: Text = ""


class CampaignAnswer(_Plain):
    """A campaign that the business sends, as it was typed."""

    name: Text = ""
    channel: Literal["email", "sms", "web", "mail"] = "email"
    cost: Text = ""
    discount: Text = ""
    beneficial: bool = False


class Answers(_Plain):
    """The whole form."""

    title: Text
    columns: tuple[Answer, ...]
    campaigns: tuple[CampaignAnswer, ...] = ()

    def with_campaign(self) -> Self:
        """Return the same form with room for one more campaign."""
        return self.model_copy(update={"campaigns": (*self.campaigns, CampaignAnswer())})


class Noticed(_Plain):
    """Something that a person should know before the segmentation begins, by its code."""

    code: Literal["few", "no_roles", "no_campaigns", "no_protected", "everyone_consents", "small_groups"]
    names: tuple[str, ...] = ()
    n: int = 0


class Trouble(_Plain):
    """An error of the child: what, where, by which rule, how to mend it."""

    what: str
    where: str | None = None
    rule: str | None = None
    mend: str | None = None
