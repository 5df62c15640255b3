"""Where things live on disk: platformdirs, or one folder below SEALMATE_HOME."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import platformdirs

from sealmate.errors import HomeError, SettingsError

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")
# What a home of ours may hold before its first profile.
_OURS = {"config.toml", "profiles", "state", "compute.json"}


@dataclass(frozen=True, slots=True)
class Paths:
    """All folders and files of one profile. Nothing is created until `ensure` is called.

    The model cache is shared between profiles and is not moved by SEALMATE_HOME, so that a
    throwaway home does not fetch a model again.
    """

    config: Path
    data: Path
    state: Path
    models: Path
    profile: str = "default"

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def profile_dir(self) -> Path:
        return self.data / "profiles" / self.profile

    @property
    def database(self) -> Path:
        return self.profile_dir / "sealmate.db"

    @property
    def versions(self) -> Path:
        return self.profile_dir / "versions"

    @property
    def backups(self) -> Path:
        return self.profile_dir / "backups"

    @property
    def work(self) -> Path:
        """Scratch of unfinished nights: checkpoints that a later night resumes."""
        return self.profile_dir / "work"

    @property
    def lock(self) -> Path:
        return self.profile_dir / "night.lock"

    @property
    def log(self) -> Path:
        return self.state / "sealmate.log"

    def ensure(self) -> Paths:
        """Create the profile's folders, 0700. Raises HomeError where that is impossible, or where
        the home is somebody's folder of other things."""
        for folder in {self.config, self.data}:
            with _told(folder):
                theirs = folder.is_dir() and not _ours(folder)
                if theirs and folder == self.data and _open_to_others(folder):
                    raise HomeError(
                        f"{folder} is open to others and holds other files",
                        "name a new folder with --home or SEALMATE_HOME",
                    )
            if not theirs:
                make_private_dir(folder)
        for folder in (
            self.state,
            self.profile_dir,
            self.versions,
            self.backups,
            self.work,
        ):
            make_private_dir(folder)
        return self


def make_private_dir(folder: Path) -> Path:
    """Create `folder` and its missing parents with mode 0700."""
    with _told(folder):
        missing = [folder, *folder.parents]
        for part in reversed([p for p in missing if not p.exists()]):
            part.mkdir(mode=0o700, exist_ok=True)
        # Windows has no getuid and keeps a user's folders private by inherited access lists.
        owner = getattr(os, "getuid", None)
        found = folder.stat()
        if owner is not None and found.st_uid == owner() and found.st_mode & 0o077:
            _close_to_others(folder, stat.S_IMODE(found.st_mode))
    return folder


def _close_to_others(folder: Path, mode: int) -> None:
    """Take others' rights away; its owner's stay, who may have made it read-only."""
    try:
        folder.chmod(mode & ~0o077)
    except OSError as error:
        if error.errno != errno.EROFS:  # nothing can be put into it either
            raise


def _ours(folder: Path) -> bool:
    """Whether a folder that was there is a home: nothing is in it but what belongs there."""
    inside = {path.name for path in folder.iterdir()}
    return "profiles" in inside or inside <= _OURS


def _open_to_others(folder: Path) -> bool:
    return hasattr(os, "getuid") and bool(folder.stat().st_mode & 0o077)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeError(
            f"cannot create the folder {folder}: {error.strerror}",
            "check its permissions and free space, or set SEALMATE_HOME to another folder",
        ) from error


def locate(profile: str = "default", home: Path | None = None, models: Path | None = None) -> Paths:
    """The paths of a profile; `home` overrides platformdirs for all but the model cache.

    Raises SettingsError if `profile` could not be a folder's name, or `home` is nobody's.
    """
    if not _PROFILE.fullmatch(profile):
        raise SettingsError(
            f"the profile name {profile!r} is not usable",
            "use up to 41 letters, digits, - and _, beginning with a letter or digit",
        )
    cache = models or Path(platformdirs.user_cache_path("sealmate")) / "models"
    if home is not None:
        try:
            root = home.expanduser().absolute()
        except RuntimeError:
            raise SettingsError(
                f"the home {str(home)!r} is that of a user who is not known here",
                "name a folder with --home or SEALMATE_HOME",
            ) from None
        return Paths(root, root, root / "state", cache, profile)
    return Paths(
        config=Path(platformdirs.user_config_path("sealmate")),
        data=Path(platformdirs.user_data_path("sealmate")),
        state=Path(platformdirs.user_state_path("sealmate")),
        models=cache,
        profile=profile,
    )


def bundled(kind: str) -> Path:
    """The folder of bundled "assets" or "migrations": in a wheel, or beside an editable install."""
    package = Path(__file__).resolve().parent
    for folder in (package / f"_{kind}", package.parent / kind):
        if folder.is_dir():
            return folder
    raise HomeError(f"the bundled folder {kind} is missing", "install sealmate again")


def describe_bytes(number: float) -> str:
    """Bytes in words: 93 MB, 1.5 GB."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def shred(file: Path) -> None:
    """Overwrite and delete one file; one with other names stays under those.

    On flash and copy-on-write disks the overwriting is best effort: the disk decides where it
    writes. A link is removed, not followed.
    """
    # A hard link elsewhere is somebody else's file.
    if not file.is_symlink() and file.is_file() and file.stat().st_nlink == 1:
        with file.open("r+b") as handle:
            _blank(handle)
    file.unlink()


def put_in_place(part: Path, file: Path) -> None:
    """Rename `part` to `file` in one step, and overwrite what was in that before."""
    old = file.open("r+b") if file.is_file() and os.name == "posix" else None
    with old or nullcontext():
        part.replace(file)
        if old is not None:  # open still, though it has no name any more
            _blank(old)


def _blank(handle: BinaryIO) -> None:
    left = os.fstat(handle.fileno()).st_size
    while left > 0:
        block = min(left, 1 << 20)
        handle.write(bytes(block))
        left -= block
    handle.flush()
    os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can do that."""
    if os.name == "nt":
        return  # Windows has no handle of a folder to flush
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
