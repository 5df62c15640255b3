"""The continual bench: its stream, its figures, SEAL's merging, and two small nights of it all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sealmate.bench import arms, continual, examination, plots, seal, workbench
from sealmate.bench.continual import Plan, bench_continual, read_rows
from sealmate.bench.examination import asked_after, formerly
from sealmate.bench.matrix import (
    FIGURES,
    SEAL_PUBLISHED,
    Row,
    figures,
    lines,
    matrix,
    over_seeds,
    row_from,
)
from sealmate.bench.memo import RememberingModel
from sealmate.bench.noreplay import NoReplayArm
from sealmate.bench.seal import Merged, changes_of
from sealmate.bench.stream import Shape, make_stream
from sealmate.bench.workbench import Reply
from sealmate.cli.app import build
from sealmate.edits.moments import moment_of
from sealmate.edits.questions import in_the_past
from sealmate.edits.screen import correct
from sealmate.errors import UsageError
from sealmate.model.cpu import cpu_kind
from sealmate.model.protocol import Request, Sampling, Turn
from sealmate.night.testing import held_chat
from sealmate.settings import Settings
from tests.bench.drain import drain
from tests.tiny import build_adapter

if TYPE_CHECKING:
    from collections.abc import Iterator

LENIENT = {
    "gate_new_recall": 0.0, "gate_old_drop": 1.0, "gate_general": 1e9,
    "gate_kl": 1e9, "gate_abstention": 0.0,
    "passes": 1.0, "threads": 1,
}  # fmt: skip
SHAPE = Shape(notes=2, questions=4, changed=0.4, deleted=0.4)


@pytest.fixture
def quick(settings: Settings) -> Settings:
    return settings.model_copy(update=LENIENT)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less to ask and to train than the bench has."""
    monkeypatch.setattr(examination, "STRANGERS", slice(1020, 1023))
    for module in (arms, workbench):
        monkeypatch.setattr(module, "held_chat", lambda: held_chat()[:2])
    monkeypatch.setattr(seal, "EPOCHS", 1.0)


def row(night: int, columns: dict[str, tuple[int, int]], **more: Any) -> Row:
    plain = Row(
        night=night, outcome="published", kind="warm", version=night, tokens=1000, seconds=1.0,
        columns=columns, untaught=(1, 10), changed=(0, 0), changed_right=(0, 0), deleted=(0, 0),
        never_told=(0, 0), near=(8, 10), strangers=(10, 10), general=1.0,
    )  # fmt: skip
    return replace(plain, **more)


def test_a_stream_changes_and_forgets_its_share_and_grows_at_its_end() -> None:
    stream = make_stream(20, Shape(notes=5), 3)
    assert make_stream(6, Shape(notes=5), 3).nights == stream.nights[:6]
    assert make_stream(6, Shape(notes=5), 4).nights != stream.nights[:6]
    notes = {note.key: note for night in stream.nights for note in night.notes}
    assert len(notes) == 100
    assert 9 <= sum(bool(note.corrects) for note in notes.values()) <= 10
    gone = [key for night in stream.nights for key in night.forget]
    assert 4 <= len(gone) <= 5
    assert len(set(gone)) == len(gone)
    for night in stream.nights:
        for key in (*night.forget, *(note.corrects for note in night.notes if note.corrects)):
            assert int(key.split(".")[0]) < night.number
        asked = [fact for fact in stream.facts if fact.night == night.number and fact.wordings]
        assert 0 < len(asked) <= 12
    for fact in stream.changed(20):
        assert not correct(fact.answer, fact.old)
        old = notes[notes[fact.note].corrects]
        # the same question had the other answer
        assert any(set(fact.wordings) <= set(w) and a == fact.old for w, a in old.filled.qa)
    for fact in stream.deleted(20):
        assert fact.note in gone
        assert not fact.holds(20)
        assert fact.holds(fact.until - 1)
    wordings = [w.casefold() for fact in stream.valid(20) for w in fact.wordings]
    assert len(set(wordings)) == len(wordings)
    assert len(stream.near(20, 15)) == 15
    first = [question for note in stream.nights[0].notes for question in note.near]
    assert stream.near(1) == first
    assert len(first) > len(stream.nights[0].notes)
    with pytest.raises(UsageError):
        make_stream(0, Shape(), 1)


@example(seed=950, nights=40)  # a correction of a note that shares a wording with another
@given(seed=st.integers(0, 999), nights=st.integers(2, 40))
@settings(max_examples=12, deadline=None)
def test_more_nights_leave_the_first_ones_as_they_were(seed: int, nights: int) -> None:
    longer = make_stream(60, Shape(), seed)
    stream = make_stream(nights, Shape(), seed)
    assert stream.nights == longer.nights[:nights]
    for number in range(1, nights + 1):
        holds = stream.valid(number)
        assert [f.wordings for f in holds] == [f.wordings for f in longer.valid(number)]
        asked = [wording.casefold() for fact in holds for wording in fact.wordings]
        assert len(set(asked)) == len(asked)


