"""The dialogue of /forget: find the source, show what would go, erase after a clear yes.

Holds its place between two lines of chat and draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sealmate.records import Source
from sealmate.tui.services import Services

_MOST_CHOICES = 9


@dataclass(frozen=True, slots=True)
class Reply:
    """What to show; `erased` is True if the ledger and its conversations changed."""

    text: str
    erased: bool = False


class Forgetting:
    """One dialogue at a time. The methods read and write the ledger and may block."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._choices: list[Source] = []
        self._chosen: Source | None = None

    @property
    def waiting(self) -> str:
        """What the next line is expected to be: "yes", "number" or "" for nothing."""
        if self._chosen is not None:
            return "yes"
        return "number" if self._choices else ""

    def stop(self) -> None:
        """Forget about forgetting."""
        self._choices, self._chosen = [], None

    def begin(self, text: str) -> Reply:
        """Look for a source by id, title, path or what it says, after finishing what an earlier
        forgetting left. Raises what keeps that from its end."""
        from sealmate.night import forgetting  # versions and their checks: 0.1 s
        from sealmate.store.state import FORGETTING

        self.stop()
        store, paths = self._services.store(), self._services.settings.paths
        left = None
        if store.state.get(FORGETTING):
            left = forgetting.finish(store, paths.ensure(), self._services.clock)
        numbers = text.split()
        if len(numbers) > 1 and all(number.isdecimal() for number in numbers):
            found = [one for number in numbers for one in forgetting.find(store, number)]
        else:
            found = forgetting.find(store, text)
        reply = self._choose(found, text)
        if left is None or not left.reach.sources:
            return reply
        return Reply(f"What was left of an earlier forgetting is gone now.\n{reply.text}", True)

    def _choose(self, found: Sequence[Source], text: str) -> Reply:
        if not found:
            return Reply(f"Nothing it was given matches {text!r}. /sources lists everything.")
        if len(found) == 1:
            return self._preview(found[0])
        self._choices = list(found[:_MOST_CHOICES])
        lines = [f"{len(found)} sources match. Which one?"]
        lines += [f"  {number}  {self._name(s)}" for number, s in enumerate(self._choices, 1)]
        if len(found) > _MOST_CHOICES:
            lines.append(f"  and {len(found) - _MOST_CHOICES} more: say it more exactly")
        lines.append("Type its number; anything else keeps them all.")
        return Reply("\n".join(lines))

    def answer(self, line: str) -> Reply:
        """The person's next line: a number, yes, or anything else to keep everything."""
        chosen, choices = self._chosen, self._choices
        self.stop()
        word = line.strip().casefold()
        if chosen is None:
            if word.isdecimal() and 1 <= int(word) <= len(choices):
                return self._preview(choices[int(word) - 1])
            return Reply("Nothing was forgotten.")
        if word not in ("yes", "y"):
            return Reply(f"Kept {self._name(chosen)}.")
        name = self._name(chosen)
        done = self._services.forget(chosen.id)
        lines = [f"Forgot {name}: no search and no chat can find it any more."]
        if done.keeper:
            who = done.keeper.who
            lines = [f"Forgot {name}: no search can find it any more."]
            lines.append(f"{who[:1].upper()}{who[1:]}: weights and rows go {done.keeper.until}.")
            if done.active in done.reach.versions:
                lines.append(f"Until then version {done.active} may still answer it by heart.")
        if done.purged:
            lines.append(
                f"{_versions(done.purged)} learnt from it and {_were(done.purged)} deleted."
            )
        lines += [f"This holds again: {edit.question} {edit.answer}" for edit in done.holding]
        if done.reduced:
            lines.append(
                "What was learnt together with it is learnt again in the next night. "
                "/sleep now does that at once."
            )
        elif done.rebuild and not done.waiting:
            lines.append(
                "The next night builds the memory without it. /sleep now does that at once."
            )
        if done.backups:
            lines.append(f"{_count(len(done.backups), 'database backup')} that held it deleted.")
        lines += [
            f"{file} could not be cleaned of it: look through it yourself." for file in done.logs
        ]
        if not done.scrubbed:
            lines.append("The file is still in use elsewhere; the next start cleans what is left.")
        return Reply("\n".join(lines), erased=True)

    def _preview(self, source: Source) -> Reply:
        from sealmate.night import forgetting

        self._chosen, self._choices = source, []
        store = self._services.store()
        reach = forgetting.preview(store, [source.id])
        along = forgetting.company(store, [source.id], reach)
        made = [
            _count(len(reach.passages), "passage"),
            _count(len(reach.edits), "self-edit"),
            _count(len(reach.probes), "probe"),
            _count(len(reach.messages), "chat message"),
        ]
        lines = [f"Forget {self._name(source)}?", f"  With it go {', '.join(made)}."]
        if along.earlier:
            lines.append(f"  Also {_count(len(along.earlier), 'earlier version')} of it.")
        copies = [self._name(store.sources.get(key)) for key in along.copies[:_MOST_CHOICES]]
        lines += [f"  Also {name}, which has the same text." for name in copies]
        if len(along.copies) > _MOST_CHOICES:
            lines.append(f"  And {len(along.copies) - _MOST_CHOICES} more that have it.")
        if reach.versions:
            lines.append(f"  {_versions(reach.versions)} learnt from it and will be deleted.")
        lines.append("Type yes to forget it for good; anything else keeps it.")
        return Reply("\n".join(lines))

    def _name(self, source: Source) -> str:
        before = ""
        if source.state == "replaced":
            latest = self._services.store().sources.latest(source.id)
            before = f", what {latest.id} said before"
        return f"“{source.title}” ({source.kind} {source.id}{before})"


def _versions(chosen: Sequence[int]) -> str:
    numbers = [str(number) for number in chosen]
    if len(numbers) == 1:
        return f"Version {numbers[0]}"
    return f"Versions {', '.join(numbers[:-1])} and {numbers[-1]}"


def _were(chosen: Sequence[int]) -> str:
    return "was" if len(chosen) == 1 else "were"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
