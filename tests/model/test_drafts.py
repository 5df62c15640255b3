"""Reading ahead in a text changes nothing in what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate.model import drafts
from sealmate.model.drafts import Drafts
from sealmate.model.protocol import Completion, Request, Sampling, Turn
from sealmate.model.sampling import DecodingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealmate.model.local import LocalModel

LONG = Sampling(max_tokens=30)
PROMPTS = [
    (Turn("user", text),)
    for text in ("Who waters the garden?", "Hay.", "What is the code of the gate, and who has it?")
]


class Told(Drafts):
    """Drafts by their tokens: what an untaught model says is hardly ever cut into tokens alike
    when it is read."""

    def __init__(self, texts: Sequence[Sequence[int]]) -> None:
        self.texts = [list(text) for text in texts]
        self.asked = 0

    def __bool__(self) -> bool:
        return True

    def rest(self, row: DecodingRow) -> list[int]:
        self.asked += 1
        for text in self.texts:
            if text[: len(row.tokens)] == row.tokens:
                return text[len(row.tokens) : row.sampling.max_tokens]
        return []


def spoken(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch, sampling: Sampling
) -> list[list[int]]:
    """The tokens that each prompt is answered with."""
    kept: list[DecodingRow] = []
    real = DecodingRow.__init__

    def made(self: DecodingRow, *args: object, **more: object) -> None:
        real(self, *args, **more)  # type: ignore[arg-type]
        kept.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(DecodingRow, "__init__", made)
        model.generate([Request(prompt, sampling=sampling) for prompt in PROMPTS])
    return [row.tokens for row in kept if not row.other]


def answered(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch, told: Drafts, sampling: Sampling = LONG
) -> list[Completion]:
    with monkeypatch.context() as patch:
        patch.setattr("sealmate.model.decoding.Drafts", lambda *_: told)
        requests = [Request(prompt, sampling=sampling, drafts=("a",)) for prompt in PROMPTS]
        return [one for (one,) in model.generate(requests)]


def same(some: Sequence[Completion], others: Sequence[Completion]) -> None:
    for one, other in zip(some, others, strict=True):
        assert (one.text, one.finished) == (other.text, other.finished)
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-3)
        assert (one.rival is None) == (other.rival is None)
        if one.rival is not None:
            assert one.rival == pytest.approx(other.rival, abs=1e-3)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(4, 40), min_size=3, max_size=3),
    more=st.lists(st.integers(5, 60), max_size=8),
    avoid=st.sampled_from(["", "I don't know."]),
)
def test_as_without(
    model: LocalModel,
    monkeypatch: pytest.MonkeyPatch,
    cuts: list[int],
    more: list[int],
    avoid: str,
) -> None:
    """Whether a draft is all that is said, its beginning, or goes on otherwise."""
    sampling = Sampling(max_tokens=30, rather_than=avoid)
    plain = [one for (one,) in model.generate([Request(p, sampling=sampling) for p in PROMPTS])]
    tokens = spoken(model, monkeypatch, sampling)
    told = Told([[*said[:cut], *more] for said, cut in zip(tokens, cuts, strict=True)])
    same(answered(model, monkeypatch, told, sampling), plain)
    assert told.asked


def test_it_takes_fewer_steps(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[int] = []
    real = drafts.Batch.feed

    def feed(self: drafts.Batch, *args: object) -> object:
        fed.append(len(self.rows))
        return real(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(drafts.Batch, "feed", feed)
    tokens = spoken(model, monkeypatch, LONG)
    slow = len(fed)
    fed.clear()
    answered(model, monkeypatch, Told(tokens))
    longest = max(map(len, tokens))
    assert longest > 12
    assert len(fed) < slow / 2


def test_a_draft_is_found_by_what_was_said(model: LocalModel) -> None:
    texts = ("The hatch is open on Sundays.", "The hatch is shut in May.", "Peas.")
    tokenizer = model.base.tokenizer
    known = Drafts(tokenizer, texts)
    row = DecodingRow((0, 0), LONG, None)
    assert known.rest(row) == []
    ids = tokenizer(texts[1], add_special_tokens=False)["input_ids"]
    row.tokens = ids[:-4]
    assert known.rest(row) == ids[-4:]
    row.tokens = [*ids[:-4], ids[0]]
    assert known.rest(row) == []
    hot = DecodingRow((0, 0), Sampling(temperature=1.0), None)
    hot.tokens = ids[:-4]
    assert known.rest(hot) == []
    assert not Drafts(tokenizer, ())
