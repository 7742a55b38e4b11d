"""What codes are called: states, roles, actions and the like, marked for the catalogue."""

from __future__ import annotations

__all__ = ["N_", "WORDS"]


def N_(message: str) -> str:  # noqa: N802  the customary name, which the extraction looks for
    """Mark a string for the catalogue; it is translated where it is shown."""
    return message


WORDS: dict[str, dict[str, str]] = {
    "state": {
        "draft": N_("draft"),
        "in_review": N_("in review"),
        "approved": N_("approved"),
        "scheduled": N_("scheduled"),
        "rolling_out": N_("rolling out"),
        "paused": N_("paused"),
        "applied": N_("applied"),
        "rolled_back": N_("rolled back"),
        "rejected": N_("rejected"),
        "withdrawn": N_("withdrawn"),
        "superseded": N_("superseded"),
        "expired": N_("expired"),
        "stopped": N_("stopped"),
    },
    "source": {"simulated": N_("simulated"), "logged": N_("logged"), "live": N_("live")},
    "source-long": {
        "simulated": N_("Simulated: model customers, not real ones"),
        "logged": N_("Logged: estimated from past campaigns"),
        "live": N_("Live: measured on real customers"),
    },
    "level": {
        "candidate": N_("candidate: trained, not tested enough"),
        "validated": N_("validated: no live trial yet"),
        "proven": N_("proven: passed a live trial"),
    },
    "metric": {
        "profit": N_("Profit"),
        "redemption": N_("Redemption"),
        "unsubscribes": N_("Unsubscribes"),
        "churn": N_("Customers lost"),
    },
    "verdict": {"approve": N_("approved"), "request_changes": N_("asked for changes"), "reject": N_("rejected")},
    "gate": {
        "SHIP": N_("Passed"),
        "HOLD": N_("Not yet: evidence is too thin"),
        "STOP": N_("Stopped: something was harmed"),
        "INVALID": N_("Invalid: the trial cannot be trusted"),
    },
    "progress": {"planned": N_("planned"), "running": N_("running"), "ended": N_("ended")},
    "severity": {"low": N_("Minor"), "medium": N_("Moderate"), "high": N_("Serious")},
    "standing": {
        "current": N_("in force"),
        "stable": N_("last fully rolled out"),
        "past": N_("past"),
        "rolled_back": N_("rolled back"),
    },
    "mark": {"new": N_("new"), "changed": N_("changed"), "gone": N_("retired")},
    "line": {"same": N_("unchanged"), "changed": N_("changed"), "added": N_("added"), "removed": N_("removed")},
    "why-me": {
        "review": N_("Needs your review"),
        "wanted": N_("You were asked to review"),
        "delegated": N_("You stand in for someone"),
        "author": N_("Your request: changes were asked for"),
        "watch": N_("Rolling out: look at the live effect"),
    },
    "show": {
        "mine": N_("Needs me"),
        "open": N_("Open"),
        "running": N_("Rolling out"),
        "closed": N_("Closed"),
        "all": N_("All"),
    },
    "order": {
        "oldest": N_("Longest waiting first"),
        "newest": N_("Newest first"),
    },
    "use": {
        "id": N_("Names the customer"),
        "feature": N_("Rules may use it"),
        "protected": N_("Protected: no rule may use it"),
        "consent": N_("Says who consented"),
        "ignore": N_("Leave it out"),
    },
    "role": {
        "": N_("No special part"),
        "recency": N_("Recency: days since the last purchase"),
        "frequency": N_("Frequency: purchases per 30 days"),
        "monetary": N_("Monetary: money per purchase"),
        "engagement": N_("Engagement: from 0 to 1"),
    },
    "kind": {"number": N_("number"), "category": N_("category"), "flag": N_("yes or no"), "text": N_("text")},
    "theme": {"auto": N_("As the device"), "light": N_("Light"), "dark": N_("Dark")},
    "per": {
        "day": N_("per customer and day"),
        "week": N_("per customer and week"),
        "month": N_("per customer and month"),
    },
    "action": {
        "request.draft": N_("wrote the request as a draft"),
        "request.propose": N_("wrote the request"),
        "request.hand_on": N_("handed the recommendation on"),
        "request.submit": N_("sent it to review"),
        "request.edit": N_("edited it; approvals became void"),
        "request.rebase": N_("moved it onto a newer version"),
        "request.outdate": N_("found it outdated"),
        "request.request_reviewers": N_("asked others to review it"),
        "request.approve": N_("approved it"),
        "request.request_changes": N_("asked for changes"),
        "request.reject": N_("rejected it"),
        "request.comment": N_("commented"),
        "request.schedule": N_("scheduled it"),
        "request.start": N_("began the roll-out"),
        "request.pause": N_("paused the roll-out"),
        "request.resume": N_("resumed the roll-out"),
        "request.finish": N_("gave it to everyone"),
        "request.stop": N_("stopped the roll-out"),
        "request.apply": N_("put it into force"),
        "request.roll_back": N_("rolled it back"),
        "request.withdraw": N_("withdrew it"),
        "request.expire": N_("let it expire"),
        "request.supersede": N_("replaced it by another request"),
        "request.note_realised": N_("noted what came of it"),
        "segmentation.create": N_("wrote the segmentation"),
        "segmentation.freeze": N_("froze it"),
        "segmentation.unfreeze": N_("ended the freeze"),
        "policy.upload": N_("brought the policy"),
        "policy.decide": N_("put it before the gate"),
        "policy.crown": N_("made it the champion"),
        "policy.uncrown": N_("took it out of service"),
        "recommendation.give": N_("recommended"),
        "session.open": N_("logged in"),
        "session.close": N_("logged out"),
        "study.load": N_("loaded a study"),
    },
}
