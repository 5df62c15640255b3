"""Forgetting a source for good: nothing of it is left in any file of the home."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Trained
from tests.e2e.home import Home, bytes_below
from tests.e2e.test_versions import once_more

pytestmark = pytest.mark.model
WORDS = (b"okonedo", b"above the bakery")


def places_of(home: Home) -> list[str]:
    """The files below a home that hold any of the words, in UTF-8 or UTF-16."""
    wanted = [*WORDS, *(word.decode().encode("utf-16-le") for word in WORDS)]
    return [
        str(path.relative_to(home.folder))
        for path, data in bytes_below(home.folder)
        if any(word in data.lower() for word in wanted)
    ]


def source_of(home: Home, title: str) -> int:
    found = [s for s in home.run("sources", "list", "--json").json if title in s["title"].lower()]
    return int(found[0]["id"])


def test_it_is_gone_from_every_file(spoilt: Home, trained: Trained) -> None:
    paths = spoilt.paths
    with spoilt.workspace() as workspace:
        folder = paths.versions / workspace.store.versions.get(1).folder
    # What an unfinished night leaves has seen it as well.
    (paths.work / "night-0123.safetensors").write_bytes(b"Mrs Okonedo")
    backup = paths.backups / "sealmate-0001-20260101T000000.db"
    backup.write_bytes(paths.database.read_bytes())
    assert places_of(spoilt)
    key = source_of(spoilt, "piano")
    shown = spoilt.run("forget", str(key), "--json").json
    assert (shown["forgotten"], shown["versions"]) == (False, [1])
    assert folder.exists()
    done = spoilt.run("forget", str(key), "--yes", "--json").json
    assert (done["forgotten"], done["purged"], done["active"]) == (True, [1], 0)
    assert done["rebuild_needed"]
    assert not folder.exists()
    assert spoilt.run("search", "piano", "teacher", "Okonedo", "--json").json == []
    assert places_of(spoilt) == []
    (version,) = spoilt.run("versions", "list", "--json").json
    assert version["purged_at"]
    assert not version["active"]
    assert "version 1" in spoilt.run("versions", "rollback", "1", code=None).refused(8)
    assert spoilt.run("versions", "verify", "--json").json["ok"]
    assert spoilt.run("search", "hives", "--json").json
    again = spoilt.run("forget", str(key), "--yes", code=None)
    assert again.refused(6)
    # The person's own file is theirs.
    assert (trained.notes / "piano.txt").exists()


def test_a_version_that_never_knew_it_takes_over(spoilt: Home) -> None:
    key = source_of(spoilt, "piano")
    with spoilt.workspace() as workspace:
        store = workspace.store
        spared = [
            edit
            for edit in store.versions.edit_ids(1)
            if store.passages.get(store.edits.get(edit).passage_id).source_id != key
        ]
        assert 0 < len(spared) < len(store.versions.edit_ids(1))
        second = once_more(workspace, edits=spared)
        assert store.versions.edit_ids(second.number) == spared
        once_more(workspace)
    done = spoilt.run("forget", "piano", "--yes", "--json").json
    assert (done["purged"], done["active"]) == ([1, 3], 2)
    active = [v["number"] for v in spoilt.run("versions", "--json").json if v["active"]]
    assert active == [2]
    assert spoilt.run("versions", "verify", "--json").json["ok"]


def test_nobody_is_there_to_say_yes(spoilt: Home) -> None:
    said = spoilt.run("forget", "piano", code=2)
    assert "error: nobody is there to say yes" in said.err
    assert spoilt.run("search", "Okonedo", "--json").json
