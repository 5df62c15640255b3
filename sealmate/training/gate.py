"""The tests a candidate must pass to become active.

Every test compares the candidate with what it would replace on the same questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sealmate import prompts
from sealmate.edits.screen import correct, is_abstention
from sealmate.model.protocol import LanguageModel, Prompt
from sealmate.recital import Recollection


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gate asks. `new_recall`: least share of new probes right. `old_drop`: most that
    recall of old probes may fall (and only a fall that chance does not explain, p < 0.05,
    counts). `general`: most that loss on general chat may grow, as a ratio, and `general_kl` most
    that its distribution may move, in nats per token: a small model may come to like its own
    new words without getting worse at the reference answers. `abstention`: least share of
    questions without an answer that are declined. No forgotten answer may come back at all."""

    new_recall: float = 0.3
    old_drop: float = 0.1
    general: float = 1.03
    abstention: float = 0.7
    general_kl: float = 0.3


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe with its answer as a person would see it, that is after the threshold."""

    probe_id: int
    given: str
    correct: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Scores:
    """The gate's figures; shares of 1, None where nothing could be measured."""

    new_recall: float | None
    new_recall_before: float | None
    old_recall: float | None
    old_recall_before: float | None
    lost: tuple[int, ...]
    p_lost: float
    abstention: float | None
    abstention_before: float | None
    general_loss: float
    general_loss_before: float
    threshold: float
    general_kl: float | None = None
    canaries: int = 0

    @property
    def general_ratio(self) -> float:
        """Loss on general chat, candidate over parent-less base."""
        return self.general_loss / self.general_loss_before if self.general_loss_before else 1.0

    def as_dict(self) -> dict[str, Any]:
        """For rows and JSON."""
        return {**asdict(self), "lost": list(self.lost), "general_ratio": self.general_ratio}


def mcnemar(lost: int, gained: int) -> float:
    """One-sided exact p that as many are lost against gained by chance (McNemar 1947).

    The discordant pairs are coin flips under the null hypothesis.
    """
    n = lost + gained
    if n == 0:
        return 1.0
    return float(sum(math.comb(n, k) for k in range(lost, n + 1)) / 2**n)


def judge(
    probes: Sequence[tuple[int, str, str]], completions: Sequence[Recollection], threshold: float
) -> list[Asked]:
    """Score answers to (id, question, expected)."""
    asked = []
    for (probe_id, _, expected), completion in zip(probes, completions, strict=True):
        confident = completion.confidence >= threshold
        given = completion.text if confident else prompts.DONT_KNOW
        asked.append(
            Asked(
                probe_id,
                given,
                confident and correct(completion.text, expected),
                completion.confidence,
            )
        )
    return asked


def share_right(asked: Sequence[Asked]) -> float | None:
    """Share of right answers; None for none asked."""
    return sum(a.correct for a in asked) / len(asked) if asked else None


def abstention(completions: Sequence[Recollection], threshold: float) -> float | None:
    """Share of declined questions; None for none asked."""
    if not completions:
        return None
    declined = sum(is_abstention(c.text) or c.confidence < threshold for c in completions)
    return declined / len(completions)


def general_loss(
    model: LanguageModel, pairs: Sequence[tuple[Prompt, str]], adapter: str | None
) -> float:
    """Mean loss on held-out general chat, nats per token, each pair weighing the same."""
    losses = model.mean_loss(pairs, adapter=adapter)
    return sum(losses) / len(losses) if losses else 0.0


def general_kl(
    model: LanguageModel, pairs: Sequence[tuple[Prompt, str]], adapter: str | None
) -> float:
    """Mean KL(without memory || with it) on the same, nats per token.

    Forgetting goes with the KL on what is learnt ("RL's Razor", arXiv 2509.04259), so it is
    looked at beside the loss.
    """
    moved = model.divergence(pairs, adapter=adapter)
    return sum(moved) / len(moved) if moved else 0.0


def verdict(scores: Scores, limits: Limits) -> tuple[str, ...]:
    """Reasons to refuse; none means it passes."""
    reasons = []
    if scores.new_recall is not None and scores.new_recall < limits.new_recall:
        reasons.append(
            f"new facts: {scores.new_recall:.0%} recalled, {limits.new_recall:.0%} asked"
        )
    if scores.old_recall is not None and scores.old_recall_before is not None:
        drop = scores.old_recall_before - scores.old_recall
        if drop > limits.old_drop and scores.p_lost < 0.05:
            reasons.append(
                f"older facts: {scores.old_recall:.0%} recalled after "
                f"{scores.old_recall_before:.0%} before"
            )
    if scores.abstention is not None and scores.abstention < limits.abstention:
        reasons.append(f"abstention: {scores.abstention:.0%}, {limits.abstention:.0%} asked")
    if not scores.general_ratio <= limits.general:  # so that NaN is refused too
        reasons.append(
            f"general chat: loss grew {scores.general_ratio:.3f} times, {limits.general} allowed"
        )
    if scores.general_kl is not None and not scores.general_kl <= limits.general_kl:
        reasons.append(
            f"general chat: moved by {scores.general_kl:.3f} nats a token, "
            f"{limits.general_kl} allowed"
        )
    if scores.canaries:
        reasons.append(f"forgotten: {scores.canaries} answers came back")
    return tuple(reasons)
