"""A typed client of the policy server."""

__all__: list[str] = []
