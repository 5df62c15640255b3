"""Redaction of JSON values."""

from __future__ import annotations

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
