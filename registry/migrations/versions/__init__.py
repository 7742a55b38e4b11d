"""The steps, one module each, never changed once released."""

__all__: list[str] = []
