"""What recommends: businesses as they stand, their champions, and evidence that is simulated on the side."""

__all__: list[str] = []
