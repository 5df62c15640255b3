"""Small HTTP servers: a package index that dawdles, and a model hub with one model."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return

    def answer(self, code: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def slow_index(wheel: Path) -> Iterator[str]:
    """The address of a simple package index that gives half of `wheel`, then stalls."""

    class Index(_Quiet):
        def do_GET(self) -> None:
            if not self.path.endswith(".whl"):
                page = f'<a href="/files/{wheel.name}">{wheel.name}</a>'.encode()
                self.answer(200, page, "text/html")
                return
            data = wheel.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                self.wfile.write(data[: len(data) // 2])
                self.wfile.flush()
                time.sleep(3)
            except OSError:
                pass  # the downloader was ended, which is what the test wants
            self.close_connection = True

    with _serving(Index) as address:
        yield f"{address}/simple"


@contextmanager
def model_hub(models: dict[str, Path]) -> Iterator[str]:
    """The address of a hub with these repositories, each a folder of files."""
    commit = "a" * 40

    class Hub(_Quiet):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/api/models":
                self.answer(200, b"[]", "application/json")
                return
            for repo, folder in models.items():
                if path.startswith(f"/api/models/{repo}"):
                    self._describe(repo, folder, path)
                    return
                if path.startswith(f"/{repo}/resolve/"):
                    file = folder / path.split("/resolve/")[1].partition("/")[2]
                    if file.is_file():
                        self._give(file)
                        return
            self.answer(404, b"{}", "application/json", X_Error_Code="RepoNotFound")

        def _describe(self, repo: str, folder: Path, path: str) -> None:
            files = [
                {"rfilename": f.name, "path": f.name, "type": "file", "size": f.stat().st_size,
                 "oid": hashlib.sha1(f.read_bytes()).hexdigest()}
                for f in sorted(folder.iterdir())
            ]  # fmt: skip
            about = {"id": repo, "modelId": repo, "sha": commit, "siblings": files,
                     "private": False, "downloads": 0, "tags": []}  # fmt: skip
            body: object = files if "/tree/" in path else about
            self.answer(200, json.dumps(body).encode(), "application/json")

        def _give(self, file: Path) -> None:
            data = file.read_bytes()
            mark = f'"{hashlib.sha256(data).hexdigest()}"'
            self.answer(200, data, "application/octet-stream", ETag=mark, X_Repo_Commit=commit)

    with _serving(Hub) as address:
        yield address
