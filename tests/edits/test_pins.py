"""PINs and checks of cards, backup codes and seed phrases; and the codes of a household."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.secrets import redact

WAYS = [
    "My bank card PIN is {}",
    "My bank card PIN is {}.",
    "Online-banking PIN: {}",
    "The PIN of my credit card is {}, do not forget.",
    "PIN for the SIM card: {}",
    "card pin = {}",
    "Visa PIN - {}",
    "The PIN is now {}",
    "bank PIN changed to {} in May",
    "new debit card, PIN {}",
    "PIN: {}",
    "passcode {}",
    "iPad passcode {} and charger in the desk",
    "My phone's passcode is {}",
    "The passcode of the tablet was changed to {}.",
    "PUK {}",
]


@given(st.sampled_from(WAYS), st.from_regex(r"[0-9]{4,6}", fullmatch=True))
def test_pins(way: str, pin: str) -> None:
    assert redact(way.format(pin)) == way.format("[secret]")


@pytest.mark.parametrize(
    "way",
    [
        "CVV: {}",
        "card no. 12, cvv {}",
        "The CVC is {}.",
        "CVC2 {}",
        "CVV code: {}",
        "Visa, CVV={}",
        "Visa card security code {}",
    ],
)
def test_checks_of_cards(way: str) -> None:
    assert redact(way.format("123")) == way.format("[secret]")


@pytest.mark.parametrize(
    "text",
    [
        "The gate code is 4711.",
        "Alarm code: 4711",
        "The alarm PIN is 4711.",
        "PIN for the garage door: 4711",
        "The PIN of the gate is 4711",
        "Garage PIN 4711",
        "door passcode 4711",
        "The PIN pad of the intercom: 4711",
        "Bike lock 4711, locker code 0815",
        "A safety pin 4 mm, pins 1234 pieces",
        "bronze pin 16 cm long (bag 7537)",
        "pin 2026 to the wall",
        "The PIN is my mother's birth year",
        "PIN hint: bakery number",
        "The PIN is 4 digits long.",
        "wrong PIN 3 times",
        "PIN letter of 12 March 2026",
        "the key pin costs 4711 euros",
        "postcode: 4711",
        "security code 123 for the house",
        "CVV on the back, 3 digits",
        "My CV, 123 lines",
    ],
)
def test_no_pins(text: str) -> None:
    assert redact(text) == text


WORDS = "witch collapse practice feed shame open despair creek road again ice least"


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("Seed phrase: {}", [WORDS]),
        ("Seed phrase:\n{}\nkeep it safe", [WORDS]),
        ("recovery phrase: {}.", [WORDS]),
        ("My recovery phrase is {}", [WORDS]),
        ("The recovery phrase of my wallet: {}, never tell.", [WORDS]),
        ("Backup phrase - {}", ["otter river maple stone"]),
        ("Wallet seed: {}", [WORDS]),
        ("seed phrase: {}", [WORDS.replace(" ", ", ")]),
        ("seed words: {}", [WORDS.title()]),
        ("Seed phrase\n{}", ["\n".join(f"{n}. {w}" for n, w in enumerate(WORDS.split(), 1))]),
        ("mnemonic: {}", [WORDS.replace("road again", "about then")]),
        ("Backup codes: {}, {}, {}", ["12345678", "23456789", "34567890"]),
        ("Backup codes:\n{}\n{}\n\nMilk", ["12345678", "2345 6789"]),
        ("Google backup codes:\n- {}\n- {}", ["12345678", "2345-6789"]),
        ("Recovery codes for Github: {} {}", ["a1b2c-d3e4f", "g5h6i-j7k8l"]),
        ("2FA codes: {}; {}", ["123456", "654321"]),
        ("backup codes are {} and {}.", ["12345678", "23456789"]),
        ("The backup code is {}", ["12345678"]),
        ("BitLocker recovery key\n{}", ["-".join(["123456"] * 8)]),
        ("laptop: {} in case", ["-".join(["271828"] * 8)]),
        ("FileVault recovery key {}", ["ABCD-1234-EFGH-5678-IJKL-9012"]),
        ("My seed phrase (Ledger): {}", [WORDS]),
        ("recovery key: {}", ["ABCD-1234-EFGH-5678"]),
    ],
)
def test_recovery(text: str, secrets: list[str]) -> None:
    once = text.format(*["[secret]"] * len(secrets))
    assert redact(text.format(*secrets)) == once
    assert redact(once) == once


@given(
    st.sampled_from(["Seed phrase: ", "recovery phrase:\n", "The seed phrase is "]),
    st.lists(st.from_regex(r"[b-z][a-z]{3,6}", fullmatch=True), min_size=12, max_size=24),
)
def test_any_seed_phrase(before: str, words: list[str]) -> None:
    assert redact(before + " ".join(words)) == before + "[secret]"


@pytest.mark.parametrize(
    "text",
    [
        "The seed phrase is in the safe.",
        "Seed phrase: ask Anna about it tomorrow",
        "recovery phrase: written in the red notebook",
        "Recovery phrase - two copies, one with Tom and one with Anna, the other in the safe",
        "Seeds: tomato carrot bean marrow",
        "Bird seed: sunflower millet hemp",
        "A phrase: the early bird catches the worm",
        "Backup codes: printed, in the desk",
        "The backup codes are in the desk since 2024",
        "backup: 12345678 files copied",
        "recovery room 12, recovery time 2 weeks",
        "gate codes: 123456, 654321",
        "order 123456-123456",
    ],
)
def test_no_recovery(text: str) -> None:
    assert redact(text) == text
