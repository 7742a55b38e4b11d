"""What learning brings, scenario by scenario: cells that are run once, and what they add up to."""
