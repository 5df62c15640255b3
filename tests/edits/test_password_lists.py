"""Lists, sections and tables of passwords."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.secrets import find_secrets, redact


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("# Passwords\n\n- Gmail: {}\n- Netflix: {}", ["BlueOtter77", "sunflower"]),
        ("# Passwords\n- Gmail {}\n- Netflix {}", ["BlueOtter77", "Hunter22!"]),
        ("Passwords\n\n- Gmail: {}\n- Netflix {}", ["BlueOtter77", "hunter22"]),
        ("Passwords:\n- Gmail: {}\n- Bank: {}", ["BlueOtter77", "482913"]),
        ("Passwords:\n\n- Gmail: {}\n- Bank: {}", ["BlueOtter77", "482913"]),
        ("Passwords:\nGmail {}\nNetflix {}\n\nMilk 2litres", ["BlueOtter77", "Hunter22!"]),
        ("Passwords: Gmail {}\nNetflix {}\nSpotify: {}", ["BlueOtter77", "hunter22", "otter"]),
        ("Passwords: Gmail: {}; Netflix: {}", ["sunflower", "otter"]),
        ("My passwords:\n* Gmail - {}\n* Netflix → {}", ["BlueOtter77", "sunflower"]),
        ("**Passwords**\n1. Gmail = {}\n2. Netflix: {}", ["BlueOtter77", "Maple Tree 42"]),
        ("## Logins and passwords\n- Gmail: anna@mail.com / {}", ["BlueOtter77"]),
        ("## Logins\n- Gmail: anna / {}", ["BlueOtter77!"]),
        ("Password list:\n- Gmail: anna@mail.com, {}", ["BlueOtter77"]),
        ("# Passwords\nDo not show these to anybody else.\n- Gmail: {}", ["BlueOtter77"]),
        ("# Passwords\n- Gmail: {}, changed in May", ["BlueOtter77"]),
        ("# Passwords\n- Gmail: {} (old)", ["BlueOtter77"]),
        ("# Passwords\n- [ ] Gmail: {}\n- ask Tom for the others", ["BlueOtter77"]),
        ("Passwords\nGmail\n{}\nNetflix\n{}", ["BlueOtter77", "Hunter22!"]),
        ("Passwords & PINs\n- Gmail: {}\n- Visa: {}", ["BlueOtter77", "4711"]),
        ("My passwords (private)\nGmail {}\nNetflix {}", ["BlueOtter77", "sunflower"]),
        ("# PINs\n- Visa: {}\n- SIM {}", ["4711", "0815"]),
        ("| Site | User | Password |\n|---|---|---|\n| Gmail | anna77 | {} |\n| Bank | anna | {} |",
         ["BlueOtter77", "sunflower"]),
        ("| Password | Site |\n|---|---|\n| {} | Gmail |\n| {} | Bank |",
         ["BlueOtter77", "sunflower"]),
        ("| Site | **Password** | Of |\n|:--|:-:|--:|\n| Gmail | `{}` | 2024 |", ["BlueOtter77"]),
        ("Site | Password\n--- | ---\nGmail | {}", ["sunflower"]),
        ("| site | PIN |\n|---|---|\n| Visa | {} |", ["4711"]),
        ("| password | {} |", ["sunflower"]),
        ("site,user,password\ngmail,anna77,{}\nbank,anna,{}", ["BlueOtter77", "sunflower"]),
        ("Site;Login;Passwort\nGmail;anna77;{}", ["BlueOtter77"]),
        ("Site\tUser\tPassword\nGmail\tanna77\t{}", ["BlueOtter77"]),
    ],
)  # fmt: skip
def test_found(text: str, secrets: list[str]) -> None:
    whole = text.format(*secrets)
    once = text.format(*["[secret]"] * len(secrets))
    assert [whole[s.start : s.end] for s in find_secrets(whole)] == secrets
    assert redact(whole) == once
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "# Passwords\n\n- Gmail: ask Anna\n- Netflix: see the red notebook",
        "# Passwords\n\nKept in the safe. Tom has the key.\n\n- Change them every spring",
        "# Passwords\n- Gmail: same as the bank",
        "# Passwords\n- User: anna77\n- Changed: 2026-01-05\n- Site: https://example.org/a1b2c3",
        "# Passwords\n- Wifi: amber-fox-17\n- Guest network: amber-fox-17",
        "# Passwords\n- Gate: 4711\n- Bike lock: 4711",
        "# Passwords\n\n# Shopping\n- Flour: 500g\n- Milk: fresh",
        "Passwords\n- Gmail: ask Anna\n\nShopping\n- Flour: wholemeal\n- Eggs x12large",
        "Passwords: ask Anna\nMilk: fresh\nTyres R16winter",
        "Passwords: kept by Tom\nMilk: fresh",
        "Logins\n- Monday: Anna\n- Tuesday: Tom",
        "Passwords should be long\n- Flour: wholemeal",
        "What I think of passwords:\nthey are a nuisance to us all, and to Tom most of all.",
        "| Site | Password |\n|---|---|\n| Gmail | ask Anna |\n| Bank | |\n| Mail | — |",
        "| Network | Password |\n|---|---|\n| Guest wifi | amber-fox-17 |",
        "| Door | PIN |\n|---|---|\n| Garage | 4711 |",
        "| Dish | Price |\n|---|---|\n| Soup | sunflower |",
        "| password | the one on the fridge |\n| note | sunflower |",
        "day,who,pass\nmon,tom,bus",
    ],
)
def test_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_later_part_of_a_section_is_known_by_its_heading() -> None:
    text = "- Gmail: BlueOtter77\n- Netflix: sunflower"
    assert redact(text) == text
    for heading in ("Passwords", "Household > Passwords"):
        assert redact(text, heading) == "- Gmail: [secret]\n- Netflix: [secret]"
    assert redact(text, "Passwords > Garden") == text
    assert redact(f"Passwords\n{text}", "Passwords") == redact(f"Passwords\n{text}")


TITLES = ("# Passwords\n", "Passwords:\n", "My passwords\n\n", "**Logins and passwords:**\n")
LINES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["- ", "* ", "1. ", ""]),
    st.sampled_from(["Gmail", "Bank", "Tax portal"]),
    st.sampled_from([": ", " - ", " → ", " = "]),
    st.sampled_from(["", "anna@mail.com / "]),
    st.from_regex(r"[A-Z][a-z]{3,7}[0-9]{2}!?", fullmatch=True),
)


@given(st.sampled_from(TITLES), st.lists(LINES, min_size=1, max_size=4))
def test_any_list(title: str, lines: list[str]) -> None:
    once = redact(title + "\n".join(lines))
    kept = [line[: -len(line.split()[-1])] + "[secret]" for line in lines]
    assert once == title + "\n".join(kept)
    assert redact(once) == once


@given(st.lists(st.sampled_from([
    "# Passwords", "Passwords:", "Passwords", "- Gmail: hunter22", "Gmail hunter22", "",
    "| Site | Password |", "|---|---|", "| Gmail | otter |", "site,password", "gmail,otter77",
    "PINs:", "| a | b |", "- Visa 4711", "[secret]", "- Gmail: [secret]", "Seed phrase:",
    "otter river maple stone", "Backup codes:", "12345678", "1. otter", "PIN 4711", "password",
    "pass [secret]", "is",
]), max_size=8), st.sampled_from(["\n", " ", ", "]))  # fmt: skip
def test_nothing_is_left_for_a_second_time(pieces: list[str], gap: str) -> None:
    once = redact(gap.join(pieces))
    assert redact(once) == once
