"""What learning brings, scenario by scenario: cells that are run once, and what they add up to.

Its modules are imported by their names; `benchmarks/bench_learning.py` runs them. Start at `cells.py`.
"""

__all__: list[str] = []
