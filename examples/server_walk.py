"""A change on a policy server from a recommendation to customers and back, by two people.

Run it against a server that has a segmentation (`evenhand serve`), with the log-ins of an author (data scientist or
marketer) and of a reviewer:

    export AUTHOR_PASSWORD=... REVIEWER_PASSWORD=...
    python examples/server_walk.py http://127.0.0.1:8080 households author reviewer
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

from evenhand.client import Client
from evenhand.client.answers import Detail, Request
from evenhand.errors import ConflictError
from evenhand.segments import AssignCampaign, Segmentation


def ask_for_change(author: Client, name: str) -> Request:
    """Ask for what the policy recommends, and where it recommends nothing for a tweak of one's own."""
    today = author.segmentation(name)
    content = Segmentation.from_json(today["version"]["content"])
    print(f"Version {today['current_version']} of {name} is in force:", *today["version"]["sentences"], sep="\n  ")

    statistics = [{"segment": id, "customers": 0} for id in content.ids]  # yours come from the last campaigns
    found = author.recommend(name, statistics, version=today["current_version"])
    for best in found["items"]:
        print(f"Recommended: {best['sentence']}")
        try:
            return author.propose_recommended(found, best["tweak"])
        except ConflictError as error:  # somebody has asked for it
            print(f"  {error}")

    print(f"Nothing more is recommended. {(found['hold'] or {}).get('reason', '')}")
    segment = next(segment for segment in content.every if segment.campaign != "none")
    quiet = AssignCampaign(segment=segment.id, campaign="none")
    return author.propose(name, quiet, title=f"Leave {segment.name} alone", reason="To see what the campaign brings.")


def with_evidence(reviewer: Client, id: int, patience: float) -> Detail:
    """Read a request once it says what is foretold of it, which is simulated meanwhile, or when patience is over."""
    end = time.monotonic() + patience
    while (seen := reviewer.request(id))["predicted"] is None and time.monotonic() < end:
        time.sleep(0.5)
    return seen


def walk(author: Client, reviewer: Client, name: str, *, patience: float = 0.0) -> bool:
    """Ask, review, apply, roll back; False when more people must approve than there are here."""
    request = ask_for_change(author, name)
    seen = with_evidence(reviewer, request["id"], patience)
    print(f"Request {seen['id']} by {seen['author']}, {seen['risk']} risk:", *seen["sentences"], sep="\n  ")

    reviewer.comment(seen, "Looks sound.")
    decided = reviewer.review(seen, "approve", "The change can be undone at any time.")
    if decided["state"] != "approved":
        print(f"{decided['quorum']} people must approve it: somebody else has to look, too.")
        return False
    applied = reviewer.move(decided, "apply")
    print(f"Applied as version {applied['version']}.")

    back = reviewer.roll_back(name, "The walk is over.")
    print(f"Rolled back: version {back['current_version']} is in force, with what ran before.")
    print("Nothing changed:", author.content(name) == author.content(name, applied["base_version"]))
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Log both people in and walk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("url", "segmentation", "author", "reviewer"):
        parser.add_argument(name)
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait for evidence on the request")
    given = parser.parse_args(arguments)
    with Client(given.url) as author, Client(given.url) as reviewer:
        author.log_in(given.author, os.environ["AUTHOR_PASSWORD"])
        reviewer.log_in(given.reviewer, os.environ["REVIEWER_PASSWORD"])
        walk(author, reviewer, given.segmentation, patience=given.patience)


if __name__ == "__main__":
    main()
