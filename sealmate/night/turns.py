"""Whose turn it is: which session of a night comes next, and what is left for another night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sealmate.night import selection, unfinished
from sealmate.night.backlog import NEW, Backlog
from sealmate.night.portions import within_budget
from sealmate.night.refusals import Refusals
from sealmate.night.selection import Choice
from sealmate.night.sharding import Barred, going_on

if TYPE_CHECKING:
    from sealmate.model.local import LocalModel
    from sealmate.workspace import Workspace


def name_of(choice: Choice) -> str:
    """The name of the shard a session trains; NEW for one that begins."""
    return choice.session.shard.name if choice.session.shard else NEW


class Turns:
    """The sessions of one night, one after the other.

    `later` are shards that it does not build again any more.
    """

    def __init__(
        self, workspace: Workspace, model: LocalModel, backlog: Backlog, refusals: Refusals
    ) -> None:
        self._store, self._settings = workspace.store, workspace.settings
        self._workspace, self._model = workspace, model
        self._backlog, self._refusals = backlog, refusals
        self.later: set[str] = set()
        self._spent = 0
        self._rebuilt: Counter[bool] = Counter()  # by whether the gate refused them
        self._resting: dict[str, str] = {}  # what waits for having been refused, in words
        self._full: set[str] = set()
        self._out: set[str] = set()
        self._served: set[str] = set()
        self._first = backlog.longest if self._settings.token_budget else ""

    @property
    def waiting(self) -> Sequence[str]:
        """In words, what the gate refused in nights before and this one does not try again."""
        return list(dict.fromkeys(self._resting.values()))

    def next(self) -> Choice:
        """The next session, cut down to the night's token budget: without `new` where there is
        nothing to train, with `left` then where there is no room for it.

        What the budget of several nights had no room for goes first.
        """
        if self._first:
            choice = self._fitted(self._choose(self._all_but(self._first)))
            self._first = ""
            if choice.new and not self._rests(choice):
                return choice
        while True:
            out = {*self._refusals.names, *self._out}
            choice = self._choose(Barred(out, self.later, self._full))
            if not choice.new:
                return choice
            if not self._rests(choice):
                return self._fitted(choice)

    def done(self, choice: Choice, *, refused: bool) -> None:
        """Note that a session came to its end."""
        session = choice.session
        self._spent += choice.tokens
        self._rebuilt[refused] += session.shard is not None and not session.warm
        held = set(session.shard.edits) if session.shard else set()
        at_home = {e.passage_id for e in (*session.new, *session.replay) if e.id in held}
        self._served.add(name_of(choice))
        if any(edit.passage_id not in at_home for edit in choice.new):
            self._served.add(NEW)

    @property
    def rebuilt(self) -> int:
        """How many shards were built again, or were to be and refused, whichever are more: what is
        refused takes nobody's turn, and does not make a night long."""
        return max(self._rebuilt.values(), default=0)

    def close(self) -> None:
        """The night is over: count for whom its budget had no room."""
        names: set[str] = set()
        if self._settings.token_budget:
            ledger = selection.ledger_of(self._store)
            names = {name for name, edits in ledger.homed.items() if edits} | ledger.spoilt
            names |= {NEW} if ledger.fresh else set()
        self._backlog.pass_over(names - self._served - self._refusals.names - {*self._resting})

    def _choose(self, barred: Barred) -> Choice:
        return selection.choose(
            self._store,
            self._settings,
            rebuild=False,
            info=self._model.info,
            now=self._workspace.clock(),
            refused=barred,
        )

    def _fitted(self, choice: Choice) -> Choice:
        """What a night that was cut had begun of a session, or what the budget has room for."""
        work, budget = self._workspace.paths.work, self._settings.token_budget
        was = unfinished.kept(work, choice, self._model.info.fingerprint)
        if was and was.fits(budget, self._spent) and (whole := was.choice(choice)):
            return whole
        return within_budget(choice, self._settings, self._model.count_tokens, self._spent)

    def _all_but(self, name: str) -> Barred:
        """All shards but one; for what is new all but that in which it goes on."""
        ledger = selection.ledger_of(self._store)
        free = {NEW, *going_on(ledger, self._settings)} if name == NEW else {name}
        return Barred({NEW, *ledger.shards} - free)

    def _rests(self, choice: Choice) -> bool:
        """Whether the gate refused the same session before, and it is too soon to try again.

        Its shard goes on without what is new then, and where that is the same is left alone.
        """
        name, session = name_of(choice), choice.session
        ids = {edit.id for edit in (*session.new, *session.replay)}
        nights = self._backlog.nights(name, ids)
        if not nights:
            return False
        known = set(self._store.versions.edit_ids(self._store.versions.active()))
        new = len(ids - known)
        what = f"{new} self-edit{'s' * (new != 1)}" if new else f"the rebuild of shard {name}"
        self._resting.setdefault(
            name,
            f"{what} wait{'s' * (new < 2)}, to be tried again in {nights} "
            f"night{'s' * (nights != 1)}: refused by the gate "
            f"({', '.join(self._backlog.why(name))})",
        )
        (self._out if name in self._full else self._full).add(name)
        return True
