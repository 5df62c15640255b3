"""All that the terminal UI may ask of the rest of sealmate, handed in as one dataclass.

The screens know nothing else: tests hand in a real temporary store and a scripted model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from threading import Condition
from threading import Event as Flag
from typing import TYPE_CHECKING, Protocol

from sealmate.errors import ModelError, ScheduleError
from sealmate.events import Event
from sealmate.settings import Settings

if TYPE_CHECKING:
    # For types alone. At run time the store (sqlalchemy, 0.27 s) and the answering parts come
    # after the first paint, when something is asked of them.
    from sealmate.chat.assistant import Answer, Assistant
    from sealmate.model.protocol import Turn
    from sealmate.night.forgetting import Forgotten
    from sealmate.sources import Ingested
    from sealmate.store import Store
    from sealmate.workspace import Workspace


_POLL = 0.1  # seconds between two looks whether a person stopped what waits


class Why(Protocol):
    """Where the answer to `question` comes from, in Markdown; `on_event` is told how it goes.

    Raises Cancelled once `cancel` is set.
    """

    def __call__(
        self,
        question: str,
        *,
        on_event: Callable[[Event], None] | None = None,
        cancel: Flag | None = None,
    ) -> str: ...


class Ask(Protocol):
    """An answer to `question`; `on_piece` gets its text as it is decoded, in order."""

    def __call__(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        closed_book: bool = False,
        on_piece: Callable[[str], None] | None = None,
        cancel: Flag | None = None,
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the screens call. Everything but `model_ready` may block and runs in a thread.

    `zone` is where times are shown (None = the system's). `store` opens the ledger at the first
    call. `load` fetches and loads the model and reports how. `remember` keeps a note, `forget`
    erases the sources with these ids. `night` runs until its flag is set. `switch` goes to a
    version as `sealmate versions rollback N` does, 0 for none, with a reason. `report` is the
    morning report as Markdown, "" before the first night. `next_night` is None where no nightly
    run is installed. `why` explains an answer, where that is offered.
    """

    settings: Settings
    clock: Callable[[], datetime]
    store: Callable[[], Store]
    ask: Ask
    model_ready: Callable[[], bool]
    load: Callable[[Callable[[Event], None]], None]
    remember: Callable[[str], Ingested]
    forget: Callable[[Sequence[int]], Forgotten]
    night: Callable[[Flag], Iterator[Event]]
    switch: Callable[[int, str], None]
    report: Callable[[], str]
    next_night: Callable[[], datetime | None]
    why: Why | None = None
    zone: tzinfo | None = None


def from_workspace(workspace: Workspace) -> Services:
    """The services of a real home. Opens and loads nothing yet."""
    real = _Real(workspace)
    return Services(
        settings=workspace.settings,
        clock=workspace.clock,
        store=real.store,
        ask=real.ask,
        model_ready=lambda: workspace.model_loaded,
        load=real.load,
        remember=real.remember,
        forget=real.forget,
        night=real.night,
        switch=real.switch,
        report=real.report,
        next_night=real.next_night,
        why=real.why,
    )


class _Answers:
    """How many answers are being given, by whatever threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0

    @contextmanager
    def one(self, before_first: Callable[[], None]) -> Iterator[None]:
        """One more within the block. `before_first` is called where there is no other."""
        with self._changed:
            if not self._count:
                before_first()
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    @contextmanager
    def none(self, cancel: Flag) -> Iterator[bool]:
        """None within the block, which waits for those that are being given; False where it was
        stopped meanwhile."""
        with self._changed:
            while self._count and not cancel.is_set():
                self._changed.wait(_POLL)
            yield not self._count


class _Real:
    """The services over one workspace. Imports stand in the methods: each is for later."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._answers = _Answers()
        self._assistant: Assistant | None = None
        self._store: Store | None = None

    def store(self) -> Store:
        # Kept: what outlives the app in a thread must not open the ledger a second time.
        if self._store is None:
            self._store = self._workspace.store
        return self._store

    def load(self, on_event: Callable[[Event], None]) -> None:
        self._workspace.model(on_event)  # torch and transformers: seconds

    @property
    def assistant(self) -> Assistant:
        if self._assistant is None:
            from sealmate.chat.assistant import Assistant

            workspace = self._workspace
            self._assistant = Assistant(
                self.store(), workspace.model, workspace.settings, workspace.paths,
                workspace.clock,
            )  # fmt: skip
        return self._assistant

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        closed_book: bool = False,
        on_piece: Callable[[str], None] | None = None,
        cancel: Flag | None = None,
    ) -> Answer:
        with self._answers.one(self._only_the_active):
            return self.assistant.ask(
                question, history=history, closed_book=closed_book, on_piece=on_piece, cancel=cancel
            )

    def _only_the_active(self) -> None:
        """Take off the adapters of the nights before: the app may stay open for weeks."""
        if not self._workspace.model_loaded:
            return
        from sealmate.versions.attach import detach_others

        store = self.store()
        detach_others(self._workspace.model(), store, store.versions.active())

    def remember(self, text: str) -> Ingested:
        from sealmate.sources import add_note  # pdf, docx and html readers: 0.1 s

        workspace = self._workspace
        return add_note(
            self.store(),
            text,
            count=workspace.count_tokens(),
            limit=workspace.settings.passage_tokens,
            clock=workspace.clock,
        )

    def forget(self, source_ids: Sequence[int]) -> Forgotten:
        from sealmate.night.forgetting import forget

        workspace = self._workspace
        return forget(self.store(), workspace.paths.ensure(), source_ids, workspace.clock)

    def night(self, cancel: Flag) -> Iterator[Event]:
        from sealmate.night.job import run_night

        self._make_room(cancel)
        yield from run_night(self._workspace, budget=None, cancel=cancel)

    def _make_room(self, cancel: Flag) -> None:
        """Leave a GPU to the night, which loads the model in a process of its own."""
        workspace = self._workspace
        if workspace.model_loaded and workspace.model().info.device == "cuda":
            with self._answers.none(cancel) as quiet:
                if quiet:
                    workspace.drop_model()

    def switch(self, number: int, reason: str) -> None:
        from sealmate.versions.lineage import rollback

        # Without the model: files and hashes are checked now, the logits when it answers.
        workspace, info = self._workspace, None
        with suppress(ModelError):  # away from a memory must work without its model, too
            info = workspace.identity()
        rollback(self.store(), workspace.paths, number, reason=reason, info=info)

    def why(
        self,
        question: str,
        *,
        on_event: Callable[[Event], None] | None = None,
        cancel: Flag | None = None,
    ) -> str:
        from sealmate.chat.why import as_markdown, explain

        with self._answers.one(self._only_the_active):
            found = explain(
                self.assistant, self.store(), question,
                on_event=on_event or (lambda _: None), cancel=cancel,
            )  # fmt: skip
            return as_markdown(found)

    def report(self) -> str:
        from sealmate.night.report import latest_report, render_markdown

        return render_markdown(latest_report(self.store()))

    def next_night(self) -> datetime | None:
        from sealmate.schedule import next_night

        try:
            return next_night(self._workspace.settings, self._workspace.clock())
        except ScheduleError:
            return None  # `sealmate schedule status` tells what is wrong with it
