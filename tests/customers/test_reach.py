"""What the quality says of consent and of campaigns that reach nobody."""

from __future__ import annotations

from tests.customers.example import CHANNELS, SCHEMA, Reader, Shop, with_channels

from evenhand.customers import Customers

OPEN = SCHEMA.replace('consent = "newsletter"\n', "")
LETTER = 'id = "letter"\n'


def said(customers: Customers, level: str = "remark") -> str:
    return "\n".join(check.what for check in customers.quality() if check.level == level)


def test_the_share_that_consents_is_told_for_each_channel_in_use(read: Reader, shop: Shop) -> None:
    customers = read(with_channels(shop), schema=SCHEMA.replace(LETTER, LETTER + 'channel = "mail"\n') + CHANNELS)
    assert "consent by channel: email 50%, sms 33%, mail 75%" in said(customers, "ok")
    assert "no consent column" not in said(customers)


def test_one_consent_for_all_channels_has_no_shares(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    assert "consent by channel" not in str(customers.quality())
    assert "customers without consent get no contact" in said(customers, "ok")


def test_a_channel_in_use_for_which_nobody_was_asked_is_a_remark(read: Reader, shop: Shop) -> None:
    mailed = OPEN.replace(LETTER, LETTER + 'channel = "mail"\n') + CHANNELS
    remarks = said(read(with_channels(shop), schema=mailed))
    assert "no consent column for mail: everyone is taken to have consented" in remarks
    assert "no consent column for" not in said(read(shop, schema=OPEN + CHANNELS))  # e-mail alone is used, and asked


def test_a_campaign_whose_channel_nobody_consents_to_is_a_remark(read: Reader, shop: Shop) -> None:
    with_channels(shop)["customers"]["sms_ok"] = "no"
    texted = SCHEMA.replace(LETTER, LETTER + 'channel = "sms"\n') + CHANNELS
    assert "campaign letter: nobody consents to sms, so it reaches nobody" in said(read(shop, schema=texted))
    assert "reaches nobody" not in said(read(shop, schema=SCHEMA + CHANNELS))
