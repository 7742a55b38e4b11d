"""The words of the page, explained to someone who does not program."""

from __future__ import annotations

__all__ = ["GLOSSARY"]

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("segment", "A group of customers that meet the same conditions and get the same campaign."),
    (
        "segmentation",
        "An ordered list of segments. Each customer belongs to the first one whose conditions they meet; "
        "everyone else belongs to the last, the default.",
    ),
    ("campaign", "What a segment receives: an offer through a channel. “No contact” is a campaign too."),
    (
        "tweak",
        "One change of the segmentation: split or merge segments, move a threshold, give another "
        "campaign. A person approves or rejects each one.",
    ),
    (
        "policy",
        "A way of choosing tweaks, week after week. The learned policy was trained; the others are rules "
        "to compare it with.",
    ),
    (
        "protected attribute",
        "A property such as age or income that no rule may use. It serves only to check for fairness.",
    ),
    ("beneficial offer", "A campaign that is good for the customer who receives it, such as a discount."),
    (
        "gap",
        "The share of one group that receives beneficial offers minus the share of another, for the two "
        "groups that differ most. 0.05 means five in a hundred.",
    ),
    ("fair, or feasible", "Every gap that has a limit stays within it."),
    (
        "population",
        "A set of simulated customers. Each policy meets the same populations with the same luck, so "
        "that differences come from the policy.",
    ),
    (
        "interval",
        "The two numbers in brackets. A method that gives such intervals catches the true value in 95 of "
        "100 cases (unless the page says another level).",
    ),
    (
        "evidence level",
        "Candidate: trained, not yet tested enough. Validated: passed a simulated trial. Proven: passed "
        "a live experiment with real customers.",
    ),
    (
        "calibrated, prior, or scenario",
        "A number of the simulator is calibrated when your data determined it. Where data cannot tell, "
        "it comes from a stated assumption: a prior. A scenario states numbers of its own.",
    ),
)
