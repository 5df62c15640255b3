"""Memory that lasts: many nights of notes, some changed, some to be forgotten; all asked again.

Every arm goes through the same stream in a home of its own. Each night's row is appended to a
file at once, so that a bench that is cut goes on with the night it was in.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sealmate.bench.arms import ARMS, open_arm
from sealmate.bench.examination import asked_after, examine, recalled
from sealmate.bench.machine import machine
from sealmate.bench.matrix import Count, Row, figures, matrix, over_seeds, row_from, share
from sealmate.bench.memo import RememberingModel
from sealmate.bench.stream import FORM, Fact, NightPlan, Shape, Stream, make_stream
from sealmate.bench.telling import Edits, forget_tonight, take_in
from sealmate.bench.workbench import Arm, outright
from sealmate.errors import UsageError
from sealmate.events import Event, Note, Progress, Started
from sealmate.paths import make_private_dir
from sealmate.settings import Settings
from sealmate.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `edits` "stock" takes the stock's own questions and statements for edits in
    place of the writer's, which is quick and leaves the writer's faults out; what it asks are then
    the wordings that nights set their threshold by, which is for comparing settings. All told is
    asked `every` so many nights, after the first and after the last; after the others only what
    was told that night. Questions without an answer, and for the past of what never changed, are
    asked after the first, every third and the last night."""

    nights: int = 30
    arms: tuple[str, ...] = ARMS
    seeds: int = 1
    edits: Edits = "written"
    shape: Shape = field(default_factory=Shape)
    every: int = 1


def bench_continual(
    settings: Settings, home: Path, plan: Plan
) -> Generator[Event, None, dict[str, Any]]:
    """Yield events; the value is {arm: its figures} for the arms asked for.

    `home` is kept: a second call with the same plan goes on in it, one with more nights, arms or
    seeds adds them. Beside the arms' homes it holds nights.jsonl (a row a night) and
    matrix.json. Raises UsageError if `home` holds another stream, and whatever a night raises.
    """
    unknown = [arm for arm in plan.arms if arm not in ARMS]
    if unknown or not plan.arms or min(plan.nights, plan.seeds, plan.every) < 1:
        raise UsageError(
            f"there is no arm {unknown[0]!r}" if unknown else "there is nothing to run",
            f"choose arms from {','.join(ARMS)}, and 1 or more nights and seeds, every 1 or more",
        )
    make_private_dir(home)
    model = yield from _load(settings, home)
    _claim(home, plan, settings, model)
    seeds = [settings.seed + n for n in range(plan.seeds)]
    runs: dict[str, list[list[Row]]] = {arm: [] for arm in plan.arms}
    for seed in seeds:
        stream = make_stream(plan.nights, plan.shape, seed)
        for name in plan.arms:
            there = settings.model_copy(update={"seed": seed})
            arm = open_arm(name, there, home / f"{name}-{seed}", model)
            with arm.workspace:
                rows = yield from _through(arm, name, seed, stream, plan, model, home)
            runs[name].append(rows)
    report = {
        "plan": asdict(plan),
        "seeds": seeds,
        "model": model.info.id,
        "reader_sha256": model.info.reader_sha256,
        **machine(model.base),
        "arms": {
            name: [{"matrix": matrix(rows), "figures": figures(rows),
                    "rows": [row.as_dict() for row in rows]} for rows in all_rows]
            for name, all_rows in runs.items()
        },
    }  # fmt: skip
    _write(home / "matrix.json", json.dumps(report, indent=1) + "\n")
    yield Note(f"rows and matrices are in {home}")
    return {
        name.replace("-", "_"): over_seeds([figures(rows) for rows in all_rows])
        for name, all_rows in runs.items()
    }


def read_rows(home: Path, arm: str, seed: int) -> list[Row]:
    """The nights of an arm that are done, in order; a line that was cut counts as not there."""
    file = home / "nights.jsonl"
    found: dict[int, Row] = {}
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        try:
            data = json.loads(line)
            if (data.pop("arm"), data.pop("seed")) == (arm, seed):
                row = row_from(data)
                found[row.night] = row
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return [found[night] for night in range(1, len(found) + 1) if night in found]


