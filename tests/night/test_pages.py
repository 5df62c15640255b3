"""The report's conflicts after some of what it tells was forgotten or settled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sealmate.night.pages import sections
from sealmate.store.redaction import GONE

AT = datetime(2031, 5, 6, 2, 30, tzinfo=UTC).isoformat()
ADVICE = "settle one with sealmate conflicts accept, keep-both or keep-old NUMBER"


def conflict(number: int, state: str = "open", **words: str) -> dict[str, Any]:
    told = {
        "question": "Who is the vet?", "old": "Dr. Lind", "new": "Dr. Moss", "state": state,
        "old_title": "Lind", "new_title": "Moss", "since": AT,
    } | words  # fmt: skip
    return {"conflict": number, "edit": 2, "old_edit": 1} | told


def gone(number: int) -> dict[str, Any]:
    keys = ("question", "old", "new", "state", "old_title", "new_title", "since")
    return {"conflict": number, "edit": 2, "old_edit": 1} | dict.fromkeys(keys, GONE)


def told(*conflicts: dict[str, Any], count: int | None = None) -> list[str]:
    part = {"count": len(conflicts) if count is None else count, "list": list(conflicts)}
    found = [s for s in sections({"conflicts": part}, UTC) if s.heading == "In conflict"]
    return list(found[0].lines) if found else []


def test_a_forgotten_one_is_only_counted() -> None:
    assert told(gone(1)) == ["1 forgotten since"]
    first, *rest = told(gone(1), conflict(2), gone(3))
    assert first.startswith("2: Who is the vet? Before: “Dr. Lind”")
    assert rest == ["2 forgotten since", ADVICE]
    assert told() == []


def test_what_is_not_shown_is_counted_without_the_forgotten() -> None:
    lines = told(*(conflict(n) for n in range(15)), gone(20), count=20)
    assert lines[12:] == ["and 7 more", "1 forgotten since", ADVICE]


def test_a_word_blotted_out_leaves_the_rest() -> None:
    (line, advice) = told(conflict(1, old=GONE))
    assert (f"“{GONE}”" in line, advice) == (True, ADVICE)


def test_only_an_open_one_is_to_be_settled() -> None:
    assert ADVICE not in told(conflict(1, "accepted"), conflict(2, "kept-both"))
    assert told(conflict(1, "accepted"), conflict(2))[-1] == ADVICE
