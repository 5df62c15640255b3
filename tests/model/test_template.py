"""Prompts and answers in tokens, through templates of several manners."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmate.errors import ModelError
from sealmate.model.protocol import Prompt, Turn
from sealmate.model.template import answer_ids, common_prefix, render, stop_ids

_TURN = "<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
_NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}" + _TURN + "{% endfor %}"
)
# As reasoning models do it: an empty thought opens the answer, past answers are without thoughts.
_STRIPS = (
    "{% for m in messages %}" + _TURN + "{% endfor %}{% if add_generation_prompt %}"
    "<|im_start|>assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
_KEEPS = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}"
    "<|im_start|>assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)

words = st.text("abcdefghij äöü\n.,?!0123456789", max_size=60)
prompt: Prompt = (Turn("system", "Answer shortly."), Turn("user", "Who eats hay?"))


@pytest.fixture(scope="module")
def load(tiny_model_folder: Path) -> Any:
    from transformers import AutoTokenizer

    def with_template(template: str | None = None) -> Any:
        tokenizer = AutoTokenizer.from_pretrained(tiny_model_folder)
        if template is not None:
            tokenizer.chat_template = template
        return tokenizer

    return with_template


@pytest.fixture(scope="module")
def plain(load: Any) -> Any:
    return load()


@settings(deadline=None, max_examples=60)
@given(system=words, asked=words, answer=words)
def test_prompt_and_answer_are_the_whole_conversation(
    plain: Any, system: str, asked: str, answer: str
) -> None:
    turns = (Turn("system", system), Turn("user", asked))
    ids = render(plain, turns) + answer_ids(plain, turns, answer)
    assert plain.decode(ids) == (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{asked}<|im_end|>\n"
        f"<|im_start|>assistant\n{answer}<|im_end|>"
    )


def test_an_answer_ends_with_the_end_of_turn(plain: Any) -> None:
    ids = answer_ids(plain, prompt, "the rabbit")
    assert ids[-1] == plain.eos_token_id
    assert ids.count(plain.eos_token_id) == 1


def test_the_opening_follows_the_prompt(plain: Any) -> None:
    assert plain.decode(render(plain, prompt, "The ")).endswith("<|im_start|>assistant\nThe ")


@pytest.mark.parametrize("template", [_STRIPS, _KEEPS], ids=["strips", "keeps"])
def test_templates_with_thoughts(load: Any, template: str) -> None:
    """Whether a template keeps an empty thought in the answer or not, ours comes after it."""
    tokenizer = load(template)
    before = tokenizer.decode(render(tokenizer, prompt))
    assert before.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert tokenizer.decode(answer_ids(tokenizer, prompt, "the rabbit")) == "the rabbit<|im_end|>"


def test_a_template_without_a_system_role(load: Any) -> None:
    tokenizer = load(_NO_SYSTEM)
    assert render(tokenizer, prompt[1:])
    with pytest.raises(ModelError) as caught:
        render(tokenizer, prompt)
    assert "System role not supported" in caught.value.message
    assert "\n" not in caught.value.message
    assert "system role" in caught.value.hint


rows = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=4)


@given(rows)
def test_common_prefix_leaves_each_row_a_token(rows: list[list[int]]) -> None:
    shared = common_prefix(rows)
    assert all(row[:shared] == rows[0][:shared] and len(row) > shared for row in rows)
    longer = [row[: shared + 1] for row in rows]
    assert any(part != longer[0] for part in longer) or min(map(len, rows)) == shared + 1


def test_no_rows_share_nothing() -> None:
    assert common_prefix([]) == 0


@pytest.mark.parametrize(
    ("more", "expected"), [(None, {2}), (5, {2, 5}), ([5, 6], {2, 5, 6}), ([], {2})]
)
def test_stop_ids(more: Any, expected: set[int]) -> None:
    generation = SimpleNamespace(eos_token_id=more)
    found = stop_ids(SimpleNamespace(eos_token_id=2), SimpleNamespace(generation_config=generation))
    assert found == expected


def test_stop_ids_of_a_tokenizer_without_any() -> None:
    assert stop_ids(SimpleNamespace(eos_token_id=None), SimpleNamespace()) == set()
