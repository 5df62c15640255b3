"""Upgrades: a copy first, all or nothing, newer ones refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from sealmate.errors import StoreError
from sealmate.paths import bundled
from sealmate.store import tables
from sealmate.store.upgrade import KEEP_BACKUPS, revisions
from tests.store.build import Clock, edit, ingest, opened

HEAD = revisions(bundled("migrations"))[-1]


def migrations(folder: Path, upto: str = HEAD, extra: str = "") -> Path:
    """A copy of the migrations up to a revision, with one more whose upgrade() is `extra`."""
    shutil.copytree(bundled("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (folder / "versions").glob("*.py"):
        if file.name[:4] > upto:
            file.unlink()
    if extra:
        number = f"{int(upto) + 1:04d}"
        body = "".join(f"    {line}\n" for line in extra.splitlines())
        (folder / "versions" / f"{number}_more.py").write_text(
            "import os, time\nimport sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = {number!r}\ndown_revision = {upto!r}\ndef upgrade():\n{body}"
        )
    return folder


def schema(home: Path) -> tuple[str, set[str]]:
    connection = sqlite3.connect(home / "sealmate.db")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    return revision, names


def test_the_tables_are_what_the_migrations_make(home: Path) -> None:
    with opened(home) as store, store._database.engine.connect() as connection:
        options = {"include_object": lambda _o, name, *_: not name.startswith("passages_")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
    names = schema(home)[1]
    fixed = {"edit_events_fixed", "versions_fixed", "passages_fts_insert", "passages_fts_delete"}
    fixed |= {"passages_words_insert", "passages_words_delete"}
    assert fixed <= names


def test_alembic_knows_the_same_head() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_an_older_database_is_copied_then_upgraded(home: Path, tmp_path: Path) -> None:
    old = migrations(tmp_path / "100% old", "0001")
    database = home / "sealmate.db"
    home.mkdir()
    with pytest.raises(StoreError, match="no such table"):
        opened(home, migrations=old)  # the state table is younger than that
    assert schema(home)[0] == "0001"
    connection = sqlite3.connect(database)
    connection.execute(
        "INSERT INTO sources (kind, text, content_hash, created_at, state) "
        "VALUES ('note', 'from long ago', 'h', '2020-01-01T00:00:00.000000+00:00', 'current')"
    )
    connection.execute(
        "INSERT INTO passages (source_id, ordinal, text, tokens) VALUES (1,0,'ago',1)"
    )
    connection.commit()
    connection.close()
    with opened(home) as store:
        assert store.sources.get(1).text == "from long ago"
        assert len(store.passages.search("ago", 5)) == 1
        assert store.passages.vocabulary(9) == ["ago"]
        assert store.conflicts.list() == []
    assert schema(home)[0] == HEAD
    (copy,) = (home / "backups").iterdir()
    assert store.copied == copy
    assert "schema0001" in copy.name
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    shutil.copy(copy, database)
    with opened(home) as store:
        assert store.sources.get(1).text == "from long ago"


def test_the_edits_of_versions_become_those_of_their_shards(home: Path, tmp_path: Path) -> None:
    with opened(home, migrations=migrations(tmp_path / "old", "0003")):
        pass
    rows = {
        1: ({"config_sha256": "c"}, [1, 2]),
        2: ({"shards": {"1": {"edits": [1, 2], "sha256": "a"}}}, [1, 2, 3]),
        3: ({"shards": {"2": {"edits": [3], "sha256": "b"}}, "shard": "1"}, [1, 2, 3]),
        4: ({}, []),
        # a forgotten note had said "2"
        5: ({"shards": {"[forgotten]": {"edits": [3], "sha256": "b"}}}, [3, 4]),
        6: ({"shards": {"5": {"edits": [4], "sha256": "b"}}, "shard": "[forgotten]"}, [3, 4]),
    }
    connection = sqlite3.connect(home / "sealmate.db")
    for number, (manifest, ids) in rows.items():
        connection.execute(
            "INSERT INTO versions (number, created_at, folder, sha256, base_id, base_fingerprint, "
            "scores, manifest) VALUES (?, '2026-03-01T00:00:00.000000+00:00', 'v', 's', 'b', 'f', "
            "'{}', ?)",
            (number, json.dumps(manifest)),
        )
        connection.executemany(
            "INSERT INTO version_edits VALUES (?, ?)", [(number, key) for key in ids]
        )
    connection.commit()
    connection.close()
    with opened(home) as store:
        found = store.versions
        assert {n: found.edit_ids(n) for n in rows} == {n: ids for n, (_, ids) in rows.items()}
        assert [version.edits for version in found.list()] == [2, 3, 3, 0, 2, 2]
        assert found.edits_by_shard(2) == {2: [3], 1: [1, 2]}
        assert found.edits_by_shard(3) == {2: [3], 1: [1, 2]}
        assert found.edits_by_shard(6)[5] == found.edits_by_shard(5)[5] == [4]
        assert found.get(1).manifest == {"config_sha256": "c"}
        assert found.get(2).manifest == {"shards": {"1": {"sha256": "a"}}}
    assert "version_edits" not in schema(home)[1]


def test_opening_again_copies_nothing(home: Path) -> None:
    opened(home).close()
    opened(home).close()
    assert not (home / "backups").exists()


def test_only_the_newest_copies_stay(home: Path, tmp_path: Path) -> None:
    clock = Clock()
    opened(home).close()
    upto = HEAD
    for number in range(KEEP_BACKUPS + 2):
        folder = migrations(tmp_path / f"m{number}", HEAD)
        for more in range(number + 1):
            new = f"{int(HEAD) + more + 1:04d}"
            (folder / "versions" / f"{new}_x.py").write_text(
                f"revision = {new!r}\ndown_revision = '{int(new) - 1:04d}'\ndef upgrade(): pass\n"
            )
            upto = new
        opened(home, migrations=folder, clock=clock).close()
    names = sorted(path.name for path in (home / "backups").iterdir())
    assert len(names) == KEEP_BACKUPS
    assert names[-1].endswith(f"schema{int(upto) - 1:04d}.db")


def test_a_newer_database_is_left_alone(home: Path, tmp_path: Path) -> None:
    opened(home).close()
    newer = migrations(
        tmp_path / "newer", extra="op.create_table('later', sa.Column('x', sa.Text))"
    )
    opened(home, migrations=newer).close()
    before = (home / "sealmate.db").read_bytes()
    with pytest.raises(StoreError, match="newer sealmate") as caught:
        opened(home)
    assert "\n" not in caught.value.message
    assert (home / "sealmate.db").read_bytes() == before
    (copy,) = (home / "backups").glob("*-schema*.db")
    assert str(copy) in caught.value.hint
    # one of a release in between is no use to this one either
    label = copy.stem.rpartition("-schema")[2]
    copy.rename(copy.with_name(copy.name.replace(f"schema{label}", "schema9998")))
    with pytest.raises(StoreError) as again:
        opened(home)
    assert again.value.hint == "upgrade sealmate"


_HALF = """\
op.create_table('half', sa.Column('x', sa.Integer))
op.execute("UPDATE sources SET title = 'changed'")
with op.batch_alter_table('passages') as batch:
    batch.add_column(sa.Column('colour', sa.Text))
