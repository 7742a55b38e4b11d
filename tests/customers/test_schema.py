from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.customers import CampaignSpec, Customers, FeatureSpec, ProtectedSpec, Schema
from evenhand.customers.specs import number_range
from evenhand.customers.toml import Value, dump_toml
from evenhand.errors import SchemaError
from evenhand.segments import CHANNELS, WEEKDAYS, Context

MINIMAL = """
id = "id"
[[features]]
column = "x"
"""

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
name = st.text(st.characters(categories=["L", "N", "Zs", "P", "S"]), min_size=1, max_size=12).filter(
    lambda word: bool(word.strip()) and word.isprintable()
)
scalar = st.one_of(text, st.integers(-(2**62), 2**62), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
inline = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
)
table = st.dictionaries(text, inline, max_size=4)
document = st.dictionaries(text, inline | table | st.lists(table, min_size=1, max_size=3), max_size=5)


@given(document)
def test_what_is_written_as_toml_reads_back_equal(value: dict[str, Value]) -> None:
    assert tomllib.loads(dump_toml(value)) == value


def test_toml_refuses_numbers_that_are_not_finite() -> None:
    with pytest.raises(ValueError, match="nan has no place"):
        dump_toml({"a": float("nan")})


features = st.builds(
    FeatureSpec,
    column=name,
    label=text.filter(lambda word: not word or (bool(word.strip()) and word.isprintable())),
    kind=st.sampled_from(["number", "flag"]),
    decimals=st.integers(0, 6),
)
campaigns = st.builds(
    CampaignSpec,
    id=name.filter(lambda word: word != "none"),
    name=name,
    cost=st.floats(0, 10),
    discount=st.floats(0, 10),
    beneficial=st.booleans(),
    mix=st.dictionaries(name, st.floats(0, 1), max_size=3),
    channel=st.sampled_from(CHANNELS),
    hour=st.none() | st.integers(0, 23),
    weekday=st.none() | st.sampled_from(WEEKDAYS),
    device=st.sampled_from((None, "mobile", "desktop")),
    weather=st.floats(-3, 3),
    taste=st.floats(-1, 1),
)
protected = st.builds(
    ProtectedSpec,
    column=name,
    groups=st.none() | st.just({"young": ("..40",), "40+": ("40..", 'a"b')}),
    unknown=st.lists(text, max_size=2).map(tuple),
)


@settings(max_examples=40)
@given(st.data())
def test_a_schema_survives_its_toml_form(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(features, min_size=1, max_size=4, unique_by=lambda spec: spec.column.casefold()))
    taken = {spec.column.casefold() for spec in drawn} | {"consent", "segment"}
    guarded = data.draw(st.lists(protected, max_size=2, unique_by=lambda spec: spec.column.strip().casefold()))
    schema = Schema(
        id="\t the id",
        features=tuple(spec for spec in drawn if spec.column not in ("consent", "segment"))
        or (FeatureSpec(column="x"),),
        protected=tuple(
            spec for spec in guarded if spec.column.strip().casefold() not in {word.strip() for word in taken} | {"x"}
        ),
        campaigns=tuple(data.draw(st.lists(campaigns, max_size=3, unique_by=lambda spec: spec.id))),
    )
    assert Schema.from_toml(schema.to_toml()) == schema


def test_the_demo_schema_survives_its_toml_form(demo: Customers) -> None:
    assert Schema.from_toml(demo.schema.to_toml()) == demo.schema


def test_a_campaign_of_the_catalogue_has_its_channel_and_context() -> None:
    schema = Schema.from_toml(MINIMAL + "[[campaigns]]\nid = 'a'\nchannel = 'sms'\nhour = 9\nweekday = 'sunday'")
    (campaign,) = schema.catalogue.campaigns[1:]
    assert (campaign.channel, campaign.context) == ("sms", Context(hour=9, weekday="sunday"))
    (plain,) = Schema.from_toml(MINIMAL + "[[campaigns]]\nid = 'a'").catalogue.campaigns[1:]
    assert (plain.channel, plain.context) == ("email", Context())


def test_consents_and_habits_are_columns_by_channel_and_habit() -> None:
    schema = Schema.from_toml(
        "consent = 'any'\n" + MINIMAL + "[consents]\nsms = 's'\nemail = 'any'\n[context]\nmobile = 'x'\nhour = 'h'"
    )
    assert schema.consents.columns == {"email": "any", "sms": "s"}
    assert schema.consent_columns == ("any", "s")
    assert schema.context.columns == {"hour": "h", "mobile": "x"}
    assert Schema.from_toml(schema.to_toml()) == schema
    assert "[con" not in Schema.from_toml(MINIMAL).to_toml()


