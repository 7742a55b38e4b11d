"""A segmentation becomes a plan whose chances are exact; results join it, whatever comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.experiments.shop import shop

from evenhand.customers import Customers, rfm_segmentation
from evenhand.customers.campaign_log import CampaignLog
from evenhand.customers.campaign_plan import COLUMNS, HELD_BACK, CampaignPlan
from evenhand.errors import ArtefactError, CampaignError, DataError, EvenhandError
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.loop import Schedule, plan_campaigns, record
from evenhand.experiments.trial.assignment import Arm, Assignment, Holdback
from evenhand.segments import Segment, Segmentation

SCHEDULE = Schedule(starts=date(2026, 3, 2))


def everyone(customers: Customers, campaign: str) -> Segmentation:
    default = Segment(id="everyone", name="Everyone", campaign=campaign)
    return Segmentation(catalogue=customers.catalogue, segments=(), default=default)


def planned(n: int = 600, *, salt: str = "spring", **more: Any) -> CampaignPlan:
    customers = shop(n)
    return plan_campaigns(customers, rfm_segmentation(customers), salt=salt, schedule=SCHEDULE, **more)


PLAN = planned()


def two_arms(n: int = 4000) -> CampaignPlan:
    customers = shop(n)
    return plan_campaigns(
        customers,
        {"today": everyone(customers, "mail"), "learned": rfm_segmentation(customers)},
        salt="spring",
        schedule=SCHEDULE,
        assignment=Assignment(
            "spring", (Arm.of("today", "2/3"), Arm.of("learned", "1/3")),
            rollout=Arm.of("-", 0.8).share, holdback=Holdback.of(0.05, salt="long-term"),
        ),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- the plan


def test_a_plan_has_a_row_for_every_customer_and_one_chance_for_every_campaign() -> None:
    plan = planned(3000)
    rows = plan.frame
    assert list(rows.columns) == list(COLUMNS)
    assert rows["customer"].tolist() == list(shop(3000).frame.index)
    np.testing.assert_allclose(plan.propensities.sum(axis=1), 1.0, atol=1e-15)
    drawn = plan.propensities[np.arange(len(plan)), plan.actions]
    assert (drawn == rows["propensity"].to_numpy()).all()
    consent = shop(3000).consent
    assert (rows["campaign"][~consent] == "none").all()
    assert (rows["propensity"][~consent] == 1.0).all()
    assert 0.08 < rows["explored"][consent].mean() < 0.2


def test_chances_are_those_of_the_draws() -> None:
    """Over 40 salts each campaign is given as often as its chances say; a right program fails once in 10,000."""
    customers, salts = shop(200), 40
    expected, seen, variance = np.zeros(3), np.zeros(3), np.zeros(3)
    for k in range(salts):
        plan = plan_campaigns(customers, rfm_segmentation(customers), salt=f"s{k}", schedule=SCHEDULE)
        p = plan.propensities
        expected, variance = expected + p.sum(axis=0), variance + (p * (1 - p)).sum(axis=0)
        seen += np.bincount(plan.actions, minlength=3)
    assert (np.abs(seen - expected) < 4.2 * np.sqrt(variance)).all()  # 3 two-sided normal tests at 2.7e-5


def test_same_input_same_bytes_and_it_reads_back(tmp_path: Path) -> None:
    for csv in (False, True):
        a, b = planned().save(tmp_path / f"a{csv}", csv=csv), planned().save(tmp_path / f"b{csv}", csv=csv)
        names = sorted(item.name for item in a.iterdir())
        assert names == sorted(["manifest.json", "baseline.parquet", "plan.csv" if csv else "plan.parquet"])
        assert all((a / name).read_bytes() == (b / name).read_bytes() for name in names)
        again = CampaignPlan.load(a)
        pd.testing.assert_frame_equal(again.frame, PLAN.frame, check_exact=True)
        pd.testing.assert_frame_equal(again.baseline, PLAN.baseline, check_exact=True)
        assert (again.about, again.id) == (PLAN.about, PLAN.id)
        assert repr(again) == repr(PLAN)
        planned().save(a, csv=csv)  # the same plan again is no conflict
    assert planned(salt="autumn").id != PLAN.id
    with pytest.raises(ArtefactError, match="a plan overwrites nothing"):
        planned(salt="autumn").save(tmp_path / "aTrue")


def test_an_edited_plan_is_found_out(tmp_path: Path) -> None:
    folder = PLAN.save(tmp_path / "plan", csv=True)
    file = folder / "plan.csv"
    whole = file.read_text()
    file.write_text(whole.replace(",letter,", ",mail,", 1))
    with pytest.raises(ArtefactError, match="was changed after it was written"):
        CampaignPlan.load(folder)
    file.unlink()
    with pytest.raises(ArtefactError, match="is missing"):
        CampaignPlan.load(folder)
    with pytest.raises(ArtefactError, match="is no campaign plan"):
        CampaignPlan.load(tmp_path)


def broken(column: str, value: Any) -> pd.DataFrame:
    frame = PLAN.frame.copy()
    row = int(np.flatnonzero(shop().consent)[1])
    if value == "other":
        value = frame[column].iloc[row - 1]
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame.infer_objects()


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("customer", "other", "stands there twice"),
        ("campaign", "fax", r"unknown campaign \(campaign\)"),
        ("planned", "fax", r"unknown campaign \(planned\)"),
        ("arm", "b", "unknown arm"),
        ("segment", "b", "unknown segment"),
        ("propensity", 0.0, "no propensity"),
        ("propensity", 1.5, "no propensity"),
        ("propensity", float("nan"), "propensity.*above 0"),
        ("propensity", 0.5, "contradicts the plan"),
        ("exploration", float("nan"), "no exploration share"),
        ("exploration", 0.4, "contradicts the plan"),
        ("eligible", 99, "unknown set"),
        ("period", 1, "another period"),
        ("block", 1, "another block"),
        ("plan", "b", "another plan"),
    ],
)
def test_a_row_that_cannot_be_names_its_customer(column: str, value: object, says: str) -> None:
    with pytest.raises(DataError, match=says) as refused:
        CampaignPlan(broken(column, value), PLAN.about, PLAN.baseline)
    assert "customer 'c000" in str(refused.value)


def test_nobody_gets_what_they_are_not_eligible_for() -> None:
    frame = PLAN.frame.copy()
    without = int(np.flatnonzero(~shop().consent)[0])
    frame.loc[without, ["planned", "campaign"]] = "letter"
    with pytest.raises(DataError, match="only eligible campaigns are given"):
        CampaignPlan(frame, PLAN.about, PLAN.baseline)


def test_a_change_that_keeps_every_rule_still_changes_the_id() -> None:
    baseline = PLAN.baseline.copy()
    baseline["orders"] += 1
    with pytest.raises(DataError, match="a changed plan is a new plan"):
        CampaignPlan(PLAN.frame, PLAN.about, baseline)


def test_arms_holdback_and_rollout() -> None:
    plan = two_arms()
    rows = plan.frame
    shares = rows["arm"].value_counts(normalize=True)
    for arm, share in ((HELD_BACK, 0.05), ("outside", 0.19), ("today", 0.76 * 2 / 3), ("learned", 0.76 / 3)):
        assert abs(shares[arm] - share) < 0.03
    held = rows[rows["arm"] == HELD_BACK]
    assert (held["campaign"] == "none").all()
    assert (held["propensity"] == 1).all()
    assert (rows["planned"][(rows["arm"] == "outside") & shop(4000).consent] == "mail").all()
    assert set(rows["segment"][rows["arm"] == "learned"]) > {"occasional"}


def test_clusters_go_into_arms_as_wholes_and_stand_in_the_log() -> None:
    customers = shop(2000)
    arms = {"a": everyone(customers, "mail"), "b": everyone(customers, "letter")}
    households = pd.Series(np.arange(2000) // 3, index=customers.frame.index)
    plan = plan_campaigns(
        customers, arms, salt="s", schedule=SCHEDULE, clusters=households.sample(frac=1, random_state=0)
    )
    pairs = {*zip(plan.baseline["cluster"], plan.frame["arm"], strict=True)}
    assert len(pairs) == households.nunique()
    assert plan.baseline["cluster"].tolist() == households.astype(str).tolist()
    assert plan.about.unit == "cluster"
    with pytest.raises(DataError, match="customer 'c1999' is in no cluster"):
        plan_campaigns(customers, arms, salt="s", schedule=SCHEDULE, clusters=households.iloc[:-1])


def test_small_segments_pool_and_the_plan_says_so() -> None:
    plan = planned(600, exploration=Exploration(0.1, floor=50))
    for pool in plan.about.pools:
        assert pool.share * pool.customers >= min(50, 0.5 * pool.customers) - 1e-9
    assert any(len(pool.segments) > 1 for pool in plan.about.pools)


def test_plans_of_one_block_agree_on_who_is_explored_and_with_what() -> None:
    customers = shop(2000)
    first, later, next_block = (
        plan_campaigns(customers, everyone(customers, campaign), salt="s", schedule=Schedule(date(2026, 3, 2), period))
        for campaign, period in (("mail", 0), ("letter", 2), ("letter", 4))
    )
    explored = first.frame["explored"]
    assert (later.frame["explored"] == explored).all()
    assert (later.frame["campaign"] == first.frame["campaign"])[explored].all()
    assert not (next_block.frame["explored"] == explored).all()


def test_a_plan_ends_with_its_block() -> None:
    customers = shop()
    with pytest.raises(EvenhandError, match="ends with its block"):
        plan_campaigns(
            customers, everyone(customers, "mail"), salt="s", schedule=Schedule(date(2026, 3, 2), period=3, periods=2)
        )
    third = plan_campaigns(customers, everyone(customers, "mail"), salt="s", schedule=Schedule(date(2026, 3, 2), 7))
    assert (third.about.block, third.about.periods, third.about.ends) == (1, 1, date(2026, 3, 9))


def test_a_plan_beyond_the_calendar_is_refused() -> None:
    customers = shop()
    for schedule in (Schedule(date(9999, 12, 31)), Schedule(date(2026, 3, 2), period_days=10**8)):
        with pytest.raises(EvenhandError, match="before the year 10000"):
            plan_campaigns(customers, everyone(customers, "mail"), salt="s", schedule=schedule)


def test_arms_that_do_not_fit_are_refused() -> None:
    customers = shop()
    today = everyone(customers, "mail")
    with pytest.raises(EvenhandError, match="the same arms"):
        plan_campaigns(customers, {"a": today}, salt="s", schedule=SCHEDULE,
                       assignment=Assignment("s", (Arm.of("b", 1),)))  # fmt: skip
    with pytest.raises(EvenhandError, match="a word of the plan"):
        plan_campaigns(customers, {"holdback": today}, salt="s", schedule=SCHEDULE)
    with pytest.raises(EvenhandError, match="without a segmentation"):
        plan_campaigns(customers, {}, salt="s", schedule=SCHEDULE)
    changed: Any = today.to_dict()
    changed["catalogue"]["campaigns"][1]["cost"] = 9.0
    with pytest.raises(CampaignError, match="differently"):
        plan_campaigns(customers, {"a": today, "b": Segmentation.from_json(changed)}, salt="s", schedule=SCHEDULE)


# ---------------------------------------------------------------------------------------- the results


def results(n: int = 40, *, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer": PLAN.frame["customer"].iloc[rng.choice(len(PLAN), n, replace=False)].to_numpy(),
            "time": [f"2026-03-{day:02d}T10:00:00Z" for day in rng.integers(2, 29, n)],
            "delivered": "yes",
            "redeemed": rng.choice(["yes", "no", ""], n),
            "spend": rng.gamma(2, 10, n).round(2),
        }
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in folder.iterdir()}


def test_results_join_the_plan_and_read_back(tmp_path: Path) -> None:
    back = results()
    found = record(PLAN, back, out=tmp_path / "log")
    assert (found.rows, found.new, found.known, found.refused) == (40, 40, 0, ())
    spend = found.log.frame.set_index("customer")["spend"]
    assert spend[back["customer"]].tolist() == back["spend"].tolist()
    assert spend.isna().sum() == 560
    log = CampaignLog.load(tmp_path / "log")
    pd.testing.assert_frame_equal(log.frame, found.log.frame, check_exact=True)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "log/log.parquet"), log.frame)
    assert "40 with results (silence means not known)" in repr(log)
    with pytest.raises(DataError, match="spend is not known of 560 of 600"):
        log.outcome("spend")


def test_results_from_arrow_are_read_and_what_no_table_of_results_is_said(tmp_path: Path) -> None:
    back = results()
    arrow = record(PLAN, back.convert_dtypes(dtype_backend="pyarrow"), out=tmp_path / "arrow")
    pd.testing.assert_frame_equal(arrow.log.frame, record(PLAN, back, out=tmp_path / "plain").log.frame)
    with pytest.raises(DataError, match="'spend' stands there twice"):
        record(PLAN, pd.concat([back, back[["spend"]]], axis=1), out=tmp_path / "log")
    huge = record(PLAN, back.assign(customer=1e20), out=tmp_path / "huge")
    assert huge.refused == (("unknown customer", 40),)


@pytest.mark.parametrize(("name", "value"), [("complete", True), ("files", []), ("refused", {})])
def test_an_edited_manifest_of_a_log_is_found_out(tmp_path: Path, name: str, value: object) -> None:
    """With `complete` flipped by hand, everybody who did not answer would have bought nothing."""
    record(PLAN, pd.concat([results(), results().assign(customer="nobody")]), out=tmp_path / "log")
    file = tmp_path / "log/manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    with pytest.raises(ArtefactError, match="was changed after it was written"):
        CampaignLog.load(tmp_path / "log")
    with pytest.raises(ArtefactError, match="was changed after it was written"):
        record(PLAN, results(), out=tmp_path / "log")


def test_recording_twice_changes_no_byte(tmp_path: Path) -> None:
    back = results()
    back.to_csv(tmp_path / "results.csv", index=False)
    record(PLAN, tmp_path / "results.csv", out=tmp_path / "log")
    before = contents(tmp_path / "log")
    again = record(PLAN, tmp_path / "results.csv", out=tmp_path / "log")
    assert (again.new, again.known) == (0, 40)
    assert contents(tmp_path / "log") == before
    twice = record(PLAN, pd.concat([back, back]), out=tmp_path / "log")  # and from a table in memory
    assert (twice.new, twice.known) == (0, 80)
    assert contents(tmp_path / "log") == before


@settings(max_examples=4)
@given(order=st.permutations(range(4)), seed=st.integers(0, 3))
def test_late_files_in_any_order_give_the_same_log(
    order: list[int], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    back = results(24, seed=seed)
    back.loc[3, "customer"] = "nobody"
    parts = [back.iloc[k::4] for k in range(4)]
    folder = tmp_path_factory.mktemp("orders")
    for k in order:
        found = record(PLAN, parts[k], out=folder / "log")
    whole = record(PLAN, back, out=folder / "whole")
    pd.testing.assert_frame_equal(found.log.frame, whole.log.frame, check_exact=True)
    assert contents(folder / "log") == contents(folder / "whole")


def test_parts_of_an_answer_add_up(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "customer": ["c0001", "c0001", "c0001", "c0002"],
            "time": ["2026-03-03", "2026-03-05T08:00", "2026-03-04T23:30:00+02:00", "2026-03-03"],
            "opened": ["no", "yes", "", ""],
            "spend": ["10", "", "2.5", ""],
            "margin": ["", "-1", "", "3"],
        }
    )
    frame: Any = record(PLAN, rows, out=tmp_path / "log").log.frame.set_index("customer")
    assert frame.loc["c0001", ["opened", "spend", "margin", "results"]].tolist() == [1.0, 12.5, -1.0, 3]
    assert frame.loc["c0001", ["first", "last"]].tolist() == [
        "2026-03-03T00:00:00.000000Z",
        "2026-03-05T08:00:00.000000Z",
    ]
    assert np.isnan(frame.loc["c0002", "opened"])


def test_a_typed_table_says_the_same_as_text(tmp_path: Path) -> None:
    texts = results(60)
    typed = texts.assign(
        time=pd.to_datetime(texts["time"]),
        delivered=True,
        redeemed=texts["redeemed"].map({"yes": 1.0, "no": 0.0, "": np.nan}),
    )
    typed.to_parquet(tmp_path / "results.parquet")
    record(PLAN, texts, out=tmp_path / "texts")
    again = record(PLAN, tmp_path / "results.parquet", out=tmp_path / "texts")
    assert (again.new, again.known) == (0, 60)


BAD = {
    "unknown customer": {"customer": "nobody"},
    "no customer": {"customer": ""},
    "another plan": {"plan": "0000"},
    "no time": {"time": "yesterday"},
    "before the plan": {"time": "2026-03-01T23:59:59Z"},
    "after the plan": {"time": "2026-03-30"},
    "no yes or no": {"opened": "perhaps"},
    "no number": {"spend": "12 EUR"},
    "not finite": {"margin": "inf"},
    "negative spend": {"spend": "-0.01"},
    "says nothing": {"opened": "", "spend": ""},
}


def one(**changes: str) -> dict[str, str]:
    return {"customer": "c0001", "time": "2026-03-03", "plan": PLAN.id, "opened": "yes", "spend": "1", "margin": "",
            **changes}  # fmt: skip


def test_what_cannot_be_believed_is_refused_counted_and_kept(tmp_path: Path) -> None:
    rows = pd.DataFrame([one(), *(one(**changes) for changes in BAD.values())])
    found = record(PLAN, rows, out=tmp_path / "log")
    assert dict(found.refused) == dict.fromkeys(BAD, 1)
    assert (found.rows, found.new) == (12, 1)
    assert found.log.frame["spend"].sum() == 1
    assert "1 negative spend: spend is below 0" in repr(found)
    before = contents(tmp_path / "log")
    record(PLAN, rows, out=tmp_path / "log")
    assert contents(tmp_path / "log") == before
    ledger = pd.read_parquet(next((tmp_path / "log").glob("ledger-*.parquet")))
    assert sorted(ledger["reason"]) == sorted(["", *BAD])
    assert "12 EUR" in ledger["raw"][ledger["reason"] == "no number"].item()


def test_rows_with_ids_are_told_apart_and_may_not_contradict(tmp_path: Path) -> None:
    rows = [one(id="a"), one(id="b"), one(id="a"), one(id="a", spend="7")]
    found = record(PLAN, pd.DataFrame(rows), out=tmp_path / "log")
    assert (found.new, found.known, dict(found.refused)) == (2, 1, {"contradicts": 1})
    assert found.log.frame["spend"].sum() == 2  # two purchases of the same amount
    again = record(PLAN, pd.DataFrame([one(id="b", spend="9")]), out=tmp_path / "log")
    assert (again.new, dict(again.refused), dict(again.log.refused)) == (0, {"contradicts": 1}, {"contradicts": 2})
    before = contents(tmp_path / "log")
    record(PLAN, pd.DataFrame(rows), out=tmp_path / "log")
    assert contents(tmp_path / "log") == before


def test_silence_means_nothing_only_when_that_is_said(tmp_path: Path) -> None:
    found = record(PLAN, results(), out=tmp_path / "log", complete=True)
    assert found.log.outcome("spend").sum() == pytest.approx(results()["spend"].sum())
    assert found.log.outcome("redeemed").sum() == (results()["redeemed"] == "yes").sum()
    with pytest.raises(DataError, match=r"opened is not known of 600 .* outcomes told: delivered, redeemed, spend"):
        found.log.outcome("opened")  # nobody ever told of it
    assert record(PLAN, results(), out=tmp_path / "log").log.complete  # it was said once


def test_profit_is_margin_less_what_contacts_cost(tmp_path: Path) -> None:
    rows = pd.DataFrame([one(margin="5")])
    log = record(PLAN, rows, out=tmp_path / "log", complete=True).log
    costs = {"none": 0.0, "letter": 0.02, "mail": 0.01}
    expected = log.frame["margin"] - 4 * log.frame["campaign"].map(costs)
    np.testing.assert_allclose(log.outcome("profit"), expected)
    for day, periods in (("2026-03-01", 0), ("2026-03-08", 1), ("2026-03-09", 2), ("2026-03-29", 4), ("2026-05-01", 4)):
        so_far = log.frame["margin"] - periods * log.frame["campaign"].map(costs)
        np.testing.assert_allclose(log.outcome("profit", until=date.fromisoformat(day)), so_far)
    with pytest.raises(DataError, match="did you mean 'margin'"):
        log.outcome("margins")


def test_another_campaign_than_planned_is_counted_and_stays_with_the_plan(tmp_path: Path) -> None:
    planned_for = PLAN.frame.set_index("customer")["campaign"]["c0001"]
    found = record(PLAN, pd.DataFrame([one(campaign="fax"), one(customer="c0002", campaign="")]), out=tmp_path / "log")
    assert found.log.sent_other == 1
    assert found.log.frame.set_index("customer")["campaign"]["c0001"] == planned_for
    assert "1 were sent another campaign than planned" in repr(found.log)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"time": ["2026-03-03"], "spend": [1.0]}), "column 'customer' is missing"),
        (pd.DataFrame({"customer": ["c0001"], "spend": [1.0]}), "column 'time' is missing"),
        (pd.DataFrame({"customer": ["c0001"], "time": ["2026-03-03"], "open": ["y"]}), "did you mean 'opened'"),
    ],
)
def test_a_file_that_is_no_results_file_is_an_error_and_leaves_nothing(
    frame: pd.DataFrame, says: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=says):
        record(PLAN, frame, out=tmp_path / "log")
    assert not (tmp_path / "log").exists()


def test_a_log_belongs_to_one_plan_and_to_a_folder_of_its_own(tmp_path: Path) -> None:
    record(PLAN, results(), out=tmp_path / "log")
    before = contents(tmp_path / "log")
    with pytest.raises(DataError, match="a log belongs to one plan"):
        record(planned(salt="autumn"), results(), out=tmp_path / "log")
    assert contents(tmp_path / "log") == before
    (tmp_path / "else").mkdir()
    (tmp_path / "else/thesis.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds thesis\.txt already"):
        record(PLAN, results(), out=tmp_path / "else")
    ledger = next((tmp_path / "log").glob("ledger-*.parquet"))
    ledger.write_bytes(ledger.read_bytes()[:-1])
    with pytest.raises(ArtefactError, match="was changed"):
        CampaignLog.load(tmp_path / "log")


@pytest.mark.parametrize("cut", range(1, 13))
def test_the_first_recording_cut_off_anywhere_can_be_made_again(
    cut: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at(cut, patch)
        try:
            record(PLAN, results(), out=tmp_path / "log")
        except OSError as error:
            assert "No space left" in str(error)  # noqa: PT017  the disk may also have lasted
    record(PLAN, results(), out=tmp_path / "log")
    record(PLAN, results(), out=tmp_path / "whole")
    assert contents(tmp_path / "log") == contents(tmp_path / "whole")


def fail_at(cut: int, patch: pytest.MonkeyPatch) -> dict[str, int]:
    """Let the disk be full at the step of that number; return the count of steps."""
    steps = {"n": 0}

    def failing(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            steps["n"] += 1
            if steps["n"] == cut:
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        return call

    patch.setattr(os, "replace", failing(os.replace))
    patch.setattr(os, "fsync", failing(os.fsync))
    return steps


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_recording_cut_off_anywhere_leaves_the_log_before_or_after(
    cut: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails at the first, second ... step: whatever was acknowledged stays, and recording again mends all."""
    first, second = results(10, seed=5), results(10, seed=6)
    record(PLAN, first, out=tmp_path / "log")
    record(PLAN, second, out=tmp_path / "both")
    whole = record(PLAN, first, out=tmp_path / "both").log.frame
    with monkeypatch.context() as patch:
        steps = fail_at(cut, patch)
        try:
            record(PLAN, second, out=tmp_path / "log")
        except OSError:
            assert steps["n"] == cut
    spent = round(float(CampaignLog.load(tmp_path / "log").frame["spend"].sum()), 6)
    assert spent in {round(float(table["spend"].sum()), 6) for table in (first, whole)}
    pd.testing.assert_frame_equal(record(PLAN, second, out=tmp_path / "log").log.frame, whole)
    assert contents(tmp_path / "log") == contents(tmp_path / "both")


WRITER = """
import sys, pandas as pd
from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.experiments.loop import record
plan = CampaignPlan.load(sys.argv[1])
for k in range(int(sys.argv[3]), 60, 2):
    row = {"customer": [f"c{k:04d}"], "time": ["2026-03-03"], "spend": [1.0]}
    record(plan, pd.DataFrame(row), out=sys.argv[2])
    print(k, flush=True)
"""


def test_two_recordings_at_once_and_a_kill_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    PLAN.save(tmp_path / "plan")
    arguments = [sys.executable, "-c", WRITER, str(tmp_path / "plan"), str(tmp_path / "log")]
    writers = [subprocess.Popen([*arguments, str(k)], stdout=subprocess.PIPE, text=True) for k in (0, 1)]
    acknowledged: list[int] = []
    for writer in writers:
        assert writer.stdout is not None
        acknowledged += [int(writer.stdout.readline()) for _ in range(5)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout]
        writer.wait()
        writer.stdout.close()
    told = CampaignLog.load(tmp_path / "log").frame.set_index("customer")["spend"]
    assert len(acknowledged) >= 10
    assert [k for k in acknowledged if told[f"c{k:04d}"] != 1.0] == []
