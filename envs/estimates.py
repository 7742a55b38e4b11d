"""What a business can estimate: the one-step value of every contact, from priors, habits and funnel counts.

The value of giving campaign c to customer i now is

    open_i * (margin * trips_i * spend_i * (x + x^2 / 2) + redeem_ic * (margin * spend_i * bonus_c - own discount_c))
    - cost_c,    x = lift_c * affinity_ic * exp(-k fatigue_i),    x + x^2 / 2 for exp(x) - 1

with smoothed habits for trips and spend, the log of sends for fatigue, and prior means for what cannot be seen. The
open and redemption rates are corrected by what each segment did: a Gamma prior of mean 1 on the ratio of observed to
expected counts, whose posterior mean is (a + observed) / (a + expected) (Gelman et al., Bayesian Data Analysis, 2.6).
Nothing latent enters: fatigue is what the sends so far amount to at the prior means, not the customer's own, and who
has left for good without a word still counts as sent to.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from evenhand.simulator.priors import FALLBACK_PRIORS

__all__ = [
    "ANSWER_PRIOR",
    "MOST_ANSWERS",
    "OPEN_PRIOR",
    "REDEEM_PRIOR",
    "answer_shares",
    "contact_values",
    "count_answers",
    "count_funnel",
    "log_sends",
    "segment_ratios",
]

OPEN_PRIOR = np.float32(20.0)
REDEEM_PRIOR = np.float32(10.0)
# Of one customer's answers: a Gamma with the relative variance of a log-normal of the prior spread between customers.
ANSWER_PRIOR = np.float32(1 / np.expm1(FALLBACK_PRIORS["redemption_spread"].centre ** 2))
MOST_ANSWERS = np.float32(4.0)  # that a customer counts for, in means: so a part keeps a quarter of the share at least


@njit(cache=True)
def contact_values(
    trips, spend, fatigue, consent, openness, redeem, affinity, behaviour, effects, open_out, lift_out, redeem_out
):
    """Write the parts of the expected value of a contact: opening (E, N), lift and redemption money (E, N, C).

    `openness` (E,) log-odds, `redeem` (E, N, C) expected redemption probability given opened. Without consent to any
    channel all parts are zero, without consent to a campaign's channel those of that campaign.
    """
    n_campaigns = affinity.shape[2]
    for e in range(trips.shape[0]):
        b = behaviour[e]
        for i in range(trips.shape[1]):
            if consent[e, i] == 0:
                open_out[e, i] = 0.0
                for c in range(n_campaigns):
                    lift_out[e, i, c] = 0.0
                    redeem_out[e, i, c] = 0.0
                continue
            open_out[e, i] = 1.0 / (1.0 + np.exp(b.fatigue_open * fatigue[e, i] - openness[e]))
            worn = np.exp(-b.fatigue_lift * fatigue[e, i])
            organic = b.margin_rate * trips[e, i] * spend[e, i]
            basket = b.margin_rate * spend[e, i]
            for c in range(1, n_campaigns):
                if (consent[e, i] >> effects.channel[c]) & 1 == 0:
                    lift_out[e, i, c] = 0.0
                    redeem_out[e, i, c] = 0.0
                    continue
                x = effects.lift[e, c] * affinity[e, i, c] * worn
                lift_out[e, i, c] = organic * (x + np.float32(0.5) * x * x)
                money = basket * effects.bonus[e, c] - b.discount_share * effects.discount[e, c]
                redeem_out[e, i, c] = redeem[e, i, c] * money


@njit(cache=True)
def log_sends(given, contacted, joined, contacts, effects, behaviour, sends, pressure):
    """Note who was sent something: add to `sends` and update `pressure`, (E, N) each.

    `contacted` are the sends, also to who left without a word, and not to whom consent, a cap or the budget withheld.
    `pressure` is the fatigue that sends of the expected weight leave at the expected decay. Who joined and was
    never sent anything (`contacts` 0) is new: no past of whoever stood in that place before.
    """
    for e in range(given.shape[0]):
        kept = behaviour[e].fatigue_decay
        for i in range(given.shape[1]):
            if joined[e, i] and contacts[e, i] == 0.0:
                sends[e, i], pressure[e, i] = 0.0, 0.0
                continue
            added = effects.weight[e, given[e, i]] if contacted[e, i] else np.float32(0.0)
            sends[e, i] += contacted[e, i]
            pressure[e, i] = kept * pressure[e, i] + (np.float32(1.0) - kept) * added


@njit(cache=True)
def count_funnel(given, sent, opened, redeemed, expected_open, redeem, opens, open_hope, redeems, redeem_hope):
    """Add a period's funnel to each customer's running counts, beside what was expected of it."""
    for e in range(given.shape[0]):
        for i in range(given.shape[1]):
            if sent[e, i]:
                c = given[e, i]
                opens[e, i] += opened[e, i]
                open_hope[e, i] += expected_open[e, i]
                if opened[e, i]:
                    redeems[e, i, c] += redeemed[e, i]
                    redeem_hope[e, i, c] += redeem[e, i, c]


@njit(cache=True)
def answer_shares(consent, answers, sends, shares):
    """Write how many times the mean each customer is expected to answer the next contact, (E, N), at most MOST_ANSWERS.

    (a + answers) / (a / m + sends), the posterior mean of a customer's own rate under a Gamma prior of shape a around
    m, the rate of everyone; 0 without consent. Where nobody has answered, or may be contacted, everyone counts 1.
    """
    for e in range(answers.shape[0]):
        rate = answers[e].sum() / max(sends[e].sum(), np.float32(1.0))
        total = np.float32(0.0)
        for i in range(answers.shape[1]):
            own = (ANSWER_PRIOR + answers[e, i]) * rate / (ANSWER_PRIOR + rate * sends[e, i])
            shares[e, i] = own if consent[e, i] != 0 else np.float32(0.0)
            total += shares[e, i]
        mean = total / np.float32(answers.shape[1])
        for i in range(answers.shape[1]):
            shares[e, i] = min(shares[e, i] / mean, MOST_ANSWERS) if mean > 0 else np.float32(1.0)


@njit(cache=True)
def count_answers(first, opens, open_hope, redeems, redeem_hope, funnel):
    """Write what each segment answered, and what was expected of it, into `funnel`: the sums of its customers."""
    for counts in (funnel.opens, funnel.open_hope):
        counts[:] = 0.0
    for counts in (funnel.redeems, funnel.redeem_hope):
        counts[:] = 0.0
    for e in range(first.shape[0]):
        for i in range(first.shape[1]):
            s = first[e, i]
            funnel.opens[e, s] += opens[e, i]
            funnel.open_hope[e, s] += open_hope[e, i]
            for c in range(1, redeems.shape[2]):
                funnel.redeems[e, s, c] += redeems[e, i, c]
                funnel.redeem_hope[e, s, c] += redeem_hope[e, i, c]


@njit(cache=True)
def segment_ratios(funnel, size, open_ratio, redeem_ratio, redeem_sd):
    """Write each segment's shrunken ratio of observed to expected opens (E, S) and redemptions (E, S, C), with sd."""
    for e in range(len(size)):
        for s in range(size[e]):
            open_ratio[e, s] = (OPEN_PRIOR + funnel.opens[e, s]) / (OPEN_PRIOR + funnel.open_hope[e, s])
            for c in range(1, redeem_ratio.shape[2]):
                total = REDEEM_PRIOR + funnel.redeem_hope[e, s, c]
                redeem_ratio[e, s, c] = (REDEEM_PRIOR + funnel.redeems[e, s, c]) / total
                redeem_sd[e, s, c] = np.sqrt(redeem_ratio[e, s, c] / total)
