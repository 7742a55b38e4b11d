"""What sums say of an experiment: estimates with standard errors, intervals and tests."""

from evenhand.experiments.inference.estimate import Alternative, Estimate

__all__ = ["Alternative", "Estimate"]
