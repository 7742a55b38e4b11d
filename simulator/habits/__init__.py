"""What customers do of their own accord, told by their history: trips, absences, baskets.

A room inside the simulator: its modules are imported by their names, and nothing is public from here.
"""

__all__: list[str] = []
