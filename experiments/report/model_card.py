"""The card of an exported policy: for whom, from what, how it fared, what it is not; Markdown and one HTML page.

After "Model cards for model reporting" (Mitchell et al., 2019). Both forms are written from one `Card`, so they cannot
say different things; all of it stands on the signed manifest and the evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from evenhand.agents.export.manifest import Manifest
from evenhand.experiments.report.evidence import Comparison, PolicyEvidence
from evenhand.experiments.report.figures import METRICS, Figure, fixed, per_cent, words_of
from evenhand.experiments.report.html import environment
from evenhand.experiments.report.verdict import verdict_sentence
from evenhand.segments import Segmentation

__all__ = ["Card", "Chapter", "Table", "card_markdown", "card_of", "card_page"]

PERIOD = "week"
STANDING = (
    "Candidate: learned and compared in simulation only. No real customer has met it, and nothing here shows what it "
    "does to real ones."
)
NOT_CHOSEN = (
    "This is not the policy that its study chose: it comes from another training seed, and no verdict was made on it."
)


class Table(NamedTuple):
    """Rows of text; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Chapter(NamedTuple):
    """One heading of a card with what stands under it."""

    title: str
    texts: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None
    commands: tuple[str, ...] = ()


class Card(NamedTuple):
    """A card before it is written."""

    title: str
    verdict: str
    chapters: tuple[Chapter, ...]


def card_of(
    manifest: Manifest,
    policies: Sequence[PolicyEvidence],
    comparison: Comparison | None,
    *,
    name: str,
    labels: Mapping[str, str],
    scenario: str = "",
) -> Card:
    """Return the card of the policy that entered the evaluation as `name`; `labels` name protected attributes."""
    this = next(policy for policy in policies if policy.name == name)
    verdict = NOT_CHOSEN
    if name == next(policy.name for policy in policies if policy.kind == "learned"):
        customers = manifest.training.customers
        verdict = verdict_sentence(policies, comparison, customers=customers, labels=labels, scenario=scenario)
    else:
        comparison = None
    return Card(
        title=f"Segmentation policy of {manifest.training.business}",
        verdict=verdict,
        chapters=(
            _use(manifest),
            *_beginning(manifest),
            _made_from(manifest),
            _chosen(manifest, this),
            _evidence(this, policies, comparison, scenario),
            _fairness(manifest, this, labels),
            _limits(manifest),
            _reproduce(manifest),
            _files(manifest),
        ),
    )


def _use(manifest: Manifest) -> Chapter:
    seen = manifest.observation
    return Chapter(
        "What it is for",
        texts=(
            "Once a week it looks at what the business sees of its segments and picks one tweak of the segmentation, "
            "or none. It recommends; a person decides on each tweak.",
        ),
        points=(
            f"For {manifest.training.business}: up to {seen.max_segments} segments, campaigns "
            f"{', '.join(seen.campaigns)}, rules over {', '.join(feature.name for feature in manifest.grid)}.",
            "Not for another business, other campaigns or other features: it would be refused or would guess.",
            "Not for deciding about single customers, and not for acting without review.",
            "It never sees protected attributes of single customers, and no rule may use one.",
        ),
    )


def _beginning(manifest: Manifest) -> Iterator[Chapter]:
    if manifest.beginning:
        yield Chapter(
            "What it begins with",
            texts=(
                "A whole plan, to be put in force before any of its tweaks: it learned to go on from there, and its "
                "evidence holds only where the plan ran first.",
            ),
            points=tuple(Segmentation.from_json(manifest.beginning).explain()),
        )


def _made_from(manifest: Manifest) -> Chapter:
    made = manifest.training
    origins = ", ".join(f"{count} {_ORIGINS.get(name, name)}" for name, count in made.simulator.parameters.items())
    return Chapter(
        "What it was made from",
        texts=(
            f"A simulator calibrated on {made.customers:,} customers of {made.business}; its numbers: {origins}. It "
            "learned from simulated customers only, in populations that differ by what the data cannot tell.",
        ),
        points=made.simulator.notes,
    )


_ORIGINS = {"calibrated": "calibrated on the data", "prior": "stated priors", "scenario": "stated by a scenario"}


def _chosen(manifest: Manifest, this: PolicyEvidence) -> Chapter:
    made = manifest.training
    place = made.seeds.index(made.seed) + 1
    untouched = "" if made.checkpoint else " That is the start, tuned greedy: no checkpoint beat it beyond chance."
    return Chapter(
        "How it was chosen",
        texts=(
            f"Of {len(made.curve)} checkpoints of one training the best on validation populations, those that kept "
            f"the limits first, if it then beat the start beyond chance on fresh ones: the one at {made.checkpoint:,} "
            f"steps.{untouched} Of "
            f"{_counted(len(made.seeds), 'training seed')} it is number {place} by the same rule. The "
            f"{this.profit.n:,} populations of the evidence below played no part in either choice.",
        ),
    )


