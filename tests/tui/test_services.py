"""What the screens may ask for, where it depends on which answers are being given."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sealmate import events
from sealmate.errors import Cancelled
from sealmate.model.protocol import ModelInfo
from sealmate.tui.services import Services, from_workspace
from tests.tui.home import Home, Paced

ASKED = "When does Ansa come?"


class OnGpu(Paced):
    """One that says it is on a GPU."""

    @property
    def info(self) -> ModelInfo:
        return replace(super().info, device="cuda")


class Answering(threading.Thread):
    """A question in a thread of its own, held up after its first word until it is let go."""

    def __init__(self, home: Home, services: Services) -> None:
        super().__init__(daemon=True)
        self._go, self._begun = threading.Event(), threading.Event()
        self._services = services
        home.model._answers.append("one two three four")
        home.model.pause = self._go
        self.start()
        assert self._begun.wait(30)
        home.model.pause = None

    def run(self) -> None:
        with suppress(Cancelled):
            self._services.ask("Count.", on_piece=lambda _: self._begun.set(), cancel=self._go)

    def end(self) -> None:
        self._go.set()
        self.join(30)
        assert not self.is_alive()


def test_adapters_of_earlier_nights_are_taken_off(home: Home) -> None:
    services = from_workspace(home.workspace)
    home.model._answers.extend(["On Thursdays."] * 20)
    versions = home.store().versions
    seen = []
    for number in (2, 1, 2, 0, 1):
        versions.activate(number, "for the test")
        services.ask(ASKED)
        seen.append(home.model.attached)
    assert seen == [("v2",), ("v1",), ("v2",), (), ("v1",)]
    assert services.why is not None
    versions.activate(2, "for the test")
    services.why(ASKED)
    assert home.model.attached == ("v2",)


def test_no_adapter_is_taken_off_while_something_answers(home: Home) -> None:
    services = from_workspace(home.workspace)
    home.store().versions.activate(1, "for the test")
    first = Answering(home, services)
    home.store().versions.activate(2, "a night")
    home.model._answers.extend(["On Thursdays."] * 20)
    services.ask(ASKED)
    assert set(home.model.attached) == {"v1", "v2"}
    first.end()
    services.ask(ASKED)
    assert home.model.attached == ("v2",)


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the chat's model was loaded when a night began."""
    seen = []

    def night(workspace: Any, **how: Any) -> Iterator[events.Event]:
        seen.append(workspace.model_loaded)
        yield events.Finished({"outcome": "published"})

    monkeypatch.setattr("sealmate.night.job.run_night", night)
    return seen


@pytest.mark.parametrize(("kind", "kept"), [(OnGpu, False), (Paced, True)])
def test_a_night_has_the_gpu_for_itself(
    home: Home, nights: list[bool], kind: type[Paced], kept: bool
) -> None:
    home.model = kind()
    services = from_workspace(home.workspace)
    assert services.model_ready()
    assert len(list(services.night(threading.Event()))) == 1
    assert nights == [kept]
    assert services.model_ready() is kept  # if not, the next question shows how it is loaded
    assert len(list(services.night(threading.Event()))) == 1


def test_a_night_waits_for_an_answer_before_it_takes_the_gpu(
    home: Home, nights: list[bool]
) -> None:
    home.model = OnGpu()
    services = from_workspace(home.workspace)
    answer = Answering(home, services)
    night = threading.Thread(target=lambda: list(services.night(threading.Event())), daemon=True)
    night.start()
    night.join(0.3)
    assert night.is_alive()
    assert nights == []
    answer.end()
    night.join(30)
    assert nights == [False]


def test_a_night_that_is_stopped_while_it_waits_takes_nothing(
    home: Home, nights: list[bool]
) -> None:
    home.model = OnGpu()
    services = from_workspace(home.workspace)
    answer = Answering(home, services)
    stop = threading.Event()
    night = threading.Thread(target=lambda: list(services.night(stop)), daemon=True)
    night.start()
    stop.set()
    night.join(30)
    assert nights == [True]
    answer.end()
