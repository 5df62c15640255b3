"""What a night's token budget has room for, of what is new and of what is known."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sealmate.night.rehearsal import FAILING, RESTING
from sealmate.night.selection import Choice
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.training.mixture import DUE

# How a night's tokens are shared: new edits, facts that failed, facts that are due, a sample.
PARTS = (0.5, 0.2, 0.15, 0.15)
# Least tokens of a night, so that one short note is not trained all by itself.
FLOOR = 4000
_AGAIN = 1e6  # the weight of new edits that are only learnt again


@dataclass(frozen=True, slots=True)
class Portion:
    """What a night trains of all it could. `tokens` are those of `new` and `replay` together,
    `left` counts the new edits that found no room; they wait for the next night."""

    new: tuple[Edit, ...]
    replay: tuple[Edit, ...]
    tokens: int
    left: int = 0


def default_budget(new_tokens: int, replay_share: float) -> int:
    """Tokens of a night nobody set a budget for: the new ones and as much replay as the share
    says, FLOOR at least. It does not depend on how much is known already."""
    return max(FLOOR, round(new_tokens * (1.0 + replay_share)))


def within_budget(
    choice: Choice, settings: Settings, count: Callable[[str], int], spent: int = 0
) -> Choice:
    """`choice` with its edits cut down to the night's token budget (see `budgeted`).

    `count` gives the tokens of a text, `spent` are those of the night's earlier sessions. What a
    shard that is built again knew is learnt in one wording at least, be it more than the budget;
    what it has no room for is new the next night.
    """
    budget = settings.token_budget
    nothing = replace(choice, new=(), left=len(choice.new))
    if budget and budget - spent < min(budget, FLOOR):
        return nothing
    shard = choice.session.shard
    portion = budgeted(
        choice.new,
        choice.replay,
        choice.weights,
        max(0, budget - spent),
        lambda edit: count(f"{edit.question} {edit.answer}" if edit.question else edit.text),
        replay_share=settings.replay_share,
        seed=settings.seed,
        known=shard.edits if shard else (),
    )
    if spent and portion.left and not choice.session.warm:
        return nothing  # another night has room for all of a shard
    return choice.cut(portion.new, portion.replay, left=portion.left, tokens=portion.tokens)


def budgeted(
    new: Sequence[Edit],
    replay: Sequence[Edit],
    weights: Mapping[int, float],
    token_budget: int,
    count: Callable[[Edit], int],
    *,
    replay_share: float = 1.0,
    seed: int = 0,
    known: Collection[int] = (),
) -> Portion:
    """Share `token_budget` (tokens of one pass; 0 = `default_budget`) between new edits, facts
    that fail, facts that are due and a random sample of the rest.

    Each part is filled up to its share of PARTS; what one does not need goes to the others in
    that order, so that little news leaves more for old facts and a new person's first note has
    the night to itself. Within a part every fact (an answer of a passage) gets one wording before
    any gets a second. `count` gives the tokens of an edit as an example. Orders are kept. Facts
    of `known`, ids of new edits that are only learnt again, come first and get their wording
    whatever the budget: a night must not lose them.
    """
    first_of_all = set(known)
    rng = random.Random(seed)
    cost = {edit.id: max(1, count(edit)) for edit in (*new, *replay)}
    budget = token_budget or default_budget(sum(cost[edit.id] for edit in new), replay_share)
    heavy = {edit.id: weights.get(edit.id, RESTING) for edit in replay}
    parts = (
        _in_rounds(new, {e.id: _AGAIN if e.id in first_of_all else 1.0 for e in new}, rng),
        _in_rounds([e for e in replay if heavy[e.id] >= FAILING], heavy, rng),
        _in_rounds([e for e in replay if DUE <= heavy[e.id] < FAILING], heavy, rng),
        _in_rounds([e for e in replay if heavy[e.id] < DUE], heavy, rng),
    )
    # Without a budget of its own a night is as long as its news asks for.
    first = PARTS[0] if token_budget else 1.0
    chosen: set[int] = set()
    spent = 0
    for part, share in zip(parts, (first, *PARTS[1:]), strict=True):
        spent += _take(part, min(budget * share, budget - spent), cost, chosen)
    for part in parts:
        spent += _take(part, budget - spent, cost, chosen)
    there = {_fact(edit) for edit in new if edit.id in chosen}
    for edit in parts[0]:
        if edit.id in first_of_all and _fact(edit) not in there:
            there.add(_fact(edit))
            chosen.add(edit.id)
            spent += cost[edit.id]
    kept = tuple(edit for edit in new if edit.id in chosen)
    return Portion(
        kept,
        tuple(edit for edit in replay if edit.id in chosen),
        spent,
        len(new) - len(kept),
    )


def _take(part: Sequence[Edit], room: float, cost: Mapping[int, int], chosen: set[int]) -> int:
    """Choose from the front what fits into `room`; returns the tokens it takes."""
    spent = 0
    for edit in part:
        if edit.id not in chosen and spent + cost[edit.id] <= room:
            chosen.add(edit.id)
            spent += cost[edit.id]
    return spent


def _in_rounds(
    edits: Collection[Edit], weights: Mapping[int, float], rng: random.Random
) -> list[Edit]:
    """By weighted chance (Efraimidis and Spirakis 2006), a first wording of every fact first."""
    drawn = sorted(
        edits, key=lambda e: (rng.random() ** (1.0 / max(1e-6, weights[e.id])), e.id), reverse=True
    )
    rounds: dict[tuple[int, str], int] = {}
    placed = []
    for edit in drawn:
        fact = _fact(edit)
        rounds[fact] = rounds.get(fact, 0) + 1
        placed.append((rounds[fact], edit))
    placed.sort(key=lambda item: item[0])
    return [edit for _, edit in placed]


def _fact(edit: Edit) -> tuple[int, str]:
    return edit.passage_id, edit.answer.casefold() or edit.format