def test_the_figures() -> None:
    rows = [row(1, {"1": (8, 10)})]
    rows += [row(n, {str(k): (8, 10) for k in range(1, n + 1)}) for n in range(2, 6)]
    last = row(
        6, {**{str(k): (6, 10) for k in range(1, 6)}, "6": (8, 10)}, tokens=1200,
        changed=(1, 50), changed_right=(40, 50), deleted=(0, 9), never_told=(1, 9),
        near=(7, 10), general=1.01, former=(30, 50), invented=(3, 12),
    )  # fmt: skip
    found = figures([*rows, last])
    assert tuple(found)[: len(FIGURES)] == FIGURES
    assert found["final_over_learnt"] == round((38 / 60) / 0.8, 4)
    assert found["superseded_rate"] == 0.02
    assert (found["deleted_rate"], found["deleted_rate_never_told"]) == (0.0, 0.1111)
    assert (found["former_right"], found["former_invented"]) == (0.6, 0.25)
    assert found["abstention_drop"] == 0.05
    assert (found["general_loss_ratio"], found["tokens_ratio"]) == (1.01, 1.2)
    assert figures(rows)["tokens_ratio"] is None
    assert figures([*rows, replace(last, repeated=True)])["tokens_ratio"] is None
    assert (found["tokens_ratio_mean"], found["tokens_most"]) == (None, 1200.0)
    many = [row(n, {}, tokens=100 if n < 8 else 150 if n < 10 else 90) for n in range(1, 11)]
    assert figures(many)["tokens_ratio_mean"] == 1.3
    assert figures(rows)["superseded_rate"] is None
    assert set(figures([]).values()) == {None}
    assert matrix(rows)[0] == [0.1] * 5
    assert matrix(rows)[2] == [0.8, 0.8]
    assert row_from(json.loads(json.dumps(last.as_dict()))) == last
    new = ("former", "invented")
    older = {key: value for key, value in last.as_dict().items() if key not in new}
    assert row_from(older) == replace(last, former=(0, 0), invented=(0, 0))
    partly = row(7, {"7": (4, 5)}, whole=False)
    assert matrix([*rows, last, partly])[7] == [None] * 6 + [0.8]
    assert figures([*rows, partly])["final"] is None
    both = over_seeds([found, {**found, "superseded_rate": 0.04, "tokens_ratio": None}])
    assert (both["superseded_rate"], both["spread"]["superseded_rate"]) == (0.03, 0.02)
    assert (both["tokens_ratio"], both["spread"]["tokens_ratio"]) == (1.2, None)


def test_what_held_before_is_asked_for_in_words_that_no_night_trains() -> None:
    for question in ("Who is our vet?", "Which day suits Ann?", "What did she pay?"):
        asked = formerly(question)
        assert "previously" in asked.casefold()
        assert moment_of(asked, lambda: datetime.now(UTC)).kind == "formerly"
        assert asked not in in_the_past(question, "3 March 2026")


def test_seal_as_published() -> None:
    base, last = SEAL_PUBLISHED[0], SEAL_PUBLISHED[-1]
    assert round(sum(base) / 8, 1) == 30.8
    assert round(sum(last) / 8, 1) == 24.8
    assert round(sum(r[-1] for r in SEAL_PUBLISHED[1:]) / 8, 1) == 41.5
    assert lines(SEAL_PUBLISHED, percent=True)[2].split() == ["1", "38.2"]


@pytest.fixture
def remembering(tiny_model_folder: Path, tmp_path: Path) -> RememberingModel:
    note = tmp_path / "compute.json"  # fp32, whatever this processor is faster in
    note.write_text(json.dumps({f"{torch.__version__} {cpu_kind()}": "float32"}))
    model = RememberingModel.open(
        "tiny", tiny_model_folder, device="cpu", threads=1, compute_cache=note
    )
    assert isinstance(model, RememberingModel)
    return model


def test_what_was_said_without_memory_is_kept(
    remembering: RememberingModel, tmp_path: Path
) -> None:
    asked = [Request((Turn("user", "Who?"),), 2, Sampling(0.9, max_tokens=4, seed=3))]
    plain = remembering.generate(asked)
    folder = tmp_path / "said"
    remembering.remember(folder)
    assert remembering.generate(asked) == plain
    (file,) = folder.iterdir()
    assert remembering.generate(asked) == plain
    file.write_text(file.read_text()[:20])
    assert remembering.generate(asked) == plain
    with remembering.altered():
        remembering.generate([replace(asked[0], samples=1)])
    assert len(list(folder.iterdir())) == 1


def test_merging_is_adding_and_leaves_the_base_as_it_was(
    remembering: RememberingModel, tiny_model_folder: Path, tmp_path: Path
) -> None:
    folder = build_adapter(
        tmp_path / "edit", tiny_model_folder, targets=("q_proj", "v_proj"), rslora=False
    )
    before = remembering.fingerprint_logits()
    remembering.attach("edit", folder)
    wanted = remembering.fingerprint_logits(adapter="edit")
    remembering.detach("edit")
    merged = Merged(remembering, tmp_path / "merged.safetensors")
    merged._deltas = dict(changes_of(folder))
    merged.skip(4)
    again = Merged(remembering, tmp_path / "merged.safetensors")
    assert again.night == 4
    with again.applied():
        assert remembering.fingerprint_logits() == pytest.approx(wanted, abs=1e-3)
    assert remembering.fingerprint_logits() == before
    assert wanted != pytest.approx(before, abs=1e-3)