def _load(settings: Settings, home: Path) -> Generator[Event, None, RememberingModel]:
    with Workspace.open(settings) as workspace:
        folder = yield from workspace.fetch_model()
        yield Started("load", detail=workspace.model_id)
        model = RememberingModel.open(
            workspace.model_id,
            folder,
            device=settings.device,
            threads=settings.threads,
            writer=workspace.writer_folder(),
            reader=workspace.reader_folder(),
            compute_cache=home / "compute.json",
        )
    assert isinstance(model, RememberingModel)
    model.remember(home / "said")
    return model


def _claim(home: Path, plan: Plan, settings: Settings, model: RememberingModel) -> None:
    """Write down what this home is for, or hold the plan against what it says."""
    kept = {"stream": FORM, "shape": asdict(plan.shape), "edits": plan.edits,
            "seed": settings.seed,
            "model": model.info.fingerprint, "reader": model.info.reader_sha256,
            "settings": settings.model_dump(mode="json", exclude={"home", "models", "profile",
                                                                  "keys", "threads"})}  # fmt: skip
    file = home / "stream.json"
    if not file.is_file():
        _write(file, json.dumps(kept, indent=1) + "\n")
        return
    there = json.loads(file.read_text("utf-8"))
    differs = [key for key in kept if there.get(key) != kept[key]]
    if differs:
        raise UsageError(
            f"{home} holds another run ({', '.join(differs)} differ)", "give --home a new folder"
        )


def _through(
    arm: Arm, name: str, seed: int, stream: Stream, plan: Plan, model: RememberingModel, home: Path
) -> Generator[Event, None, list[Row]]:
    rows = read_rows(home, name, seed)[: plan.nights]
    for night in stream.nights[len(rows) :]:
        number = night.number
        yield Started("night", plan.nights, f"{name}, seed {seed}: night {number}")
        # arms number their versions alike, and share the model
        _detach_all(model)
        row = yield from _night(arm, stream, night, plan, model)
        _detach_all(model)
        _append(home / "nights.jsonl", {"arm": name, "seed": seed, **row.as_dict()})
        rows.append(row)
        recall = share(row.answered)
        yield Note(
            f"{name}: {row.outcome}{' ' + row.kind if row.kind else ''} {row.reason}".rstrip()
            + f"; recall {recall if recall is None else round(recall, 3)} of {row.answered[1]}, "
            f"{row.tokens} tokens, {row.seconds:.0f} s"
        )
        yield Progress("night", number, plan.nights)
    return rows


def _detach_all(model: RememberingModel) -> None:
    for name in model.attached:
        model.detach(name)


def _night(
    arm: Arm, stream: Stream, night: NightPlan, plan: Plan, model: RememberingModel
) -> Generator[Event, None, Row]:
    work, number = arm.workspace, night.number
    arm.begin(number)
    forget_tonight(work, stream, night)
    sources = take_in(work, night, plan.edits)
    cost = yield from arm.night(number, sources)
    whole, declining = asked_after(number, plan.nights, plan.every)
    yield Started(
        "ask", detail=f"{'all that still holds' if whole else 'what is new'}, closed-book"
    )
    edits = [edit for edit in work.store.edits.list() if edit.state != "rejected"]
    passages = work.store.passages.current()
    asked = examine(stream, number, edits, passages, whole=whole, declining=declining)
    counts = asked.count(arm.ask(asked.questions))

    def without(facts: Sequence[tuple[Fact, str]]) -> Count:
        tokens = work.settings.answer_tokens
        return recalled(facts, outright(model, [question for _, question in facts], tokens))

    return Row(
        **asdict(cost),
        **counts,
        night=number,
        untaught=without(asked.of_night(number)),
        never_told=without(asked.gone),
        general=round(arm.general(), 5),
        edits={str(state): n for state, n in work.store.edits.count_by_state().items()},
        whole=whole,
    )


def _append(file: Path, row: dict[str, Any]) -> None:
    # a line that was cut must not take this one with it
    torn = file.is_file() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as out:
        out.write(("\n" if torn else "") + json.dumps(row) + "\n")
    file.chmod(0o600)


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.chmod(0o600)
    part.replace(file)
