"""How sure a version must be of an answer to give it.

Set anew each night on the answers that its examination collects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# the threshold at which an answer is given when greedy decoding gives it
EVEN = 0.5
# how far, in nats, an answer may stand on the wrong side of the threshold by chance
BLUR = 1.5


@dataclass(frozen=True, slots=True)
class Usual:
    """How a share usually grows with the threshold: the logistic curve of its log-odds,
    at even chance `even` and `slope` per nat."""

    even: float
    slope: float

    def __call__(self, cut: float) -> float:
        """The share, 0..1, at a threshold given as log-odds."""
        return _sigmoid(self.even + self.slope * cut)


# Right answers given, near misses and strangers declined by the small model's reader: fitted to
# 773 answers and 360 near misses of three draws of 40 notes that it was not taught on, and to
# the 80 strangers of two nights.
GIVEN = Usual(3.48, -0.53)
NEAR = Usual(1.68, 0.37)
STRANGERS = Usual(1.97, 1.08)
# questions of each kind, answered as usual, that count beside those that a night asked: its own
# are so few that one of them would decide (of 0 to 100 tried on draws held out, 40 to 100 kept
# the threshold steadiest and lost least)
BESIDE = 40
# above this few right answers are left to give
HIGHEST = 0.99

_EDGE = 16.0  # as sure as can be, in nats


def best_threshold(
    known: Sequence[tuple[float, bool]],
    strangers: Sequence[tuple[float, bool]],
    near: Sequence[tuple[float, bool]] = (),
) -> float:
    """The confidence under which an answer is withheld, 0..1, where nothing is known of what is
    usual.

    `known` are (confidence, right) of probes, `strangers` (confidence, already abstained) of
    questions without an answer, `near` of those about known things; however few of one kind there
    are, the two weigh the same. Chosen to maximise right answers given plus strangers declined,
    each as a share. There are too few of them to cut sharply between two: on the scale of
    log-odds each counts as spread by BLUR around its own value. EVEN where nothing tells.
    """
    if not known or not (strangers or near):
        return EVEN
    right = _right(known)
    kinds = [_unanswerable(kind) for kind in (strangers, near) if kind]

    def score(cut: float) -> float:
        declined = [_below(kind, cut) / len(kind) for kind in kinds]
        return _above(right, cut) / len(known) + sum(declined) / len(declined)

    best = max((step / 2 for step in range(round(-2 * _EDGE), round(2 * _EDGE) + 1)), key=score)
    return _sigmoid(max((best + step / 40 for step in range(-20, 21)), key=score))


def careful_threshold(
    known: Sequence[tuple[float, bool]],
    strangers: Sequence[tuple[float, bool]],
    near: Sequence[tuple[float, bool]],
    *,
    least: float,
    caution: float,
) -> float:
    """The same for answers that are recited and read, whose confidence means the same from one
    night to the next: `least`..HIGHEST, or `least` where that is more.

    A share more of questions declined is worth `caution` times as much as one of right answers
    given, and beside those asked stand BESIDE of each kind that were answered as is usual.
    """
    right, kinds = _right(known), (_unanswerable(strangers), _unanswerable(near))

    def score(cut: float) -> float:
        given = (_above(right, cut) + BESIDE * GIVEN(cut)) / (len(known) + BESIDE)
        declined = [
            (_below(kind, cut) + BESIDE * usual(cut)) / (len(kind) + BESIDE)
            for kind, usual in zip(kinds, (STRANGERS, NEAR), strict=True)
        ]
        return given + caution * sum(declined) / len(declined)

    lowest = _log_odds(least)
    steps = range(1 + max(0, int(20 * (_log_odds(HIGHEST) - lowest))))
    best = max((lowest + step / 20 for step in steps), key=score)
    return max(least, _sigmoid(best)) if best > lowest else least


def _right(known: Iterable[tuple[float, bool]]) -> list[float]:
    return [_log_odds(sure) for sure, hit in known if hit]


def _unanswerable(kind: Iterable[tuple[float, bool]]) -> list[float]:
    return [_log_odds(0.0 if done else sure) for sure, done in kind]


def _above(values: Sequence[float], cut: float) -> float:
    return sum(_sigmoid((value - cut) / BLUR) for value in values)


def _below(values: Sequence[float], cut: float) -> float:
    return sum(_sigmoid((cut - value) / BLUR) for value in values)


def _log_odds(share: float) -> float:
    if share <= 0.0 or share >= 1.0:
        return _EDGE if share >= 1.0 else -_EDGE
    return max(-_EDGE, min(_EDGE, math.log(share) - math.log1p(-share)))


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))
