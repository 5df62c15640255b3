"""Passwords as people jot them down, and what only looks like one."""

from __future__ import annotations

import pytest

from sealmate.edits.secrets import find_secrets, redact


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("redis://:{}@localhost", ["hunter2pass"]),
        ("passphrase: {}", ["correct horse battery staple"]),
        ("Passphrase: {}.", ["correct horse battery staple"]),
        ("pass: {}", ["hunter2!"]),
        ("login: bob, pass: {}", ["hunter2!"]),
        ("DB_PASS={}", ["hunter2x"]),
        ("| user | bob |\n| password | {} |", ["hunter2"]),
        ("Netflix password {}", ["hunter2!"]),
        ("user bob pw {}", ["hunter22"]),
        ("Passwords: gmail {}, netflix {}", ["hunter2", "s3cret!"]),
        ("Passwords: Gmail: {}; Netflix: {}", ["hunter2", "s3cret!"]),
        ("password: {}", ["Maple Tree 42!"]),
        ("password: {} Tell nobody.", ["Maple Tree 42!"]),
        ("password: {}, and more", ["maple tree 42!"]),
        ("password: {} is for the mail", ["hunter2"]),
    ],
)
def test_found(text: str, secrets: list[str]) -> None:
    whole = text.format(*secrets)
    assert [whole[s.start : s.end] for s in find_secrets(whole)] == secrets
    assert redact(whole) == text.format(*["[secret]"] * len(secrets))
    assert redact(redact(whole)) == redact(whole)


@pytest.mark.parametrize(
    "text",
    [
        "ask Ben for the password",
        "the password is on the fridge",
        "the password is great!",
        "a bus pass: 49 euros",
        "bus pass: B308X12, boarding pass: LH12345",
        "mountain pass: 2100m",
        "Pass: 2100metres",
        "password: see page 42",
        "password: notebook page 12",
        "Password: forgotten again",
        "passphrase: ask Ben about it tomorrow",
        "passphrase: written in the red notebook",
        "Passwords: kept in B308",
        "| password | the one on the fridge |",
        "| user | password |\n|------|----------|\n| bob | ask Ann |",
        "The wifi password amber-fox-17 is on the wall",
        "Network: Heron, pass: amber-fox-17",
        "reset the password 15minutes later",
        "new password 2026-01-05",
        "Passwords: Gmail ask Ann, netflix [secret]",
    ],
)
def test_left_alone(text: str) -> None:
    assert redact(text) == text
