"""Fixtures for all tests: a tiny chat model, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny import build_tiny_model

# How long an example takes says more about the machine than about the code.
settings.register_profile("sealmate", deadline=None)
settings.load_profile("sealmate")


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of four layers with a tokenizer and a chat template. Do not write into it."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny-llama")
