"""Batches fit into memory, and how they were made shows in no answer."""

from __future__ import annotations

import random
from dataclasses import replace
from math import inf
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from sealmate.model import decoding, room
from sealmate.model.decoding import read_once
from sealmate.model.protocol import Completion, Request, Sampling
from sealmate.model.room import Group, Sizes, column_bytes, free_bytes, groups, halves, room_now
from tests.model.test_decoding import GREEDY, PROMPTS, asked

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

WARM = Sampling(temperature=1.0, max_tokens=10, seed=3)
REQUESTS = [
    Request(PROMPTS[0], 3, WARM),
    Request(PROMPTS[1], 2, replace(GREEDY, rather_than="I don't know.")),
    Request(PROMPTS[2], 5, WARM),
    Request(PROMPTS[3], 1, Sampling(0.7, max_tokens=4, seed=9)),
    Request(PROMPTS[4], 1, GREEDY, drafts=("the rabbit eats hay",)),
    Request(asked("Where does the keeper water the garden?"), 2, WARM, "In the"),
]


def answers(model: LocalModel) -> list[list[Completion]]:
    return model.generate([replace(one, drafts=one.drafts or ("x",)) for one in REQUESTS])


def told(found: list[list[Completion]]) -> list[list[tuple[str, bool]]]:
    return [[(one.text, one.finished) for one in some] for some in found]


def sure(found: list[list[Completion]]) -> list[float]:
    return [sum(one.logprobs) + (one.rival or 0.0) for some in found for one in some]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples each batch had that was begun."""
    seen: list[int] = []
    real = decoding._decode_group

    def watched(base: Any, prompts: Any, samplings: Any, kin: Group, *rest: Any) -> None:
        seen.append(sum(map(len, kin)))
        real(base, prompts, samplings, kin, *rest)

    monkeypatch.setattr(decoding, "_decode_group", watched)
    return seen


@pytest.mark.parametrize("columns", [0.0, 200.0, 700.0])
def test_answers_do_not_depend_on_the_room(
    model: LocalModel, decoded: list[int], monkeypatch: pytest.MonkeyPatch, columns: float
) -> None:
    at_once = answers(model)
    assert decoded == [14]
    monkeypatch.setattr(decoding, "room_now", lambda base: columns)
    in_parts = answers(model)
    assert len(decoded) > 3
    assert sum(decoded) == 2 * 14
    assert (max(decoded[1:]) == 1) is (columns == 0)
    assert told(in_parts) == told(at_once)
    assert sure(in_parts) == pytest.approx(sure(at_once), abs=1e-3)


@pytest.mark.parametrize("most", [1, 3, 8])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(
    model: LocalModel, decoded: list[int], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """As where something else takes the GPU's memory at the same time."""
    at_once = answers(model)
    feed = decoding.Batch.feed

    def full(batch: Any, base: Any, tokens: torch.Tensor) -> torch.Tensor:
        if len({row.owner for row in batch.rows}) > most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return feed(batch, base, tokens)

    monkeypatch.setattr(decoding.Batch, "feed", full)
    decoded.clear()
    in_parts = answers(model)
    assert decoded[0] == 14
    assert told(in_parts) == told(at_once)
    assert sure(in_parts) == pytest.approx(sure(at_once), abs=1e-3)
    if most == 8:  # one was tried in vain, and none of those after it
        assert sum(decoded[1:]) == 14


def test_a_single_row_that_does_not_fit_is_an_error(
    model: LocalModel, decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(decoding.Batch, "feed", full)
    with pytest.raises(torch.OutOfMemoryError):
        answers(model)
    assert decoded[-1] == 1


def test_a_column_is_as_big_as_reckoned(model: LocalModel) -> None:
    layers = read_once(model.base, list(range(10, 17)))
    assert sum(k.nbytes + v.nbytes for k, v in layers) == 7 * column_bytes(model.base)


def big(free: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A base of 8 billion parameters as far as its room goes, on a GPU with `free` bytes free,
    and a gibibyte more that torch keeps for itself."""
    from transformers import Qwen3Config

    config = Qwen3Config(
        num_hidden_layers=36, num_attention_heads=32, num_key_value_heads=8, head_dim=128
    )
    gib = 1024**3
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free - gib, 24 * gib))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 6 * gib)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 5 * gib)
    return SimpleNamespace(
        model=SimpleNamespace(config=config), dtype=torch.bfloat16, device=torch.device("cuda", 1)
    )


def test_five_passages_fit_into_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """What writing asks for about five passages of 220 tokens: a plain try, six samples."""
    base = big(6 * 1024**3, monkeypatch)
    assert column_bytes(base) == 144 * 1024
    assert free_bytes(base.device) == 6 * 1024**3
    sizes = Sizes([420] * 10, [700] * 10, [1] * 10)
    kin = [[(n, 0), *((n + 1, k) for k in range(6))] for n in range(0, 10, 2)]
    everything = [sample for family in kin for sample in family]
    for group in groups(kin, sizes, 160, 60_000, room_now(base)):
        assert sizes.columns(group) * column_bytes(base) <= 3 * 1024**3
        for family in group:
            everything = [sample for sample in everything if sample not in family]
    assert not everything
    # all at once where there is enough, as the answers' limits count by half for speed
    assert len(groups(kin, sizes, 160, 60_000, inf)) == 1


@pytest.mark.parametrize("shape", [{}, {"num_attention_heads": [8, 4], "hidden_size": 64}])
def test_layers_of_no_one_size_have_what_room_there_is(
    monkeypatch: pytest.MonkeyPatch, shape: dict[str, Any]
) -> None:
    base = big(6 * 1024**3, monkeypatch)
    text = SimpleNamespace(num_hidden_layers=2, head_dim=8, **shape)
    base.model.config = SimpleNamespace(get_text_config=lambda: text)
    assert room_now(base) == inf


def test_nobody_says_how_much_is_free(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_bytes", lambda: None)
    assert room_now(model.base) == inf
    monkeypatch.setattr(room, "available_bytes", lambda: 2000 * column_bytes(model.base))
    assert room_now(model.base) == 1000


@pytest.mark.parametrize("seed", range(5))
def test_halves_keep_the_order_and_lose_nothing(seed: int) -> None:
    rng = random.Random(seed)
    group = [[(n, k) for k in range(rng.randint(1, 4))] for n in range(rng.randint(1, 5))]
    whole = [sample for family in [*group, [(9, 0)]] for sample in family]
    first, others = halves([*group, [(9, 0)]])
    assert [s for part in (first, others) for family in part for s in family] == whole
    assert all(first)
    assert all(others)
    assert abs(sum(map(len, first)) - sum(map(len, others))) <= 1
