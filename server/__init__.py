"""The policy server: recommendations, change requests and audit over HTTP, and the pages of reviewers."""

__all__: list[str] = []
