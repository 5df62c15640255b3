"""Packing loses nothing, shares only what is the same, and is decided by its seed."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate.training.batches import Batch, Encoded, batches

_ids = st.lists(st.integers(1, 4), min_size=1, max_size=12)


@st.composite
def encoded(draw: st.DrawFn) -> list[Encoded]:
    """Families with common beginnings of any length, and answers of any length."""
    made = []
    for _ in range(draw(st.integers(1, 14))):
        share = draw(st.sampled_from("abc"))
        front = [ord(share)] * draw(st.integers(1, 20))
        prompt, answer = front + draw(_ids), draw(_ids)
        made.append(
            Encoded(tuple(prompt + answer), len(answer), share, 1.0, draw(st.booleans()), len(made))
        )
    return made


def flat(made: list[Batch]) -> list[tuple[int, tuple[int, ...], int, bool]]:
    """(key, whole ids, tokens with loss, kl) of every row."""
    return sorted(
        (row.key, tree.prefix + row.ids, len(row.ids) - row.loss_from, row.kl)
        for batch in made
        for tree in batch.trees
        for row in tree.rows
    )


@settings(deadline=None)
@given(encoded(), st.integers(16, 400), st.integers(0, 5))
def test_every_example_comes_once_and_whole(items: list[Encoded], tokens: int, seed: int) -> None:
    made = batches(items, tokens, random.Random(seed))
    assert flat(made) == sorted((i.key, i.ids, i.answer, i.kl) for i in items)
    assert all(row.loss_from >= 1 for b in made for tree in b.trees for row in tree.rows)
    assert made == batches(items, tokens, random.Random(seed))
    answers = sum(batch.answer_weight for batch in made)
    assert answers == sum(item.answer for item in items)


@given(encoded())
def test_sharing_never_costs_tokens(items: list[Encoded]) -> None:
    made = batches(items, 400, random.Random(0))
    assert sum(batch.tokens for batch in made) <= sum(len(item.ids) for item in items)


def test_a_common_passage_is_run_once() -> None:
    front = tuple(range(1, 101))
    items = [Encoded((*front, 200 + n, 7, 8), 2, "note", 1.0, False, n) for n in range(5)]
    (batch,) = batches(items, 1000, random.Random(0))
    (tree,) = batch.trees
    assert tree.prefix == front
    assert batch.tokens == 100 + 5 * 3


def test_batches_keep_about_the_size_asked_for() -> None:
    items = [Encoded(tuple(range(1, 31)), 3, f"{n}", 1.0, False, n) for n in range(40)]
    sizes = [batch.tokens for batch in batches(items, 120, random.Random(1))]
    assert max(sizes) <= 120 * 1.2
    assert len(sizes) <= 14


@settings(deadline=None)
@given(encoded(), st.integers(16, 400))
def test_learning_the_question_too_adds_nothing_that_is_shared(
    items: list[Encoded], tokens: int
) -> None:
    answers = batches(items, tokens, random.Random(0))
    asked = [replace(item, asked=not item.kl) for item in items]
    whole = batches(asked, tokens, random.Random(0))
    assert sum(batch.tokens for batch in whole) == sum(batch.tokens for batch in answers)
    for batch in whole:
        for tree in batch.trees:
            for row in tree.rows:
                item = items[row.key]
                assert tree.prefix + row.ids == item.ids
                # what is to stay as it is, is held at the answer alone
                wanted = len(row.ids) - item.answer if row.kl else 1
                assert row.loss_from == wanted
