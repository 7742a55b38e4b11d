from __future__ import annotations

from typing import Any

import pytest
from tests.experiments.gate.evidences import EVEN, GOOD, effect, evidence, registered
from tests.experiments.trial.plans import DRAFT

from evenhand.experiments.gate import Decision, decide

UNFAIR = {**EVEN, "low": {"n": 6000, "positive": 1200}}


def counts(treatment: dict[str, Any], control: dict[str, Any] = EVEN) -> dict[str, Any]:
    return {
        "fairness": [{"attribute": "income", "criterion": "benefit", "control": control, "treatment": treatment}],
    }


def check(name: str, status: str) -> dict[str, Any]:
    return {"integrity": [*GOOD["integrity"], {"name": name, "status": status, "what": "What was seen."}]}


def decision(**changes: Any) -> Decision:
    plan = registered()
    return decide(plan, evidence(plan, **changes))


def test_a_good_trial_ships_and_says_why_and_on_what() -> None:
    found = decision()
    assert (found.verdict, found.level) == ("SHIP", "proven")
    assert found.reasons[0].startswith("orders is shown to be better: 4.00 standard errors")
    assert [test.of for test in found.tests if test.question == "non-inferior"] == [
        "margin", "unsubscribed", "low against middle (income, benefit)", "middle against low (income, benefit)",
    ]  # fmt: skip
    assert "All numbers are live." in found.remarks


@pytest.mark.parametrize(("origin", "level"), [("simulated", "validated"), ("live", "proven")])
def test_only_live_evidence_proves(origin: str, level: str) -> None:
    assert decision(origin=origin).level == level


def test_groups_too_small_to_test_are_never_passed_but_named() -> None:
    found = decision()
    assert found.untested == ("low and high (income, benefit)", "middle and high (income, benefit)")
    assert not [test for test in found.tests if "high" in test.of and test.question != "harmed"]
    assert found.remarks[0].startswith("Not enough data, neither passed nor failed: low and high")


STOPS: dict[str, tuple[dict[str, Any], str]] = {
    "primary": (effect("orders", -0.012, 0.003), "orders"),
    "guardrail": (effect("margin", -0.25, 0.03), "margin"),
    "guardrail that should fall": (effect("unsubscribed", 0.02, 0.002), "unsubscribed"),
    "fairness": (counts(UNFAIR), "low against middle"),
    "a group too small to be tested": (counts({**EVEN, "high": {"n": 1000, "positive": 0}}), "high against low"),
}


@pytest.mark.parametrize("case", STOPS)
def test_harm_beyond_a_margin_stops(case: str) -> None:
    changes, name = STOPS[case]
    found = decision(**changes)
    assert (found.verdict, found.level) == ("STOP", "candidate")
    assert found.reasons[0].startswith(f"Harm beyond its margin: {name}")


def test_harm_is_seen_even_in_a_trial_that_is_invalid() -> None:
    found = decision(**effect("orders", -0.012, 0.003), plan_sha256="0" * 64)
    assert found.verdict == "STOP"
    assert any("another plan" in remark for remark in found.remarks)


