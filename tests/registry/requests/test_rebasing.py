"""A change that acts on the next version by itself gives what both changes give in the other order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.registry.requests.world import CATALOGUE, campaigns_of, content, gives
from tests.segments.example import columns, condition, example, rule, segmentations, tables, tweaks

from evenhand.errors import RuleError
from evenhand.registry.requests.change import GoBack, change_from, differing, form_of, kind_of, outcome
from evenhand.registry.requests.rebasing import reason_against
from evenhand.segments import Catalogue, Hold, MoveThreshold, Segment, Segmentation, Split

EVEN = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@EVEN
@given(st.data(), segmentations())
def test_what_rebases_gives_the_same_segmentation_in_either_order(data: st.DataObject, old: Segmentation) -> None:
    first, second = data.draw(tweaks(old)), data.draw(tweaks(old))
    try:
        new, touched = outcome(first, old)
        alone = outcome(second, old).segmentation
    except RuleError:
        assume(False)
    reason = reason_against(second, old=old, new=new, meanwhile=touched)
    event("outdated" if reason else "rebased")
    if reason is None:
        assert outcome(second, new).segmentation == outcome(first, alone).segmentation
        assert second.touches(new) == second.touches(old)
    elif not touched & second.touches(old):
        assert not reason.startswith("both touch")


@EVEN
@given(segmentations(), segmentations(), tables)
def test_whoever_is_in_no_differing_segment_keeps_segment_and_campaign(
    old: Segmentation, new: Segmentation, table: list[tuple[object, ...]]
) -> None:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns(table).items()})
    differs = differing(old, new)
    event("everything" if differs == {*old.ids, *new.ids} else "some")
    for before, after in zip(old.assign(frame), new.assign(frame), strict=True):
        was, becomes = old.every[before], new.every[after]
        assert (was.id in differs and becomes.id in differs) or (was.id, was.campaign) == (becomes.id, becomes.campaign)


def test_a_segmentation_differs_from_itself_nowhere() -> None:
    assert differing(example(), example()) == frozenset()


def test_a_campaign_or_a_name_reaches_its_segment_only() -> None:
    assert differing(content(), content({"s1": "A"})) == {"s1"}
    renamed = content().segment("s2")
    other = content().replaced(Segment(id="s2", name="New", rule=renamed.rule, campaign=renamed.campaign))
    assert differing(content(), other) == {"s2"}


def test_a_rule_reaches_those_who_can_come_or_go() -> None:
    today = example()
    moved = MoveThreshold(segment="regular", field="recency_days", from_=90, to=60).apply(today).segmentation
    assert differing(today, moved) == {"regular", "rest"}


def test_another_order_or_catalogue_reaches_everybody() -> None:
    today = content()
    turned = today.rebuilt((*today.segments[1:], today.segments[0]))
    assert differing(today, turned) == set(today.ids)
    wider = Catalogue(features=CATALOGUE.features, campaigns=CATALOGUE.campaigns, protected=("age", "income"))
    other = Segmentation(catalogue=wider, segments=today.segments, default=today.default)
    assert differing(today, other) == set(today.ids)


@pytest.mark.parametrize("change", [gives("s1", "A"), content({"s0": "A"}), GoBack(3)])
def test_every_kind_of_change_is_read_back_as_it_was(change: object) -> None:
    kind = kind_of(change)  # type: ignore[arg-type]  # the parameters name the kinds
    assert change_from(kind, form_of(change)) == change  # type: ignore[arg-type]


@pytest.mark.parametrize("form", [{}, {"version": "3"}, {"version": True}, {"version": 0}, {"version": 3, "x": 1}])
def test_a_roll_back_that_names_no_version_is_refused(form: dict[str, object]) -> None:
    with pytest.raises(RuleError, match="a roll-back names the version to go back to"):
        change_from("rollback", form)  # type: ignore[arg-type]  # what a caller may send


@pytest.mark.parametrize("change", [Hold(), content()])
def test_what_changes_nothing_is_refused(change: Hold | Segmentation) -> None:
    with pytest.raises(RuleError, match="nothing would change"):
        outcome(change, content())


def test_tweaks_of_different_segments_rebase() -> None:
    old, new = content(), content({"s0": "A"})
    assert reason_against(gives("s1", "B"), old=old, new=new, meanwhile={"s0"}) is None
    assert campaigns_of(gives("s1", "B").apply(new).segmentation)["s0"] == "A"


def test_a_tweak_of_the_same_segment_does_not_although_it_would_still_fit() -> None:
    reason = reason_against(gives("s0", "B"), old=content(), new=content({"s0": "A"}), meanwhile={"s0"})
    assert reason == "both touch 's0'"


def test_a_new_segment_of_a_name_that_is_taken_meanwhile_does_not() -> None:
    old = example()
    parts = [
        Split(segment=id, condition=condition("spend", ">", 5), part_id="big", part_name="Big", campaign="B")
        for id in ("loyal", "lapsed")
    ]
    new, touched = outcome(parts[0], old)
    reason = reason_against(parts[1], old=old, new=new, meanwhile=touched)
    assert reason == "it does not fit the new version: there is a segment 'big' already"


def test_a_tweak_that_would_reach_further_on_the_new_version_does_not() -> None:
    """The list of touched segments alone would let it pass: a caller's list may be too short."""
    old = example()
    moved = MoveThreshold(segment="loyal", field="recency_days", from_=30, to=20)
    wider = Segment(id="new", name="New", rule=rule(condition("recency_days", "<=", 25)), campaign="B")
    new = old.rebuilt((old.segments[0], wider, *old.segments[1:]))
    reason = reason_against(moved, old=old, new=new, meanwhile=frozenset())
    assert reason == "it would reach other segments than before"


def test_whole_segmentations_and_roll_backs_never_rebase() -> None:
    for change in (content({"s1": "B"}), GoBack(1)):
        reason = reason_against(change, old=content(), new=content({"s0": "A"}), meanwhile={"s0"})
        assert reason == "it replaces the whole segmentation, the new change with it"


def test_positions_stay_what_the_segments_say() -> None:
    frame = pd.DataFrame({"trips": np.array([0.0, 3.0, 99.0])})
    assert [content().every[place].id for place in content().assign(frame)] == ["s0", "s3", "rest"]
