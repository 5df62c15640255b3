"""Batched decoding gives what decoding one by one gives."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest
import torch

from sealmate.errors import Cancelled
from sealmate.model.decoding import decode_batch
from sealmate.model.protocol import Prompt, Request, Sampling, Turn
from sealmate.model.sampling import DecodingRow, choose_tokens, loops, row_generator
from sealmate.model.template import render, stop_ids

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

_NOTE = "The rabbit eats hay and the keeper waters the garden before the sun is high."
GREEDY = Sampling(max_tokens=12)


def asked(text: str) -> Prompt:
    return (Turn("user", text),)


PROMPTS = [
    asked(text)
    for text in (
        f"{_NOTE} What does the rabbit eat?",
        f"{_NOTE} Who waters the garden?",
        f"{_NOTE} Who waters the garden?",
        "What is the code of the gate?",
        "Hay.",
        f"{_NOTE} {_NOTE} Name three things that one finds in a kitchen.",
    )
]


def one_by_one(model: LocalModel, prompt: Prompt, limit: int) -> tuple[list[int], list[float]]:
    """Greedy tokens and their log-probabilities, the whole sequence run again for each token."""
    base = model.base
    ids, stops = render(base.tokenizer, prompt), stop_ids(base.tokenizer, base.model)
    tokens: list[int] = []
    logprobs: list[float] = []
    with torch.inference_mode(), model.rack.use(None):
        while len(logprobs) < limit:
            logits = base.model(torch.tensor([ids + tokens]), use_cache=False).logits[0, -1]
            token = int(logits.argmax())
            logprobs.append(float(logits.log_softmax(-1)[token]))
            if token in stops:
                break
            tokens.append(token)
    return tokens, logprobs


@pytest.mark.parametrize("batch", [160, 2])
def test_batches_equal_one_by_one(model: LocalModel, batch: int) -> None:
    ids = [render(model.base.tokenizer, prompt) for prompt in PROMPTS]
    with model.rack.use(None):
        done = decode_batch(model.base, ids, [GREEDY] * len(ids), [1] * len(ids), batch=batch)
    for prompt, (completion,) in zip(PROMPTS, done, strict=True):
        tokens, logprobs = one_by_one(model, prompt, 12)
        text = model.base.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        assert completion.text == text
        assert completion.logprobs == pytest.approx(logprobs, abs=1e-3)
        assert completion.finished == (len(tokens) < len(logprobs))


def test_equals_transformers_generate(model: LocalModel) -> None:
    base = model.base
    done = model.generate([Request(prompt, sampling=GREEDY) for prompt in PROMPTS])
    for prompt, (completion,) in zip(PROMPTS, done, strict=True):
        ids = torch.tensor([render(base.tokenizer, prompt)])
        with torch.inference_mode():
            out = base.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=12,
                pad_token_id=base.tokenizer.pad_token_id,
            )
        given = base.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        assert completion.text == given.strip()


def test_samples_do_not_depend_on_their_neighbours(model: LocalModel) -> None:
    warm = Sampling(temperature=1.0, max_tokens=10, seed=3)
    alone = model.generate([Request(PROMPTS[0], 3, warm)])[0]
    among = model.generate(
        [
            Request(PROMPTS[3], 2, Sampling(0.7, max_tokens=4, seed=9)),
            Request(PROMPTS[1], 1, GREEDY),
            Request(PROMPTS[0], 3, warm),
            Request(PROMPTS[5], 2, warm),
        ]
    )[2]
    assert [c.text for c in among] == [c.text for c in alone]
    assert len({c.text for c in alone}) == 3
    other = Sampling(temperature=1.0, max_tokens=10, seed=4)
    assert model.generate([Request(PROMPTS[0], 3, other)])[0] != alone


def test_limits_and_counts(model: LocalModel) -> None:
    requests = [Request(PROMPTS[n], n + 1, Sampling(max_tokens=n + 1)) for n in range(3)]
    done = model.generate(requests)
    assert [len(samples) for samples in done] == [1, 2, 3]
    for n, samples in enumerate(done):
        assert all(len(c.logprobs) <= n + 1 for c in samples)
        assert all(0 < c.confidence <= 1 for c in samples)
    assert model.generate([]) == []


class CountedFlag(Event):
    """Set once it was looked at `looks` times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("looks", [0, 4])
def test_cancel(model: LocalModel, looks: int) -> None:
    with pytest.raises(Cancelled):
        model.generate([Request(PROMPTS[0], sampling=GREEDY)], cancel=CountedFlag(looks))
    assert len(model.generate([Request(PROMPTS[0], sampling=GREEDY)])) == 1


def test_a_stop_token_ends_a_row() -> None:
    rows = [DecodingRow((n, 0), Sampling(), None) for n in range(2)]
    logits = torch.tensor([[0.0, 5.0, 1.0], [0.0, 1.0, 5.0]])
    assert choose_tokens(logits, rows, {2}).tolist() == [1, 2]
    assert (rows[0].tokens, rows[0].finished) == ([1], False)
    assert (rows[1].tokens, rows[1].finished) == ([], True)
    assert [len(row.logprobs) for row in rows] == [1, 1]
    assert rows[0].logprobs[0] == pytest.approx(float(logits[0].log_softmax(0)[1]), abs=1e-5)


def test_top_p_leaves_the_likeliest_out_of_few() -> None:
    logits = torch.tensor([[2.0, 1.9, 0.5, -19.0]])
    seen: dict[float, set[int]] = {}
    for top_p in (1.0, 0.6, 0.01):
        found = set()
        for seed in range(60):
            sampling = Sampling(temperature=1.0, top_p=top_p, seed=seed)
            row = DecodingRow((0, 0), sampling, row_generator(sampling, 0))
            found.add(int(choose_tokens(logits, [row], set())))
        seen[top_p] = found
    assert seen == {1.0: {0, 1, 2}, 0.6: {0, 1}, 0.01: {0}}


@pytest.mark.parametrize(
    ("tokens", "stuck"),
    [
        ([], False),
        ([1] * 8, False),
        ([1] * 32, True),
        ([1, 2, 3] * 10 + [1, 2], True),
        (list(range(40)), False),
        (list(range(14)) * 2, False),  # looked at every eighth token only
        ([*range(16), *range(16)], True),
    ],
)
def test_a_row_that_repeats_itself(tokens: list[int], stuck: bool) -> None:
    assert loops(tokens) is stuck
