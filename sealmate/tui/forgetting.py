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
        """Look for a source by id, title or path, then by what it says."""
        self.stop()
        store = self._services.store()
        found = [source for source in store.sources.find(text) if source.state == "current"]
        # A number is an id: what merely has that number in its text is something else.
        if not found and not text.strip().isdecimal():
            hits = store.passages.search(text, _MOST_CHOICES)
            ids = dict.fromkeys(hit.passage.source_id for hit in hits)
            found = [store.sources.get(key) for key in ids]
        if not found:
            return Reply(f"Nothing it was given matches {text!r}. /sources lists everything.")
        if len(found) == 1:
            return self._preview(found[0])
        self._choices = found[:_MOST_CHOICES]
        lines = [f"{len(found)} sources match. Which one?"]
        lines += [f"  {number}  {_name(s)}" for number, s in enumerate(self._choices, 1)]
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
            return Reply(f"Kept {_name(chosen)}.")
        done = self._services.forget(chosen.id)
        lines = [f"Forgot {_name(chosen)}: no search and no chat can find it any more."]
        if done.waiting:
            lines = [f"Forgot {_name(chosen)}: no search can find it any more."]
            lines.append("A night is running: weights and rows go when it ends.")
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
        self._chosen, self._choices = source, []
        reach = self._services.store().erasure.preview(source.id)
        made = [
            _count(len(reach.passages), "passage"),
            _count(len(reach.edits), "self-edit"),
            _count(len(reach.probes), "probe"),
            _count(len(reach.messages), "chat message"),
        ]
        lines = [f"Forget {_name(source)}?", f"  With it go {', '.join(made)}."]
        if len(reach.sources) > 1:
            lines.append(f"  Also {_count(len(reach.sources) - 1, 'earlier version')} of it.")
        if reach.versions:
            lines.append(f"  {_versions(reach.versions)} learnt from it and will be deleted.")
        lines.append("Type yes to forget it for good; anything else keeps it.")
        return Reply("\n".join(lines))


def _name(source: Source) -> str:
    return f"“{source.title}” ({source.kind} {source.id})"


def _versions(chosen: Sequence[int]) -> str:
    numbers = [str(number) for number in chosen]
    if len(numbers) == 1:
        return f"Version {numbers[0]}"
    return f"Versions {', '.join(numbers[:-1])} and {numbers[-1]}"


def _were(chosen: Sequence[int]) -> str:
    return "was" if len(chosen) == 1 else "were"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
