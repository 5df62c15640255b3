import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.sources.split import split

from .conftest import words

COUNTS = st.sampled_from(
    [words, len, lambda text: (len(text) + 3) // 4, lambda text: len(text.encode())]
)
WORD = st.text("abcdeé漢.,!?()", min_size=1, max_size=12)
SPACE = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\n\n\n", "\t"])
PROSE = st.lists(st.tuples(WORD, SPACE)).map(lambda parts: "".join(map("".join, parts)))
MESSY = st.text(st.sampled_from("ab .!?#=-`~|>*1\n\n\t:。é😀")) | st.text(
    st.characters(exclude_categories=("Cs",))
)


def solid(text: str) -> str:
    return "".join(text.split())


@given(PROSE, COUNTS, st.integers(12, 60))
def test_words_stay_whole_and_in_order(text: str, count, limit: int) -> None:
    if count is not words:
        limit *= 3  # the longest word must fit
    drafts = split(text, count, limit)
    assert [word for draft in drafts for word in draft.text.split()] == text.split()
    for draft in drafts:
        assert draft.tokens == count(draft.text) <= limit
        assert draft.text == draft.text.strip() != ""


@given(MESSY, COUNTS, st.integers(1, 30))
def test_nothing_but_markup_is_lost(text: str, count, limit: int) -> None:
    drafts = split(text, count, limit)
    markup = dict.fromkeys(map(ord, "#=-"))
    kept = "".join(solid(draft.text) for draft in drafts)
    assert kept.translate(markup) == solid(text).translate(markup)
    for draft in drafts:
        assert draft.text
        assert draft.tokens <= limit or len(draft.text) == 1


SECTION = st.tuples(
    st.integers(1, 4),
    st.lists(st.sampled_from(["Alpha", "beta", "Gamma."]), min_size=1, max_size=3).map(" ".join),
    st.lists(
        st.lists(st.sampled_from(["One", "two", "three."]), min_size=1, max_size=12).map(" ".join),
        max_size=4,
    ),
)


@given(st.lists(SECTION, min_size=1, max_size=8), st.integers(3, 40), st.booleans())
def test_headings_lose_their_markup_and_nothing_else(sections, limit: int, setext: bool) -> None:
    source: list[str] = []
    expected: list[str] = []
    for level, heading, paragraphs in sections:
        if setext and level < 3:
            source += [heading + "\n" + "=-"[level - 1] * 3, *paragraphs]
        else:
            source += ["#" * level + " " + heading, *paragraphs]
        expected += [heading, *paragraphs]
    drafts = split("\n\n".join(source), words, limit)
    assert " ".join(d.text for d in drafts).split() == " ".join(expected).split()
    known = {heading for _, heading, _ in sections}
    for draft in drafts:
        assert set(filter(None, draft.heading.split(" > "))) <= known


def test_a_small_note_is_one_passage_without_markup() -> None:
    (only,) = split("# Pets\n\nThe cat is Tom.\n\n## Food ##\n\nFish.", words, 50)
    assert (only.heading, only.text) == ("Pets", "Pets\nThe cat is Tom.\n\nFood\nFish.")
    assert only.tokens == 7


def test_sections_keep_apart_and_carry_their_path() -> None:
    body = "This is a sentence of seven words. " * 3
    drafts = split(f"# A\n\n{body}\n\n## B\n\n{body}\n\nC\n---\n{body}\n\n# D\n{body}", words, 30)
    assert [draft.heading for draft in drafts] == ["A", "A > B", "A > C", "D"]
    assert [draft.text.split("\n")[0] for draft in drafts] == ["A", "B", "C", "D"]


def test_scraps_of_sections_share_a_passage_under_what_they_have_in_common() -> None:
    text = "# Pets\n" + "".join(f"## Pet {n}\nIt has a name.\n" for n in range(12))
    drafts = split(text, words, 30)
    assert all(draft.heading.startswith("Pets") for draft in drafts)
    assert all(draft.tokens >= 10 for draft in drafts[:-1])


def test_a_heading_stays_with_its_first_words() -> None:
    text = "Intro words here. " * 8 + "\n\n# Next\n\n" + "Body words follow here now. " * 5
    assert not any(draft.text.endswith("Next") for draft in split(text, words, 26))


def test_a_heading_above_a_sentence_without_end_is_no_passage() -> None:
    drafts = split("# Head\n\n" + "word " * 102, words, 100)
    assert [draft.tokens for draft in drafts] == [100, 3]
    assert drafts[0].text.startswith("Head\nword")


def test_long_paragraphs_part_at_sentences() -> None:
    text = "Dr. Weber met J. S. Bach at 3.5 p.m. in Rome. " * 12
    drafts = split(text, words, 30)
    assert len(drafts) > 3
    assert all(
        draft.text.startswith("Dr. Weber") and draft.text.endswith("Rome.") for draft in drafts
    )


def test_the_last_passage_of_a_section_is_no_scrap() -> None:
    text = "One two three four five. " * 21  # 105 words
    sizes = [draft.tokens for draft in split(text, words, 100)]
    assert sizes == [70, 35]


def test_list_items_and_table_rows_stay_whole() -> None:
    text = "\n".join(f"- item {n} of a long shopping list" for n in range(20))
    assert all(draft.text.startswith("- item") for draft in split(text, words, 25))
    table = "\n".join(f"| row {n} | value |" for n in range(20))
    assert all(draft.text.startswith("| row") for draft in split(table, words, 25))


def test_chinese_parts_after_its_full_stops() -> None:
    drafts = split("今天天气很好。我们去公园散步。" * 20, len, 40)
    assert all(draft.text.endswith("。") and draft.tokens <= 40 for draft in drafts)


def test_code_and_front_matter_hold_no_headings() -> None:
    text = "---\ntitle: T\n---\n\n# Real\n\n```sh\n# comment\nx\n---\n```\n\na | b\n--- | ---\n"
    (only,) = split(text, words, 50)
    assert "# comment" in only.text
    assert "title: T" in only.text
    assert "--- | ---" in only.text
    assert split(text, words, 50)[0].heading == ""


def test_a_word_without_end_is_cut() -> None:
    drafts = split("x" * 1000, len, 64)
    assert "".join(draft.text for draft in drafts) == "x" * 1000
    assert max(draft.tokens for draft in drafts) == 64


def test_empty_and_bad_limit() -> None:
    assert split("", words, 10) == split(" \n\n", words, 10) == split("#\n\n##", words, 10) == []
    with pytest.raises(ValueError, match="at least 1"):
        split("a", words, 0)


@pytest.mark.parametrize("unit", ["word. And ", "word ", "x", "# h\n", "a\n\n", "- \n", "```\n"])
def test_a_long_text_takes_time_in_proportion(unit: str) -> None:
    start = time.perf_counter()
    split(unit * (200_000 // len(unit)), words, 200)
    assert time.perf_counter() - start < 5
