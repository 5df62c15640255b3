"""The file: rights, transactions, threads, full and read-only disks, damage."""

from __future__ import annotations

import ast
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import sealmate.store
from sealmate.errors import BusyError, HomeError, SealmateError, StoreError
from sealmate.store import Store
from tests.store.build import ingest, opened, passage, source

NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def one_line(error: SealmateError) -> None:
    assert error.message
    assert "\n" not in error.message
    assert error.hint


@pytest.fixture
def strangers_home() -> Iterator[Path]:
    """A folder that this process may not write, also where the tests run as root."""
    root = Path(tempfile.mkdtemp(prefix="sealmate-test-"))
    home = root / "home"
    home.mkdir()
    try:
        yield home
    finally:
        home.chmod(0o700)
        shutil.rmtree(root)


@contextmanager
def unprivileged(home: Path) -> Iterator[None]:
    """Be a user who owns `home` but is not root, for whom permissions count."""
    if os.geteuid() != 0:
        yield
        return
    for path in (home.parent, home, *home.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_nobody_else_can_read(home: Path) -> None:
    before = os.umask(0)
    try:
        with opened(home) as store:
            ingest(store, "secret")
            assert mode(home) == 0o700
            files = {path.name: mode(path) for path in home.iterdir() if path.is_file()}
    finally:
        os.umask(before)
    names = {"sealmate.db", "sealmate.db-wal", "sealmate.db-shm"}
    assert files == dict.fromkeys(names, 0o600)


def test_loose_rights_are_tightened(home: Path) -> None:
    opened(home).close()
    home.chmod(0o755)
    (home / "sealmate.db").chmod(0o644)
    opened(home).close()
    assert (mode(home), mode(home / "sealmate.db")) == (0o700, 0o600)


def test_a_transaction_happens_or_does_not(store: Store) -> None:
    with pytest.raises(FileNotFoundError, match="my own"), store.transaction():  # noqa: PT012
        ingest(store, "one")
        raise FileNotFoundError("my own trouble")
    assert store.sources.list() == []
    with store.transaction():
        kept = ingest(store, "kept")
        with pytest.raises(StoreError), store.transaction():  # noqa: PT012
            ingest(store, "inner")
            store.passages.add_many(99, [passage("x")])
    assert store.passages.current() == [kept]
    assert store.passages.search("inner", 5) == []


def test_threads_share_a_store(store: Store) -> None:
    inside, seen = threading.Event(), threading.Event()

    def look() -> int:
        inside.wait(5)
        count = len(store.sources.list())
        seen.set()
        return count

    with ThreadPoolExecutor(5) as pool:
        looking = pool.submit(look)
        with store.transaction():
            ingest(store, "one")
            inside.set()
            assert seen.wait(5)
        assert looking.result() == 0
        list(pool.map(lambda n: ingest(store, f"text {n}"), range(40)))
    assert len(store.passages.search("text", 100)) == 40


def test_reads_inside_a_read_see_one_state(home: Path, store: Store) -> None:
    ingest(store, "before")
    database = store._database
    with opened(home) as other:
        with database.read() as connection:
            assert len(store.sources.list()) == 1
            ingest(other, "meanwhile")
            assert len(store.sources.list()) == 1
            with database.read() as inner:
                assert inner is connection
            assert len(store.passages.current()) == 1
        assert len(store.sources.list()) == 2


def test_a_read_that_fails_is_over(home: Path, store: Store) -> None:
    with opened(home) as other:
        with pytest.raises(KeyError), store._database.read():  # noqa: PT012
            assert store.sources.list() == []
            raise KeyError
        ingest(other, "meanwhile")
        assert len(store.sources.list()) == 1


def test_a_write_inside_a_read_is_its_own_transaction(home: Path, store: Store) -> None:
    database = store._database
    with opened(home) as other, database.read():
        assert store.sources.list() == []
        ingest(other, "meanwhile")
        with store.transaction():
            assert len(store.sources.list()) == 1, "a write stands on the newest state"
            ingest(store, "mine")
            assert len(store.sources.list()) == 2
        assert len(other.sources.list()) == 2
        assert store.sources.list() == [], "what the read sees stays"
        with pytest.raises(KeyError), store.transaction():  # noqa: PT012
            ingest(store, "never")
            raise KeyError
        assert store.sources.list() == []
    assert len(store.sources.list()) == 2


def test_a_read_is_not_shared_with_other_threads(store: Store) -> None:
    with ThreadPoolExecutor(1) as pool, store._database.read():
        assert store.sources.list() == []
        pool.submit(ingest, store, "theirs").result()
        assert len(pool.submit(store.sources.list).result()) == 1
        assert store.sources.list() == []


def test_a_read_leaves_no_connection_behind(home: Path, store: Store) -> None:
    with store._database.read(), store._database.read():
        assert store.sources.find("a note") == []
        ingest(store, "x")
        assert store.sources.find("a note") == []
    assert store._database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    store.close()
    assert not (home / "sealmate.db-wal").exists()


def test_no_generator_holds_a_read_open() -> None:
    """Between two of its values the thread's other calls would see what it began with."""
    held = []
    for file in Path(sealmate.store.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.With) and any(
                ast.unparse(item.context_expr).endswith(".read()") for item in node.items
            ):
                inside = [part for line in node.body for part in ast.walk(line)]
                if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in inside):
                    held.append(f"{file.name}:{node.lineno}")
    assert held == []


