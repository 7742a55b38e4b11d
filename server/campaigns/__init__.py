"""The loop over HTTP: plans out, results in, and what follows from them."""

__all__: list[str] = []
