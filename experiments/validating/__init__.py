"""A simulated trial of an exported policy against today's plan, planned and registered first, decided by the gate."""

from evenhand.experiments.validating.record import record_of, records_of
from evenhand.experiments.validating.validate import POPULATIONS, Validation, validate

__all__ = ["POPULATIONS", "Validation", "record_of", "records_of", "validate"]