def test_stores_opened_at_the_same_time_make_one_database(home: Path) -> None:
    def work(number: int) -> None:
        with opened(home) as store:
            ingest(store, f"text {number}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    with opened(home) as store:
        assert len(store.sources.list()) == 6


def test_opening_waits_for_another_that_makes_the_database(home: Path) -> None:
    home.mkdir()
    other = sqlite3.connect(home / "sealmate.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="in use"):
        opened(home, busy_seconds=0.05)
    release = threading.Timer(0.2, other.execute, ["ROLLBACK"])
    release.start()
    opened(home).close()
    release.join()
    other.close()


def test_a_locked_database_is_busy(home: Path) -> None:
    opened(home).close()
    with opened(home) as first, opened(home, busy_seconds=0.05) as second, first.transaction():
        ingest(first, "x")
        assert second.sources.list() == []
        with pytest.raises(BusyError, match="in use") as caught:
            second.sources.add(source("y"))
    one_line(caught.value)


def test_a_full_disk_loses_nothing(store: Store) -> None:
    kept = ingest(store, "kept")
    engine = store._database.engine
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(HomeError, match="disk is full") as caught, store.transaction():  # noqa: PT012
        store.sources.add(source("small"))
        ingest(store, "large " * 20000)
    one_line(caught.value)
    assert store.passages.current() == [kept]
    with pytest.raises(HomeError, match="undid everything"), store.transaction():  # noqa: PT012
        store.sources.add(source("small"))
        with suppress(HomeError):
            ingest(store, "large " * 20000)
        store.sources.add(source("after it"))
    undone = pytest.raises(HomeError, match="undid everything")
    with undone, store.transaction(), suppress(HomeError):
        ingest(store, "large " * 20000)
    assert store.passages.current() == [kept]
    assert len(store.sources.list()) == 1
    engine.dispose()
    ingest(store, "large " * 20000)
    assert len(store.sources.list()) == 2


def test_a_disk_too_small_to_begin_with(home: Path) -> None:
    """A limit on file size stands in for a disk that fills up while the tables are made."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))

    code = (
        "import sys; from pathlib import Path\n"
        "from sealmate.errors import HomeError\n"
        "from tests.store.build import opened\n"
        "try: opened(Path(sys.argv[1]))\n"
        "except HomeError as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home)],
        preexec_fn=limit, capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stderr == ""
    assert "the disk" in done.stdout
    with opened(home) as store:
        ingest(store, "now there is room")


def test_a_read_only_home(strangers_home: Path) -> None:
    strangers_home.chmod(0o500)
    with unprivileged(strangers_home):
        with pytest.raises(HomeError, match="Permission denied") as caught:
            opened(strangers_home)
        with pytest.raises(HomeError, match="cannot create the folder"):
            opened(strangers_home / "deeper")
    one_line(caught.value)


def test_a_read_only_database(strangers_home: Path) -> None:
    opened(strangers_home).close()
    (strangers_home / "sealmate.db").chmod(0o400)
    strangers_home.chmod(0o500)
    with unprivileged(strangers_home), pytest.raises(HomeError) as caught:
        opened(strangers_home)
    one_line(caught.value)


def test_a_folder_or_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a" / "sealmate.db").mkdir(parents=True)
    with pytest.raises(HomeError, match="directory"):
        opened(tmp_path / "a")
    (tmp_path / "b").write_text("a file")
    with pytest.raises(HomeError) as caught:
        opened(tmp_path / "b")
    one_line(caught.value)


def test_no_database_at_all(home: Path) -> None:
    home.mkdir()
    text = b"Dear diary, this is no database. " * 200
    (home / "sealmate.db").write_bytes(text)
    with pytest.raises(StoreError, match="damaged or no database") as caught:
        opened(home)
    one_line(caught.value)
    assert (home / "sealmate.db").read_bytes() == text


def test_a_damaged_database(home: Path) -> None:
    with opened(home) as store:
        for number in range(50):
            ingest(store, f"text {number} " * 100)
    file = home / "sealmate.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    with pytest.raises(StoreError, match="damaged") as caught, opened(home) as store:  # noqa: PT012
        store.sources.list()
        store.passages.search("text", 5)
    one_line(caught.value)
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="damaged"), opened(home) as store:
        store.passages.current()


def test_a_database_of_something_else(home: Path) -> None:
    home.mkdir()
    connection = sqlite3.connect(home / "sealmate.db")
    connection.execute("CREATE TABLE shopping (item)")
    connection.close()
    with pytest.raises(StoreError, match="something else") as caught:
        opened(home)
    one_line(caught.value)


def test_a_second_store_leaves_the_first_its_locks(home: Path) -> None:
    """Without them the last of another process's connections deletes the log that both write."""
    with opened(home) as first:
        ingest(first, "one")
        opened(home).close()
        code = (
            "import sys; from pathlib import Path; from tests.store.build import ingest, opened\n"
            "with opened(Path(sys.argv[1])) as store: ingest(store, 'two')"
        )
        call = [sys.executable, "-c", code, str(home)]
        subprocess.run(call, check=True, cwd=Path(__file__).parents[2])
        assert (home / "sealmate.db-wal").exists()
        assert len(first.sources.list()) == 2
