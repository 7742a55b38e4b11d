"""One pass over data: counts, means and centred co-moments per arm, segment and group."""

__all__: list[str] = []
