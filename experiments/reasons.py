"""Why a tweak is recommended, in plain words, and why none is."""

from __future__ import annotations

from typing import Literal

__all__ = ["Why", "reason_of"]

Why = Literal[
    "frozen", "no policy", "not validated", "plan first", "plan does not fit",  # said by whoever keeps policies
    "few customers", "moved customers", "few contacts", "nothing better", "nothing clear",
]  # fmt: skip


def reason_of(features: dict[str, float]) -> str:
    """Say in plain words what of the candidate's own figures speaks for it."""
    parts = []
    gain, organic = features["gain"], features["organic"]
    if gain > 0:
        parts.append(f"the estimate for the next week alone is {gain:+.3f} per customer")
    if features["contact_change"] < 0 and features["fatigue"] > 0.3:
        parts.append(
            f"these customers are tired: their contact pressure is {features['fatigue']:.0%} of a weekly mailing"
        )
    elif features["weight_change"] < 0:
        parts.append("it spares customers contact that brings little")
    if organic > 1.3:
        parts.append(f"they spend {organic:.1f} times the average, so losing their attention is dear")
    elif organic < 0.7:
        parts.append(f"they spend {organic:.1f} times the average, which does not pay for the mailing")
    if features["slack_change"] < -0.04:
        parts.append(f"it leaves more room under the tightest limit, by {-features['slack_change']:.0%} of it")
    if not parts:
        parts.append("over the whole horizon the policy expects more from it than from holding")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."
