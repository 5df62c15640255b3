"""From chat turns to tokens, through the model's own chat template and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealmate.errors import ModelError
from sealmate.model.protocol import Prompt


def render(tokenizer: Any, prompt: Prompt, opening: str = "") -> list[int]:
    """Token ids of `prompt` up to where the assistant's answer begins (plus `opening`).

    Thinking is switched off where a template knows it. Raises ModelError if the template
    refuses the roles.
    """
    text = _text(tokenizer, prompt, add_generation_prompt=True) + opening
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def answer_ids(tokenizer: Any, prompt: Prompt, answer: str, ended: bool = True) -> list[int]:
    """Token ids of `answer` as it would be generated after `prompt`, with the end of turn if it
    has `ended` there.

    Taken as the difference between the template with and without the answer; where a template
    does not have that prefix property the answer and the end-of-sequence token are used.
    """
    ids: list[int]
    before = _text(tokenizer, prompt, add_generation_prompt=True)
    after = _text(tokenizer, prompt, add_generation_prompt=False, answer=answer)
    end = str(tokenizer.eos_token)
    if after.startswith(before):
        piece = after[len(before) :]
        cut = piece.rfind(end)
        if cut >= 0:
            piece = piece[: cut + len(end) if ended else cut]
            ids = tokenizer(piece, add_special_tokens=False)["input_ids"]
            return ids
    ids = tokenizer(answer + (end if ended else ""), add_special_tokens=False)["input_ids"]
    return ids


def _text(
    tokenizer: Any, prompt: Prompt, *, add_generation_prompt: bool, answer: str | None = None
) -> str:
    turns = [{"role": turn.role, "content": turn.content} for turn in prompt]
    if answer is not None:
        turns.append({"role": "assistant", "content": answer})
    try:
        return str(
            tokenizer.apply_chat_template(
                turns,
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
                enable_thinking=False,
            )
        )
    except Exception as error:  # jinja raises many kinds, all from the template
        raise ModelError(
            f"the model's chat template refuses this conversation: {_first_line(error)}",
            "choose an instruct model with a system role",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """Length of the longest beginning shared by all rows, at most the shortest length - 1."""
    if not rows:
        return 0
    limit = min(len(row) for row in rows) - 1
    first = rows[0]
    shared = 0
    while shared < limit and all(row[shared] == first[shared] for row in rows):
        shared += 1
    return max(shared, 0)


def stop_ids(tokenizer: Any, model: Any) -> set[int]:
    """Tokens that end a turn: the tokenizer's and the generation settings'."""
    ends = {tokenizer.eos_token_id}
    more = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    if isinstance(more, int):
        ends.add(more)
    elif more:
        ends.update(more)
    ends.discard(None)
    return ends
