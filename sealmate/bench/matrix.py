"""The matrix of a continual run, its figures, and SEAL's published one to stand beside it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# Mean accuracy over 64 sequences of 8 self-edits, in percent. Row r = after r edits, column i =
# passage i; None where the passage was not learnt yet. From `continual_results.json` in the
# results of github.com/Continual-Intelligence/SEAL (MIT), rounded to a tenth.
SEAL_SOURCE = "SEAL, arXiv 2506.10943, github.com/Continual-Intelligence/SEAL, 64 sequences"
SEAL_PUBLISHED: tuple[tuple[float, ...], ...] = (
    (33.1, 32.1, 27.6, 32.6, 33.0, 33.7, 28.7, 25.3),
    (38.2,),
    (36.4, 49.9),
    (28.8, 43.4, 44.6),
    (27.2, 36.5, 36.6, 44.0),
    (23.5, 29.5, 28.1, 35.4, 37.6),
    (23.3, 28.7, 22.2, 27.8, 36.0, 44.9),
    (18.6, 22.9, 21.8, 24.6, 28.1, 35.6, 38.5),
    (18.9, 21.9, 16.4, 23.7, 22.1, 27.5, 33.5, 34.0),
)

Count = tuple[int, int]  # (how many so, of how many)
FIGURES = (
    "final_over_learnt", "superseded_rate", "deleted_rate", "abstention_drop",
    "general_loss_ratio", "tokens_ratio",
)  # fmt: skip
EARLY = 5  # the night whose tokens the last night's are compared with
SPAN = 2  # nights on either side of it, and before the last, whose mean is compared besides


@dataclass(frozen=True, slots=True)
class Row:
    """What one night cost and what was known after it.

    `columns` maps each night to the (right, asked) of its facts that still hold; `untaught` is
    the same of tonight's facts for the model without any memory. `changed` are (answered with the
    old value, asked), `changed_right` those right, `former` those whose old value is told where it
    is asked for by its time, `invented` facts that never changed for whose past something else is
    told than what holds; `deleted` and `never_told` are forgotten facts (recalled, asked),
    here and by the model that never saw them; `near` and `strangers` are (declined, asked).
    `tokens` are those trained. `general` is loss on general chat over that of the model without
    memory. `repeated` tells that the night was cut and begun again; `whole`, that all that
    holds was asked after it and not only what was told that night.
    """

    night: int
    outcome: str
    kind: str
    version: int
    tokens: int
    seconds: float
    columns: Mapping[str, Count]
    untaught: Count
    changed: Count
    changed_right: Count
    deleted: Count
    never_told: Count
    near: Count
    strangers: Count
    general: float
    reason: str = ""
    skipped: int = 0
    edits: Mapping[str, int] = field(default_factory=dict)
    repeated: bool = False
    former: Count = (0, 0)
    whole: bool = True
    invented: Count = (0, 0)

    def as_dict(self) -> dict[str, Any]:
        """For a JSON line."""
        return asdict(self)

    @property
    def answered(self) -> Count:
        """What was asked of all that still holds."""
        return _sum(self.columns.values())

    @property
    def recall(self) -> Count:
        """All that still holds; nothing where not all of it was asked."""
        return self.answered if self.whole else (0, 0)

    @property
    def abstention(self) -> float | None:
        """Near misses and strangers declined, each kind weighing the same."""
        shares = [s for s in (share(self.near), share(self.strangers)) if s is not None]
        return sum(shares) / len(shares) if shares else None


def row_from(data: Mapping[str, Any]) -> Row:
    """The row of a JSON line. Raises TypeError or ValueError for anything else."""
    row = {**data, "columns": {key: _pair(value) for key, value in data["columns"].items()}}
    for name in ("untaught", "changed", "changed_right", "deleted", "never_told", "near",
                 "strangers"):  # fmt: skip
        row[name] = _pair(data[name])
    for name in ("former", "invented"):  # rows of older releases have none
        row[name] = _pair(data.get(name, (0, 0)))
    return Row(**row)


def share(count: Count) -> float | None:
    """Part of the whole; None of nothing."""
    return count[0] / count[1] if count[1] else None


def matrix(rows: Sequence[Row]) -> list[list[float | None]]:
    """Shares right: line r = after night r, place i = facts of night i + 1 (None: none holds).

    The first line is the untouched model's, as in SEAL's.
    """
    first = [share(row.untaught) for row in rows]
    return [first] + [
        [share(row.columns.get(str(night), (0, 0))) for night in range(1, row.night + 1)]
        for row in rows
    ]


def figures(rows: Sequence[Row]) -> dict[str, float | None]:
    """The six figures of a run, None where there was nothing to measure, and what explains them.

    `final_over_learnt` is recall of all that holds after the last night over the mean recall of
    each night's facts right after it. `tokens_ratio` is the last night's over the fifth's, and
    needs more nights than that, and neither of them cut and begun again; as single nights differ
    by what happens to change in them, `tokens_ratio_mean` has the last five nights over the
    third to seventh, and `tokens_most` the dearest night.
    """
    if not rows:
        return dict.fromkeys(FIGURES)
    first, last = rows[0], rows[-1]
    learnt = share(_sum(row.columns.get(str(row.night), (0, 0)) for row in rows))
    final = share(last.recall)
    early = rows[EARLY - 1].tokens if len(rows) > EARLY else 0
    if early and (last.repeated or rows[EARLY - 1].repeated):
        early = 0  # a night that was killed knows the tokens of its last part alone
    begun = [row.tokens for row in rows[EARLY - 1 - SPAN : EARLY + SPAN]]
    latest = [row.tokens for row in rows[EARLY + SPAN :]][-(2 * SPAN + 1) :]
    drop = None
    if first.abstention is not None and last.abstention is not None:
        drop = first.abstention - last.abstention
    found = {
        "final_over_learnt": final / learnt if final is not None and learnt else None,
        "superseded_rate": share(last.changed),
        "deleted_rate": share(last.deleted),
        "abstention_drop": drop,
        "general_loss_ratio": last.general,
        "tokens_ratio": last.tokens / early if early else None,
        "tokens_ratio_mean": _mean(latest) / _mean(begun) if latest and _mean(begun) else None,
        "tokens_most": float(max(row.tokens for row in rows)),
        "final": final,
        "learnt": learnt,
        "untaught": share(_sum(row.untaught for row in rows)),
        "changed_right": share(last.changed_right),
        "former_right": share(last.former),
        "former_invented": share(last.invented),
        "deleted_rate_never_told": share(last.never_told),
        "abstention": last.abstention,
    }
    return {name: None if value is None else round(value, 4) for name, value in found.items()}


def over_seeds(runs: Sequence[Mapping[str, float | None]]) -> dict[str, Any]:
    """The mean of each figure over the seeds that have it; `spread` is largest less smallest."""
    mean: dict[str, Any] = {}
    spread: dict[str, float | None] = {}
    for name in runs[0]:
        values = [value for run in runs if (value := run[name]) is not None]
        mean[name] = round(statistics.fmean(values), 4) if values else None
        spread[name] = round(max(values) - min(values), 4) if len(values) > 1 else None
    return {**mean, "seeds": len(runs), "spread": spread}


def lines(grid: Sequence[Sequence[float | None]], percent: bool = False) -> list[str]:
    """A matrix as text, in percent; one that is in percent already as it is."""
    factor = 1 if percent else 100
    width = max((len(row) for row in grid), default=0)
    text = ["after  " + " ".join(f"{n:>5}" for n in range(1, width + 1))]
    for number, row in enumerate(grid):
        cells = " ".join("    -" if cell is None else f"{cell * factor:5.1f}" for cell in row)
        text.append(f"{number:>5}  {cells}")
    return text


def _sum(counts: Any) -> Count:
    pairs = list(counts)
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _mean(values: Sequence[int]) -> float:
    return statistics.fmean(values) if values else 0.0


def _pair(value: Any) -> Count:
    some, whole = value
    return int(some), int(whole)
