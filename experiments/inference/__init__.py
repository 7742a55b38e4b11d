"""What sums say of an experiment: estimates with standard errors, intervals and tests."""

from evenhand.experiments.inference.bootstrap import BootstrapInterval, poisson_bootstrap, quantile_bootstrap
from evenhand.experiments.inference.estimate import Alternative, Estimate
from evenhand.experiments.inference.groups import GroupEffects, Interaction, effects_by, interaction
from evenhand.experiments.inference.lift import fieller, lift
from evenhand.experiments.inference.means import ArmMeans, Slopes, arm_means, difference
from evenhand.experiments.inference.metrics import Metric, clustered, columns_of
from evenhand.experiments.inference.noninferiority import NonInferiority, noninferiority
from evenhand.experiments.inference.over_time import OverTime, effects_over_time
from evenhand.experiments.inference.proportions import (
    cautious,
    cautious_difference,
    proportion,
    proportion_difference,
)
from evenhand.experiments.inference.quantiles import quantile, quantile_difference
from evenhand.experiments.inference.shrinkage import Prior, Shrunken, prior_from, shrink

__all__ = [
    "Alternative",
    "ArmMeans",
    "BootstrapInterval",
    "Estimate",
    "GroupEffects",
    "Interaction",
    "Metric",
    "NonInferiority",
    "OverTime",
    "Prior",
    "Shrunken",
    "Slopes",
    "arm_means",
    "cautious",
    "cautious_difference",
    "clustered",
    "columns_of",
    "difference",
    "effects_by",
    "effects_over_time",
    "fieller",
    "interaction",
    "lift",
    "noninferiority",
    "poisson_bootstrap",
    "prior_from",
    "proportion",
    "proportion_difference",
    "quantile",
    "quantile_bootstrap",
    "quantile_difference",
    "shrink",
]
