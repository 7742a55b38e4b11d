"""A small segmentation on the server of a test, and the shortest way through a change of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from tests.server.client import Client

from evenhand.registry.identity import Role
from evenhand.server.schemas.segmentations import EXAMPLE

__all__ = ["LOW", "QUIET", "Winter"]

QUIET = {"op": "assign_campaign", "segment": "lapsed", "campaign": "none"}
LOW = {"customers_share": 0.01, "margin_used": 0.1}


class Winter(NamedTuple):
    """Clients of every role, on a server that has the segmentation `winter`."""

    by: dict[Role, Client]

    @classmethod
    def begun(cls, keys: dict[Role, str], connect: Callable[..., Client]) -> Winter:
        """Create the segmentation."""
        winter = cls({role: connect(key) for role, key in keys.items()})
        made = winter.by["marketer"].post("/v1/segmentations", json={"name": "winter", "content": EXAMPLE})
        assert made.status_code == 201, made.text
        return winter

    def propose(self, role: Role = "marketer", **other: Any) -> dict[str, Any]:
        """Ask for a change of low risk and return the request."""
        body = {"segmentation": "winter", "kind": "tweak", "change": QUIET, "title": "Quiet", "reason": "They leave."}
        made = self.by[role].post("/v1/change-requests", json=body | other)
        assert made.status_code == 201, made.text
        url = f"/v1/change-requests/{made.json()['id']}/predicted"
        found = self.by["service"].put(url, json={"document": LOW})
        assert found.status_code == 200, found.text
        answered: dict[str, Any] = found.json()
        return answered

    def act(self, request: dict[str, Any], verb: str, role: Role = "reviewer", body: Any = None) -> httpx.Response:
        """Do something with the revision of a request that was read."""
        given = {} if body is None else {"json": body}
        url = f"/v1/change-requests/{request['id']}/{verb}"
        return self.by[role].post(url, headers={"If-Match": f'"{request["revision"]}"'}, **given)

    def approve(self, request: dict[str, Any], role: Role = "reviewer") -> httpx.Response:
        return self.act(request, "reviews", role, {"verdict": "approve"})

    def applied(self, **other: Any) -> dict[str, Any]:
        """Return a request that went all the way."""
        approved = self.approve(self.propose(**other))
        assert approved.status_code == 200, approved.text
        done = self.act(approved.json(), "apply")
        assert done.status_code == 200, done.text
        answered: dict[str, Any] = done.json()
        return answered

    def campaign(self, version: int | None = None) -> str:
        """Return the campaign of the segment `lapsed`, in force or in a version."""
        reader = self.by["auditor"]
        if version is None:
            content = reader.get("/v1/segmentations/winter").json()["version"]["content"]
        else:
            content = reader.get(f"/v1/segmentations/winter/versions/{version}").json()["content"]
        campaign: str = content["segments"][0]["campaign"]
        return campaign
