"""Campaign plans, what came back of them, and observations: the memory of the loop. Rows are personal data.

Each command takes the connection of a writing transaction, who acts and what time it is, and appends one row to the
audit log and one event, without a customer in it.
"""

from evenhand.registry.campaigns.counting import Cell, Stamp, cells_of, stamp_of, stayed
from evenhand.registry.campaigns.forgetting import Contact, contacts_of, forget
from evenhand.registry.campaigns.observations import Observation, observe, observed, observed_all
from evenhand.registry.campaigns.plans import (
    Plan,
    Row,
    check_rows,
    complete,
    count_rows,
    every,
    get,
    keep,
    of_request,
    rows_of,
    withdraw,
)
from evenhand.registry.campaigns.results import Result, Tally, add, answered, believed, refused
from evenhand.registry.campaigns.retention import expire, is_due

__all__ = [
    "Cell",
    "Contact",
    "Observation",
    "Plan",
    "Result",
    "Row",
    "Stamp",
    "Tally",
    "add",
    "answered",
    "believed",
    "cells_of",
    "check_rows",
    "complete",
    "contacts_of",
    "count_rows",
    "every",
    "expire",
    "forget",
    "get",
    "is_due",
    "keep",
    "observe",
    "observed",
    "observed_all",
    "of_request",
    "refused",
    "rows_of",
    "stamp_of",
    "stayed",
    "withdraw",
]
