"""What another segmentation would have brought, told from a log that was drawn with known chances."""

__all__: list[str] = []
