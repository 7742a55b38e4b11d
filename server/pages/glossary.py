"""Every technical term, explained to someone who does not program."""

from __future__ import annotations

from evenhand.server.pages.words import N_

__all__ = ["TERMS", "Glossary"]

TERMS: dict[str, tuple[str, str]] = {
    "segment": (N_("segment"), N_("A group of customers that meet the same conditions and get the same campaign.")),
    "segmentation": (
        N_("segmentation"),
        N_(
            "An ordered list of segments. Each customer belongs to the first one whose conditions they meet; everyone "
            "else belongs to the last one."
        ),
    ),
    "campaign": (
        N_("campaign"),
        N_("What a segment receives: an offer through a channel. “No contact” is a campaign too."),
    ),
    "policy": (
        N_("policy"),
        N_("The program that proposes changes. It learned in a simulation; it decides nothing: people do."),
    ),
    "interval": (
        N_("interval"),
        N_(
            "The two numbers in brackets. The true value lies between them in 95 of 100 such cases, unless the page "
            "says another level. An interval that holds zero means: perhaps there is no effect at all."
        ),
    ),
    "simulated": (
        N_("simulated"),
        N_(
            "Computed on model customers that behave like yours as far as your data can tell. A good sign, but no "
            "proof: real people may react otherwise."
        ),
    ),
    "logged": (
        N_("logged"),
        N_(
            "Estimated from past campaigns whose recipients were partly drawn by lot. Stronger than a simulation, "
            "weaker than a live trial of this very change."
        ),
    ),
    "live": (N_("live"), N_("Measured on real customers, some with the change and some without it.")),
    "level": (
        N_("evidence level"),
        N_(
            "Of a policy. Candidate: trained, not tested enough, so it may not recommend. Validated: passed a "
            "simulated trial. Proven: passed a live trial with real customers."
        ),
    ),
    "protected": (
        N_("protected attribute"),
        N_("A property such as age or income that no rule may ever use. It serves only to check for fairness."),
    ),
    "gap": (
        N_("gap"),
        N_(
            "The share of one group that receives beneficial offers minus the share of another, for the two groups "
            "that differ most. 0.05 means five in a hundred."
        ),
    ),
    "tolerance": (
        N_("tolerance"),
        N_("The largest gap that your business allows. A change that breaks it is not proposed."),
    ),
    "ratio": (
        N_("ratio"),
        N_(
            "How often a group receives beneficial offers, divided by how often the reference group does. 1 is alike. "
            "Values between 0.80 and 1.25 are customarily seen as unremarkable; that is a screening aid, not a legal "
            "verdict."
        ),
    ),
    "beneficial": (N_("beneficial offer"), N_("A campaign that is good for whoever receives it, such as a discount.")),
    "proxy": (
        N_("proxy"),
        N_(
            "Conditions that do not name a protected attribute can still stand in for it, as a postcode can for "
            "income. 0.5 means that being affected tells nothing about the attribute; 1 means that it tells everything."
        ),
    ),
    "risk": (
        N_("risk class"),
        N_(
            "High when many customers are touched or a fairness tolerance is nearly used up. Then two people "
            "must approve."
        ),
    ),
    "quorum": (
        N_("quorum"),
        N_("How many people must approve. The author never counts, nor whoever edited the request last."),
    ),
    "rollout": (
        N_("roll-out"),
        N_(
            "The change starts with a share of the customers, drawn by lot. Someone looks at what comes, then gives "
            "it to everyone or stops it."
        ),
    ),
    "guardrail": (
        N_("guardrail"),
        N_(
            "A number that must not get worse by more than a margin, such as unsubscribes. The promotion "
            "gate tests it."
        ),
    ),
    "rollback": (
        N_("roll back"),
        N_("Return to an earlier version. What was sent stays sent; from then on the earlier rules hold again."),
    ),
    "outdated": (
        N_("outdated"),
        N_("Another change came into force meanwhile and touches the same segments. This one must be looked at anew."),
    ),
    "gate": (
        N_("promotion gate"),
        N_(
            "A fixed list of tests that a policy must pass before it may go on: better than what runs, no guardrail "
            "and no group harmed, long enough, enough data. It was written down before the data came."
        ),
    ),
    "hash": (
        N_("fingerprint"),
        N_("A number computed from the content. If a single character changes, the fingerprint changes too."),
    ),
    "audit": (
        N_("audit log"),
        N_(
            "The list of everything that was done, by whom, when. Each row is sealed with the one before it, "
            "so tampering shows."
        ),
    ),
    "champion": (N_("champion"), N_("The policy whose recommendations are shown for a segmentation at present.")),
    "stability": (
        N_("stability"),
        N_("The share of last period's members that are still in the segment. Low means that customers come and go."),
    ),
    "engagement": (N_("engagement"), N_("The share of contacted customers who opened, clicked or used an offer.")),
    "conversion": (N_("conversion"), N_("The share of contacted customers who used an offer in the period.")),
    "consent": (N_("consent"), N_("Whether a customer agreed to be contacted. Without it, nothing is sent.")),
    "kill-switch": (
        N_("freeze"),
        N_(
            "Stops all recommendations and roll-outs of a segmentation at once and returns to the last version that "
            "was fully rolled out. A second person must end it."
        ),
    ),
}  # fmt: skip


class Glossary:
    """Collects which terms a page used, so that it explains those and no others."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def use(self, key: str) -> str:
        """Note a term and return its name, not translated; KeyError when no one explained it."""
        if key not in self.used:
            self.used.append(key)
        return TERMS[key][0]

    def meanings(self) -> list[tuple[str, str, str]]:
        """Return (key, name, meaning) of the terms used so far."""
        return [(key, *TERMS[key]) for key in self.used]