WRONG = [
    ("id = ", "is not valid TOML"),
    ("[[features]]\ncolumn = 'x'", "key 'id' is missing"),
    ("id = 'a'", "key 'features' is missing"),
    ("id = 'a'\nfeatures = []", "key 'features' is \\[\\]"),
    (MINIMAL + "rolle = 'recency'", "key 'features.1.rolle' is unknown.*did you mean 'role'"),
    ("protectd = []\n" + MINIMAL, "key 'protectd' is unknown.*did you mean 'protected'"),
    ("schema_version = 2\n" + MINIMAL, "key 'schema_version' is 2"),
    (MINIMAL + "role = 'recent'", "key 'features.1.role' is 'recent' .*'recency'"),
    (MINIMAL + "kind = 'flag'\nrole = 'recency'", "role 'recency' needs kind 'number'"),
    (MINIMAL + "per_days = 30", "per_days belongs to role 'frequency'"),
    (MINIMAL + "categories = ['a']", "categories belong to kind 'category'"),
    (MINIMAL + "[[features]]\ncolumn = 'x'", "column 'x' is declared twice"),
    (MINIMAL + "[[features]]\ncolumn = 'X'", "feature 'x' is declared twice"),
    (MINIMAL + "[[protected]]\ncolumn = 'x'", "column 'x' is both protected and a feature"),
    (MINIMAL + "[[protected]]\ncolumn = 'X'", "'x' is a protected attribute and cannot be a feature"),
    (MINIMAL + "[[features]]\ncolumn = 'consent'", "'consent' is a name that Evenhand uses"),
    (MINIMAL + "[[protected]]\ncolumn = 'a'\ngroups = { b = ['1'], c = ['1'] }", "'1' stands in two groups"),
    (MINIMAL + "[[protected]]\ncolumn = 'a'\ngroups = { unknown = ['1'] }", "'unknown' is made by Evenhand"),
    (MINIMAL + "[[campaigns]]\nid = 'none'", "'none' \\(no contact\\) always exists"),
    (MINIMAL + "[[campaigns]]\nid = 'a'\n[[campaigns]]\nid = 'a'", "campaign 'a' is declared twice"),
    (
        MINIMAL + "[[campaigns]]\nid = 'a'\ncost = -1",
        "key 'campaigns.1.cost' is -1.*greater than or equal to 0",
    ),
    (
        MINIMAL + "[[campaigns]]\nid = 'a'\nchannel = 'leaflet'",
        "key 'campaigns.1.channel': there is no channel 'leaflet' .*email, sms, web, mail .*did you mean 'mail'",
    ),
    (MINIMAL + "[[campaigns]]\nid = 'a'\nhour = 24", "key 'campaigns.1.hour' is 24.*less than or equal to 23"),
    (MINIMAL + "[[campaigns]]\nid = 'a'\nweekday = 6", "key 'campaigns.1.weekday': there is no weekday 6"),
    (MINIMAL + "[[campaigns]]\nid = 'a'\ndevice = 'tv'", "no device 'tv' .* one of mobile, desktop"),
    (MINIMAL + "[[campaigns]]\nid = 'a'\ntaste = 2", "key 'campaigns.1.taste' is 2"),
    (MINIMAL + "[consents]\ntext = 'a'", "key 'consents.text' is unknown .*known keys: email, sms, web, mail"),
    (MINIMAL + "[consents]\ne_mail = 'a'", "key 'consents.e_mail' is unknown .*did you mean 'email'"),
    (MINIMAL + "[consents]\nsms = ''", "key 'consents.sms' is ''"),
    (MINIMAL + "[consents]\nsms = 'x'", "column 'x' is declared twice"),
    (MINIMAL + "[context]\nweekday = 'a'", "key 'context.weekday' is unknown .*did you mean 'weekend'"),
    (MINIMAL + "[context]\nhour = 'a'\nmobile = 'a'", "column 'a' is declared twice"),
    (MINIMAL + "[context]\nhour = 'id'", "column 'id' is declared twice"),
    (MINIMAL + "[context]\nhour = 'segment'", "'segment' is a name that Evenhand uses"),
    (MINIMAL + "kind = 'flag'\n[context]\nmobile = 'x'", "column 'x' is a habit .* a number without a role"),
    (MINIMAL + "role = 'recency'\n[context]\nhour = 'x'", "column 'x' is a habit .* a number without a role"),
    (MINIMAL + "[[protected]]\ncolumn = 'a'\n[context]\nhour = 'a'", "column 'a' is declared twice"),
    (MINIMAL + "[[features]]\ncolumn = 'consent_sms'", "'consent_sms' is a name that Evenhand uses"),
    (MINIMAL + "[log]\nfile = 'l'\ncustomer = 'c'\ncampaign = 'd'", "a campaign log needs an outcome"),
    ("tenure = 'y'\n" + MINIMAL, "tenure names 'y', no number among the features without a role"),
    ("tenure = 'x'\n" + MINIMAL + "role = 'recency'", "tenure names 'x', no number among the features"),
    ("tenure = 'dayz'\n" + MINIMAL + "[[features]]\ncolumn = 'days'", "did you mean 'days'"),
    (
        MINIMAL + "[history]\nfile = 'h'\ncustomer = 'c'\nperiod = 'p'\ntrips = 't'\nspend = 's'\n"
        "categories = ['spend']",
        "a category cannot be called 'spend'",
    ),
    (
        MINIMAL + "[[campaigns]]\nid = 'a'\nmix = { meat = 1.0 }\n[history]\nfile = 'h'\ncustomer = 'c'\n"
        "period = 'p'\ntrips = 't'\nspend = 's'\ncategories = ['food']",
        "names 'meat', no category of the history",
    ),
]


@pytest.mark.parametrize(("toml", "what"), WRONG)
def test_a_wrong_schema_is_one_line_that_names_the_key(toml: str, what: str) -> None:
    with pytest.raises(SchemaError, match=what) as error:
        Schema.from_toml(toml, where="shop.toml")
    assert str(error.value).startswith("shop.toml: ")
    assert "\n" not in str(error.value)


def test_a_schema_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"nothing\.toml: cannot be read: No such file"):
        Schema.read(tmp_path / "nothing.toml")
    (tmp_path / "latin.toml").write_bytes(b"id = '\xe9'")
    with pytest.raises(SchemaError, match=r"latin\.toml: is not UTF-8 text"):
        Schema.read(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("45..55", (45.0, 55.0)), ("..45", (float("-inf"), 45.0)), ("55..", (55.0, float("inf")))],
)
def test_ranges_of_numbers(written: str, expected: tuple[float, float]) -> None:
    assert number_range(written) == expected


@pytest.mark.parametrize("written", ["", "..", "45-55", "a..b", "45"])
def test_other_texts_are_no_ranges(written: str) -> None:
    assert number_range(written) is None
