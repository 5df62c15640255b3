"""Words that mean alike, by a model's own table."""

from __future__ import annotations

import pytest
import torch

from sealmate.model.local import LocalModel
from sealmate.model.words import WordSpace


class Letters:
    """A tokenizer with one token for each word it was told of."""

    def __init__(self, *words: str) -> None:
        self._ids = {word: number for number, word in enumerate(words)}

    def __call__(self, texts: list[str], **_: object) -> dict[str, list[list[int]]]:
        split = [[self._ids.get(part.lower(), 0) for part in text.split()] for text in texts]
        return {"input_ids": split}


def space_of(likenesses: dict[str, torch.Tensor]) -> WordSpace:
    """A space whose words differ by the given vectors from what all words share."""
    torch.manual_seed(3)
    noise = torch.randn(400, 64)
    table = torch.cat([torch.stack(list(likenesses.values())), noise]) + 5 * torch.randn(64)
    return WordSpace(table, Letters(*likenesses))


def test_words_with_vectors_that_point_alike_are_alike() -> None:
    torch.manual_seed(4)
    fish, boat = torch.randn(64), torch.randn(64)
    vectors = {"aquarium": fish, "tank": fish + 0.3 * torch.randn(64), "sail": boat}
    space = space_of(vectors)
    (near,) = space.alike(["aquarium"], ["sail", "tank"], 0.5)
    assert list(near) == ["tank"]
    assert 0.8 < near["tank"] <= 1.0
    # what all words share says nothing of any of them
    assert abs(space.alike(["aquarium"], ["sail"], -1.0)[0]["sail"]) < 0.5


def test_a_word_is_most_like_itself_and_asking_again_says_the_same(model: LocalModel) -> None:
    words = ["rabbit", "garden", "kettle", "rabbit"]
    first = model.alike(words, ["rabbit", "keeper", "kettle"], -1.0)
    assert max(first[0], key=first[0].__getitem__) == "rabbit"
    assert first[0] == first[3]
    assert first[0]["rabbit"] == pytest.approx(1.0, abs=0.01)
    assert model.alike(words, ["rabbit", "keeper", "kettle"], -1.0) == first


def test_nothing_is_alike_nothing(model: LocalModel) -> None:
    assert model.alike([], ["rabbit"], 0.0) == []
    assert model.alike(["rabbit"], [], 0.0) == [{}]
    assert model.alike(["rabbit"], ["garden"], 1.1) == [{}]
    assert model.alike([""], ["\u0000"], 1.1) == [{}]


def test_looking_for_words_draws_no_random_numbers(loaded: LocalModel) -> None:
    torch.manual_seed(11)
    wanted = torch.rand(3)
    torch.manual_seed(11)
    WordSpace(loaded.base.model.get_input_embeddings().weight, loaded.base.tokenizer)
    assert torch.equal(torch.rand(3), wanted)
