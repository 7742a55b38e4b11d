"""What holds for every tweak of every segmentation: exact undo, exact JSON, and nobody else is moved."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.segments.example import (
    CATALOGUE,
    condition,
    rule,
    rules,
    segmentation,
    segmentations,
    tweaks,
)

from evenhand.errors import RuleError
from evenhand.segments import (
    Catalogue,
    Feature,
    Merge,
    RuleGroup,
    Segment,
    Segmentation,
    Tweak,
    mask,
    tweak_from_json,
)
from evenhand.segments.compare import disjoint, implies, joined

# Few features with few values, so that random rules often overlap, imply each other or can be joined.
SMALL = Catalogue(
    features=(
        Feature("x", "x"),
        Feature("region", "region", kind="category", categories=("N", "E", "W")),
        Feature("app", "app", kind="flag"),
    ),
    campaigns=CATALOGUE.campaigns,
)
XS = (*np.arange(-1.0, 4.5, 0.5), np.nan, np.inf, -np.inf)
EVERYONE = pd.DataFrame(
    [(x, region, app) for x in XS for region in ("N", "E", "W", "S", None) for app in (True, False, None)],
    columns=["x", "region", "app"],
).astype({"x": np.float64, "region": object, "app": object})

cuts = st.one_of(
    st.builds(
        partial(condition, "x"),
        st.sampled_from(("<", "<=", ">", ">=", "=", "!=")),
        st.sampled_from((0, 1, 2)),
    ),
    st.builds(partial(condition, "x", "between"), st.sampled_from(((0, 1), (1, 2)))),
    st.builds(partial(condition, "region"), st.sampled_from(("=", "!=")), st.sampled_from(("N", "E"))),
    st.builds(partial(condition, "region"), st.sampled_from(("in", "notIn")), st.just(("N", "W"))),
    st.builds(partial(condition, "app"), st.sampled_from(("=", "!=")), st.booleans()),
    st.just(condition("x", "notNull")),
)
conjunctions = st.lists(cuts, min_size=1, max_size=3).map(lambda parts: rule(*parts))
small_rules = conjunctions | conjunctions | rules(SMALL)


@st.composite
def small(draw: st.DrawFn) -> Segmentation:
    """Segmentations in which neighbours are often two parts of one cut."""
    parts: list[RuleGroup] = []
    for _ in range(draw(st.sampled_from((2, 1, 3, 0)))):
        new = draw(small_rules)
        parts.append(new)
        if draw(st.booleans()):
            parts.append(rule(*(new.conjunction() or (new,))[:-1], draw(cuts)))
    named = [Segment(id=f"s{n}", name=f"S{n}", rule=part, campaign="A") for n, part in enumerate(parts)]
    return segmentation(*named, catalogue=SMALL)


def applied(tweak: Tweak, today: Segmentation) -> tuple[Segmentation, Tweak]:
    """Apply a tweak that may be invalid; then the example does not count, and nothing may have changed."""
    before = today.to_json()
    try:
        result = tweak.apply(today)
    except RuleError:
        assert today.to_json() == before
        with pytest.raises(RuleError):
            tweak.explain(today)
        assume(False)
        raise
    assert today.to_json() == before
    return result


@settings(max_examples=400)
@given(data=st.data(), today=small() | segmentations())
def test_undo_gives_back_the_identical_segmentation(data: st.DataObject, today: Segmentation) -> None:
    tweak = data.draw(tweaks(today))
    event(tweak.op)
    changed, undo = applied(tweak, today)
    back, redo = undo.apply(changed)
    assert back == today
    assert back.hash == today.hash
    assert redo.apply(back).segmentation.hash == changed.hash


@settings(max_examples=300)
@given(data=st.data(), today=small())
def test_customers_outside_of_the_touched_segments_keep_theirs(data: st.DataObject, today: Segmentation) -> None:
    tweak = data.draw(tweaks(today))
    changed, undo = applied(tweak, today)
    for change, before, after in ((tweak, today, changed), (undo, changed, today)):
        was = np.array(before.ids)[before.assign(EVERYONE)]
        becomes = np.array(after.ids)[after.assign(EVERYONE)]
        touched = np.isin(was, list(change.touches(before)))
        assert (was == becomes)[~touched].all()
        treated = {segment.id: segment.campaign for segment in after.every}
        same = [treated[s.id] == s.campaign for s in before.every if s.id not in change.touches(before)]
        assert all(same)


@settings(max_examples=200)
@given(data=st.data(), today=small() | segmentations())
def test_a_tweak_reads_back_from_its_json_and_says_what_it_does(data: st.DataObject, today: Segmentation) -> None:
    tweak = data.draw(tweaks(today))
    changed, undo = applied(tweak, today)
    for change, before in ((tweak, today), (undo, changed)):
        again = tweak_from_json(change.to_json())
        assert (again, again.hash, again.to_json()) == (change, change.hash, change.to_json())
        sentence = change.explain(before)
        assert sentence.endswith(".")
        assert "  " not in sentence.replace('"  "', "")
    assert bool(today.diff(changed)) == (today.hash != changed.hash)


@settings(max_examples=300)
@given(one=small_rules, other=small_rules)
def test_what_is_said_about_two_rules_is_true_of_every_customer(one: RuleGroup, other: RuleGroup) -> None:
    first, second = mask(one, EVERYONE), mask(other, EVERYONE)
    assert not (disjoint(one, other) and (first & second).any())
    assert not (implies(one, other) and (first & ~second).any())
    together = joined(one, other)
    assert together is None or (mask(together, EVERYONE) == (first | second)).all()


@settings(max_examples=300)
@given(one=conjunctions, data=st.data())
def test_two_parts_of_one_cut_are_joined_and_split_again(one: RuleGroup, data: st.DataObject) -> None:
    other = rule(*(one.conjunction() or ())[:-1], data.draw(cuts))
    parts = (Segment(id="s0", name="S0", rule=one), Segment(id="s1", name="S1", rule=other))
    today = segmentation(*parts, catalogue=SMALL)
    if joined(one, other) is None:
        with pytest.raises(RuleError, match="do not differ in one cut"):
            Merge(segment="s0", into="s1").apply(today)
    else:
        changed, undo = Merge(segment="s0", into="s1").apply(today)
        assert undo.apply(changed).segmentation.hash == today.hash
        assert (np.isin(today.assign(EVERYONE), (0, 1)) == (changed.assign(EVERYONE) == 0)).all()


def test_the_strategies_reach_every_kind_of_tweak() -> None:
    """Fewer than ten valid tweaks of each kind in 300 examples would prove little."""
    seen: dict[str, int] = {}

    @settings(max_examples=300)
    @given(data=st.data(), today=small())
    def count(data: st.DataObject, today: Segmentation) -> None:
        tweak: Any = data.draw(tweaks(today))
        applied(tweak, today)
        kind = f"{tweak.op} into" if getattr(tweak, "into", None) else tweak.op
        seen[kind] = seen.get(kind, 0) + 1

    count()
    assert seen.keys() == {"hold", "split", "merge", "merge into", "move_threshold", "assign_campaign"}
    del seen["hold"]
    assert min(seen.values()) >= 10