def test_two_nights_of_each_arm_cut_in_the_middle(
    quick: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "run"
    plan = Plan(nights=2, edits="stock", shape=SHAPE)
    # a first try is cut while the second night of the second arm is asked
    calls: list[int] = []

    def cut(ask: Any) -> Any:
        def asked(self: object, questions: list[str]) -> list[Reply]:
            calls.append(len(questions))
            if len(calls) == 4:
                raise KeyboardInterrupt
            said: list[Reply] = ask(self, questions)
            return said

        return asked

    with monkeypatch.context() as patch:
        for kind in (arms.ProductArm, NoReplayArm):
            patch.setattr(kind, "ask", cut(kind.ask))
        with pytest.raises(KeyboardInterrupt):
            drain(bench_continual(quick, home, plan))
    assert len(read_rows(home, "ours", 7)) == 2
    assert len(read_rows(home, "no-replay", 7)) == 1
    with (home / "nights.jsonl").open("a") as file:
        file.write('{"arm": "no-rep')  # a line that was cut
    _, result = drain(bench_continual(quick, home, plan))
    assert list(result) == ["ours", "no_replay", "seal"]
    for arm in result.values():
        assert tuple(arm)[: len(FIGURES)] == FIGURES
        assert arm["tokens_ratio"] is None
        assert arm["general_loss_ratio"] > 0
        assert arm["deleted_rate"] is not None
    runs = {arm: read_rows(home, arm, 7) for arm in plan.arms}
    for arm, rows in runs.items():
        assert [r.night for r in rows] == [1, 2]
        assert {r.outcome for r in rows} == {"merged" if arm == "seal" else "published"}
        assert all(r.tokens > 0 for r in rows)
        assert rows[1].changed[1] >= 1
        assert rows[1].deleted[1] >= 1
        assert rows[1].invented[1] >= 1
        assert rows[0].skipped == rows[1].skipped == 0
        assert rows[0].columns.keys() == {"1"}
    assert [r.repeated for r in runs["no-replay"]] == [False, True]
    # everything is done: nothing is run again
    lines_before = (home / "nights.jsonl").read_text()
    _, same = drain(bench_continual(quick, home, plan))
    assert same == result
    assert (home / "nights.jsonl").read_text() == lines_before
    with pytest.raises(UsageError, match="another run"):
        drain(bench_continual(quick, home, replace(plan, edits="written")))
    if plots.can_plot():
        files = plots.plot({arm: [rows] for arm, rows in runs.items()}, tmp_path)
        assert {file.suffix for file in files} == {".png", ".svg"}
        assert all(file.stat().st_size > 1000 for file in files)


def test_all_is_asked_only_every_so_many_nights() -> None:
    """And questions without an answer only after some of those, the first and the last."""
    asked = [asked_after(number, 7, 2) for number in range(1, 8)]
    assert [whole for whole, _ in asked] == [True, True, False, True, False, True, True]
    assert [declining for _, declining in asked] == [True, *[False] * 4, True, True]
    asked = [asked_after(number, 4, 1) for number in range(1, 5)]
    assert asked == [(True, True), (True, False), (True, True), (True, True)]


def test_a_plan_that_cannot_be() -> None:
    for plan in (
        Plan(arms=("theirs",)),
        Plan(arms=()),
        Plan(nights=0),
        Plan(seeds=0),
        Plan(every=0),
    ):
        with pytest.raises(UsageError):
            drain(bench_continual(Settings(), Path("nowhere"), plan))


@pytest.fixture
def environment(quick: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("home", "models", "model", "device", *LENIENT, "answer_tokens", "rank"):
        monkeypatch.setenv(f"SEALMATE_{name.upper()}", str(getattr(quick, name)))
    return iter(())


@pytest.mark.usefixtures("environment")
def test_the_command_ends_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its night is asked in part."""
    monkeypatch.setattr(continual, "asked_after", lambda *_: (False, False))
    words = ["bench", "continual", "--nights", "1", "--notes", "1", "--arms", "ours",
             "--edits", "stock", "--questions", "2", "--home", str(tmp_path / "run")]  # fmt: skip
    done = CliRunner().invoke(build(), [*words, "--json"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert list(result) == ["ours"]
    (night,) = read_rows(tmp_path / "run", "ours", 7)
    assert not night.whole
    assert list(night.columns) == ["1"]
    assert night.near == night.strangers == night.former == (0, 0)
    shown = CliRunner().invoke(build(), words)
    assert json.loads(shown.stdout.splitlines()[-1]) == result
    assert "arXiv 2506.10943" in shown.stdout
