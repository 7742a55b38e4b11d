"""View models filled from the registry and the customers at hand; what is not known is said, never made up."""

__all__: list[str] = []
