"""A program's or a person's way to the policy server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, cast

import httpx

from evenhand.client.answers import (
    Decision,
    DecisionRecord,
    Detail,
    Me,
    Place,
    Recommendations,
    Request,
    Requests,
    Segmentation,
    Version,
)
from evenhand.client.campaigns import Campaigns
from evenhand.client.wire import Wire
from evenhand.segments import Segmentation as Content
from evenhand.segments import Tweak

__all__ = ["Client"]

Move = Literal["submit", "rebase", "apply", "start", "resume", "finish"]
Brake = Literal["pause", "stop", "withdraw", "roll-back"]
Verdict = Literal["approve", "reject", "request_changes"]


class Client(Campaigns):
    """A policy server, by an API key or a log-in; close it, or use it in a `with`.

    Reads answer plain data (`answers`). A write that acts on a request takes the request as it was read, and is
    refused when somebody changed it since: ConflictError. MissingError, RefusedError, DataError and UnavailableError
    say what the server says. While the server is away each call is tried again, up to `tries` times, and a write is
    still done once.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float = 30.0,
        tries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._wire = Wire(self._http, tries=tries, sleep=sleep)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------ oneself

    def log_in(self, name: str, password: str) -> Me:
        """Open a session; later writes carry its token."""
        me = cast(Me, self._wire.write("POST", "/v1/login", {"name": name, "password": password}))
        self._http.headers["X-CSRF-Token"] = me["csrf"] or ""
        return me

    def me(self) -> Me:
        """Say who one is and what one may do."""
        return cast(Me, self._wire.get("/v1/me"))

    # ------------------------------------------------------------------------------------------ segmentations

    def segmentations(self) -> list[str]:
        """Return the names of all segmentations."""
        names, after = list[str](), ""
        while True:
            page = self._wire.get("/v1/segmentations", after=after, limit=500)
            names += [item["name"] for item in page["items"]]
            if page["next"] is None:
                return names
            after = page["next"]

    def segmentation(self, name: str) -> Segmentation:
        """Return a segmentation with the version in force."""
        return cast(Segmentation, self._wire.get(f"/v1/segmentations/{name}"))

    def content(self, name: str, number: int | None = None) -> Content:
        """Return the content of the version in force, or of another one."""
        version = self.segmentation(name)["version"] if number is None else self.version(name, number)
        return Content.from_json(version["content"])

    def version(self, name: str, number: int) -> Version:
        """Return one version."""
        return cast(Version, self._wire.get(f"/v1/segmentations/{name}/versions/{number}"))

    def create(self, name: str, content: Content, *, title: str = "") -> None:
        """Create a segmentation; its first version is in force at once."""
        self._wire.write("POST", "/v1/segmentations", {"name": name, "title": title, "content": content.to_dict()})

    def diff(self, name: str, old: int, new: int) -> list[str]:
        """Return in sentences what changes from one version to another."""
        sentences: list[str] = self._wire.get(f"/v1/segmentations/{name}/diff", **{"from": old, "to": new})["sentences"]
        return sentences

    def freeze(self, name: str, reason: str) -> None:
        """Turn the kill switch on."""
        self._wire.write("POST", f"/v1/segmentations/{name}/freeze", {"reason": reason})

    def unfreeze(self, name: str, reason: str) -> None:
        """Turn the kill switch off; a second person does."""
        self._wire.write("POST", f"/v1/segmentations/{name}/unfreeze", {"reason": reason})

    def roll_back(self, name: str, reason: str) -> Segmentation:
        """Undo the newest change at once, in an emergency."""
        return cast(Segmentation, self._wire.write("POST", f"/v1/segmentations/{name}/rollback", {"reason": reason}))

    # ----------------------------------------------------------------------------------------------- requests

    def recommend(
        self, name: str, statistics: Sequence[Mapping[str, Any]] | int, *, version: int, count: int = 3
    ) -> Recommendations:
        """Ask for the next tweaks, given fresh statistics of every segment, or the id of an observation with them."""
        told = {"observation": statistics} if isinstance(statistics, int) else {"segments": list(statistics)}
        body = {"version": version, "count": count, **told}
        return cast(Recommendations, self._wire.write("POST", f"/v1/segmentations/{name}/recommendations", body))

    def propose(
        self,
        name: str,
        change: Tweak | Content | int,
        *,
        title: str,
        reason: str,
        share: float | None = None,
        base_version: int | None = None,
        draft: bool = False,
    ) -> Request:
        """Ask for a tweak, for a whole edited segmentation, or to go back to the version of a number."""
        kind = "rollback" if isinstance(change, int) else "edit" if isinstance(change, Content) else "tweak"
        form = {"version": change} if isinstance(change, int) else change.to_dict()
        body = {"segmentation": name, "kind": kind, "change": form, "title": title, "reason": reason, "share": share,
                "base_version": base_version, "draft": draft}  # fmt: skip
        return cast(Request, self._wire.write("POST", "/v1/change-requests", body))

    def propose_recommended(
        self, found: Recommendations, tweak: Mapping[str, Any] | None = None, *, share: float | None = None
    ) -> Request:
        """Ask for a tweak, or without one for the plan, exactly as it was recommended: the policy is its author."""
        named = None if tweak is None else dict(tweak)
        body = {"segmentation": found["segmentation"], "recommendation": found["audit"], "tweak": named}
        return cast(Request, self._wire.write("POST", "/v1/change-requests/recommended", {**body, "share": share}))

    def requests(self, *, after: str | None = None, limit: int = 50, **filters: Any) -> Requests:
        """Return the requests that match (`state`, `segmentation`, `author`, `waiting_for`, `risk`), newest first."""
        return cast(Requests, self._wire.get("/v1/change-requests", after=after, limit=limit, **filters))

    def request(self, id: int) -> Detail:
        """Return a request with what a reviewer looks at."""
        return cast(Detail, self._wire.get(f"/v1/change-requests/{id}"))

    def edit(self, request: Request, **changes: Any) -> Request:
        """Put other content in its place (`kind`, `change`, `title`, `reason`, `share`); approvals are void."""
        path, revision = _path(request), request["revision"]
        return cast(Request, self._wire.write("PATCH", path, changes, revision=revision))

    def review(
        self, request: Request, verdict: Verdict, reason: str = "", *, on_behalf_of: str | None = None
    ) -> Request:
        """Judge a request as it was read."""
        body = {"verdict": verdict, "reason": reason, "on_behalf_of": on_behalf_of}
        path = f"{_path(request)}/reviews"
        return cast(Request, self._wire.write("POST", path, body, revision=request["revision"]))

    def comment(self, request: Request, text: str) -> None:
        """Say something about a request."""
        self._wire.write("POST", f"{_path(request)}/comments", {"text": text})

    def move(self, request: Request, verb: Move) -> Request:
        """Take a request as it was read one step further."""
        path = f"{_path(request)}/{verb}"
        return cast(Request, self._wire.write("POST", path, revision=request["revision"]))

    def schedule(self, request: Request, at: str) -> Request:
        """Let an approved request come by itself; `at` is an instant in ISO 8601 with its zone."""
        path = f"{_path(request)}/schedule"
        return cast(Request, self._wire.write("POST", path, {"at": at}, revision=request["revision"]))

    def brake(self, request: Request, verb: Brake, reason: str) -> Request:
        """Pause, stop, withdraw or undo a request, whatever happened to it since it was read."""
        return cast(Request, self._wire.write("POST", f"{_path(request)}/{verb}", {"reason": reason}))

    # ----------------------------------------------------------------------------------------------- policies

    def decisions(self, policy: str) -> list[Decision]:
        """Return what the promotion gate decided on a policy, the oldest first."""
        found, after = list[Decision](), 0
        while True:
            page = self._wire.get(f"/v1/policies/{policy}/decisions", after=after, limit=500)
            found += page["items"]
            if page["next"] is None:
                return found
            after = int(page["next"])

    def decision(self, policy: str, number: int) -> DecisionRecord:
        """Return one decision with the record that it stands on, which never changes."""
        return cast(DecisionRecord, self._wire.get(f"/v1/policies/{policy}/decisions/{number}"))

    # ---------------------------------------------------------------------------------------------- customers

    def write_customers(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Write up to 1,000 customers (`key`, `features`, `protected`, `consent`), and return how many are new."""
        return int(self._wire.write("POST", "/v1/customers", {"rows": list(rows)})["new"])

    def place(self, key: str, segmentation: str) -> Place:
        """Return which segment a customer is in, why, and what would move them."""
        return cast(Place, self._wire.get(f"/v1/customers/{key}/segment", segmentation=segmentation))


def _path(request: Request) -> str:
    return f"/v1/change-requests/{request['id']}"
