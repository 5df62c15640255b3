"""Waiting for the GPU, with figures as a driver gives them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sealmate import events
from sealmate.errors import BusyError
from sealmate.model.gpu import Gpu
from sealmate.night.gpu import idle, wait_until_idle

FREE = Gpu("H200", 139.0, 138.0, 0.0)
DESKTOP = Gpu("RTX 3060", 12.0, 10.5, 0.06)
COMPUTING = Gpu("H200", 139.0, 130.0, 0.97)
FULL = Gpu("H200", 139.0, 3.0, 0.0)


def wait(*looks: list[Gpu], limit: float = 1.0) -> list[events.Event]:
    seen: Iterator[list[Gpu]] = iter(looks)
    return list(
        wait_until_idle(limit, threading.Event(), look=lambda: next(seen), every=0.01, in_a_row=2)
    )


@pytest.mark.parametrize(
    ("found", "free"),
    [([], True), ([FREE], True), ([DESKTOP], True), ([COMPUTING], False), ([FULL], False),
     ([COMPUTING, FREE], True)],
)  # fmt: skip
def test_idle(found: list[Gpu], free: bool) -> None:
    assert idle(found) is free


def test_without_a_gpu_there_is_nothing_to_wait_for() -> None:
    assert wait([]) == []


def test_an_idle_gpu_says_nothing() -> None:
    assert wait([FREE], [FREE]) == []


def test_it_waits_until_it_stays_idle() -> None:
    found = wait([COMPUTING], [FREE], [COMPUTING], [FREE], [FREE])
    assert isinstance(found[0], events.Started)
    assert "97% busy" in found[0].detail
    assert found[-1] == events.Note("the GPU is free")


def test_it_gives_up() -> None:
    with pytest.raises(
        BusyError, match=r"still busy after 0 s: H200 0% busy, 3.0 of 139.0 GiB"
    ) as e:
        wait([FULL], [FULL], [FULL], [FULL], limit=0.02)
    assert "--wait" in e.value.hint


def test_it_stops_when_asked() -> None:
    cancel = threading.Event()
    steps = wait_until_idle(100, cancel, look=lambda: [COMPUTING], every=60)
    next(steps)
    next(steps)
    cancel.set()
    assert list(steps) == []
