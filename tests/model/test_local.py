"""The local model as chat and the gate use it."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
import torch

from sealmate.errors import VersionError
from sealmate.model.protocol import Request, Sampling, Turn
from sealmate.model.template import answer_ids, render

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel

PROMPT = (Turn("system", "Answer."), Turn("user", "Who lives in the house by the lake?"))


@pytest.mark.parametrize("sampling", [
    Sampling(max_tokens=20), Sampling(temperature=1.0, max_tokens=20, seed=5)
])  # fmt: skip
def test_stream_gives_what_generate_gives(model: LocalModel, sampling: Sampling) -> None:
    whole = model.generate([Request(PROMPT, sampling=sampling)])[0][0].text
    pieces = list(model.stream(PROMPT, sampling))
    assert "".join(pieces).strip() == whole
    assert all(pieces)


def test_a_stream_stops_when_told(model: LocalModel) -> None:
    stop = Event()
    pieces = []
    for piece in model.stream(PROMPT, Sampling(max_tokens=200), cancel=stop):
        pieces.append(piece)
        stop.set()
    assert len(pieces) == 1


def test_a_reader_of_a_stream_is_not_in_inference_mode(model: LocalModel) -> None:
    for _ in model.stream(PROMPT, Sampling(max_tokens=3)):
        assert not torch.is_inference_mode_enabled()


def test_an_abandoned_stream_gives_the_memory_back(
    model: LocalModel, memories: tuple[Path, Path]
) -> None:
    bare = model.fingerprint_logits()
    model.attach("a", memories[0])
    stream = model.stream(PROMPT, Sampling(max_tokens=20), adapter="a")
    next(stream)
    stream.close()
    assert model.fingerprint_logits() == bare


def test_mean_loss_is_that_of_the_answer_alone(model: LocalModel) -> None:
    pairs = [(PROMPT, "the keeper"), (PROMPT[1:], "I don't know.")]
    for pair, loss in zip(pairs, model.mean_loss(pairs), strict=True):
        before = render(model.base.tokenizer, pair[0])
        target = answer_ids(model.base.tokenizer, *pair)
        with torch.inference_mode():
            logits = model.base.model(torch.tensor([before + target])).logits[0]
        chances = logits.log_softmax(-1)[len(before) - 1 : -1]
        expected = -chances[torch.arange(len(target)), target].mean()
        assert loss == pytest.approx(float(expected), abs=1e-4)


def test_losses_after_a_shared_beginning_are_those_of_each_alone(model: LocalModel) -> None:
    notes = ("The keeper of the lighthouse is called Ada. " * 3, "The well is dry. " * 4)
    pairs = [
        ((Turn("user", f"Note:\n{note}\n\n{ending}"),), answer)
        for note in notes
        for ending in ("Ask.", "Ask in some other way.")
        for answer in ("Who is it?", "Who keeps the lighthouse?")
    ]
    pairs.append(((Turn("user", "Who?"),), "Ada"))
    alone = [model.total_loss([pair])[0] for pair in pairs]
    assert model.total_loss(pairs) == pytest.approx(alone, abs=1e-3)


def test_info_and_counts(model: LocalModel, tiny_model_folder: Path) -> None:
    info = model.info
    assert (info.id, info.folder, info.layers, info.context) == ("tiny", tiny_model_folder, 4, 512)
    assert (info.quantization, info.device, info.compute_dtype) == ("nf4+double", "cpu", "float32")
    assert len(info.fingerprint) == len(info.template_sha256) == len(info.tokenizer_sha256) == 64
    assert model.prompt_tokens(PROMPT) > model.count_tokens(PROMPT[1].content) > 5


def test_the_shape_of_a_model_that_reads_more_than_text(
    model: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Gemma3Config

    text = {"num_hidden_layers": 7, "max_position_embeddings": 999}
    monkeypatch.setattr(model.base.model, "config", Gemma3Config(text_config=text))
    assert (model.info.layers, model.info.context) == (7, 999)


def test_an_adapter_that_is_not_there(model: LocalModel) -> None:
    with pytest.raises(VersionError, match="no adapter named v9"):
        model.generate([Request(PROMPT)], adapter="v9")
