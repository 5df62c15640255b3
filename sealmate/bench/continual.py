"""Memory that lasts: many nights of notes, some changed, some to be forgotten; all asked again.

Every arm goes through the same stream in a home of its own. Each night's row is appended to a
file at once, so that a bench that is cut goes on with the night it was in.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sealmate.bench.arms import ARMS, open_arm
from sealmate.bench.machine import machine
from sealmate.bench.matrix import Row, figures, matrix, over_seeds, row_from, share
from sealmate.bench.memo import RememberingModel
from sealmate.bench.stream import FORM, Fact, NightPlan, Shape, Stream, make_stream
from sealmate.bench.telling import Edits, forget_tonight, take_in
from sealmate.bench.workbench import Arm, Reply, outright
from sealmate.edits.questions import in_the_past
from sealmate.edits.screen import correct
from sealmate.errors import UsageError
from sealmate.events import Event, Note, Progress, Started
from sealmate.night.strangers import PROBED, TRAINED, Known, bundled_strangers, safe_strangers
from sealmate.paths import make_private_dir
from sealmate.records import Edit, Passage
from sealmate.settings import Settings
from sealmate.workspace import Workspace

_STRANGERS = slice(TRAINED + PROBED, TRAINED + PROBED + 40)
_LASTING = 12  # facts that never changed whose past is asked for, at most
_DECLINING = 3  # questions without an answer are asked every so many nights


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `edits` "stock" takes the stock's own questions and statements for edits in
    place of the writer's, which is quick and leaves the writer's faults out. All that was told is
    asked `every` so many nights, after the first and after the last; after the others only what
    was told that night. Questions without an answer are asked after the first, every third and the
    last night."""

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


def asked_after(number: int, plan: Plan) -> tuple[bool, bool]:
    """Whether all that holds is asked after a night, and questions without an answer are."""
    ends = number in (1, plan.nights)
    whole = ends or number % plan.every == 0
    return whole, ends or (whole and number % _DECLINING == 0)


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
    whole, declining = asked_after(number, plan)
    yield Started(
        "ask", detail=f"{'all that still holds' if whole else 'what is new'}, closed-book"
    )
    edits = [edit for edit in work.store.edits.list() if edit.state != "rejected"]
    trained = {edit.question.casefold() for edit in edits}
    holds = [f for f in stream.valid(number) if whole or f.night == number]
    valid = [(f, q) for f in holds if (q := _untrained(f.wordings, trained))]
    gone = [(f, q) for f in stream.deleted(number) if (q := _untrained(f.wordings, trained))]
    near = [q for q in stream.near(number) if declining and q.casefold() not in trained]
    strangers = _strangers(edits, work.store.passages.current()) if declining else []
    former = [
        (f.old, w) for f, q in valid if f.old and (w := _formerly(q)).casefold() not in trained
    ]
    lasting = [
        (f.answer, w)
        for f, q in valid
        if not f.old and (w := _formerly(q)).casefold() not in trained
    ]
    lasting = lasting[:: max(1, -(-len(lasting) // _LASTING))]
    if not whole:
        gone, former, lasting = [], [], []
    questions = [*(q for _, q in (*valid, *gone)), *near, *strangers]
    told = arm.ask([*questions, *(q for _, q in (*former, *lasting))])
    cut, end = len(valid), len(valid) + len(gone)
    last = end + len(near) + len(strangers)
    past, lasted = told[last : last + len(former)], told[last + len(former) :]
    tokens = work.settings.answer_tokens
    fresh = [(f, q) for f, q in valid if f.night == number]
    columns: dict[str, tuple[int, int]] = {}
    old = new = changed = 0
    for (fact, _), reply in zip(valid, told[:cut], strict=True):
        right = _right(reply, fact.answer)
        before, of = columns.get(str(fact.night), (0, 0))
        columns[str(fact.night)] = (before + right, of + 1)
        if fact.old:
            changed, new = changed + 1, new + right
            old += not right and _right(reply, fact.old)
    return Row(
        **asdict(cost),
        night=number,
        columns=columns,
        untaught=_count(fresh, outright(model, [q for _, q in fresh], tokens)),
        changed=(old, changed),
        changed_right=(new, changed),
        deleted=_count(gone, told[cut:end]),
        never_told=_count(gone, outright(model, [q for _, q in gone], tokens)),
        near=_declined(told[end : end + len(near)]),
        strangers=_declined(told[end + len(near) : last]),
        former=(
            sum(_right(r, was) for (was, _), r in zip(former, past, strict=True)),
            len(former),
        ),
        invented=(
            sum(
                not r.abstained and not correct(r.text, answer)
                for (answer, _), r in zip(lasting, lasted, strict=True)
            ),
            len(lasting),
        ),
        general=round(arm.general(), 5),
        skipped=len(holds) - len(valid),
        edits={str(state): n for state, n in work.store.edits.count_by_state().items()},
        whole=whole,
    )


def _strangers(edits: Iterable[Edit], passages: Iterable[Passage]) -> list[str]:
    """Questions that no night trains and no threshold was set on, less those that the notes may
    answer by now."""
    questions = [edit.question for edit in edits if edit.answer]
    texts = [passage.text for passage in passages]
    return safe_strangers(bundled_strangers()[_STRANGERS], Known(questions, texts))


def _untrained(wordings: Iterable[str], trained: set[str]) -> str:
    """The first wording that no edit has word for word; "" for none."""
    return next((text for text in wordings if text.casefold() not in trained), "")


def _formerly(question: str) -> str:
    """The question for what held before, in a wording that no night trains."""
    (*_, last) = in_the_past(question, "")
    return last.replace("formerly", "previously").replace("In former times", "Previously")


def _right(reply: Reply, answer: str) -> bool:
    return not reply.abstained and correct(reply.text, answer)


def _count(asked: Sequence[tuple[Fact, str]], told: Sequence[Reply]) -> tuple[int, int]:
    hits = sum(_right(reply, fact.answer) for (fact, _), reply in zip(asked, told, strict=True))
    return hits, len(asked)


def _declined(told: Sequence[Reply]) -> tuple[int, int]:
    return sum(reply.abstained for reply in told), len(told)


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
