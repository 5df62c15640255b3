"""Queries out of anything a person may type."""

from __future__ import annotations

from sealmate.store.search import MOST_TERMS, loose_expression, match_expression, terms


def test_terms() -> None:
    assert terms("Where does the dog's DOG live?") == ["dog", "s", "live"]
    assert terms("who are you") == ["who", "are", "you"]
    assert terms('"*() -- \u0301 ') == []
    assert terms("re\u0301sume\u0301 Straße") == ["re\u0301sume\u0301", "Straße"]
    assert len(terms(" ".join(f"w{n}" for n in range(500)))) == MOST_TERMS


def test_expression() -> None:
    assert match_expression("cat OR NOT dog*") == '"cat" OR "dog"'
    assert match_expression("?") == ""


def test_words_that_begin_alike() -> None:
    assert loose_expression("Who is our drummer, in 2024?") == '"drum" *'
    assert loose_expression("mathematician or math") == '"mathematic" *'
    assert loose_expression("a cat") == ""
    assert loose_expression("") == ""
