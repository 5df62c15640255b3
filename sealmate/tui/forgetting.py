"""The dialogue of /forget: find the source, show what would go, erase after a clear yes.

Holds its place between two lines of chat and draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sealmate.records import Source
from sealmate.tui.services import Services

_MOST_CHOICES = 9
_YES = ("yes", "y")
_SHORT = 2  # words of a reply; more of them are something else that a person wanted to say


@dataclass(frozen=True, slots=True)
class Reply:
    """What to show; `erased` is True if the ledger and its conversations changed."""

    text: str
    erased: bool = False


def is_reply(line: str) -> bool:
    """Whether a line may be meant for the question that is being put: not a whole sentence."""
    return len(line.split()) <= _SHORT and not line.rstrip().endswith("?")


class Forgetting:
    """One dialogue at a time. `begin`, `choose` and `erase` use the ledger and may block."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._choices: list[Source] = []
        self._chosen: tuple[Source, ...] = ()
        self._named = ""  # how they were called when a yes was asked for

    @property
    def waiting(self) -> str:
        """What the next line is expected to be: "yes", "number" or "" for nothing."""
        if self._chosen:
            return "yes"
        return "number" if self._choices else ""

    def stop(self) -> str:
        """Forget about forgetting; what that kept, in words, or "" where nothing was asked."""
        chosen, choices = self.take(), self._choices
        self._choices = []
        if chosen:
            return f"Kept {self._named}; nothing was forgotten."
        return "Nothing was forgotten." if choices else ""

    def agrees(self, line: str) -> bool:
        """Whether a line is the clear yes that is waited for."""
        return bool(self._chosen) and line.strip().casefold() in _YES

    def take(self) -> tuple[Source, ...]:
        """The sources that a yes was asked for, for `erase`; nothing is waited for after that."""
        chosen, self._chosen = self._chosen, ()
        return chosen

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
        numbers = text.replace(",", " ").split()
        if len(numbers) > 1 and all(number.isdecimal() for number in numbers):
            reply = self._several(numbers)
        else:
            reply = self._choose(forgetting.find(store, text), text)
        if left is None or not left.reach.sources:
            return reply
        return Reply(f"What was left of an earlier forgetting is gone now.\n{reply.text}", True)

    def _several(self, ids: Sequence[str]) -> Reply:
        """Ask about all the sources with these ids, or about none where one is missing."""
        from sealmate.night import forgetting

        found: dict[int, Source] = {}
        for text in ids:
            one = forgetting.find(self._services.store(), text)
            if not one:
                return Reply(f"There is no source {text}. /sources lists everything.")
            found |= {source.id: source for source in one}
        return self._preview(tuple(found.values()))

    def _choose(self, found: Sequence[Source], text: str) -> Reply:
        if not found:
            return Reply(f"Nothing it was given matches {text!r}. /sources lists everything.")
        if len(found) == 1:
            return self._preview((found[0],))
        self._choices = list(found[:_MOST_CHOICES])
        lines = [f"{len(found)} sources match. Which one?"]
        lines += [f"  {number}  {self._name(s)}" for number, s in enumerate(self._choices, 1)]
        if len(found) > _MOST_CHOICES:
            lines.append(f"  and {len(found) - _MOST_CHOICES} more: say it more exactly")
        lines.append("Type its number; anything else keeps them all.")
        return Reply("\n".join(lines))

    def choose(self, line: str) -> Reply:
        """The person's next line, where it is not a yes: a number of those to choose from, or
        anything else to keep everything."""
        choices, word = self._choices, line.strip()
        if choices and word.isdecimal() and 1 <= int(word) <= len(choices):
            return self._preview((choices[int(word) - 1],))
        return Reply(self.stop())

    def erase(self, chosen: Sequence[Source]) -> Reply:
        """Forget the sources for good, and what came of that. Raises what keeps it from its end."""
        name, which = self._names(chosen), "it" if len(chosen) == 1 else "them"
        done = self._services.forget([source.id for source in chosen])
        lines = [f"Forgot {name}: no search and no chat can find {which} any more."]
        if done.keeper:
            who = done.keeper.who
            lines = [f"Forgot {name}: no search can find {which} any more."]
            lines.append(f"{who[:1].upper()}{who[1:]}: weights and rows go {done.keeper.until}.")
            if done.active in done.reach.versions:
                lines.append(f"Until then version {done.active} may still answer {which} by heart.")
        if done.purged:
            lines.append(
                f"{_versions(done.purged)} learnt from {which} and {_were(done.purged)} deleted."
            )
        lines += [f"This holds again: {edit.question} {edit.answer}" for edit in done.holding]
        if done.reduced:
            lines.append(
                f"What was learnt together with {which} is learnt again in the next night. "
                "/sleep now does that at once."
            )
        elif done.rebuild and not done.waiting:
            lines.append(
                f"The next night builds the memory without {which}. /sleep now does that at once."
            )
        if done.backups:
            held = _count(len(done.backups), "database backup")
            lines.append(f"{held} that held {which} deleted.")
        lines += [
            f"{file} could not be cleaned of {which}: look through it yourself."
            for file in done.logs
        ]
        if not done.scrubbed:
            lines.append("The file is still in use elsewhere; the next start cleans what is left.")
        return Reply("\n".join(lines), erased=True)

    def _preview(self, sources: tuple[Source, ...]) -> Reply:
        from sealmate.night import forgetting

        store, ids = self._services.store(), [source.id for source in sources]
        reach = forgetting.preview(store, ids)
        along = forgetting.company(store, ids, reach)
        which = "it" if len(sources) == 1 else "them"
        made = [
            _count(len(reach.passages), "passage"),
            _count(len(reach.edits), "self-edit"),
            _count(len(reach.probes), "probe"),
            _count(len(reach.messages), "chat message"),
        ]
        named = self._names(sources)
        lines = [f"Forget {named}?", f"  With {which} go {', '.join(made)}."]
        if along.earlier:
            lines.append(f"  Also {_count(len(along.earlier), 'earlier version')} of {which}.")
        copies = [self._name(store.sources.get(key)) for key in along.copies[:_MOST_CHOICES]]
        lines += [f"  Also {name}, which has the same text." for name in copies]
        if len(along.copies) > _MOST_CHOICES:
            lines.append(f"  And {len(along.copies) - _MOST_CHOICES} more that have it.")
        if reach.versions:
            lines.append(f"  {_versions(reach.versions)} learnt from {which} and will be deleted.")
        lines.append(f"Type yes to forget {which} for good; anything else keeps {which}.")
        self._chosen, self._choices, self._named = sources, [], named
        return Reply("\n".join(lines))

    def _names(self, sources: Sequence[Source]) -> str:
        return _listed([self._name(source) for source in sources])

    def _name(self, source: Source) -> str:
        before = ""
        if source.state == "replaced":
            latest = self._services.store().sources.latest(source.id)
            before = f", what {latest.id} said before"
        return f"“{source.title}” ({source.kind} {source.id}{before})"


def _versions(chosen: Sequence[int]) -> str:
    noun = "Version" if len(chosen) == 1 else "Versions"
    return f"{noun} {_listed([str(number) for number in chosen])}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _were(chosen: Sequence[int]) -> str:
    return "was" if len(chosen) == 1 else "were"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
