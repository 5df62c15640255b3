"""Start-up: real processes, one round."""

from __future__ import annotations

import pytest

from sealmate.bench.startup import startup
from sealmate.errors import UsageError
from tests.bench.drain import drain


def test_one_round_of_help_is_timed_without_torch() -> None:
    _, figures = drain(startup(1, [("--help",)]))
    assert figures["torch"] is False
    assert figures["yardstick_seconds"] > 0
    (row,) = figures["commands"]
    assert row["command"] == "sealmate --help"
    assert row["ratio"] == figures["ratio"] > 0


def test_a_command_that_fails_is_told_and_not_timed() -> None:
    with pytest.raises(UsageError, match="no-such-command failed"):
        drain(startup(1, [("no-such-command",)]))


def test_no_rounds_measure_nothing() -> None:
    with pytest.raises(UsageError, match="no rounds"):
        drain(startup(0))