def test_harm_alarms_are_corrected_for_their_number() -> None:
    """-2.4 standard errors would be harm (2.01 is needed at the end) were it the only test; among nine it is not."""
    changes = effect("orders", -0.0072, 0.003)
    found = decision(**changes)
    assert found.verdict == "HOLD"
    harm = [test for test in found.tests if test.question == "harmed"]
    assert len(harm) == 9
    assert harm[0].of == "orders"
    assert harm[0].needed is not None
    assert harm[0].needed > 2.4
    alone = registered(guardrails=[], fairness=[])
    assert decide(alone, evidence(alone, **changes)).verdict == "STOP"


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "another plan": ({"plan_sha256": "0" * 64}, "another plan"),
    "another policy": ({"policy_sha256": "c" * 64}, "did not get what was planned"),
    "no such arm": ({"arm": "finest", "units": {"today": 5, "finest": 5}}, "no challenger 'finest'"),
    "data before the plan": ({"start": "2026-02-20"}, "before the plan was registered on 2026-03-01"),
    "sample ratio": (check("sample ratio", "failed"), "What was seen."),
    "imbalance": (check("balance before the trial", "failed"), "What was seen."),
    "missing values": (check("missing values of margin", "failed"), "What was seen."),
    "nobody looked": ({"integrity": []}, "Nobody tested whether units are split"),
    "nobody counted what is missing": ({"integrity": GOOD["integrity"][:1]}, "Nobody counted what is missing"),
    "nobody knows what is missing": (
        {"integrity": [GOOD["integrity"][0], {**GOOD["integrity"][1], "status": "not enough data"}]},
        "Nobody counted what is missing",
    ),
    "more information than units": (
        {"units": {"today": 18_010, "finer": 17_990}},
        "claims 100% of the planned information, by 36,000 of 40,000 planned units",
    ),
    "no primary": ({"metrics": GOOD["metrics"][1:]}, "no result for the primary metric 'orders'"),
    "no guardrail": ({"metrics": GOOD["metrics"][:2]}, "no result for the guardrail 'unsubscribed'"),
    "no lift": (
        {"metrics": [GOOD["metrics"][0], {**GOOD["metrics"][1], "lift": None}, GOOD["metrics"][2]]},
        "guardrail 'margin' as a lift",
    ),
    "no counts": ({"fairness": []}, "no counts of benefit by income"),
    "a group is gone": (counts({"low": EVEN["low"]}, {"low": EVEN["low"]}), "testable group 'middle'"),
    "split otherwise than the check says": (
        {"units": {"today": 1000, "finer": 39_000}},
        "Units are not split as planned",
    ),
    "units of no arm": ({"units": {**GOOD["units"], "third": 9}}, "no arm 'third'"),
    "more units in groups than in an arm": (
        {"units": {"today": 300, "finer": 300}},
        "hold 17,000 units of 'today', which has 300",
    ),
    "an arm is empty": ({"units": {"today": 100}}, "No units of arm 'finer'"),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_trial_that_was_not_run_as_planned_is_invalid(case: str) -> None:
    changes, reason = INVALID[case]
    found = decision(**changes)
    assert found.verdict == "INVALID"
    assert reason in " ".join(found.reasons)


CERTAIN: dict[str, Any] = {
    "metrics": [
        {"metric": "orders", "difference": {"value": 50.0, "se": 0.003}},
        {**GOOD["metrics"][1], "lift": {"value": 0.5, "se": 0.001}},
        {"metric": "unsubscribed", "difference": {"value": -0.5, "se": 0.001}},
    ],
    "units": {"today": 20_000_000, "finer": 20_000_000},
    **counts(
        *[{"low": {"n": 6_000_000, "positive": 1_800_000}, "middle": {"n": 10_000_000, "positive": 3_000_000}}] * 2
    ),
}
HOLDS: dict[str, tuple[dict[str, Any], str]] = {
    "an early look without any doubt": ({**CERTAIN, "looks": [0.01]}, "no error rate left to spend"),
    "after the end without any doubt": ({**CERTAIN, "looks": [1.0, 1.2]}, "no error rate left to spend"),
    "no effect": (effect("orders", 0.003, 0.003), "No primary metric is shown to be better: orders is 1.00"),
    "guardrail unclear": (effect("margin", -0.05, 0.04), "margin is not shown to be within its margin"),
    "fairness unclear": (counts({**EVEN, "low": {"n": 6000, "positive": 1560}}), "low against middle"),
    "too short": ({"until": "2026-03-22"}, "span 21 days of the planned 28"),
    "support": (
        {"support": {"name": "support", "status": "failed", "what": "The logs never did this."}},
        "No support: The logs never did this.",
    ),
    "an early look": ({"looks": [0.01]}, "this look has no error rate left to spend"),
    "after the end": ({"looks": [1.0, 1.2]}, "this look has no error rate left to spend"),
}


@pytest.mark.parametrize("case", HOLDS)
def test_what_is_not_shown_holds_with_the_reason(case: str) -> None:
    changes, reason = HOLDS[case]
    found = decision(**changes)
    assert found.verdict == "HOLD"
    assert reason in " ".join(found.reasons)


