"""Which older facts a night lost, and which only a candidate would have that was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sealmate.errors import NotFoundError
from sealmate.records import ProbeResult, Run

if TYPE_CHECKING:
    from sealmate.store import Store

Losses = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def losses(
    store: Store,
    run: Run,
    version: int | None,
    scores: Mapping[str, Any],
    blame: Mapping[int, Sequence[int]],
    said: Mapping[int, str],
) -> Losses:
    """The probes that the version in use does not answer any more since this night, and those that
    only a refused candidate did not, as the report lists them. What one version of the night lost
    and a later one knows again is neither.

    The arguments are those of `build_report`. What was forgotten since is left out.
    """
    ids = list(said) or _found(store, run, version, scores)
    made = {found.number for found in store.versions.list() if found.manifest.get("run") == run.id}
    kept = {key: _answer(store, run, {*made, version or 0}, key) for key in ids}
    if said:
        # a candidate that was refused leaves no answers
        gone = [key for key, last in kept.items() if last and last.version and not last.correct]
        mended = _missed(store, run, made) - {*gone}
    else:
        gone, mended = ids if version is not None else [], set()
    now = {key: last.answer for key, last in kept.items() if last}
    spared = [key for key in ids if key not in gone and key not in mended]
    return list(_listed(store, gone, blame, now)), list(_listed(store, spared, blame, said or now))


def _found(store: Store, run: Run, version: int | None, scores: Mapping[str, Any]) -> list[int]:
    """Probes that the candidate answers wrongly and an earlier version answered right."""
    if isinstance(scores.get("lost"), (list, tuple)):
        return [int(key) for key in scores["lost"]]
    lost = []
    for result in store.probes.results(version or 0, run.id):
        before = store.probes.latest_result(result.probe_id, before=run.started_at)
        if not result.correct and before is not None and before.correct:
            lost.append(result.probe_id)
    return lost


def _answer(store: Store, run: Run, versions: set[int], probe: int) -> ProbeResult | None:
    """What the newest of the night's versions that was asked a probe answered."""
    asked = [result for result in store.probes.results_of_probe(probe)
             if result.run_id == run.id and result.version in versions]  # fmt: skip
    return max(asked, key=lambda result: result.version, default=None)


def _missed(store: Store, run: Run, versions: set[int]) -> set[int]:
    """The probes that any of the night's versions answered wrongly."""
    found = (result for number in versions for result in store.probes.results(number, run.id))
    return {result.probe_id for result in found if not result.correct}


def _listed(
    store: Store, ids: Iterable[int], blame: Mapping[int, Sequence[int]], said: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    for key in ids:
        with suppress(NotFoundError):  # forgotten since
            probe = store.probes.get(key)
            yield {
                "probe": probe.id,
                "title": store.sources.of_passage(probe.passage_id).title,
                "question": probe.question,
                "expected": probe.answer,
                "said": said.get(key, ""),
                "lost_to": list(blame.get(probe.id, ())),
            }
