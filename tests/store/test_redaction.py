"""Redaction of JSON values."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate.store.redaction import GONE, Needles

NEEDLES = Needles({"Where is the key?", "blue", " "}, {"edit": {4}})


def test_an_object_that_tells_loses_all_its_strings() -> None:
    value = {"q": "where is the KEY?", "a": ["under the mat", 3], "n": {"deep": "x"}, "ok": True}
    assert NEEDLES.redact(value) == {"q": GONE, "a": [GONE, 3], "n": {"deep": GONE}, "ok": True}
    assert NEEDLES.redact({"edit_id": 4, "text": "x"}) == {"edit_id": 4, "text": GONE}
    assert NEEDLES.redact({"edit": True, "text": "x"}) == {"edit": True, "text": "x"}


def test_a_short_text_goes_alone() -> None:
    value = {"question": "Which colour has the sea?", "expected": "blue", "said": "grey"}
    assert NEEDLES.redact(value) == value | {"expected": GONE}


def test_short_texts_go_only_as_words() -> None:
    assert NEEDLES.redact(["Blue", "a blue sky", "bluest", "I asked: where is the key? twice"]) == [
        GONE, f"a {GONE} sky", "bluest", GONE,
    ]  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(alphabet="xyz "),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="xyz"), inner),
    )
)
def test_values_that_tell_nothing_stay(value: object) -> None:
    assert NEEDLES.redact(value) == value


def test_long_only() -> None:
    strict = NEEDLES.long_only()
    assert strict.redact(["blue", "Where is the key?"]) == ["blue", GONE]
    assert Needles(set(), {}).redact({"a": "b"}) == {"a": "b"}


def test_a_field_keeps_its_name_and_words_as_a_key_do_not() -> None:
    censor = Needles({"refused", "count", "The gate is at the harbour."}, {})
    value = {"refused": {"count": 2, "said": "refused"}, "at the harbour": 1, "Was it refused?": 2}
    assert censor.redact(value) == {
        "refused": {"count": 2, "said": GONE}, GONE: 1, f"Was it {GONE}?": 2,
    }  # fmt: skip
    telling = {"count": "the gate is at the harbour.", "lost": {"the gate is at the harbour.": "x"}}
    assert censor.redact(telling) == {"count": GONE, "lost": {GONE: GONE}}


PASSAGE = """My sister Clara has epilepsy since 2019. Dr Ott sees her twice a year.
Her doctor is in Bonn.

- the pills are in the blue tin"""


def test_a_line_that_has_a_part_of_a_long_text_goes() -> None:
    censor = Needles({PASSAGE, "Bonn"}, {})
    lines = [
        ("My sister Clara has epilepsy since 2019.", GONE),
        ("  her doctor is in bonn", GONE),
        ("epilepsy since 2019. Dr Ott sees", GONE),
        ("ValueError: 'Dr Ott sees her twice a year'", GONE),
        ("ValueError: '...Bonn.\\n\\n- the pills are in the blue tin'", GONE),
        ("a sister of Clara has none, in Bonn", f"a sister of Clara has none, in {GONE}"),
        ("fine", "fine"),
        ("", ""),
    ]
    before, after = ("\r\n".join(each) + "\n" for each in zip(*lines, strict=True))
    assert censor.redact_lines(before) == after
    for line, left in lines:
        assert censor.redact_lines(line) == left
        assert left == GONE or censor.redact(line) != GONE
    rest = "nothing of it\n"
    assert censor.redact_lines(rest) is rest


def test_a_large_log_is_cleaned_of_many_texts_soon() -> None:
    texts = {
        f"The code of door {n} is K{n}. Nobody but room {n} may know.\n{n}" for n in range(500)
    }
    lines = [f"2026-03-01 08:{n % 60:02}:{n % 49:02} step {n} took {n}.5 s" for n in range(20_000)]
    lines[7] = "ValueError: nobody but room 499 may know"
    begin = time.process_time()
    found = Needles(texts, {}).redact_lines("\n".join(lines)).split("\n")
    assert time.process_time() - begin < 5  # 0.3 s on a computer that has nothing else to do
    assert found == [*lines[:7], GONE, *lines[8:]]
