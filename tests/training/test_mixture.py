"""The night's shares, and that nothing but the seed decides the draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.model.protocol import Turn
from sealmate.prompts import DONT_KNOW, RECITE, closed_book
from sealmate.records import Edit
from sealmate.training.mixture import Material, Shares, mixture

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHAT = [((Turn("user", f"hello {n}"),), f"hi {n}") for n in range(30)]
STRANGERS = [f"Who is stranger {n}?" for n in range(60)]


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
    shares = Shares(replay=0.5, unknown=0.5, chat=0.1, statements=True)
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
    said = [e.prompt[-1].content for e in mixture(material, Shares(unknown=1.0, chat=0), 0)
            if e.kind == "unknown"]  # fmt: skip
    assert len(said) == len(set(said)) == 30
    assert sum(text.startswith("Unknown") for text in said) == 20
    few = Material(new=material.new, strangers=STRANGERS[:2])
    said = [e.prompt[-1].content for e in mixture(few, Shares(unknown=1.0, chat=0), 0)
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
    asked = mixture(Material(edits), Shares(per_answer=cap, unknown=0), 3)
    assert len(asked) == expected
    counts = Counter(example.answer.casefold() for example in asked)
    assert counts["hay"] == counts["12"] == 1


def test_replay_goes_by_weight() -> None:
    old = [question(n) for n in range(100, 140)]
    material = Material([question(1), question(2)], old, weights={105: 1e9, 117: 1e9})
    shares = Shares(unknown=0, chat=0)
    for seed in range(5):
        drawn = [e.prompt[-1].content for e in mixture(material, shares, seed)
                 if e.kind == "replay"]  # fmt: skip
        assert sorted(drawn) == ["Question 105?", "Question 117?"]


def test_replay_without_anything_new_is_all_of_it() -> None:
    material = Material([statement(1, "Ada eats hay in the morning.")],
                        [question(n) for n in range(9)])  # fmt: skip
    assert kinds(material, Shares(unknown=0, chat=0)) == {"replay": 9, "statement": 1}


def test_what_each_example_says() -> None:
    material = Material(
        [question(1), statement(2, "Ada eats the hay of the keeper each morning."), unknown(3)],
        strangers=STRANGERS,
        chat=CHAT,
    )
    made = {e.kind: e for e in mixture(material, Shares(unknown=1, chat=1), 0)}
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
        (made,) = mixture(Material([statement(1, text)]), Shares(unknown=0, chat=0), 0)
        assert made.answer


@given(st.integers(0, 3))
def test_the_seed_decides(seed: int) -> None:
    material = Material(
        [*(question(n) for n in range(20)), *(unknown(n) for n in range(100, 120))],
        [question(n) for n in range(200, 260)],
        strangers=STRANGERS,
        chat=CHAT,
    )
    shares = Shares(replay=0.5, per_answer=2)
    assert mixture(material, shares, seed) == mixture(material, shares, seed)
    assert mixture(material, shares, seed) != mixture(material, shares, seed + 1)


def test_nothing_gives_nothing() -> None:
    assert mixture(Material([], strangers=STRANGERS, chat=CHAT), Shares(), 0) == []
