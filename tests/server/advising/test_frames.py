"""Frames and questions come out as they went in, however they are cut up on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConflictError, EvenhandError, UnavailableError
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts
from evenhand.registry.actor import Actor
from evenhand.server.advising.frames import HEAD, Frames, Kind, error_of, said
from evenhand.server.advising.questions import Question

Frame = tuple[int, Kind, bytes]
FRAMES = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(Kind), st.binary(max_size=300)), max_size=6)


class Noting(Frames):
    def __init__(self) -> None:
        super().__init__()
        self.noted = list[Frame]()

    def came(self, number: int, kind: Kind, body: bytes) -> None:
        self.noted.append((number, kind, body))


@given(FRAMES, st.lists(st.integers(0, 2000), max_size=12))
def test_frames_come_out_whole_and_in_order(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(HEAD.pack(len(body), number, kind) + body for number, kind, body in frames)
    end, places = Noting(), [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for first, last in pairwise(places):
        end.data_received(stream[first:last])
    assert end.noted == frames


COUNT = st.integers(0, 2**31)
TOLD = st.builds(
    SegmentCounts, COUNT, st.dictionaries(st.text(max_size=9), st.builds(CampaignCounts, COUNT, COUNT, COUNT))
)


@given(st.dictionaries(st.text(max_size=9), TOLD, max_size=4), st.datetimes(timezones=st.just(UTC)))
def test_a_question_reads_back_as_it_was(statistics: dict[str, SegmentCounts], now: datetime) -> None:
    question = Question("winter", 3, 2, statistics, "ab" * 32, Actor("service", "crm \N{SNOWMAN}"), now, "id-7")
    assert Question.from_json(question.to_json()) == question


@pytest.mark.parametrize(
    "error",
    [
        ConflictError("version 2 is in force", where="segmentation 'x'", mend="count them anew"),
        UnavailableError("the disk is full", rule="what fails is undone as a whole"),
    ],
)
def test_an_error_reads_back_as_it_was(error: EvenhandError) -> None:
    again = error_of(said(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert (again.what, again.where, again.rule, again.mend) == (error.what, error.where, error.rule, error.mend)
