"""What `bench_server.py` serves: the demo households in 12 segments, with a policy that was trained for a minute.

    python benchmarks/bench_server_study.py STUDY HOME

STUDY is made once and kept. HOME becomes a fresh data folder of a server: a migrated SQLite database, the study loaded,
its policy validated and crowned, and a key for a program. The gate's verdict is written in by hand: how good the policy
is does not matter to how fast it answers. Prints one JSON line: the key, and statistics to ask with.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evenhand.customers import Customers, demo_customers
from evenhand.experiments import steps
from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.settings import StudySettings
from evenhand.registry import policies
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.identity import add_user, create_key
from evenhand.registry.migrations import migrate
from evenhand.segments import Condition, RuleGroup, Segment, Segmentation, content_hash
from evenhand.server.auth.permissions import permissions_of
from evenhand.server.deps import utc_now
from evenhand.server.importing import load_study
from evenhand.server.settings import ServerSettings

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # of a policy that leaves this machine nowhere
NAME, ACTOR = "winter", Actor("system", "benchmark")
# (id, campaign, least days since the last purchase, least trips a month, least spend a trip)
SEGMENTS = (
    ("lapsed", "C", 60, 0, 0),
    ("cooling", "B", 21, 0, 0),
    ("best", "A", 0, 8, 40),
    ("frequent_middle", "A", 0, 8, 25),
    ("frequent_small", "B", 0, 8, 0),
    ("steady_large", "A", 0, 4, 40),
    ("steady_middle", "B", 0, 4, 25),
    ("steady_small", "C", 0, 4, 0),
    ("seldom_large", "B", 0, 2, 40),
    ("seldom_middle", "C", 0, 2, 25),
    ("seldom_small", "none", 0, 2, 0),
)
FIELDS = ("recency_days", "trips_per_month", "spend_per_trip")


def main() -> None:
    """Make what is missing, and a fresh home."""
    study, home = map(Path, sys.argv[1:])
    if not (study / "export").is_dir():
        make_study(StudyFolder(study))
    print(json.dumps(make_home(study, home)))


def today(customers: Customers) -> Segmentation:
    """Return the 12 segments, the default one too."""
    segments = []
    for id_, campaign, *least in SEGMENTS:
        conditions = [
            Condition(field=field, operator=">=", value=value)
            for field, value in zip(FIELDS, least, strict=True)
            if value
        ]
        name = id_.replace("_", " ").capitalize()
        segments.append(Segment(id=id_, name=name, rule=RuleGroup(rules=tuple(conditions)), campaign=campaign))
    default = Segment(id="rare", name="Rare", campaign="none")
    return Segmentation(catalogue=customers.catalogue, segments=tuple(segments), default=default)


def make_study(folder: StudyFolder) -> None:
    """Take every step of a tiny study."""
    customers = demo_customers()
    steps.ingest_step(folder, customers, today=today(customers))
    steps.calibrate_step(folder, TINY)
    steps.train_step(folder, TINY)
    steps.evaluate_step(folder)
    export_step(folder, key=KEY)


TINY = StudySettings.preset("tiny")


def make_home(study: Path, home: Path) -> dict[str, Any]:
    """Set a server's folder up, and return what its clients need."""
    url, now = ServerSettings(data_dir=home).database, utc_now()
    migrate(url)
    with Database.open(url) as database:
        loaded = load_study(
            study, NAME, database=database, data_dir=home, key=KEY.public_key(), actor=ACTOR, now=now
        )  # fmt: skip
        assert loaded.policy is not None
        decided: dict[str, Any] = {"policy_sha256": loaded.policy.sha256,
                                   "decision": {"verdict": "SHIP", "level": "validated"}}  # fmt: skip
        scopes = permissions_of(["service"])
        with database.writing() as connection:
            record = {**decided, "sha256": content_hash(decided)}
            policies.decide(connection, loaded.policy.id, record, actor=ACTOR, now=now)
            policies.crown(connection, NAME, loaded.policy.id, actor=ACTOR, now=now)
            add_user(connection, "crm", roles=["service"], actor=ACTOR, now=now)
            text, _ = create_key(
                connection, "crm", name="benchmark", scopes=scopes, permitted=scopes, life=timedelta(days=1),
                actor=ACTOR, now=now,
            )  # fmt: skip
    return {"key": text, "segmentation": NAME, **told(StudyFolder(study))}


def told(study: StudyFolder) -> dict[str, Any]:
    """Return ids and sizes of the segments, the campaigns that are sent, and keys of customers."""
    customers, segmentation = study.customers(), study.today()
    places = segmentation.assign(customers.frame)
    return {
        "segments": [[s.id, int((places == k).sum())] for k, s in enumerate(segmentation.every)],
        "campaigns": [campaign.id for campaign in segmentation.catalogue.campaigns if campaign.channel],
        "customers": [str(key) for key in customers.frame.index],
    }


if __name__ == "__main__":
    main()
