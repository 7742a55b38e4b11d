"""What contact does, told by a campaign log: was it randomised, and how do customers answer?

A room inside the simulator: its modules are imported by their names, and nothing is public from here.
"""

__all__: list[str] = []
