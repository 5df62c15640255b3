"""A model hub, when one answers: is it there, how big is a model, fetch it.

Run as `python -m sealmate.model.hub REPO FOLDER [REVISION FILE]` it is the child process that
downloads, so that a cut, a stall or Ctrl-C ends a process and not a thread.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from fnmatch import fnmatch
from pathlib import Path

from sealmate.child import own_module
from sealmate.errors import ModelError
from sealmate.events import Event
from sealmate.model.transfer import run_watched

# No pickles, no code: only safetensors and what describes them.
WANTED = ("*.safetensors", "*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt", "LICENSE*")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def is_hub_id(name: str) -> bool:
    """Whether `name` looks like owner/model."""
    return _HUB_ID.fullmatch(name) is not None


def endpoint() -> str:
    """The hub's address: HF_ENDPOINT, or the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def forbidden() -> bool:
    """Whether the environment says to leave the hub alone (HF_HUB_OFFLINE)."""
    words = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(w, "").upper() in ("1", "ON", "YES", "TRUE") for w in words)


def reachable(path: str = "/api/models?limit=1", *, timeout: float = 3.0) -> bool:
    """Whether the hub answers `path` within `timeout` seconds. Never hangs, never raises."""
    if forbidden():
        return False
    answered: list[bool] = []

    def ask() -> None:
        try:
            address = endpoint() + path
            request = urllib.request.Request(address, headers={"User-Agent": "sealmate"})
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                answered.append(reply.status == 200)
        except (OSError, ValueError):  # URLError is an OSError
            answered.append(False)

    # A thread, because a name server that stays silent is not covered by the socket's timeout.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout + 0.5)
    return bool(answered and answered[0])


def _cache() -> Path:
    """The folder of the Hugging Face cache."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    general = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(general).expanduser() / "huggingface" / "hub"


def cached(repo: str) -> Path | None:
    """The snapshot of `repo` in the person's own Hugging Face cache, if there is one."""
    # Looked up by hand first: importing huggingface_hub costs a quarter of a second.
    if not (_cache() / f"models--{repo.replace('/', '--')}").is_dir():
        return None
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(repo, local_files_only=True))
    except Exception:  # absent, broken or no cache at all: all the same here
        return None
    return folder


def size_of(repo: str) -> int:
    """The bytes that fetching `repo` brings, 0 if the hub does not say."""
    # Not through huggingface_hub: it keeps the offline switch as it stood at its first import.
    headers = {"User-Agent": "sealmate"}
    if token := os.environ.get("HF_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    try:
        address = f"{endpoint()}/api/models/{repo}?blobs=true"
        request = urllib.request.Request(address, headers=headers)
        with urllib.request.urlopen(request, timeout=10.0) as reply:
            files = json.load(reply)["siblings"]
        return sum(
            int(file.get("size") or 0)
            for file in files
            if any(fnmatch(file["rfilename"], pattern) for pattern in WANTED)
        )
    except (OSError, ValueError, KeyError, TypeError):  # the download will say what is wrong
        return 0


def download_model(repo: str, folder: Path, total: int) -> Generator[Event, None, None]:
    """Fetch a model's safetensors, configuration and tokenizer into `folder`; resumes a cut."""
    command = own_module("sealmate.model.hub", repo, str(folder))
    yield from _run(command, folder, total, repo)


def download_file(
    repo: str, revision: str, file: str, folder: Path, total: int
) -> Generator[Event, None, None]:
    """Fetch one file of `repo` at `revision` into `folder`; resumes a cut."""
    command = own_module("sealmate.model.hub", repo, str(folder), revision, file)
    yield from _run(command, folder, total, repo)


def _run(command: list[str], folder: Path, total: int, repo: str) -> Generator[Event, None, None]:
    try:
        yield from run_watched(
            command,
            folder,
            total,
            stage="fetch",
            environment={"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_ENDPOINT": endpoint()},
        )
    except ModelError as error:
        raise ModelError(
            f"cannot fetch {repo} from {endpoint()}: {error.message}",
            "check the name; a gated model needs HF_TOKEN; run it again to go on where it stopped",
        ) from error


def _child(arguments: list[str]) -> int:
    from huggingface_hub import hf_hub_download, snapshot_download

    repo, folder, *rest = arguments
    try:
        if rest:
            hf_hub_download(repo, rest[1], revision=rest[0], local_dir=folder)
        else:
            snapshot_download(repo, local_dir=folder, allow_patterns=list(WANTED))
    except Exception as error:
        text = str(error).strip().splitlines()
        print(f"ERROR: {text[0] if text else repr(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1:]))
