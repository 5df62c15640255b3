"""Examples to packed batches: rows that share a beginning share its computation.

What rows have in common at the front (system prompt, passage) is run once and the rows follow
it in one flat sequence; a mask lets each row see the beginning and itself alone, and positions
restart for each, so the numbers are those of separate sequences at a fraction of the tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sealmate.model.protocol import Prompt
from sealmate.model.template import answer_ids, common_prefix, render


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the answer to learn. `share` groups examples with a common beginning (one
    passage, say); `kl` means: keep the distribution of the base rather than the answer's
    tokens; `teacher` is a prompt under which the model knows the answer already: its
    distribution there is learnt instead of the answer's bare tokens; `goes_on`: the answer is but
    the beginning of a longer one, so that its end is not to be learnt; `opening` is what the reply
    begins with before the answer, and is not learnt."""

    prompt: Prompt
    answer: str
    share: str = ""
    kind: str = "new"
    weight: float = 1.0
    kl: bool = False
    teacher: Prompt = ()
    goes_on: bool = False
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Token ids after the shared beginning; loss on ids[loss_from:], loss_from >= 1. Of those with
    loss the first `asked` are the question's."""

    ids: tuple[int, ...]
    loss_from: int
    weight: float
    kl: bool
    key: int
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """A shared prefix and the rows that branch off it, run as one flat sequence."""

    prefix: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def tokens(self) -> int:
        """Tokens run: the prefix once, then all rows."""
        return len(self.prefix) + sum(len(row.ids) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Batch:
    """Trees of like length that are run together: one optimiser step."""

    trees: tuple[Tree, ...]

    @property
    def tokens(self) -> int:
        """Real tokens run."""
        return sum(tree.tokens for tree in self.trees)

    @property
    def answer_weight(self) -> float:
        """Weighted number of tokens that carry loss."""
        return sum(
            row.weight * (len(row.ids) - row.loss_from) for tree in self.trees for row in tree.rows
        )


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example in tokens, the last `answer` of which are to be learnt; `asked`: those of the
    question too, as far as they are this example's alone."""

    ids: tuple[int, ...]
    answer: int
    share: str
    weight: float
    kl: bool
    key: int
    teacher: tuple[int, ...] = ()
    asked: bool = False


def encode(
    tokenizer: Any, examples: Sequence[Example], limit: int = 4096, asked: bool = False
) -> list[Encoded]:
    """Tokenise; examples longer than `limit` tokens are left out (they cannot be batched).

    `asked`: questions are learnt too, but for those of examples that hold a distribution.
    """
    done = []
    for key, example in enumerate(examples):
        before = render(tokenizer, example.prompt)
        reply = example.opening + example.answer
        after = answer_ids(tokenizer, example.prompt, reply, not example.goes_on)
        given = _given(tokenizer, example, after)
        if len(before) + len(after) <= limit:
            told = (*render(tokenizer, example.teacher), *after[:given]) if example.teacher else ()
            done.append(
                Encoded(tuple(before + after), len(after) - given, example.share, example.weight,
                        example.kl, key, told, asked and not example.kl)
            )  # fmt: skip
    return done


def _given(tokenizer: Any, example: Example, reply: Sequence[int]) -> int:
    """Tokens at the front of the reply that are its opening's."""
    if not example.opening:
        return 0
    opened = answer_ids(tokenizer, example.prompt, example.opening, False)
    # an id that no reply has, as the last token of the shorter row never counts as shared
    return common_prefix([[*opened, -1], reply])


def batches(encoded: Sequence[Encoded], tokens: int, rng: random.Random) -> list[Batch]:
    """One pass over the examples as shuffled batches of about `tokens` tokens each."""
    families: dict[str, list[Encoded]] = {}
    for item in encoded:
        families.setdefault(item.share, []).append(item)
    trees: list[Tree] = []
    for members in families.values():
        rng.shuffle(members)
        trees.extend(_trees(members, tokens))
    rng.shuffle(trees)
    made: list[Batch] = []
    pool = 0
    while pool < len(trees):
        # sorting within a pool keeps lengths alike in a batch and the order still random
        some = sorted(trees[pool : pool + 24], key=lambda tree: tree.tokens)
        made.extend(_gather(some, tokens))
        pool += 24
    rng.shuffle(made)
    return made


def _trees(members: Sequence[Encoded], tokens: int) -> Iterator[Tree]:
    """Cut a family: long trees cost attention (squared), short ones repeat the prefix."""
    shared = common_prefix([item.ids for item in members])
    limit = min(tokens, max(256, 3 * shared))
    current: list[Encoded] = []
    size = shared
    for item in members:
        own = len(item.ids) - shared
        if current and size + own > limit:
            yield _tree(current)
            current, size = [], shared
        current.append(item)
        size += own
    if current:
        yield _tree(current)


def _tree(items: Sequence[Encoded]) -> Tree:
    # the last prompt token must stay in the row: its logits predict the first answer token
    shared = min(
        common_prefix([item.ids for item in items]),
        min(len(item.ids) - item.answer for item in items) - 1,
    )
    return Tree(items[0].ids[:shared], tuple(_row(item, shared) for item in items))


def _row(item: Encoded, shared: int) -> Row:
    answer = len(item.ids) - item.answer - shared
    first = 1 if item.asked else answer
    return Row(item.ids[shared:], first, item.weight, item.kl, item.key, answer - first)


def _gather(trees: Sequence[Tree], tokens: int) -> Iterator[Batch]:
    """Neighbours in length, padded to the longest, up to about `tokens` each."""
    current: list[Tree] = []
    for tree in trees:
        if current and (len(current) + 1) * tree.tokens > tokens * 1.2:
            yield Batch(tuple(current))
            current = []
        current.append(tree)
    if current:
        yield Batch(tuple(current))
