"""A customer table on its way in over the pages: kept aside, read in a process of its own, described, taken over."""

__all__: list[str] = []
