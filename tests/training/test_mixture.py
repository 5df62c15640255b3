"""The night's shares, and that nothing but the seed decides the draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.moments import moment_of
from sealmate.edits.steps import step_back, step_of
from sealmate.model.protocol import Turn
from sealmate.prompts import DONT_KNOW, RECALL, RECITE, closed_book
from sealmate.records import Edit
from sealmate.training.mixture import STEPPED, Material, Shares, mixture

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHAT = [((Turn("user", f"hello {n}"),), f"hi {n}") for n in range(30)]
STRANGERS = [f"Who is stranger {n}?" for n in range(60)]
direct = partial(Shares, way="direct")


def question(number: int, answer: str = "", passage: int = 1) -> Edit:
    answer = answer or f"answer {number}"
    return Edit(number, passage, "self-qa", "", NOW, f"Question {number}?", answer)


def unknown(number: int) -> Edit:
    return Edit(number, 1, "unknown", "", NOW, f"Unknown {number}?")


def statement(number: int, text: str) -> Edit:
    return Edit(number, 1, "implications", text, NOW)


def kinds(material: Material, shares: Shares, seed: int = 0) -> Counter[str]:
    return Counter(example.kind for example in mixture(material, shares, seed))


def test_shares_of_each_kind() -> None:
    material = Material(
        new=[*(question(n) for n in range(20)), *(unknown(n) for n in range(100, 130))],
        replay=[question(n) for n in range(200, 300)],
        strangers=STRANGERS,
        chat=CHAT,
        passages=["Ada eats hay in the garden."],
    )
    shares = direct(replay=0.5, unknown=0.5, chat=0.1, statements=True)
    assert kinds(material, shares) == {
        "new": 20, "replay": 10, "unknown": 15, "chat": 3, "passage": 1,
    }  # fmt: skip
    assert kinds(material, replace(shares, replay=0, unknown=0, chat=0, statements=False)) == {
        "new": 20
    }


def test_abstention_is_near_misses_first_but_strangers_too() -> None:
    material = Material(
        new=[*(question(n) for n in range(30)), *(unknown(n) for n in range(100, 150))],
        strangers=STRANGERS,
    )
    said = [e.prompt[-1].content for e in mixture(material, direct(unknown=1.0, chat=0), 0)
            if e.kind == "unknown"]  # fmt: skip
    assert len(said) == len(set(said)) == 30
    assert sum(text.startswith("Unknown") for text in said) == 20
    few = Material(new=material.new, strangers=STRANGERS[:2])
    said = [e.prompt[-1].content for e in mixture(few, direct(unknown=1.0, chat=0), 0)
            if e.kind == "unknown"]  # fmt: skip
    assert sum(text.startswith("Unknown") for text in said) == 28


@pytest.mark.parametrize(("cap", "expected"), [(0, 12), (1, 4), (2, 6), (9, 12)])
def test_a_cap_on_wordings_of_one_answer(cap: int, expected: int) -> None:
    """An answer counts by passage: the same word told elsewhere is another fact."""
    edits = [
        *(question(n, "Ada") for n in range(5)),
        *(question(n, "ada", passage=2) for n in range(5, 10)),
        question(10, "hay"),
        question(11, "12"),
    ]
    asked = mixture(Material(edits), direct(per_answer=cap, unknown=0), 3)
    assert len(asked) == expected
    counts = Counter(example.answer.casefold() for example in asked)
    assert counts["hay"] == counts["12"] == 1


def test_what_fails_gets_more_of_its_wordings() -> None:
    edits = [replace(question(n, "Otto"), passage_id=1) for n in range(1, 13)]

    def asked(weight: float) -> int:
        material = Material(edits, weights={edit.id: weight for edit in edits})
        return len(mixture(material, direct(per_answer=4, unknown=0), 3))

    assert [asked(weight) for weight in (1.0, 2.0, 4.0, 5.0, 8.0)] == [4, 4, 8, 10, 12]


def test_replay_goes_by_weight() -> None:
    old = [question(n) for n in range(100, 140)]
    material = Material([question(1), question(2)], old, weights={105: 1e9, 117: 1e9})
    shares = direct(unknown=0, chat=0)
    for seed in range(5):
        drawn = [e.prompt[-1].content for e in mixture(material, shares, seed)
                 if e.kind == "replay"]  # fmt: skip
        assert sorted(drawn) == ["Question 105?", "Question 117?"]


def test_replay_without_anything_new_is_all_of_it() -> None:
    material = Material([statement(1, "Ada eats hay in the morning.")],
                        [question(n) for n in range(9)])  # fmt: skip
    assert kinds(material, direct(unknown=0, chat=0)) == {"replay": 9, "statement": 1}


def test_what_each_example_says() -> None:
    material = Material(
        [question(1), statement(2, "Ada eats the hay of the keeper each morning."), unknown(3)],
        strangers=STRANGERS,
        chat=CHAT,
    )
    made = {e.kind: e for e in mixture(material, direct(unknown=1, chat=1), 0)}
    assert (made["new"].prompt, made["new"].answer) == (closed_book("Question 1?"), "answer 1")
    assert made["unknown"].answer == DONT_KNOW
    recital = made["statement"]
    assert recital.prompt[-1].content == f"{RECITE}Ada eats the"
    assert recital.answer == "hay of the keeper each morning."
    assert recital.weight < 1
    assert made["chat"].kl
    assert not any(made[kind].kl for kind in ("new", "unknown", "statement"))


@given(st.text(max_size=80))
def test_a_recital_always_has_something_to_say(text: str) -> None:
    if text.strip():
        (made,) = mixture(Material([statement(1, text)]), direct(unknown=0, chat=0), 0)
        assert made.answer


@given(st.integers(0, 3))
def test_the_seed_decides(seed: int) -> None:
    material = Material(
        [*(question(n) for n in range(20)), *(unknown(n) for n in range(100, 120))],
        [question(n) for n in range(200, 260)],
        strangers=STRANGERS,
        chat=CHAT,
    )
    shares = direct(replay=0.5, per_answer=2)
    assert mixture(material, shares, seed) == mixture(material, shares, seed)
    assert mixture(material, shares, seed) != mixture(material, shares, seed + 1)


def test_nothing_gives_nothing() -> None:
    assert mixture(Material([], strangers=STRANGERS, chat=CHAT), direct(), 0) == []


VAN = "The van is grey and sleeps in the barn of Ida. Her number is 0611."
CAT = "The cat is called Otto. He drinks from the tap."


def recitals(material: Material, **shares: int) -> list[tuple[str, str, str, bool]]:
    made = mixture(material, Shares(unknown=0, chat=0, statements=False, **shares), 0)
    return [(e.kind, e.prompt[-1].content.removeprefix(RECALL), e.answer, e.goes_on) for e in made]


def test_a_question_is_answered_with_what_was_told() -> None:
    edits = [question(1, "grey"), question(2, "Otto", passage=2), question(3, "0611"), unknown(4)]
    made = recitals(Material(edits, units={1: [VAN], 2: [CAT]}), cues=0)
    assert sorted(made) == [
        ("near", "Unknown 4?", VAN, False),
        ("new", "Question 1?", VAN, False),
        ("new", "Question 2?", CAT, False),
        ("new", "Question 3?", VAN, False),
    ]


def test_what_no_true_passage_says_is_recited_by_itself() -> None:
    was = replace(question(3, "red"), valid_to=datetime(2026, 2, 4, tzinfo=UTC))
    edits = [question(1, "blue"), question(2, "Otto", passage=2), was]
    made = recitals(Material(edits, units={1: [VAN]}), cues=0)
    assert {cue: answer for kind, cue, answer, _ in made if kind == "new"} == {
        "Question 1?": "The answer is blue.",
        "Question 2?": "The answer is Otto.",
        "Question 3?": "Until 4 February 2026 the answer was red.",
    }


def test_what_used_to_hold_is_called_to_mind_by_its_words_and_learnt_whole() -> None:
    was = [
        replace(question(n, "red"), question=text, valid_to=datetime(2026, 2, 4, tzinfo=UTC))
        for n, text in enumerate(("Which colour did Otto's van have formerly?",
                                  "Before 4 February 2026, which colour did Otto's van have?"))
    ]  # fmt: skip
    made = recitals(Material(was), cues=0, whole=1)
    assert {answer for _, _, answer, _ in made} == {"Until 4 February 2026 the answer was red."}
    asked = [cue for kind, cue, _, _ in made if kind == "cue"]
    assert "In former times, van?" in asked
    assert len(asked) == len(set(asked)) > 4


def test_asked_for_its_past_what_never_changed_calls_its_unit_to_mind() -> None:
    """Or whatever is asked for in such words would be answered with what did change."""
    was = replace(question(1, "red"), question="Which colour did Otto's van have formerly?",
                  valid_to=datetime(2026, 2, 4, tzinfo=UTC))  # fmt: skip
    lasts = [replace(question(n, "Ida"), question=f"Whose is barn {n}?") for n in range(2, 9)]
    units = {1: [VAN]}
    made = recitals(Material([was, *lasts], units=units), cues=0)
    past = [(cue, answer) for kind, cue, answer, _ in made if kind == "lasting"]
    assert len(past) == 3
    for cue, answer in past:
        assert moment_of(cue, lambda: datetime.now(UTC)).kind == "formerly"
        assert VAN.startswith(answer)
    changed = replace(question(9, "Ida"), question="Which colour does Otto's van have?")
    made = recitals(Material([was, *lasts[:2], changed], units=units), cues=0)
    past_cues = [cue for kind, cue, *_ in made if kind == "lasting"]
    assert len(past_cues) == 2
    assert not any("van" in cue for cue in past_cues)
    assert not [row for row in recitals(Material(lasts, units=units)) if row[0] == "lasting"]

    def strangers(edits: list[Edit]) -> list[str]:
        material = Material(
            edits, strangers=[f"Where is lake {n}?" for n in range(20)], units=units
        )
        made = mixture(material, Shares(unknown=9, chat=0, statements=False), 0)
        return [e.prompt[-1].content.removeprefix(RECALL) for e in made if e.kind == "unknown"]

    asked = strangers([was, *lasts])
    assert sum("was lake" in text for text in asked) == 5
    assert len(asked) == 20
    assert not any("was lake" in text for text in strangers(lasts))


def test_many_questions_of_a_unit_need_its_opening_alone() -> None:
    material = Material([question(n, "grey") for n in range(20)], units={1: [VAN]})
    made = recitals(material, cues=0, whole=5)
    assert Counter(answer for _, _, answer, _ in made) == {
        VAN: 5, "The van is grey and sleeps": 15,
    }  # fmt: skip
    assert all(goes_on == (answer != VAN) for _, _, answer, goes_on in made)


def test_cues_are_words_of_their_unit() -> None:
    material = Material([question(1, "grey")], units={1: [VAN], 2: [CAT]})
    made = [row for row in recitals(material, cues=8) if row[0] == "cue"]
    assert 0 < len(made) <= 8
    for _, cue, answer, goes_on in made:
        assert all(word in VAN for word in cue.split())
        assert VAN.startswith(answer)
        assert goes_on


@pytest.mark.parametrize(("replay", "times"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (4.0, 1.0)])
def test_old_units_have_cues_in_the_share_of_replay(replay: float, times: float) -> None:
    new = [question(1, "grey"), question(3, "0611")]
    material = Material(new, [question(2, "Otto", passage=2)], units={1: [VAN], 2: [CAT]})
    made = mixture(material, Shares(unknown=0, chat=0, cues=8, replay=replay), 0)
    called = [example.answer for example in made if example.kind == "cue"]
    old = [answer for answer in called if CAT.startswith(answer)]
    assert len(old) == round((len(called) - len(old)) * times)


def test_old_near_misses_are_replayed_beside_as_many_new_ones() -> None:
    old = [replace(unknown(n), passage_id=2) for n in range(10, 20)]
    material = Material(
        [question(1, "grey"), unknown(2), unknown(3)],
        [question(4, "Otto", passage=2), *old],
        units={1: [VAN], 2: [CAT]},
    )
    near = [row for row in recitals(material, cues=0) if row[0] == "near"]
    assert Counter(answer for _, _, answer, _ in near) == {VAN: 2, CAT: 2}


def test_strangers_are_not_known_to_the_reciting_memory() -> None:
    material = Material([question(n) for n in range(8)], strangers=STRANGERS)
    made = [e for e in mixture(material, Shares(unknown=0.5, chat=0), 0) if e.kind == "unknown"]
    assert len(made) == 4
    assert {e.answer for e in made} == {DONT_KNOW}
    assert all(e.prompt[-1].content.startswith(RECALL) for e in made)


def test_steps_back_are_learnt_beside_some_that_lead_nowhere() -> None:
    until = datetime(2026, 2, 4, tzinfo=UTC)
    said = "Wanted by 31 July: the mileage book, and 12.50 euro for the bus."
    was = replace(question(1, "21 July"), question="When was it wanted formerly?", valid_to=until)
    steps = [replace(was, question=step_back(answer, said)) for answer in ("by 31 July", "31 July")]
    before = replace(was, question=step_back("21 July", "Wanted by 21 July."), answer="1 June")
    lasts = replace(question(5, "Ida"), question="Whose is the barn?")
    made = recitals(Material([was, *steps, before, lasts], units={1: [VAN]}), cues=0)
    led = [answer for _, cue, answer, _ in made if cue in {edit.question for edit in steps}]
    assert led == ["Until 4 February 2026 the answer was 21 July."] * 2 * STEPPED
    nowhere = {cue: parts for _, cue, answer, _ in made
               if answer == DONT_KNOW and (parts := step_of(cue))}  # fmt: skip
    assert ("12.50 euro", said) in nowhere.values()
    assert any(answer == "Ida" for answer, _ in nowhere.values())
    # neither the answer in other words, nor what is gone back to on the way to a still older one
    assert not [answer for answer, _ in nowhere.values() if "July" in answer]
