"""Advice: ranked, on different segments, clear; else the reason to keep what runs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from tests.experiments.advising.conftest import Frank, Tell
from tests.experiments.conftest import Business

from evenhand.envs.candidates import CANDIDATE_FEATURES as NAMES
from evenhand.errors import DataError
from evenhand.experiments.advising.advise import LEAST_OPENS, Adviser
from evenhand.experiments.advising.standing import Standing, standing_of
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics


def test_tweaks_are_ranked_clear_and_touch_different_segments(adviser: Adviser, tell: Tell) -> None:
    advice = adviser.advise(tell())
    assert advice.tweaks, "there is something to say about this business"
    assert (advice.why, advice.reason) == (None, "")
    scores = [one.score for one in advice.tweaks]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0
    touched = [one.offer.touches for one in advice.tweaks]
    assert sum(map(len, touched)) == len(frozenset().union(*touched))
    today = adviser.standing.today
    for one in advice.tweaks:
        assert 0 < one.expected.low < one.expected.mean < one.expected.high
        assert one.offer.sentence == one.offer.tweak.explain(today)
        assert one.reason.endswith(".")
        assert one.affected_customers == one.offer.affected.sum() > 0


def test_each_tweak_says_what_was_looked_at_and_which_one_came_next(adviser: Adviser, tell: Tell) -> None:
    advice = adviser.advise(tell(), count=2)
    view = adviser.standing.look(tell())
    on_offer = view.table[view.allowed[0]]
    given = [one.offer.document for one in advice.tweaks]
    unit = adviser.standing.setup.unit  # of the money that policies see
    for one in advice.tweaks:
        net = pytest.approx(unit * one.score, rel=1e-4)
        row = next(row for row in on_offer if row[NAMES.index("net_if_kept")] == net)
        assert one.saw == pytest.approx({name: row[k] for k, name in enumerate(NAMES) if name in one.saw}, rel=1e-4)
        assert not {"is_move", "is_hold"} & set(one.saw)
        assert one.runner_up is not None
        assert one.runner_up.document not in given
        assert one.runner_up.expected.low < one.runner_up.expected.mean
        if one.runner_up.why_not == "ranks lower":
            assert one.runner_up.behind >= 0
    assert advice.usual["share"] == pytest.approx(np.median(on_offer[:, NAMES.index("share")]), rel=1e-4)


def test_no_more_than_asked_for(adviser: Adviser, tell: Tell) -> None:
    assert len(adviser.advise(tell(), count=1).tweaks) == 1


def test_the_affected_are_counted_in_the_sizes_that_were_told(business: Business, tell: Tell) -> None:
    """A sample stands for everyone."""
    small = standing_of(business.customers, business.today, business.simulator, business.setup, most=500)
    told = tell()
    for one in Adviser.of(Frank(business), small).advise(told).tweaks:
        whole = sum(
            told[id_].customers * one.offer.affected[s] / small.members[s]
            for s, id_ in enumerate(business.today.ids)
            if small.members[s]
        )
        assert one.affected_customers == round(whole)


def _times(told: Statistics, factor: float) -> Statistics:
    return {id_: SegmentCounts(round(factor * counts.customers), counts.campaigns) for id_, counts in told.items()}


def _moved(told: Statistics) -> Statistics:
    first, *_, last = told
    many = sum(counts.customers for counts in told.values()) // 5
    return {
        **told,
        first: SegmentCounts(told[first].customers + many, told[first].campaigns),
        last: SegmentCounts(max(0, told[last].customers - many), told[last].campaigns),
    }


def test_with_too_little_the_advice_is_to_keep_what_runs(business: Business, standing: Standing, tell: Tell) -> None:
    adviser, worst = Adviser.of(Frank(business), standing), Adviser.of(Frank(business, sign=-1.0), standing)
    cases = {
        "few customers": adviser.advise(_times(tell(), 0.1)),
        "moved customers": adviser.advise(_moved(tell())),
        "few contacts": adviser.advise(tell(sends=0)),
        "nothing clear": worst.advise(tell()),
        "nothing better": Adviser.of(Frank(business, feature="is_hold"), standing).advise(tell()),
    }
    for why, advice in cases.items():
        assert advice.why == why
        assert not advice.tweaks
        assert advice.reason.startswith("Keep what runs: ")


def test_a_segment_without_enough_contacts_is_left_as_it_is(adviser: Adviser, tell: Tell) -> None:
    told = dict(tell())
    best = adviser.standing.today.ids.index(adviser.advise(told).tweaks[0].offer.tweak.segment)  # type: ignore[union-attr]  # no Hold is advised
    id_ = adviser.standing.today.ids[best]
    told[id_] = SegmentCounts(told[id_].customers, {})
    assert all(one.offer.tweak.segment != id_ for one in adviser.advise(told).tweaks)  # type: ignore[union-attr]
    assert LEAST_OPENS == 20


def _wrong(told: Statistics, **changes: Any) -> Statistics:
    first = next(iter(told))
    return {**told, first: told[first]._replace(**changes)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customers": -1}, "-1 is negative"),
        ({"campaigns": {"leter": CampaignCounts(1, 0, 0)}}, "no campaign 'leter'.*did you mean 'letter'"),
        ({"campaigns": {"letter": CampaignCounts(1, 2, 0)}}, "0 redeemed, 2 opened, 1 sent"),
        ({"campaigns": {"letter": CampaignCounts(3, 1, 2)}}, "2 redeemed, 1 opened, 3 sent"),
        ({"campaigns": {"letter": CampaignCounts(-3, 0, 0)}}, "-3 is negative"),
    ],
)
def test_wrong_counts_are_named(adviser: Adviser, tell: Tell, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        adviser.advise(_wrong(tell(), **changes))


def test_segments_are_those_of_the_version(adviser: Adviser, tell: Tell) -> None:
    told = dict(tell())
    with pytest.raises(DataError, match="no segment 'lapsd'"):
        adviser.advise({**told, "lapsd": SegmentCounts(1, {})})
    del told[next(iter(told))]
    with pytest.raises(DataError, match="is missing"):
        adviser.advise(told)


def test_giving_advice_needs_no_torch() -> None:
    code = (
        "import sys, evenhand.experiments.advising.advise, evenhand.agents.export.served; "
        "assert not {'torch', 'stable_baselines3', 'sb3_contrib', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
