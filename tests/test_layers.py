"""Imports point one way, and heavy libraries stay where they belong. Read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sealmate

PACKAGE = Path(sealmate.__file__).resolve().parent

# Each name may import the names of earlier rows and its own; names of one row do not know each
# other, but for those in TOGETHER.
ROWS = (
    ("errors", "child"),
    ("records", "paths", "times", "keymap", "refusals"),
    ("settings", "events"),
    ("configfile", "store", "model"),
    ("sources", "prompts"),
    ("edits",),
    ("reading", "standing"),
    ("evidence",),
    ("recital",),
    ("formerly",),
    ("recall",),
    ("training",),
    ("versions",),
    ("workspace",),
    ("chat", "schedule"),
    ("night", "practice"),
    ("doctor", "demo"),
    ("cli", "tui", "serve", "bench"),
    ("__main__",),
)
TOGETHER = {("cli", "tui"), ("cli", "bench"), ("night", "practice"), ("practice", "night")}
HEAVY = {"torch", "transformers", "peft", "bitsandbytes"}
HEAVY_MODULES = {"model", "training", "practice"}
HEAVY_IN_FUNCTIONS = {"bench"}
SQL = {"sqlalchemy", "alembic", "sqlite3"}
FOR_TYPES = "TYPE_CHECKING"

RANK = {name: number for number, row in enumerate(ROWS) for name in row}


def modules() -> list[Path]:
    return sorted(
        path
        for path in PACKAGE.rglob("*.py")
        if not any(part.startswith("_") and part != path.name for part in _parts(path))
    )


def _parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(PACKAGE).parts


def unit(path: Path) -> str:
    """The layer of a file: its folder or its own name right below the package."""
    return _parts(path)[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int, bool, bool]]:
    """(absolute name, line, at module level, for types alone) of every import of a file."""
    package = ["sealmate", *_parts(path)[:-1]]

    def walk(node: ast.AST, top: bool, types: bool) -> Iterator[tuple[str, int, bool, bool]]:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno, top, types
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                yield f"{stem}.{name.name}", node.lineno, top, types
        inside = top and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, ast.If) and FOR_TYPES in ast.dump(node.test):
            for part in node.body:
                yield from walk(part, inside, True)
            for part in node.orelse:
                yield from walk(part, inside, types)
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inside, types)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True, False)


@pytest.mark.parametrize("path", modules(), ids=lambda path: "/".join(_parts(path)))
def test_imports_point_one_way(path: Path) -> None:
    mine = unit(path)
    if mine == "__init__":
        assert not list(imports(path))
        return
    assert mine in RANK, f"{mine} has no place in the order of layers"
    wrong = []
    for name, line, top, types in imports(path):
        root, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if root == "sealmate" and other in RANK and other != mine:
            allowed = RANK[other] < RANK[mine] or (mine, other) in TOGETHER
            if not allowed:
                wrong.append(f"line {line}: {mine} imports {name}")
        if root in HEAVY and not types:
            allowed = mine in HEAVY_MODULES or (mine in HEAVY_IN_FUNCTIONS and not top)
            if not allowed:
                wrong.append(f"line {line}: {root} outside {sorted(HEAVY_MODULES)}")
        if root in SQL and mine != "store":
            wrong.append(f"line {line}: {root} outside store")
    assert not wrong


def test_the_walk_sees_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cli" / "x.py"
    file.parent.mkdir()
    file.write_text(
        "from typing import TYPE_CHECKING\nimport torch.nn\nfrom . import y\n"
        "if TYPE_CHECKING:\n    from sealmate.store import Store\n"
        "def f():\n    from sealmate.tui.app import run\n"
    )
    monkeypatch.setattr("tests.test_layers.PACKAGE", tmp_path)
    assert list(imports(file)) == [
        ("typing.TYPE_CHECKING", 1, True, False),
        ("torch.nn", 2, True, False),
        ("sealmate.cli.y", 3, True, False),
        ("sealmate.store.Store", 5, True, True),
        ("sealmate.tui.app.run", 7, False, False),
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: "/".join(_parts(path)))
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 310, "split it: about 300 lines"
    assert ast.get_docstring(ast.parse(text)), "a module begins with what it is"
