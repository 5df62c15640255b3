"""Training and writing beside the plain loops, on the tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealmate.bench.plain import PlainTraining, load_plain, plain_write
from sealmate.bench.stock import night_of, practice_notes
from sealmate.bench.train import bench_train
from sealmate.bench.write import Recorder, bench_write, of_passage
from sealmate.edits.write import Text
from sealmate.errors import UsageError
from sealmate.model.protocol import Request, Sampling, Turn
from sealmate.settings import Settings
from sealmate.training.batches import Example, encode
from sealmate.training.loop import Recipe
from tests.bench.drain import drain

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel


def test_a_night_over_stock_notes_has_what_a_night_has(settings: Settings) -> None:
    night = night_of(practice_notes(3, 7), settings)
    kinds = {example.kind for example in night.examples}
    assert kinds == {"new", "near", "cue", "unknown", "chat"}
    more = night_of(practice_notes(3, 7), settings.model_copy(update={"train_statements": True}))
    assert {example.kind for example in more.examples} == kinds | {"statement", "passage"}
    assert night.examples == night_of(practice_notes(3, 7), settings).examples


def test_more_notes_than_there_are_cannot_be_taken() -> None:
    with pytest.raises(UsageError, match="100000 notes"):
        practice_notes(100_000, 7)


def test_training_is_timed_beside_the_plain_loop(model: LocalModel, settings: Settings) -> None:
    _, figures = drain(bench_train(model, settings, notes=1, rounds=1, rows=2, steps=2))
    ours, plain = figures["ours"], figures["plain"]
    assert figures["ratio"] == pytest.approx(
        plain["seconds_per_note"] / ours["seconds_per_note"], rel=0.02
    )
    assert ours["examples_per_second"] > 0 < plain["tokens_per_second"]
    assert (figures["our_layers"], figures["plain_layers"]) == (2, 4)
    assert figures["matmul_gflops"] > 0
    assert model.attached == ()


def test_the_plain_loop_learns(model: LocalModel, tiny_model_folder: Path) -> None:
    prompt = (Turn("user", "What is the code of the gate?"),)
    rows = encode(model.base.tokenizer, [Example(prompt, "4711"), Example(prompt[:1], "A kettle")])
    plain = load_plain(tiny_model_folder, model.base)
    training = PlainTraining(plain, model.base.tokenizer, Recipe(rank=4, learning_rate=1e-2), 2)
    trained = [name for name, p in plain.named_parameters() if p.requires_grad]
    assert trained
    assert all(".layers.2." in name or ".layers.3." in name for name in trained)
    before = {name: p.detach().clone() for name, p in plain.named_parameters() if "lora_B" in name}
    assert training.step(rows) == 2 * max(len(row.ids) for row in rows)
    after = dict(plain.named_parameters())
    assert any((after[name] != value).any() for name, value in before.items())


def test_greedy_writing_makes_as_many_tokens_as_ours(
    written: LocalModel, tiny_model_folder: Path
) -> None:
    requests = [
        Request((Turn("user", text),), 1, Sampling(max_tokens=6))
        for text in ("Name a thing.", "Who lives in the house by the lake?")
    ]
    recorder = Recorder(written)
    recorder.generate(requests)
    plain = load_plain(tiny_model_folder, written.base, written.base.writer)
    made = plain_write(plain, written.base.tokenizer, requests)
    assert made == recorder.tokens
    assert recorder.stages == [requests]


def test_samples_count_each(model: LocalModel, tiny_model_folder: Path) -> None:
    request = Request((Turn("user", "Name a thing."),), 3, Sampling(0.9, max_tokens=4))
    plain = load_plain(tiny_model_folder, model.base)
    assert 3 <= plain_write(plain, model.base.tokenizer, [request]) <= 12


def test_requests_find_their_passage() -> None:
    asked = [Request((Turn("user", f"Note:\n{text}\n\nWrite."),)) for text in ("one", "two", "one")]
    assert of_passage([asked, asked[1:2]], Text(1, "", "one")) == [[asked[0], asked[2]], []]


def test_writing_is_timed_beside_the_plain_loop(written: LocalModel, settings: Settings) -> None:
    _, figures = drain(bench_write(written, settings, notes=1, rounds=1))
    assert figures["writer"] is True
    assert figures["ours"]["tokens_per_second"] > 0
    assert figures["plain"]["tokens_per_note"] > 0
    assert figures["ratio"] > 0


def test_nothing_to_write_is_refused(model: LocalModel, settings: Settings) -> None:
    with pytest.raises(UsageError):
        drain(bench_write(model, settings, notes=1, rounds=0))
