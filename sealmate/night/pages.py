"""The morning report as something to read: Markdown, or plain lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sealmate.night.budget import describe_seconds
from sealmate.store.redaction import GONE

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&!]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
_OUTCOMES = {
    "running": "is still running",
    "published": "published version {version}",
    "rejected": "made a version that did not pass the gate; the old one stays active",
    "nothing": "found nothing new to learn",
    "stopped": "was stopped; it goes on next time",
    "failed": "failed; what was done is kept",
    "written": "wrote self-edits and trained nothing",
}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines, each without line ends."""

    heading: str
    lines: tuple[str, ...]


def render_markdown(report: Mapping[str, Any], zone: tzinfo | None = None) -> str:
    """The report as Markdown, "" for an empty one. Times are shown in `zone` (None: this
    computer's). Words of notes are escaped."""
    if not report:
        return ""
    parts = [f"# {_escape(_title(report, zone))}", _escape(_outcome(report))]
    for section in sections(report, zone):
        parts.append(f"## {section.heading}")
        parts.append("\n".join(f"- {_escape(line)}" for line in section.lines))
    return "\n\n".join(parts) + "\n"


def render_text(report: Mapping[str, Any], zone: tzinfo | None = None) -> str:
    """The report as plain lines, "" for an empty one."""
    if not report:
        return ""
    parts = [_title(report, zone), _outcome(report)]
    for section in sections(report, zone):
        parts += ["", section.heading, *(f"  {line}" for line in section.lines)]
    return "\n".join(parts) + "\n"


def sections(report: Mapping[str, Any], zone: tzinfo | None = None) -> list[Section]:
    """What there is to tell, in reading order; sections with nothing in them are left out."""
    told = [
        ("Why", _why(report)),
        ("Learnt", _learnt(report)),
        ("Lost", _lost(report, "lost")),
        ("What a refused candidate would have lost", _lost(report, "would_have_lost")),
        ("In conflict", _conflicts(report, zone)),
        ("Refused", _refused(report)),
        ("Forgotten", _forgotten(report)),
        ("Waiting", _waiting(report)),
        ("Scores", _scores(report)),
        ("Cost", _cost(report)),
    ]
    return [Section(heading, tuple(lines)) for heading, lines in told if lines]


def _title(report: Mapping[str, Any], zone: tzinfo | None) -> str:
    at = datetime.fromisoformat(report["started_at"]).astimezone(zone)
    return f"Night {report['run']}, {at:%Y-%m-%d %H:%M}"


def _outcome(report: Mapping[str, Any]) -> str:
    outcome = str(report.get("outcome", ""))
    said = _OUTCOMES.get(outcome, outcome).format(version=report.get("version"))
    return f"The night {said}."


def _why(report: Mapping[str, Any]) -> list[str]:
    reasons = [str(reason) for reason in _part(report, "gate").get("reasons", ())]
    whole = str(report.get("reason") or "")
    if whole and whole != "; ".join(reasons):
        reasons.insert(0, whole)
    return list(dict.fromkeys(_line(reason) for reason in reasons))


def _learnt(report: Mapping[str, Any]) -> list[str]:
    part = _part(report, "learnt")
    lines = [
        f"{_line(item['title']) or 'a note'}: {_count(item['edits'], 'self-edit')}"
        for item in part.get("sources", ())
    ]
    lines = _cut(lines, part.get("count", len(lines)))
    if again := _part(report, "work").get("reworded"):
        lines.append(f"{_count(again, 'more wording')} of what was answered wrongly")
    return lines


def _lost(report: Mapping[str, Any], name: str) -> list[str]:
    part = _part(report, name)
    lines = []
    for item in part.get("probes", ()):
        line = (
            f"{_line(item['question'])} It said “{_line(item['said'])}”, "
            f"not “{_line(item['expected'])}”"
        )
        if item.get("lost_to"):
            line += f" (lost to self-edits {', '.join(map(str, item['lost_to']))})"
        lines.append(line)
    return _cut(lines, part.get("count", len(lines)))


