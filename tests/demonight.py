"""A night for the demo's tests that publishes a ready adapter instead of training one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sealmate import events
from sealmate.demo import Night
from sealmate.records import Edit
from sealmate.settings import Settings
from sealmate.versions.manifest import identity_fields
from sealmate.versions.publish import publish
from sealmate.workspace import Workspace
from tests.versions.build import adapter as made_adapter


def workspace_in(home: Path, model: Path) -> Workspace:
    """An empty home on a model that is on disk."""
    return Workspace.open(Settings(home=home, model=str(model), device="cpu", answer_tokens=8))


def ask_again(steps: Iterable[object]) -> None:
    """Run a generator to its end."""
    for _ in steps:
        pass


def publishing(adapter: Path, trained: Sequence[str]) -> Night:
    """A night that publishes the adapter in that folder (a small one is made where there is
    none), with `trained` as the questions of its self-edits, all of the first passage."""
    if not adapter.exists():
        made_adapter(adapter)

    def night(
        workspace: Workspace, *, cancel: threading.Event | None = None
    ) -> Iterator[events.Event]:
        store, model = workspace.store, workspace.model()
        yield events.Started("train", 1, "1 example")
        yield events.Loss(1, 1, 0.5, 100, 1.0)
        passage = store.passages.current()[0]
        edits = store.edits.add_many(
            Edit(0, passage.id, "qa", "", workspace.clock(), question, "An answer", "accepted")
            for question in trained
        )
        model.attach("v1", adapter)
        logits = model.fingerprint_logits(adapter="v1")
        model.detach("v1")
        fields = {**identity_fields(model.info), "logits": logits, "threshold": 0.0}
        version = publish(
            store, workspace.paths, adapter, fields, [edit.id for edit in edits], workspace.clock
        )
        yield events.Gated(True, {"new_recall": 1.0})
        yield events.Published(version.number, version.sha256)
        yield events.Finished(
            {
                "run": 1,
                "outcome": "published",
                "version": version.number,
                "edits": {"written": 5, "kept": 3},
                "gate": {"new_recall": 1.0},
                "seconds": 2.0,
            }
        )

    return night
