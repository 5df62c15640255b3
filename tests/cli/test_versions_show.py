"""`sealmate versions show` tells figures that a person reads."""

from __future__ import annotations

from pathlib import Path

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
