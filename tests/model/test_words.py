"""Words that mean alike, by a model's own table."""

from __future__ import annotations

import pytest
import torch

from sealmate.model.local import LocalModel
from sealmate.model.words import WordSpace


class Letters:
    """A tokenizer whose words are one token each."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = tokens

    def get_vocab(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self._tokens)}


def space_of(likenesses: dict[str, torch.Tensor]) -> WordSpace:
    """A space whose tokens differ by the given vectors from what all tokens share."""
    torch.manual_seed(3)
    noise = torch.randn(400, 64)
    table = torch.cat([torch.stack(list(likenesses.values())), noise]) + 5 * torch.randn(64)
    return WordSpace(table, Letters(*likenesses))


@pytest.mark.parametrize("start", ["\u0120", "\u2581"])
def test_words_with_vectors_that_point_alike_are_alike(start: str) -> None:
    torch.manual_seed(4)
    fish, boat = torch.randn(64), torch.randn(64)
    vectors = {"aquarium": fish, "tank": fish + 0.3 * torch.randn(64), "sail": boat}
    space = space_of({f"{start}{word}": vector for word, vector in vectors.items()})
    (near,) = space.alike(["aquarium"], ["sail", "tank"], 0.5, 9)
    assert list(near) == ["tank"]
    assert 0.8 < near["tank"] <= 1.0
    # what all words share says nothing of any of them
    assert abs(space.alike(["aquarium"], ["sail"], -1.0, 9)[0]["sail"]) < 0.5
    assert list(space.alike(["aquarium"], ["sail", "tank"], -1.0, 1)[0]) == ["tank"]


def test_pieces_and_names_are_like_nothing() -> None:
    vector = torch.ones(64)
    space = space_of({"\u0120tank": vector, "tramp": vector, "\u0120Anna": vector})
    words = ["tank", "tramp", "anna", "ottoline"]
    assert space.alike(words, words, -1.0, 9)[1:] == [{}, {}, {}]
    assert list(space.alike(words, words, -1.0, 9)[0]) == ["tank"]


def words_of(model: LocalModel) -> list[str]:
    """Words that are one token of the model."""
    vocabulary = model.base.tokenizer.get_vocab()
    found = [t[1:] for t in vocabulary if t[0] == "\u0120" and t[1:].isascii() and t[1:].islower()]
    return sorted(found, key=len)[-9:]


def test_a_word_is_most_like_itself_and_asking_again_says_the_same(model: LocalModel) -> None:
    bread, water, *_ = words_of(model)
    others = [water, bread, "ottolinex"]
    first = model.alike([bread, water, bread], others, -1.0, 9)
    assert list(first[0]) == [bread, water]
    assert first[0] == first[2]
    assert first[0][bread] == pytest.approx(1.0, abs=0.01)
    assert model.alike([bread, water, bread], others, -1.0, 9) == first


def test_many_words_are_compared_in_parts(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words_of(model)
    whole = model.alike(words, words, -1.0, 4)
    monkeypatch.setattr("sealmate.model.words.CHUNK", 2)
    parts = model.alike(words, words, -1.0, 4)
    assert [list(near) for near in parts] == [list(near) for near in whole]
    assert all(len(near) == 4 for near in whole)


def test_nothing_is_alike_nothing(model: LocalModel) -> None:
    assert model.alike([], ["rabbit"], 0.0, 9) == []
    assert model.alike(["rabbit"], [], 0.0, 9) == [{}]
    assert model.alike(["rabbit"], ["garden"], 1.1, 9) == [{}]
    assert model.alike(["", "\u0000"], ["garden"], -1.0, 9) == [{}, {}]


def test_looking_for_words_draws_no_random_numbers(loaded: LocalModel) -> None:
    torch.manual_seed(11)
    wanted = torch.rand(3)
    torch.manual_seed(11)
    WordSpace(loaded.base.model.get_input_embeddings().weight, loaded.base.tokenizer)
    assert torch.equal(torch.rand(3), wanted)
