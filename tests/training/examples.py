"""Examples of every kind, drawn by a seed."""

from __future__ import annotations

import random

from sealmate.model.protocol import Turn
from sealmate.training.batches import Example

_WORDS = (
    *("rabbit", "hay", "keeper", "garden", "sun", "gate", "code", "lake", "house", "kettle"),
    *("knife", "table", "water", "high", "eats", "lives", "Ada", "42", "blue", "Thursday"),
)


def some_examples(seed: int, count: int = 9, *, kl: bool = False) -> list[Example]:
    """Examples in families with a common passage, and some without."""
    rng = random.Random(seed)

    def words(most: int) -> str:
        return " ".join(rng.choices(_WORDS, k=rng.randint(1, most)))

    notes = [words(30) for _ in range(3)]
    made = []
    for number in range(count):
        family = number % 4
        said = f"{notes[family]}\n{words(6)}?" if family < 3 else words(12)
        made.append(
            Example(
                (Turn("system", "Answer shortly."), Turn("user", said)),
                words(5),
                share=f"note {family}" if family < 3 else f"alone {number}",
                weight=rng.choice((0.5, 1.0)),
                kl=kl and number % 3 == 0,
            )
        )
    return made
