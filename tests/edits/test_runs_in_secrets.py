"""Runs of one character, as a bad conversion leaves them: read in proportion to their length."""

from __future__ import annotations

import pytest

from sealmate.edits.secrets import find_secrets


@pytest.mark.parametrize("start", ["", "passwords:\n", "pins:\n", "PIN is"])
@pytest.mark.parametrize("run", ["\n", " ", " \n", ".", ","])
def test_runs_are_no_hang(start: str, run: str) -> None:
    assert find_secrets(start + run * 100_000 + "~") == []