"""


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("raise RuntimeError('bad\\nluck')", "bad$"),
        ("op.execute('SELECT * FROM missing')", "no such table: missing"),
        ("op.execute('INSERT INTO passages VALUES (9,99,0,0,0,0,0,0,0)')", "name missing ones"),
    ],
)
def test_a_failing_upgrade_changes_nothing(
    home: Path, tmp_path: Path, end: str, words: str
) -> None:
    with opened(home) as store:
        ingest(store, "kept", "title")
    before = schema(home)
    bad = migrations(tmp_path / "bad", extra=_HALF + end)
    for _ in range(2):
        with pytest.raises(StoreError, match=f"could not be upgraded: .*{words}") as caught:
            opened(home, migrations=bad)
        assert "\n" not in caught.value.message
    assert schema(home) == before
    with opened(home) as store:
        assert store.sources.get(1).title == "title"
        assert len(store.passages.search("kept", 5)) == 1


def test_a_kill_in_the_middle_of_an_upgrade_changes_nothing(home: Path, tmp_path: Path) -> None:
    with opened(home) as store:
        ingest(store, "kept", "title")
    before = schema(home)
    sign = tmp_path / "half-way"
    wait = f"open({str(sign)!r}, 'w').close()\ntime.sleep(60)"
    slow = migrations(tmp_path / "slow", extra=_HALF + wait)
    code = (
        "import sys; from pathlib import Path; from tests.store.build import opened\n"
        "opened(Path(sys.argv[1]), migrations=Path(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home), str(slow)], cwd=Path(__file__).parents[2]
    )
    deadline = time.monotonic() + 20
    while not sign.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert sign.exists()
    assert schema(home) == before
    with opened(home) as store:
        assert store.sources.get(1).title == "title"
        ingest(store, "and it can be written")


def test_batch_mode_keeps_the_children(home: Path, tmp_path: Path) -> None:
    with opened(home) as store:
        place = ingest(store, "kept")
        store.edits.add_many([edit(place.id, "Q", "A")])
    more = migrations(tmp_path / "more", extra=_HALF)
    opened(home, migrations=more).close()
    connection = sqlite3.connect(home / "sealmate.db")
    assert connection.execute("SELECT count(*) FROM edits").fetchone()[0] == 1
    assert connection.execute("SELECT count(colour), count(*) FROM passages").fetchone() == (0, 1)
    connection.close()


def test_a_damaged_database_is_not_upgraded(home: Path, tmp_path: Path) -> None:
    with opened(home) as store:
        for number in range(60):
            ingest(store, f"text {number} " * 100)
    file = home / "sealmate.db"
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 8192 * 4096
    whole[middle : middle + 12288] = b"\xff" * 12288
    file.write_bytes(whole)
    more = migrations(tmp_path / "more", extra="pass")
    with pytest.raises(StoreError, match="damaged") as caught:
        opened(home, migrations=more)
    assert "\n" not in caught.value.message
    assert not (home / "backups").exists()
    assert file.read_bytes() == bytes(whole)
