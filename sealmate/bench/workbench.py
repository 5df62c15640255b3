"""What every way through a stream of nights has: a calendar, a workspace on the shared model, and
what is written down of a night."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sealmate.bench.memo import RememberingModel
from sealmate.edits.screen import is_abstention
from sealmate.events import Event
from sealmate.night.lock import hold, worker_lock
from sealmate.night.testing import held_chat
from sealmate.recall import recollect
from sealmate.settings import Settings
from sealmate.store import Store
from sealmate.training.gate import general_loss
from sealmate.workspace import Workspace

FIRST_NIGHT = datetime(2026, 1, 5, 2, 30, tzinfo=UTC)
STOPPED = "the bench was cut in its middle"


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said to a question; `abstained` tells that it was no answer."""

    text: str
    abstained: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a night came to. `kind` is warm, rebuild, merged or ""; `repeated` tells of a night
    whose training was cut and begun again, whose tokens are those of the last part."""

    outcome: str
    kind: str = ""
    version: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reason: str = ""
    repeated: bool = False


class Arm(Protocol):
    """One way of going on, over a workspace that holds tonight's notes."""

    workspace: Workspace

    def begin(self, number: int) -> None:
        """Let it be that night."""
        ...

    def night(self, number: int, sources: Sequence[int]) -> Generator[Event, None, Cost]:
        """Learn what is new; `sources` are tonight's. A second call for a night goes on."""
        ...

    def ask(self, questions: Sequence[str]) -> list[Reply]:
        """Closed-book answers."""
        ...

    def general(self) -> float:
        """Loss on general chat over that of the model without memory."""
        ...


class Calendar:
    """A clock that is a day later each night and a second later each time it is read."""

    def __init__(self) -> None:
        self._now = FIRST_NIGHT

    def turn(self, night: int, store: Store) -> datetime:
        """Go to the beginning of that night, or to where `store` broke off in it; returns the
        beginning."""
        start = FIRST_NIGHT + timedelta(days=night - 1)
        latest = store.runs.latest()
        past = (latest.finished_at or latest.started_at) if latest else start
        self._now = max(start, past + timedelta(seconds=1))
        return start

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class SharedWorkspace(Workspace):
    """A workspace on a model that is loaded already."""

    def __init__(self, settings: Settings, clock: Calendar, model: RememberingModel) -> None:
        super().__init__(settings, clock)
        self.calendar = clock
        self._shared = model

    def model(self, on_event: Any = None) -> RememberingModel:
        """The shared one."""
        return self._shared


def outright(model: RememberingModel, questions: Sequence[str], tokens: int) -> list[Reply]:
    """What the model with its writer says as it stands, without any memory or threshold."""
    if not questions:
        return []
    said = recollect(model, questions, None, max_tokens=tokens, plainly=True)
    return [Reply(completion.text, is_abstention(completion.text)) for completion in said]


def general_ratio(model: RememberingModel, adapter: str | None) -> float:
    """Loss on held-out general chat with an adapter over that without any: 1 where the memory does
    not talk (None)."""
    if adapter is None:
        return 1.0
    chat = held_chat()
    return general_loss(model, chat, adapter) / general_loss(model, chat, None)


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """The locks of a night; runs that a cut left open are closed under them."""
    paths = workspace.paths.ensure()
    with ExitStack() as stack:
        stack.enter_context(hold(paths.lock, workspace.clock, "another night"))
        stack.enter_context(hold(worker_lock(paths), workspace.clock, "the rest of a night"))
        for run in workspace.store.runs.unfinished():
            workspace.store.runs.finish(run.id, "stopped", None, STOPPED, dict(run.report))
        yield
