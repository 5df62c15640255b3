"""What the continual bench asks after a night, and how replies to that are counted."""

from __future__ import annotations

import pytest

from sealmate.bench.examination import Examination, examine
from sealmate.bench.stream import Shape, make_stream
from sealmate.bench.workbench import Reply

STREAM = make_stream(4, Shape(notes=3, questions=4, changed=0.5, deleted=0.3), 7)
NIGHT = 4


def examination() -> Examination:
    return examine(STREAM, NIGHT, (), ())


def said(text: str) -> Reply:
    return Reply(text, abstained=False)


SILENCE = Reply("I don't know.", abstained=True)


def test_each_kind_of_reply_is_counted_where_it_belongs() -> None:
    asked = examination()
    assert all((asked.valid, asked.gone, asked.near, asked.strangers, asked.former, asked.lasting))
    replies = [
        *(said(fact.answer) for fact, _ in asked.valid),
        *(SILENCE for _ in asked.gone),
        *(SILENCE for _ in asked.near),
        *(said("a name") for _ in asked.strangers),
        *(said(was) for was, _ in asked.former),
        *(said(holds) for holds, _ in asked.lasting),
    ]
    counts = asked.count(replies)
    changed = sum(bool(fact.old) for fact, _ in asked.valid)
    assert changed
    assert {night: some == of for night, (some, of) in counts["columns"].items()} == {
        str(fact.night): True for fact, _ in asked.valid
    }
    assert counts["changed_right"] == (changed, changed)
    assert counts["changed"] == (0, changed)
    assert counts["deleted"] == (0, len(asked.gone))
    assert counts["near"] == (len(asked.near), len(asked.near))
    assert counts["strangers"] == (0, len(asked.strangers))
    assert counts["former"] == (len(asked.former), len(asked.former))
    assert counts["invented"] == (0, len(asked.lasting))


def test_old_values_forgotten_facts_and_inventions_are_counted() -> None:
    asked = examination()
    wrong = [
        *(said(fact.old or "no such thing") for fact, _ in asked.valid),
        *(said(fact.answer) for fact, _ in asked.gone),
        *(SILENCE for _ in (*asked.near, *asked.strangers, *asked.former)),
        *(said("no such thing") for _ in asked.lasting),
    ]
    counts = asked.count(wrong)
    old, of = counts["changed"]
    assert old == of > 0
    assert counts["changed_right"][0] == counts["former"][0] == 0
    assert counts["deleted"] == (len(asked.gone), len(asked.gone))
    assert counts["invented"] == (len(asked.lasting), len(asked.lasting))


def test_silence_about_the_past_is_no_invention() -> None:
    asked = examination()
    counts = asked.count([SILENCE] * len(asked.questions))
    assert counts["invented"][0] == counts["former"][0] == 0
    assert not any(some for some, _ in counts["columns"].values())


def test_as_many_replies_as_questions() -> None:
    asked = examination()
    with pytest.raises(ValueError, match="replies to"):
        asked.count([SILENCE] * (len(asked.questions) - 1))


def test_in_part_only_what_was_told_that_night_is_asked() -> None:
    asked = examine(STREAM, NIGHT, (), (), whole=False, declining=False)
    assert {fact.night for fact, _ in asked.valid} == {NIGHT}
    assert asked.valid == asked.of_night(NIGHT)
    assert not any((asked.gone, asked.near, asked.strangers, asked.former, asked.lasting))
