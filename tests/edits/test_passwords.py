"""A password beside its name: in which ways people say it, and what only sounds like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.secrets import redact

WAYS = [
    "Password - {}",
    "Netflix password – {}",
    "Password -> {}",
    "Gmail password → {}",
    "password => {}",
    "**Password:** {}",
    "**Password**: {}",
    "Password (Gmail): {}",
    "Password Gmail: {}",
    "Gmail password: {}",
    "Amazon password changed to {}",
    "Amazon password changed to {}.",
    "Amazon password was changed to {} on Monday.",
    "The Amazon password has been changed to {}.",
    "Changed the Amazon password to {}.",
    "Set my password to {}",
    "I have set the password for the tax portal to {}, so remember.",
    "Changed the password to the tax portal to {}.",
    "The password is now {}.",
    "password is now: {}",
    "The new Amazon password will be {}.",
    "My Gmail password's now {}.",
    "New password for Amazon {}",
    "user anna77, pass {}",
    "user anna77 pass {}",
    "User: anna77 / pass {}",
    "username anna77 and pass {}",
    "Netflix: anna@mail.com / {}",
    "Netflix: anna@mail.com | {}",
    "Netflix: anna@mail.com, {}",
    "- Netflix – anna@mail.com – {}",
    "anna@mail.com:{}",
    "Login: anna77 / {}",
    "Netflix login is anna77 / {}.",
    "Pass phrase: {}",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", ["sunflower99", "Hunter22!", "winter2024", "BlueOtter77"])
def test_found(way: str, secret: str) -> None:
    assert redact(way.format(secret)) == way.format("[secret]")


WORD = st.from_regex(r"[a-z]{4,8}", fullmatch=True)
CHOSEN = st.builds(
    "{}{}{}".format,
    WORD.map(str.title) | WORD,
    st.integers(10, 99),
    st.sampled_from(["", "!", "$"]),
)
CHOSEN = CHOSEN.filter(lambda value: not value.casefold().startswith(("page", "room", "see")))


@given(st.sampled_from(WAYS), CHOSEN, st.sampled_from(["", "Milk and eggs.\n", "Call Tom. "]))
def test_any_chosen_password(way: str, secret: str, before: str) -> None:
    once = redact(before + way.format(secret))
    assert once == before + way.format("[secret]")
    assert redact(once) == once


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Password - sunflower", "sunflower"),
        ("Password -> sunflower", "sunflower"),
        ("Amazon password changed to sunflower.", "sunflower"),
        ("The password is BlueOtter, as ever.", "BlueOtter"),
        ("The password of the bank is 482913.", "482913"),
        ("The password for the bank is now 482913, since May", "482913"),
        ("password:\n  sunflower99", "sunflower99"),
    ],
)
def test_found_as_it_stands_alone(text: str, secret: str) -> None:
    assert redact(text) == text.replace(secret, "[secret]")


@pytest.mark.parametrize(
    "text",
    [
        "Password - ask Anna",
        "Forgot the password - call support",
        "Password -> see the red notebook",
        "The password - written in the notebook - is long",
        "Passwords - kept by Tom",
        "I changed the password to be safe.",
        "I changed the password to something else.",
        "Changed the password to a longer one.",
        "The password was changed to keep Tom out.",
        "password changed to what Anna said",
        "The password has been reset by Tom on Monday",
        "The password is now known to all.",
        "The password was changed 3 times in 2024.",
        "The password is 12 characters long.",
        "The password was 10000 times tried.",
        "The secret - patience",
        "The token -> a yellow coin",
        "Anna, user of the bus pass B308X12",
        "A user took the mountain pass 2100m",
        "name of the pass: Furka",
        "Write to anna@mail.com / 0171 234567",
        "anna@mail.com, 12 Elm Road",
        "anna@mail.com, SW1A1AA",
        "anna@mail.com, flat B12",
        "anna@mail.com, from 7pm",
        "anna@mail.com, 5 March 2026",
        "anna@mail.com / tom@mail.com",
        "anna@mail.com, https://example.org/a1b2c3",
        "Network Heron, guest password -> amber-fox-17",
        "The wifi password changed to amber-fox-17.",
        "The wifi password is now amber-fox-17",
        "The router password was changed to amber-fox-17",
        "Login: at the desk / room B308",
        "Login / registration",
        "Password safe: KeePass2 on the laptop",
        "password manager is 1Password",
        "Password hint: Rex 2019",
        "Password reset link sent 12 May",
        "Boarding pass ABC123XY, passport C01X0006H",
        "Account: household / 2024",
        "I passed 2 exams, password fatigue is real",
    ],
)
def test_left_alone(text: str) -> None:
    assert redact(text) == text
