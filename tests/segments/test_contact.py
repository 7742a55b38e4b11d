"""A campaign names one of four channels, and a context whose form holds only what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.segments.example import CATALOGUE

from evenhand.errors import RuleError
from evenhand.segments import CHANNELS, NO_CONTACT, WEEKDAYS, Campaign, Catalogue, Context, Segment, Segmentation
from evenhand.segments.contact import CALLED

contexts = st.builds(
    Context,
    hour=st.none() | st.integers(0, 23),
    weekday=st.none() | st.sampled_from(WEEKDAYS),
    device=st.none() | st.sampled_from(("mobile", "desktop")),
    weather=st.floats(-3, 3),
    taste=st.floats(-1, 1),
)


def one(campaign: Campaign) -> Segmentation:
    catalogue = Catalogue(features=CATALOGUE.features, campaigns=(campaign,))
    return Segmentation(catalogue=catalogue, segments=(), default=Segment(id="rest", name="Others"))


def form(campaign: Campaign) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one(campaign).to_json())["catalogue"]["campaigns"][1]
    return found


def test_a_campaign_goes_by_email_unless_it_names_another_channel() -> None:
    assert [Campaign("A", "A", channel=channel).channel for channel in CHANNELS] == ["email", "sms", "web", "mail"]
    assert Campaign("A", "A").channel == "email"
    assert NO_CONTACT.channel == ""


def test_an_empty_channel_as_older_files_have_it_reads_as_email() -> None:
    old = one(Campaign("A", "A")).to_json().replace('"channel":"email"', '"channel":""')
    assert Segmentation.from_json(old) == one(Campaign("A", "A"))


@given(contexts)
def test_a_context_reads_back_exactly_and_its_form_is_what_is_said(context: Context) -> None:
    campaign = Campaign("A", "A", channel="web", context=context)
    again = Segmentation.from_json(one(campaign).to_json())
    assert again == one(campaign)
    assert again.hash == one(campaign).hash
    assert form(campaign).get("context", {}) == context.said


def test_without_a_context_the_form_says_nothing_of_it() -> None:
    assert form(Campaign("A", "A")) == {
        "id": "A", "name": "A", "channel": "email", "offer": "", "cost": 0, "discount": 0, "beneficial": False,
    }  # fmt: skip


def test_every_part_of_a_contact_changes_the_hash() -> None:
    contexts = [
        Context(hour=0),
        Context(weekday="sunday"),
        Context(device="mobile"),
        Context(weather=1),
        Context(taste=1),
    ]
    campaigns = [Campaign("A", "A", channel=channel) for channel in CHANNELS]
    campaigns += [Campaign("A", "A", context=context) for context in contexts]
    assert len({one(campaign).hash for campaign in campaigns}) == 9


@pytest.mark.parametrize("weekday", [None, *WEEKDAYS])
def test_saturday_and_sunday_are_the_weekend(weekday: Any) -> None:
    expected = None if weekday is None else weekday in ("saturday", "sunday")
    assert Context(weekday=weekday).weekend is expected


BROKEN: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (Campaign, {"channel": "e-mail"}, "Campaign channel: there is no channel 'e-mail' .*did you mean 'email'"),
    (Campaign, {"channel": "Leaflets"}, "no channel 'Leaflets' .* one of email, sms, web, mail .*did you mean 'mail'"),
    (Campaign, {"channel": "fax"}, "there is no channel 'fax' .* one of email, sms, web, mail$"),
    (Campaign, {"channel": None}, "there is no channel None"),
    (Context, {"hour": 24}, "Context hour: it should be less than or equal to 23, but is 24"),
    (Context, {"hour": 8.5}, "Context hour: it should be a valid integer"),
    (Context, {"weekday": "Sat"}, "there is no weekday 'Sat' .*did you mean 'saturday'"),
    (Context, {"weekday": "wendesday"}, "there is no weekday 'wendesday' .*did you mean 'wednesday'"),
    (Context, {"weekday": ""}, "there is no weekday '' .* one of monday, .*sunday$"),
    (Context, {"device": "phone"}, "there is no device 'phone' .* one of mobile, desktop"),
    (Context, {"weather": 3.5}, "Context weather: it should be less than or equal to 3"),
    (Context, {"weather": float("nan")}, "Context weather"),
    (Context, {"taste": -1.5}, "Context taste: it should be greater than or equal to -1"),
    (Context, {"minute": 5}, "'minute' is no known key"),
]


@pytest.mark.parametrize(("kind", "wrong", "match"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_wrong_is_said_in_one_line_with_the_nearest(
    kind: Callable[..., Any], wrong: dict[str, Any], match: str
) -> None:
    with pytest.raises(RuleError, match=match) as error:
        kind(**({"id": "A", "name": "A"} if kind is Campaign else {}), **wrong)
    assert "\n" not in str(error.value)


def test_a_wrong_context_in_a_file_is_named_with_its_place() -> None:
    text = one(Campaign("A", "A", context=Context(hour=9))).to_json()
    with pytest.raises(RuleError, match=r"campaigns\[1\].context.hour: it should be less than or equal to 23"):
        Segmentation.from_json(text.replace('"hour":9', '"hour":99'))


def test_no_contact_has_no_channel_and_no_context() -> None:
    changes: list[dict[str, Any]] = [{"channel": "sms"}, {"context": Context(hour=9)}]
    for changed in changes:
        with pytest.raises(RuleError, match="campaign 'none' is declared twice"):
            one(Campaign("none", "no contact", **changed))


def test_a_difference_names_channel_and_context() -> None:
    before, after = one(Campaign("A", "Hello")), one(Campaign("A", "Hello", channel="sms", context=Context(hour=9)))
    assert before.diff(after) == [
        'The campaign "Hello" changes: channel "sms" instead of "email" and hour 9 instead of none.'
    ]


def test_words_for_a_channel_lead_to_one_that_exists() -> None:
    assert set(CALLED.values()) <= set(CHANNELS)
    assert not set(CALLED) & set(CHANNELS)
