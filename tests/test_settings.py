"""Settings: bad values are found at once, and told with where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealmate.doctor import examine
from sealmate.errors import SettingsError
from sealmate.settings import load_settings, unknown_variables
from sealmate.workspace import Workspace


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SEALMATE_BUDGET", "SEALMATE_KEYS", "SEALMATE_RANK", "SEALMATE_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def refused(home: Path, text: str, **flags: str) -> SettingsError:
    """What a config.toml of that text is refused with."""
    (home / "config.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(home=home, **flags)
    return caught.value


@pytest.mark.parametrize("text", ["never", "", "0h", "800h", "2 weeks"])
def test_a_budget_is_a_length_of_time(home: Path, text: str) -> None:
    error = refused(home, f'budget = "{text}"\n')
    assert error.message.startswith(f"the setting budget is not usable: {text!r} is not a ")
    assert error.hint == f"mend it in {home / 'config.toml'}"


@pytest.mark.parametrize(
    ("keys", "why"), [('foo = "x"', "keys.foo names no key"), ('quit = " "', "keys.quit is empty")]
)
def test_keys_are_those_of_the_terminal_ui(home: Path, keys: str, why: str) -> None:
    error = refused(home, f"[keys]\n{keys}\n")
    assert why in error.message
    assert error.hint.endswith(f"; mend it in {home / 'config.toml'}")


def test_good_values_are_taken(home: Path) -> None:
    (home / "config.toml").write_text('budget = "1h30m"\n[keys]\nclosed-book = "f6"\n')
    settings = load_settings(home=home)
    assert (settings.budget, settings.keys) == ("1h30m", {"closed-book": "f6"})


def test_a_mistyped_name_is_told_with_what_was_meant(home: Path) -> None:
    error = refused(home, "renderngs = 3\n")
    assert error.message == "there is no setting 'renderngs'; did you mean 'renderings'?"
    assert error.hint == f"mend it in {home / 'config.toml'}"
    assert refused(home, "xyzzy = 3\n").message == "there is no setting 'xyzzy'"


def test_where_a_bad_value_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(home, "rank = 0\n").hint == f"mend it in {home / 'config.toml'}"
    monkeypatch.setenv("SEALMATE_RANK", "-1")
    assert refused(home, "rank = 0\n").hint == "mend it in SEALMATE_RANK in the environment"
    monkeypatch.delenv("SEALMATE_RANK")
    assert refused(home, "", device="toaster").hint == "mend it in the flag --device"


def test_names_in_the_environment_that_are_no_settings() -> None:
    given = {"SEALMATE_RNAK": "3", "SEALMATE_RANK": "3", "sealmate_budget": "2h", "PATH": "",
             "SEALMATE_XYZZY": ""}  # fmt: skip
    assert unknown_variables(given) == {"SEALMATE_RNAK": "SEALMATE_RANK", "SEALMATE_XYZZY": ""}


def test_doctor_alone_warns_of_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALMATE_RNAK", "3")
    with Workspace.open(load_settings(home=home, models=home / "models")) as workspace:
        found = {check.name: check for check in examine(workspace, quick=True)}
    told = found["settings"]
    assert (told.status, told.hint) == ("WARN", "did you mean SEALMATE_RANK?")
    assert "SEALMATE_RNAK" in told.message


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HOME", ""),
        ("MODELS", ""),
        ("MODEL", ""),
        ("MODEL", "  "),
        ("PROFILE", "../x"),
        ("KEYS", '["quit"]'),
        ("SEED", "99999999999999999999"),
        ("LEARNING_RATE", "inf"),
        ("PASSES", "nan"),
        ("NIGHT_AT", "24:30"),
    ],
)
def test_a_bad_variable_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(f"SEALMATE_{variable}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(home=None if variable == "HOME" else home)
    assert caught.value.message.startswith(f"the setting {variable.lower()} is not usable: ")
    assert caught.value.hint == f"mend it in SEALMATE_{variable} in the environment"


def test_keys_in_the_environment_that_are_no_json(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALMATE_KEYS", "foo")
    error = refused(home, "")
    assert error.message == "SEALMATE_KEYS in the environment is no table in JSON"
    monkeypatch.setenv("SEALMATE_KEYS", error.hint.split("'")[1])
    assert load_settings(home=home).keys == {"quit": "ctrl+x"}


@pytest.mark.parametrize(
    "line",
    ['model = ""', 'profile = "../x"', 'night_at = "2.30"', "learning_rate = inf",
     "retrieve = true", "passes = false", "seed = 4294967296", 'models = ""'],
)  # fmt: skip
def test_a_bad_line_is_told_with_its_file(home: Path, line: str) -> None:
    error = refused(home, f"{line}\n")
    assert error.message.startswith(f"the setting {line.split()[0]} is not usable: ")
    assert error.hint == f"mend it in {home / 'config.toml'}"
    assert "^" not in error.message


@pytest.mark.parametrize("text", ["2:30", " 02:30"])
def test_a_time_is_written_as_schedule_takes_it(home: Path, text: str) -> None:
    (home / "config.toml").write_text(f'night_at = "{text}"\nreview = true\n')
    assert load_settings(home=home).night_at == "02:30"


def test_a_home_that_its_own_file_names_is_refused(home: Path) -> None:
    error = refused(home, 'home = "/elsewhere"\n')
    assert error.message.startswith(f"home cannot be set in {home / 'config.toml'}")
    assert "SEALMATE_HOME or --home" in error.hint
