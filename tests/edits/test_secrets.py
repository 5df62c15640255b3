from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.secrets import find_secrets, redact
from tests.edits.stock import bench, stock

KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkt\nAAAA=\n"
    "-----END OPENSSH PRIVATE KEY-----"
)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jk"


@pytest.mark.parametrize(
    ("kind", "secret", "text"),
    [
        ("private key", KEY, "the server:\n{}\nbye"),
        ("private key", "-----BEGIN PRIVATE KEY-----\nMIIEvQ", "cut off {}"),
        ("token", JWT, "login {} works"),
        ("API key", "sk-" + "abcdEFGH1234" * 2, "key {}."),
        ("API key", "AKIA" + "ABCDEFGH12345678", "aws {} here"),
        ("token", "ghp_" + "a1B2" * 9, "token {}"),
        ("token", "hf_" + "a1B2" * 9, "hub {}"),
        ("token", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "session {} end"),
        ("card number", "4111 1111 1111 1111", "card {}, 12/28"),
        ("card number", "5500-0000-0000-0004", "pay with {}"),
        ("card number", "378282246310005", "amex {}"),
        ("account number", "NL91 ABNA 0417 1643 00", "IBAN {} for rent"),
        ("account number", "DE89370400440532013000", "to {}."),
        ("password", "hunter22", "mail, password: {}"),
        ("password", "hunter", "Password = {}"),
        ("password", "correct horse", 'passphrase: "{}"'),
        ("password", "s3cr3t", "postgres://bob:{}@host/db"),
        ("password", "badger_lobster_3", "the password is {}, mind you"),
        ("password", "a1b2c3d4e5", "api_key: {}"),
        ("password", "Kx93!pq", "The password for Netflix is {}"),
        ("password", "Kx93!pq", "Password for the tax portal: {}"),
        ("password", "Kx93!pq", "My password to the old mail account was {}, I think."),
    ],
)
def test_found(kind: str, secret: str, text: str) -> None:
    whole = text.format(secret)
    assert [(s.kind, whole[s.start : s.end]) for s in find_secrets(whole)] == [(kind, secret)]
    assert redact(whole) == text.format("[secret]")


@pytest.mark.parametrize(
    "text",
    [
        "My bike lock is 4711, the door code is 2580#.",
        "call 0182 44 71, +44 7700 900123, (020) 555-0123 or 06-12 34 56 78",
        "5 July 2024, 2024-07-05, 18:30, 12.50 euros, $1,200,000",
        "wifi: Blue Heron, network Little_Piper_5G",
        "The wifi password is amber-fox-17",
        "Router in the hall, the guest password is amber-fox-17",
        "The password for the wifi is amber-fox-17",
        "The password for the safe is in the red notebook",
        "The passwords of the club are kept by Tom",
        "The secret of a good loaf is patience.",
        "The password to remember: ask Anna",
        "Password: ask Anna",
        "the password is in the red notebook",
        "passwords are kept by Tom",
        "The secret is patience. The token is a yellow coin.",
        "access code: 4711",
        "order no 1234567890123456, ISBN 978-3-16-148410-0",
        "4111 1111 1111 1112 is no card",
        "see /usr/share/documentation/2024/some-long-file-name-without-end.txt",
        "https://example.org/very/long/path/to/page/with-many-words-2024-07-05",
        "commit e3b0c44, colour #ff8800, part B-308/17-A",
        "BE SURE TO CALL THE OFFICE 12 AT NOON 1234",
        "Donaudampfschifffahrtsgesellschaftskapitaen",
        "pass: 3 km, key: behind the boiler, pin it to the wall",
    ],
)
def test_left_alone(text: str) -> None:
    assert find_secrets(text) == []
    assert redact(text) == text


def test_ordinary_notes_hold_hardly_any() -> None:
    for name in ("tune", "memory"):
        assert not [note for note in bench(name) if find_secrets(note["note"])]
    notes = [note["note"] for number, note in enumerate(stock()) if number % 3 == 0]
    assert sum(bool(find_secrets(note)) for note in notes) <= len(notes) * 0.005


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    found = find_secrets(text)
    assert all(0 <= a.start < a.end <= len(text) for a in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    once = redact(text)
    assert redact(once) == once


@given(st.text("0123456789", min_size=15, max_size=15), st.sampled_from(["", " ", "-"]))
def test_one_check_digit_in_ten_is_right(digits: str, gap: str) -> None:
    number = "4" + digits[:14]
    cards = [number + str(last) for last in range(10)]
    written = [gap.join(card[at : at + 4] for at in range(0, 16, 4)) for card in cards]
    hits = [text for text in written if find_secrets(text)]
    assert len(hits) <= 1
    if len(set(number)) > 1:
        assert len(hits) == 1


@pytest.mark.parametrize("gap", [" ", "\t", "*"])
def test_a_name_of_a_key_before_a_wide_gap_is_no_hang(gap: str) -> None:
    name = "license key"
    assert find_secrets(name + gap * 200_000 + "x") == []
    assert redact(f"{name}{gap * 3}AB12-CD34-EF56") == f"{name}{gap * 3}[secret]"
