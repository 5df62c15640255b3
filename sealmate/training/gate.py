"""The tests a candidate must pass to become active, and the answer threshold found with them.

Every test compares the candidate with what it would replace on the same questions.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sealmate import prompts
from sealmate.edits.screen import correct, is_abstention
from sealmate.model.protocol import LanguageModel, Prompt
from sealmate.recall import Recollection


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


# the threshold at which an answer is given when greedy decoding gives it
EVEN = 0.5
# how far, in nats, an answer may stand on the wrong side of the threshold by chance
BLUR = 1.5
# the surest that a version is asked to be for the sake of what it declines
HIGHEST = 0.95
# questions without an answer that count as declined beside those asked: of a few, one that is
# answered by chance must not silence a memory
BESIDE = 16
# what a right answer is worth beside a question declined
ANSWERED = 1.0


def best_threshold(
    known: Sequence[tuple[float, bool]],
    strangers: Sequence[tuple[float, bool]],
    near: Sequence[tuple[float, bool]] = (),
) -> float:
    """The confidence under which an answer is withheld, 0..1.

    `known` are (confidence, right) of probes, `strangers` (confidence, already abstained) of
    questions without an answer, `near` of those about known things; however few of one kind there
    are, the two weigh the same. Chosen to maximise right answers given plus strangers declined,
    each as a share. There are too few of them to cut sharply between two: on the scale of
    log-odds each counts as spread by BLUR around its own value. EVEN where nothing tells.
    """
    if not known or not (strangers or near):
        return EVEN
    right = [_log_odds(sure) for sure, hit in known if hit]
    kinds = [
        [_log_odds(0.0 if done else sure) for sure, done in kind]
        for kind in (strangers, near)
        if kind
    ]

    def score(cut: float) -> float:
        given = sum(_sigmoid((value - cut) / BLUR) for value in right) / len(known)
        declined = [
            sum(_sigmoid((cut - value) / BLUR) for value in kind) / len(kind) for kind in kinds
        ]
        return ANSWERED * given + sum(declined) / len(declined)

    best = max((step / 2 for step in range(round(-2 * _EDGE), round(2 * _EDGE) + 1)), key=score)
    return _sigmoid(max((best + step / 40 for step in range(-20, 21)), key=score))


def raised(
    threshold: float,
    strangers: Sequence[tuple[float, bool]],
    near: Sequence[tuple[float, bool]],
    asked: float,
) -> float:
    """The threshold, or as much above it as it takes to decline the share `asked` of questions
    without an answer, the two kinds (see `best_threshold`) weighing the same and BESIDE of each
    taken for declined besides; HIGHEST at most.

    The more a memory holds, the more there is in it to take for an answer.
    """
    kinds = [
        sorted(0.0 if done else sure for sure, done in kind) for kind in (strangers, near) if kind
    ]

    def declined(cut: float) -> float:
        shares = [(bisect_left(kind, cut) + BESIDE) / (len(kind) + BESIDE) for kind in kinds]
        return sum(shares) / len(shares)

    if not kinds:
        return threshold
    above = (math.nextafter(sure, 1.0) for kind in kinds for sure in kind if sure >= threshold)
    for cut in (threshold, *sorted(above)):
        if cut >= HIGHEST or declined(cut) >= asked:
            return max(threshold, min(cut, HIGHEST))
    return threshold


_EDGE = 16.0


def _log_odds(share: float) -> float:
    if share <= 0.0 or share >= 1.0:
        return _EDGE if share >= 1.0 else -_EDGE
    return max(-_EDGE, min(_EDGE, math.log(share) - math.log1p(-share)))


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


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
