"""One value of config.toml changed, all else as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.configfile import _changed, set_value
from sealmate.errors import HomeError, SettingsError

LINES = st.lists(
    st.sampled_from(
        [
            "# a comment",
            "",
            "rank = 16  # small",
            'budget = "2h"',
            "[keys]",
            'quit = "q # not a comment"',
            'model = "inner"',
            "seed = 3",
        ]
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'model = "new"\n'),
        ("rank = 1", 'rank = 1\nmodel = "new"\n'),
        ('model = "old"\n', 'model = "new"\n'),
        ('model = "old # x"   # why\n', 'model = "new"   # why\n'),
        ('"model"="old"\nrank = 1\n', 'model = "new"\nrank = 1\n'),
        ('# model = "old"\n', '# model = "old"\nmodel = "new"\n'),
        ("a = 1\n\n# keys\n[keys]\nb = 2\n", 'a = 1\nmodel = "new"\n\n# keys\n[keys]\nb = 2\n'),
        ('[keys]\nmodel = "b"\n', 'model = "new"\n[keys]\nmodel = "b"\n'),
        ('model = "old"\r\nrank = 1\r\n', 'model = "new"\r\nrank = 1\r\n'),
    ],
)
def test_changed(before: str, after: str) -> None:
    assert _changed(before, "model", "new") == after


@given(LINES, st.text(max_size=20))
def test_nothing_else_changes(lines: list[str], value: str) -> None:
    text = "\n".join(lines)
    try:
        before = tomllib.loads(text)
    except ValueError:
        return
    try:
        after = tomllib.loads(_changed(text, "model", value))
    except ValueError:
        return  # refused by set_value, which parses what it would write
    assert after == {**before, "model": value}
    kept = [line for line in lines if line and not line.startswith("model")]
    assert [line for line in _changed(text, "model", value).splitlines() if line in kept] == kept


def test_what_cannot_be_changed_is_left(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for text in ('model = """\nold\n"""\n', 'note = """\nmodel = "x"\n"""\n'):
        file.write_text(text)
        with pytest.raises(SettingsError, match="without touching the rest"):
            set_value(file, "model", "new")
        assert file.read_text() == text
    file.write_text("not = = toml")
    with pytest.raises(SettingsError, match="cannot read"):
        set_value(file, "model", "new")


def test_links_rights_and_folders(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "config.toml"
    set_value(file, "model", 'a "quoted" näme')
    assert tomllib.loads(file.read_text(encoding="utf-8")) == {"model": 'a "quoted" näme'}
    assert file.stat().st_mode & 0o777 == 0o600
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    set_value(link, "model", "b")
    assert link.is_symlink()
    assert tomllib.loads(file.read_text()) == {"model": "b"}
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]
    with pytest.raises((HomeError, SettingsError)):
        set_value(file / "below" / "config.toml", "model", "c")


def test_the_folder_of_a_linked_file_is_left_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "dotfiles"
    own.mkdir()
    own.chmod(0o755)
    (own / "sealmate.toml").write_text("")
    link = tmp_path / "config.toml"
    link.symlink_to(own / "sealmate.toml")
    set_value(link, "model", "new")
    assert own.stat().st_mode & 0o777 == 0o755
