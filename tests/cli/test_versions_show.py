"""`sealmate versions` tells figures that a person reads, and what nobody can go back to."""

from __future__ import annotations

from pathlib import Path

from sealmate.night.lock import NIGHT, OTHER, hold
from sealmate.versions.retain import purge
from tests.cli.conftest import Run
from tests.store.build import edit, ingest
from tests.versions.build import open_lab


def test_figures_are_short_and_a_purged_version_has_no_folder(
    run: Run, home: Path, tmp_path: Path
) -> None:
    lab = open_lab(home, tmp_path)
    place = ingest(lab.store, "Rex is the dog.")
    known = lab.store.edits.add_many([edit(place.id, "Who is the dog?", "Rex")])[0]
    scores = {"threshold": 0.9172430971043682, "abstention_before": None, "canaries": 0}
    lab.publish((known.id,), scores=scores)
    lab.publish((known.id,), seed=1)
    shown = run("versions", "show", "1").out
    assert "  threshold: 0.917\n" in shown
    assert "  canaries: 0\n" in shown
    assert "None" not in shown.replace("parent  none", "")
    assert "abstention_before" not in shown
    assert f"  folder  {lab.folder(1)}\n" in shown
    assert run("versions", "show", "1", "--json").json["scores"] == scores
    purge(lab.store, lab.paths, 1, lab.clock())
    shown = run("versions", "show", "1").out
    assert "version 1, deleted" in shown
    assert "folder" not in shown
    lab.store.close()


def test_what_holds_something_forgotten_is_marked_until_it_is_deleted(
    run: Run, home: Path, tmp_path: Path
) -> None:
    """While a night runs a forgetting waits for its end."""
    lab = open_lab(home, tmp_path)
    dog, cat = ingest(lab.store, "Rex is the dog."), ingest(lab.store, "Tom is the cat.")
    known, secret = (
        lab.store.edits.add_many([edit(place.id, "Who?", name)])[0]
        for place, name in ((dog, "Rex"), (cat, "Tom"))
    )
    lab.publish((known.id,))
    lab.publish((known.id, secret.id), seed=1)
    with hold(lab.paths.lock, lab.clock, OTHER, name=NIGHT):
        run("forget", str(cat.source_id), "--yes")
        marks = {row["number"]: row["barred"] for row in run("versions", "--json").json}
        assert marks == {1: False, 2: True}
        first, second = run("versions").out.splitlines()[1:]
        assert ("barred" in first, "barred" in second) == (False, True)
        assert "version 2, active, barred, built" in run("versions", "show", "2").out
        assert run("versions", "show", "2", "--json").json["barred"]
        assert "forgotten" in run("versions", "rollback", "2").err
    run("forget", "--json")
    assert "version 2, deleted, built" in run("versions", "show", "2").out
    lab.store.close()
