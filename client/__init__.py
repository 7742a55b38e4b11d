"""Work with a policy server from Python: `Client(url, key=...)`, or `log_in` as a person."""

from evenhand.client.client import Client

__all__ = ["Client"]