def _conflicts(report: Mapping[str, Any], zone: tzinfo | None) -> list[str]:
    part = _part(report, "conflicts")
    told = part.get("list", ())
    left = [item for item in told if not _erased(item)]
    gone = len(told) - len(left)
    lines = _cut([_conflict(item, zone) for item in left], part.get("count", len(told)) - gone)
    if gone:
        lines.append(f"{gone} forgotten since")
    if any(item["state"] == "open" for item in left):
        lines.append("settle one with sealmate conflicts accept, keep-both or keep-old NUMBER")
    return lines


def _erased(item: Mapping[str, Any]) -> bool:
    """Whether a conflict is gone because one of its notes was forgotten."""
    return all(item[key] == GONE for key in ("question", "old", "new"))


def _conflict(item: Mapping[str, Any], zone: tzinfo | None) -> str:
    """Both answers, each with its note, and since when the newer one is told."""
    old, new = (f"“{_line(item[side])}”" for side in ("old", "new"))
    if "since" in item:  # not in a report of an earlier release
        old += f" ({_line(item['old_title'])})"
        new += f" ({_line(item['new_title'])}, since {_day(item['since'], zone)})"
    question = _line(item["question"])
    return f"{item['conflict']}: {question} Before: {old}, now: {new} ({item['state']})"


def _day(text: str, zone: tzinfo | None) -> str:
    """The day of a time; the text itself where forgetting has taken it out."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d}"
    except ValueError:
        return text


def _refused(report: Mapping[str, Any]) -> list[str]:
    reasons = _part(report, "refused").get("reasons", {})
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return _cut(
        [f"{_count(count, 'self-edit')}: {_line(reason)}" for reason, count in ordered],
        len(ordered),
    )


def _forgotten(report: Mapping[str, Any]) -> list[str]:
    part = _part(report, "forgotten")
    lines = []
    if part.get("sources"):
        lines.append(f"{_count(part['sources'], 'source')} forgotten since the night before")
    if part.get("facts"):
        what = f"{_count(part['facts'], 'question')} and answer{'s' * (part['facts'] != 1)}"
        lines.append(f"{what} erased since the night before")
    if part.get("versions_purged"):
        numbers = ", ".join(map(str, part["versions_purged"]))
        lines.append(f"versions deleted from disk: {numbers}")
    if part.get("still_in_weights"):
        lines.append(
            f"{_count(part['still_in_weights'], 'self-edit')} still in the weights until a rebuild"
        )
    return lines


def _waiting(report: Mapping[str, Any]) -> list[str]:
    part = _part(report, "waiting")
    words = (
        ("passages", "passage", "without self-edits"),
        ("edits", "self-edit", "not yet in the weights"),
        ("proposed", "self-edit", "to be reviewed: sealmate edits list"),
        ("stale", "self-edit", "in the weights that no longer hold"),
    )
    return [f"{_count(part[key], noun)} {rest}" for key, noun, rest in words if part.get(key)]


def _scores(report: Mapping[str, Any]) -> list[str]:
    scores = _part(report, "gate").get("scores", {})
    return [
        f"{str(name).replace('_', ' ')}: {value:.3f}"
        if isinstance(value, float)
        else f"{str(name).replace('_', ' ')}: {value}"
        for name, value in scores.items()
        if isinstance(value, (int, float, str))
    ]


def _cost(report: Mapping[str, Any]) -> list[str]:
    part = _part(report, "cost")
    lines = [describe_seconds(part["seconds"])] if part.get("seconds") else []
    if part.get("tokens"):
        lines.append(f"{part['tokens']:,} tokens trained".replace(",", " "))
    return lines


def _part(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = report.get(name)
    return found if isinstance(found, Mapping) else {}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _cut(lines: list[str], total: int) -> list[str]:
    more = total - min(len(lines), _SHOWN)
    return lines[:_SHOWN] + ([f"and {more} more"] if more else [])


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