@pytest.mark.parametrize("looks", [[0.3], [0.5, 1.0], [1.0, 1.2, 1.5]])
def test_harm_is_seen_at_any_look_early_or_long_after_the_planned_end(looks: list[float]) -> None:
    assert decision(**effect("orders", -0.015, 0.003), looks=looks).verdict == "STOP"


def test_a_group_that_one_arm_lacks_is_a_fault_that_hides_no_harm() -> None:
    gone = {group: tally for group, tally in EVEN.items() if group != "middle"}
    assert decision(**counts(gone)).verdict == "INVALID"
    assert decision(**counts(gone), **effect("orders", -0.012, 0.003)).verdict == "STOP"


@pytest.mark.parametrize(("value", "verdict"), [(50.0, "SHIP"), (-50.0, "STOP")])
def test_effects_beyond_any_doubt_are_no_trouble(value: float, verdict: str) -> None:
    found = decision(**effect("orders", value, 0.003))
    assert found.verdict == verdict
    assert max(abs(test.z) for test in found.tests) == 40


def test_logged_evidence_needs_support_and_validates() -> None:
    assert "support" in decision(origin="logged").reasons[0]
    fine = {"name": "support", "status": "ok", "what": "Effective sample size 5,000."}
    found = decision(origin="logged", support=fine)
    assert (found.verdict, found.level) == ("SHIP", "validated")


def test_early_looks_ask_for_more() -> None:
    strong, early = effect("orders", 0.0087, 0.003), {"looks": [0.25, 0.5]}
    assert decision(**strong).verdict == "SHIP"
    held = decision(**strong, **early)
    assert held.verdict == "HOLD"
    assert "2.96 are needed at this look" in " ".join(held.reasons)


def test_several_primaries_need_one_of_them_by_holm() -> None:
    metrics = [{**a, "effect": 0.01} for a in DRAFT["expected"]["metrics"]]
    plan = registered(primary=["orders", "margin"], guardrails=[], expected={**DRAFT["expected"], "metrics": metrics})
    one = decide(plan, evidence(plan, **effect("orders", 0.0068, 0.003)))  # z 2.27: 2.02 for one, 2.28 for two
    assert one.verdict == "HOLD"
    assert decide(plan, evidence(plan, **effect("orders", 0.0075, 0.003))).verdict == "SHIP"


def test_few_degrees_of_freedom_are_taken_into_account() -> None:
    few = {"value": 0.0066, "se": 0.003, "df": 4}
    metrics = [{"metric": "orders", "difference": few}, *GOOD["metrics"][1:]]
    assert decision(metrics=metrics).verdict == "HOLD"
    assert decision(metrics=[{"metric": "orders", "difference": {**few, "df": None}}, *metrics[1:]]).verdict == "SHIP"


def test_warnings_are_passed_on_and_do_not_decide() -> None:
    found = decision(**check("interference", "warning"))
    assert found.verdict == "SHIP"
    assert "What was seen." in found.remarks


def test_where_the_plan_has_covariates_balance_must_be_tested() -> None:
    plan = registered(covariates=["visits_before"])
    found = decide(plan, evidence(plan))
    assert found.verdict == "INVALID"
    assert "alike by the plan's covariates" in found.reasons[0]
    for status, verdict in (("ok", "SHIP"), ("not enough data", "SHIP"), ("failed", "INVALID")):
        assert decide(plan, evidence(plan, **check("balance before the trial", status))).verdict == verdict


def test_simulated_evidence_may_come_from_fewer_units_than_planned() -> None:
    assert decision(origin="simulated", units={"today": 17_300, "finer": 17_300}).verdict == "SHIP"


def test_a_last_look_spends_what_is_left_once_the_planned_weeks_are_over() -> None:
    few = {"looks": [0.4], "final": True, **effect("orders", 0.0075, 0.003)}  # z 2.5: 1.96 for a last look, else 3.36
    over = decision(**few)
    assert over.verdict == "SHIP"
    assert any("at 40% of the planned information no look will follow" in remark for remark in over.remarks)
    early = decision(**few, until="2026-03-22")
    assert next(test.needed or 0 for test in early.tests if test.question == "superior") > 3
    assert any("counts once the planned weeks are over" in remark for remark in early.remarks)
    assert decision(**{**few, "final": False}).verdict == "HOLD"
