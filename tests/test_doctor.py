"""What doctor says about the nightly run, with a fake `systemctl` on PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from sealmate.doctor import Check, examine
from sealmate.paths import bundled
from sealmate.schedule import plan_for
from sealmate.schedule.systemd import Systemd
from sealmate.settings import Settings
from sealmate.store.erasure import SCRUB
from sealmate.workspace import Workspace
from tests.schedule.conftest import Computer
from tests.schedule.conftest import computer as computer  # a fixture
from tests.store.build import ingest, statements

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")


def timer(settings: Settings) -> Check:
    with Workspace.open(settings) as workspace:
        (found,) = (check for check in examine(workspace, quick=True) if check.name == "timer")
    return found


def test_the_timer(computer: Computer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models", night_at="03:15")
    computer.program("systemctl")
    none = timer(settings)
    assert (none.status, none.hint) == ("WARN", "sealmate schedule install --at 03:15")
    plan = plan_for(settings)
    Systemd().install(plan)
    assert timer(settings).status == "OK"
    assert "03:15" in timer(settings).message
    service = next(file.path for file in Systemd().files(plan) if file.path.suffix == ".service")
    gone = service.read_text().replace(plan.command[0], str(tmp_path / "gone"))
    service.write_text(gone)
    broken = timer(settings)
    assert broken.status == "FAIL"
    assert "is gone" in broken.message
    assert broken.hint


def test_without_a_scheduler(
    computer: Computer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    computer.program("systemctl", 'echo "Failed to connect to bus" >&2; exit 1')
    found = timer(Settings(home=tmp_path / "home", models=tmp_path / "models"))
    assert found.status == "WARN"


def adapters(settings: Settings) -> Check:
    with Workspace.open(settings) as workspace:
        (found,) = (check for check in examine(workspace, quick=True) if check.name == "adapters")
    return found


def test_the_adapters_that_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "assets"
    for role in ("writer", "reader"):
        shutil.copytree(bundled("assets") / role, here / role)
    monkeypatch.setattr("sealmate.workspace.bundled", lambda name: here)
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    assert adapters(settings) == Check("adapters", "OK", "writer and reader")
    elsewhere = settings.model_copy(update={"model": str(tmp_path)})
    assert "none comes" in adapters(elsewhere).message
    weights = here / "writer" / "smollm2-135m" / "adapter_model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    other = adapters(settings)
    assert (other.status, other.message.count("another writer")) == ("WARN", 1)
    weights.write_bytes(whole[:1000])
    broken = adapters(settings)
    assert broken.status == "FAIL"
    assert "writer" in broken.message
    assert "install sealmate again" in broken.hint
    weights.write_bytes(whole)
    card = here / "reader" / "smollm2-135m" / "card.json"
    for text in ("{", "{}", '{"made": []}'):
        card.write_text(text)
        assert "the reader in" in adapters(settings).message
    card.unlink()
    assert adapters(settings).hint
    (here / "reader" / "smollm2-135m" / "adapter_config.json").write_text("[]")
    assert adapters(settings).status == "FAIL"
    shutil.rmtree(here / "writer")
    shutil.rmtree(here / "reader")
    shutil.copytree(bundled("assets") / "reader", here / "reader")
    assert "the writer is missing" in adapters(settings).message


def test_bytes_that_are_left_of_what_was_forgotten(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    with Workspace.open(settings) as workspace:
        found = list(examine(workspace, quick=True))
        assert "forgotten" not in str([check for check in found if check.name == "database"])
        workspace.store.state.set(SCRUB, [1])
        found = [check for check in examine(workspace, quick=True) if check.name == "database"]
    assert [check.status for check in found] == ["WARN", "OK"]
    assert "bytes of what was forgotten" in found[0].message
    assert "every other sealmate" in found[0].hint


def told(settings: Settings) -> list[Check]:
    with Workspace.open(settings) as workspace:
        return list(examine(workspace, quick=True))


def test_where_the_settings_and_the_log_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.delenv("SEALMATE_RANK", raising=False)
    settings = Settings(home=home, models=tmp_path / "models")
    found = {check.name: check.message for check in told(settings)}
    assert found["settings"].startswith(f"{home / 'config.toml'} (not there: all defaults)")
    assert found["home"].endswith(f"; the log is {home / 'state' / 'sealmate.log'}")
    (home / "config.toml").write_text("rank = 8\n")
    monkeypatch.setenv("SEALMATE_RANK", "9")
    (message,) = (check.message for check in told(settings) if check.name == "settings")
    assert message.startswith(f"{home / 'config.toml'}; outranked in the environment by ")
    assert "SEALMATE_RANK" in message


@pytest.mark.parametrize("where", ["head", "tables"])
def test_a_damaged_database_is_told_of_once(tmp_path: Path, where: str) -> None:
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    with Workspace.open(settings) as workspace:
        assert workspace.store.sources.list() == []
        file = workspace.paths.database
    whole = file.read_bytes()
    kept = 0 if where == "head" else 4096
    file.write_bytes(whole[:kept] + b"\xff" * (len(whole) - kept))
    failed = [check for check in told(settings) if check.status == "FAIL"]
    assert [check.name for check in failed] == ["database"]
    assert "damaged" in failed[0].message
    assert "forgotten" not in failed[0].message
    assert "backups" not in failed[0].hint


@pytest.mark.skipif(os.name == "nt", reason="rights")
def test_a_database_that_may_not_be_written_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", os.geteuid)
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    with Workspace.open(settings) as workspace:
        assert workspace.store.sources.list() == []
    found = unprivileged(tmp_path, settings)
    database = [check for check in found if "sealmate.db" in check.message]
    assert [(check.name, check.status) for check in database] == [("database", "FAIL")]
    assert "Permission denied" in database[0].message
    assert "copy the home" in database[0].hint
    assert all(check.hint for check in found if check.status != "OK")


def unprivileged(folder: Path, settings: Settings) -> list[Check]:
    """What doctor says to somebody who may read the home and not write into it."""
    paths = [folder, *folder.rglob("*")]
    mine = os.geteuid() != 0
    for path in paths:
        path.chmod((0o500 if path.is_dir() else 0o400) if mine else path.stat().st_mode | 0o055)
    above = [] if mine else [one for one in folder.parents if not one.stat().st_mode & 0o050]
    modes = {path: path.stat().st_mode for path in above}
    try:
        for path in above:
            path.chmod(modes[path] | 0o055)
        if not mine:
            os.seteuid(65534)
        return told(settings)
    finally:
        if not mine:
            os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)
        if mine:
            for path in paths:
                path.chmod(0o700 if path.is_dir() else 0o600)


def test_counting_the_sources_reads_none_of_them(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    with Workspace.open(settings) as workspace:
        ingest(workspace.store, "The bins go out on Monday.")
    with statements() as asked:
        (message,) = (check.message for check in told(settings) if check.name == "database")
    assert message.startswith("1 sources in ")
    assert not any("sources.text" in statement for statement in asked)