def _evidence(
    this: PolicyEvidence, policies: Sequence[PolicyEvidence], comparison: Comparison | None, scenario: str
) -> Chapter:
    shown = [this]
    shown += [p for p in policies if p is not this and p.kind == "today"]
    shown += [p for p in policies if comparison and p.name == comparison.baseline and p.kind != "today"]
    figures = {metric.key: Figure.fitting(metric.kind, [getattr(p, metric.key) for p in shown]) for metric in METRICS}
    head = ("simulated, with 95 % intervals", *(p.label for p in shown))
    rows = [
        (f"{metric.label}, {metric.unit.format(period=PERIOD)}",
         *(figures[metric.key].whole(getattr(p, metric.key)) for p in shown))
        for metric in METRICS
    ]  # fmt: skip
    rows.append(("Populations within the limits", *(per_cent(p.feasible_share, 0) for p in shown)))
    dynamics = f"the dynamics of scenario {scenario}" if scenario else "the simulator that it learned in"
    texts = [
        f"{this.profit.n:,} unseen populations on {dynamics}, the same luck for every policy. Profit is beyond "
        "contacting nobody.",
    ]
    if comparison is not None:
        gain = Figure.fitting("money", [comparison])
        rival = next(p.label for p in policies if p.name == comparison.baseline)
        texts.append(
            f"Profit less that of the best fair alternative ({rival}), population by population: "
            f"{gain.whole(comparison, signed=True)}."
        )
    return Chapter("Evidence, all of it simulated", tuple(texts), table=Table(head, tuple(rows)))


def _fairness(manifest: Manifest, this: PolicyEvidence, labels: Mapping[str, str]) -> Chapter:
    rows = tuple(
        (
            labels.get(name, name),
            fixed(gap.mean),
            f"[{fixed(gap.low)}, {fixed(gap.high)}]",
            f"at most {fixed(gap.tolerance)}" if gap.tolerance is not None else "none: measured only",
        )
        for name, gap in this.gap.items()
    )
    limits = tuple(f"Constrained in learning: {constraint_words(row)}." for row in manifest.constraints)
    return Chapter(
        "Fairness",
        texts=(
            "The gap of an attribute is the largest difference, between two of its groups, in the rate of beneficial "
            "offers. Small groups and customers whose group is unknown are left out of it.",
            *(() if rows else ("No protected attribute has two groups that are large enough: not enough data.",)),
        ),
        points=limits or ("Nothing was constrained in learning.",),
        table=Table(("attribute", "mean gap, simulated", "95 % interval", "limit"), rows) if rows else None,
    )


def constraint_words(row: Mapping[str, object]) -> str:
    """Return a constraint of the manifest in words: kind, then each of its settings."""
    kind = words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(row.get("kind", "constraint")))).lower()
    rest = [f"{words_of(key).lower()} {_plain(value)}" for key, value in row.items() if key != "kind"]
    return ", ".join([kind, *rest])


def _plain(value: object) -> str:
    return " / ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _limits(manifest: Manifest) -> Chapter:
    return Chapter(
        "What this does not show",
        points=(
            "Anything about real customers: only a live experiment can.",
            "What the simulator does not model. The study's report says how well it foretells held-out customers.",
            "Fairness between groups in combination, or by anything but who is offered a benefit.",
            "That a gap within its limit is just: treating every group equally badly has no gap either.",
            "How it fares once customers, campaigns or prices change: calibrate, train and evaluate again then.",
        ),
    )


def _reproduce(manifest: Manifest) -> Chapter:
    made = manifest.training
    settings = ", ".join(f"{name} {value}" for name, value in made.settings.items() if value is not None)
    return Chapter(
        "How to make it again",
        texts=(
            f"Settings of the study: {settings}. Training seed {made.seed}. Versions: "
            f"{', '.join(f'{name} {version}' for name, version in made.versions.items())}. manifest.json holds "
            "hyperparameters, learning curve, observation, grid of cuts and every hash.",
        ),
        commands=(
            "evenhand ingest CUSTOMERS --schema SCHEMA --out study",
            "evenhand calibrate study",
            "evenhand train study",
            "evenhand evaluate study",
            f"evenhand export study --seed {made.seed}",
        ),
        table=Table(
            ("made from", "SHA-256"),
            (
                ("customers", made.customers_sha256),
                ("simulator", made.simulator.sha256),
                ("today's segmentation", made.segmentation_sha256),
            ),
        ),
    )


def _files(manifest: Manifest) -> Chapter:
    return Chapter(
        "What is signed",
        texts=(
            "manifest.json holds the hash of every file here, this card included, and is signed (Ed25519). "
            "evenhand verify FOLDER --key public_key.pem checks both, with a key that you got by a way that you "
            "trust. On random observations the graph's logits differ from those of the trained network by at most "
            f"{manifest.parity:.1g} of the largest one.",
        ),
        table=Table(("file", "SHA-256"), (("policy.onnx", manifest.files["policy.onnx"]),)),
    )


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def card_page(card: Card) -> str:
    """Return the card as one self-contained page."""
    return environment().get_template("model_card.html").render(card=card, standing=STANDING)


def card_markdown(card: Card) -> str:
    """Return the card as Markdown; what users wrote cannot become markup."""
    parts = [f"# {_escaped(card.title)}", f"**{_escaped(STANDING)}**", _escaped(card.verdict)]
    for chapter in card.chapters:
        parts.append(f"## {_escaped(chapter.title)}")
        parts += [_escaped(text) for text in chapter.texts]
        if chapter.points:
            parts.append("\n".join(f"- {_escaped(point)}" for point in chapter.points))
        if chapter.commands:
            parts.append("\n".join(["```bash", *chapter.commands, "```"]))
        if chapter.table:
            parts.append("\n".join(_rows(chapter.table)))
    return "\n\n".join(parts) + "\n"


def _rows(table: Table) -> list[str]:
    rule = "|" + "---|" * len(table.head)
    lines = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in (table.head, *table.rows)]
    return [lines[0], rule, *lines[1:]]


def _escaped(text: str) -> str:
    """Return text on one line in which nothing is a link, a tag, a cell, code or emphasis."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
