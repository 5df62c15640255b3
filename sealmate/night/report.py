"""The morning report: learnt, refused, lost, in conflict, forgotten, cost, reasons.

`build_report` makes the part that is kept with a run; `report_of` adds the facts of its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sealmate.errors import NotFoundError
from sealmate.night.dates import Dates
from sealmate.night.losses import losses
from sealmate.night.pages import render_markdown, render_text
from sealmate.records import Conflict, Run, Version
from sealmate.store.redaction import NO_REASON
from sealmate.store.state import FORGOTTEN_AT

if TYPE_CHECKING:
    from sealmate.store import Store

__all__ = [
    "build_report",
    "complete",
    "latest_report",
    "render_markdown",
    "render_text",
    "report_of",
    "whole_report",
]

# A first night over a large folder must not make a report of megabytes; counts are never cut.
MOST = 100
RECENT = 20  # nights that are looked at for the last one, or one whose report is not complete


def build_report(
    store: Store,
    run: Run,
    *,
    version: int | None = None,
    passed: bool | None = None,
    scores: Mapping[str, Any] | None = None,
    reasons: Sequence[str] = (),
    tokens: int = 0,
    seconds: float | None = None,
    blame: Mapping[int, Sequence[int]] | None = None,
    said: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """What the ledger and the caller know of a night, as a JSON-able dict for `runs.finish`.

    `version` was published; a refused candidate's probe results are stored under version 0 of
    `run`. `passed`, `scores` and `reasons` are the gate's, and `scores["lost"]` the ids of lost
    probes (without it they are found from the results); `tokens` were trained in `seconds` (None:
    as the row says, if it has ended); `blame` maps a lost probe's id to the ids of the
    edits it was lost to, `said` the probes that any candidate of the night lost to its answers:
    "lost" are those of them that the version in use answers wrongly now, "would_have_lost" those
    that only a refused candidate did. Lists hold MOST items, counts are whole. What came after the
    end of a run that has ended is left out; what was forgotten counts from the end of the night
    before.
    """
    since, until = _since(store, run), run.finished_at or datetime.max.replace(tzinfo=UTC)
    titles = _Titles(store)
    learnt = _learnt(store, titles, version)
    refused = [
        {"edit": edit.id, "title": titles.of_passage(edit.passage_id),
         "text": edit.question or edit.text, "reason": edit.reason}
        for edit in store.edits.list("rejected", since=run.started_at, until=until)
    ]  # fmt: skip
    lost, spared = losses(store, run, version, scores or {}, blame or {}, said or {})
    conflicts = [
        clash
        for clash in store.conflicts.list()
        if clash.found_at <= until and (clash.found_at >= run.started_at or clash.state == "open")
    ]
    there = store.edits.ids()
    purged = [
        found.number
        for found in store.versions.list()
        if found.purged_at is not None
        and since <= found.purged_at < until
        # one that was thinned out holds nothing forgotten
        and not there.issuperset(store.versions.edit_ids(found.number))
    ]
    # one canary for each question with its answer
    erased = sum(since <= canary.at < until for canary in store.erasure.canaries())
    times = (datetime.fromtimestamp(at, UTC) for at in store.state.get(FORGOTTEN_AT, ()))
    pending = store.pending()
    return {
        "learnt": {
            "edits": sum(item["edits"] for item in learnt),
            "count": len(learnt),
            "sources": learnt[:MOST],
        },
        "refused": {
            "count": len(refused),
            "reasons": dict(Counter(item["reason"] or NO_REASON for item in refused)),
            "edits": refused[:MOST],
        },
        "lost": {"count": len(lost), "probes": lost[:MOST]},
        "would_have_lost": {"count": len(spared), "probes": spared[:MOST]},
        "conflicts": {"count": len(conflicts), "list": _conflicts(store, conflicts[:MOST])},
        "forgotten": {
            "sources": sum(since <= at < until for at in times),
            "facts": erased,
            "versions_purged": purged,
            "still_in_weights": pending.forgotten,
        },
        "gate": {"passed": passed, "scores": dict(scores or {}), "reasons": list(reasons)},
        "cost": {
            "seconds": round(_seconds(run) if seconds is None else seconds, 1),
            "tokens": tokens,
        },
        "waiting": asdict(pending),
    }


def complete(store: Store, run: Run, seconds: float | None = None) -> dict[str, Any]:
    """The report to keep with a night that has ended.

    What the night itself kept (its tokens, seconds and the gate's scores among it) is taken over
    and stays under "work". A report that `build_report` made is given back as it is.
    """
    work = dict(run.report)
    if "learnt" in work:
        return work
    gate = work.get("gate")
    made = build_report(
        store,
        run,
        version=run.version,
        passed={"published": True, "rejected": False}.get(run.outcome),
        scores=gate if isinstance(gate, Mapping) else None,
        reasons=_refusals(run),
        tokens=int(work.get("tokens") or 0),
        seconds=work.get("seconds", seconds),
        blame=_by_id(work.get("blame")),
        said={key: str(text) for key, text in _by_id(work.get("lost")).items()},
    )
    return {**made, "work": work}


def whole_report(store: Store, run: Run) -> dict[str, Any]:
    """`report_of` a run, made up for where the night ended and whoever was to complete it died.

    Conflicts stand in it as they are settled by now.
    """
    if run.outcome == "running":
        return report_of(run)
    report = complete(store, run)
    if told := report.get("conflicts", {}).get("list"):
        now = {str(clash.id): clash.state for clash in store.conflicts.list()}
        # what was erased meanwhile, or whose number is a forgotten word, stays as it was kept
        listed = [{**one, "state": now.get(str(one.get("conflict")), one["state"])} for one in told]
        report = {**report, "conflicts": {**report["conflicts"], "list": listed}}
    return report_of(replace(run, report=report))


def report_of(run: Run) -> dict[str, Any]:
    """A run's kept report under the facts of its row: run, outcome, version, times, reason."""
    return {
        "run": run.id,
        "outcome": run.outcome,
        "version": run.version,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "reason": run.reason,
        **run.report,
    }


def latest_report(store: Store) -> dict[str, Any]:
    """The report of the night that ended last (or of one that runs, if none has ended).

    Empty before the first night.
    """
    runs = store.runs.list(limit=RECENT)
    ended = [run for run in runs if run.outcome != "running"]
    if ended:
        # a night may be left out while a longer one, which began before, goes on
        last = max(ended, key=lambda run: (run.finished_at or run.started_at, run.id))
        return whole_report(store, last)
    return report_of(runs[0]) if runs else {}


class _Titles:
    """The sources that passages are of, all looked up at once."""

    def __init__(self, store: Store) -> None:
        passages, titles = store.passages.ids_by_source(), store.sources.titles(None)
        self._known = {
            passage: (source, titles[source])
            for source, own in passages.items()
            if source in titles  # else it was erased in between
            for passage in own
        }

    def source(self, passage_id: int) -> tuple[int, str]:
        """Id and title of a passage's source; (0, "") if it was forgotten."""
        return self._known.get(passage_id, (0, ""))

    def of_passage(self, passage_id: int) -> str:
        """The title alone."""
        return self.source(passage_id)[1]


def _since(store: Store, run: Run) -> datetime:
    """When the night before `run` ended, or began where it never ended; the first: long ago."""
    earlier = next((other for other in store.runs.list() if other.id < run.id), None)
    if earlier is None:
        return datetime.min.replace(tzinfo=UTC)
    return earlier.finished_at or earlier.started_at


def _seconds(run: Run) -> float:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0


def _learnt(store: Store, titles: _Titles, version: int | None) -> list[dict[str, Any]]:
    """The edits that are in a published version and not in its parent, counted by source."""
    if version is None:
        return []
    try:
        built = store.versions.get(version)
    except NotFoundError:  # a candidate that was refused
        return []
    known = set(store.versions.edit_ids(_before(store, built)))
    fresh = set(store.versions.edit_ids(version)) - known
    counts: Counter[tuple[int, str]] = Counter()
    for edit in store.edits.get_many(fresh):
        counts[titles.source(edit.passage_id)] += 1
    return [
        {"source": source, "title": title, "edits": count}
        for (source, title), count in sorted(counts.items())
    ]


def _before(store: Store, built: Version) -> int:
    """The version that a night began with, of which `built` is the last one made."""
    parent, run = built.parent or 0, built.manifest.get("run")
    while parent and run and store.versions.get(parent).manifest.get("run") == run:
        parent = store.versions.get(parent).parent or 0
    return parent


def _by_id(part: Any) -> dict[int, Any]:
    """A part of what a night kept, by id; forgetting blots out an id that is a forgotten word."""
    known = part if isinstance(part, Mapping) else {}
    return {int(key): value for key, value in known.items() if str(key).isdecimal()}


def _refusals(run: Run) -> list[str]:
    """Why the gate refused what it did that night: a night may publish one shard after another was
    refused, or be stopped then."""
    if told := run.report.get("refusals"):
        return [str(reason) for reason in told]
    ended = run.outcome in ("published", "rejected")  # a run of an earlier release
    return run.reason.split("; ") if ended and run.reason else []


@dataclass(frozen=True, slots=True)
class Sided:
    """A conflict with the id and title of the source on either side; `since` is the time from
    which the newer one holds."""

    conflict: Conflict
    old: tuple[int, str]
    new: tuple[int, str]
    since: datetime


def sided(store: Store, conflicts: Sequence[Conflict]) -> list[Sided]:
    """Conflicts with both sides, in the same order. Raises NotFoundError where one was forgotten
    since it was listed."""
    titles, dates = _Titles(store), Dates(store)
    wanted = {key for clash in conflicts for key in (clash.old_edit, clash.new_edit)}
    edits = {edit.id: edit for edit in store.edits.get_many(wanted)}
    found = []
    for clash in conflicts:
        old, new = (
            edits.get(key) or store.edits.get(key) for key in (clash.old_edit, clash.new_edit)
        )
        sources = titles.source(old.passage_id), titles.source(new.passage_id)
        found.append(Sided(clash, *sources, dates.since(new)))
    return found


def _conflicts(store: Store, conflicts: Sequence[Conflict]) -> list[dict[str, Any]]:
    return [
        {
            "conflict": clash.id, "edit": clash.new_edit, "old_edit": clash.old_edit,
            "question": clash.question, "old": clash.old_answer, "new": clash.new_answer,
            "state": clash.state, "old_title": told.old[1], "new_title": told.new[1],
            "since": told.since.isoformat(),
        }
        for told in sided(store, conflicts)
        for clash in (told.conflict,)
    ]  # fmt: skip
