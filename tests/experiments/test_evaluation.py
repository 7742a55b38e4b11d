"""Evidence: same customers and luck for everyone, against the best fair alternative."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.conftest import Business

from evenhand.agents import Hold, RandomValid
from evenhand.envs import Setup, build_setup
from evenhand.errors import DataError
from evenhand.experiments.evaluation import Entrant, Evaluation, evaluate_entrants
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.opponents import Opponents, entrants
from evenhand.experiments.paired import compare
from evenhand.experiments.report import Comparison, Gap, PolicyEvidence
from evenhand.fairness import EqualOpportunity


def evaluated(business: Business, *entering: Entrant, seed: int = 0, setup: Setup | None = None) -> Evaluation:
    return evaluate_entrants(
        entering, business.simulator, setup or business.setup, populations=6, n_customers=100, seed=seed
    )


def of_today(business: Business, name: str = "today") -> Entrant:
    return Entrant(name, name, Hold(), business.setup, kind="today")


def learned(business: Business, name: str = "learned") -> Entrant:
    """Greedy plays the learned policy: who it is makes no difference to the comparison."""
    return Entrant(name, name, business.greedy, business.setup, kind="learned")


def test_whoever_enters_twice_gets_the_same_twice(business: Business) -> None:
    found = evaluated(business, learned(business, "one"), of_today(business), learned(business, "two"))
    np.testing.assert_array_equal(found.profits["one"], found.profits["two"])
    np.testing.assert_array_equal(found.gaps["one"], found.gaps["two"])
    one, _, two = found.policies
    assert one.model_copy(update={"name": "two", "label": "two"}) == two


def test_company_and_order_change_nothing(business: Business) -> None:
    alone = evaluated(business, of_today(business))
    among = evaluated(business, Entrant("random", "random", RandomValid(), business.setup), of_today(business))
    np.testing.assert_array_equal(alone.profits["today"], among.profits["today"])
    other = evaluated(business, of_today(business), seed=1)
    assert (alone.profits["today"] != other.profits["today"]).all()


def test_every_criterion_is_measured_and_a_limit_stands_where_one_was_set(business: Business) -> None:
    asked = build_setup(business.simulator, business.today, constraints=[EqualOpportunity("age", 0.2)], horizon=6)
    parity, opportunity = evaluated(business, of_today(business)), evaluated(business, of_today(business), setup=asked)
    (by_parity,), (by_opportunity,) = parity.policies, opportunity.policies
    limited = [
        {name: gaps["age"].tolerance for name, gaps in _criteria(p).items()} for p in (by_parity, by_opportunity)
    ]
    assert limited[0] == {"gap": business.settings.tolerance, "opportunity": None, "odds": None}
    assert limited[1] == {"gap": None, "opportunity": 0.2, "odds": None}
    assert 0 < by_parity.opportunity["age"].mean <= by_parity.odds["age"].mean
    np.testing.assert_allclose(opportunity.gaps["today"].mean(), by_opportunity.opportunity["age"].mean)


def _criteria(policy: PolicyEvidence) -> dict[str, dict[str, Gap]]:
    return {"gap": policy.gap, "opportunity": policy.opportunity, "odds": policy.odds}


def test_pairs_share_their_luck(business: Business) -> None:
    """So the differences spread less than those of populations that have nothing to do with each other."""
    profits = evaluated(business, of_today(business), learned(business)).profits
    other = evaluated(business, of_today(business), seed=1).profits
    paired, unpaired = (profits["learned"] - one["today"] for one in (profits, other))
    assert paired.std() < unpaired.std()
    assert np.corrcoef(profits["learned"], profits["today"])[0, 1] > 0.5


def test_the_comparison_is_with_the_best_feasible_other(business: Business) -> None:
    """A tolerance between the gaps: who earns more beyond it does not count, whatever it earns."""
    dear = replace(business.setup, charges=replace(business.setup.charges, edit=1.0))
    entering = (
        of_today(business),
        Entrant("poor", "poor", RandomValid(), dear),
        Entrant("rich", "rich", business.greedy, replace(business.setup, shield=False)),
        learned(business),
    )
    free = evaluated(business, *entering, setup=replace(business.setup, constraints=()))
    means = {name: float(values.mean()) for name, values in free.profits.items()}
    best = max((name for name in means if name != "learned"), key=lambda name: means[name])
    expected = compare(free.profits["learned"], free.profits[best], seed=0)
    assert free.comparison == Comparison.of(best, expected)
    assert all(policy.feasible and policy.feasible_share == 1.0 for policy in free.policies)

    constraint = business.setup.parity
    assert constraint is not None
    gaps = evaluated(business, *entering).gaps
    order = sorted(gaps, key=lambda name: float(np.quantile(gaps[name], 0.95)))
    strict = replace(constraint, tolerance=float(gaps[order[0]].max()) + 1e-9)
    found = evaluated(business, *entering, setup=replace(business.setup, constraints=(strict,)))
    fair = {policy.name for policy in found.policies if policy.feasible}
    assert order[0] in fair
    rivals = fair - {"learned"}
    if rivals:
        assert found.comparison is not None
        assert found.comparison.baseline == max(rivals, key=lambda name: means[name])
    else:
        assert found.comparison is None
    for policy in found.policies:
        assert policy.feasible_share == pytest.approx(float((found.gaps[policy.name] <= strict.tolerance).mean()))


def test_without_a_fair_alternative_nothing_is_compared(business: Business) -> None:
    constraint = business.setup.parity
    assert constraint is not None
    impossible = replace(business.setup, constraints=(replace(constraint, tolerance=-1.0),))
    assert evaluated(business, of_today(business), learned(business), setup=impossible).comparison is None
    assert evaluated(business, of_today(business)).comparison is None


def test_two_of_a_name_are_refused(business: Business) -> None:
    with pytest.raises(DataError, match="two entrants share a name: today, today"):
        evaluated(business, of_today(business), of_today(business))


def test_it_comes_back_from_json_as_it_was(business: Business) -> None:
    found = evaluated(business, of_today(business), learned(business))
    again = Evaluation.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.to_dict() == found.to_dict()
    assert (again.policies, again.comparison) == (found.policies, found.comparison)
    np.testing.assert_array_equal(again.profits["learned"], found.profits["learned"])
    without = evaluated(business, of_today(business))
    assert Evaluation.from_dict(without.to_dict()).comparison is None


def test_it_shows_itself_as_table_and_picture(business: Business) -> None:
    found = evaluated(business, of_today(business), learned(business))
    table = found.table()
    assert table["profit"].is_monotonic_decreasing
    assert set(table.index) == {"today", "learned"}
    assert "age gap" in repr(found)
    assert len(found.plot().axes[0].get_legend_handles_labels()[1]) == 2
    free = evaluated(business, of_today(business), setup=replace(business.setup, constraints=()))
    assert not free.plot().axes[0].get_legend_handles_labels()[1]


def test_everyone_enters_under_a_name_of_their_own(business: Business, shop_study: StudyFolder) -> None:
    opponents = Opponents.from_dict(shop_study.read_plain("opponents.json"), business.setup)
    rows = entrants(business.setup, business.greedy.layout, opponents, shop_study.policies())
    assert [row.name for row in rows][-2:] == ["learned", "learned-seed-2"]
    assert len({row.name for row in rows}) == len(rows) == 11
    assert [row.kind for row in rows].count("learned") == 2
    assert not next(row for row in rows if row.name == "greedy").setup.shield
    assert json.dumps(opponents.to_dict(), sort_keys=True) == json.dumps(
        Opponents.from_dict(opponents.to_dict(), business.setup).to_dict(), sort_keys=True
    )
