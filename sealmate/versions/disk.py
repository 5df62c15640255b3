"""How much room versions take on the disk, and how much of it is free without some of them.

Shards that did not change are one file under several names, so a folder's size tells neither.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from sealmate.paths import Paths
from sealmate.versions.files import folder_name


def taken(paths: Paths) -> int:
    """Bytes of all that lies in the versions folder, each file once whatever its names."""
    return sum({(s.st_dev, s.st_ino): s.st_size for s in _files(paths.versions)}.values())


def freed(paths: Paths, numbers: Iterable[int]) -> int:
    """Bytes that go with these versions: of files that have no name anywhere else."""
    names: Counter[tuple[int, int]] = Counter()
    found: dict[tuple[int, int], os.stat_result] = {}
    for number in set(numbers):
        for file in _files(paths.versions / folder_name(number)):
            key = (file.st_dev, file.st_ino)
            names[key] += 1
            found[key] = file
    return sum(file.st_size for key, file in found.items() if names[key] >= file.st_nlink)


def _files(folder: Path) -> Iterator[os.stat_result]:
    """What the system knows of each plain file in `folder` and its folders."""
    if folder.is_symlink():
        return
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a night may be publishing meanwhile
                # A folder's own listing knows neither links nor inodes on Windows.
                file = os.lstat(Path(place, name))
                if stat.S_ISREG(file.st_mode):
                    yield file
