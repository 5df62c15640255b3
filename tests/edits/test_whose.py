"""Whose a password or PIN is: that of the wifi or the gate is for all, also beside another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.secrets import redact


@pytest.mark.parametrize(
    "text",
    [
        "Wifi password is amber-fox-17, Netflix password is {}",
        "Wifi: amber-fox-17; Netflix password: {}",
        "- Wifi password: amber-fox-17, bank password: {}",
        "Wifi amber-fox-17 | Gmail password {}",
        "Guests arrive on Friday and my bank password is {}",
        "We have guests tonight, Disney password: {}",
        "The guests leave on Monday; password for Gmail: {}",
        "Guests love my Netflix password {}",
        "Guest room laptop, password: {}",
        "Office network login: anna / {}",
        "Work network: user anna, password {}",
        "NAS on the home network, password: {}",
        "Laptop on the home network, password: {}",
        "Home network laptop password: {}",
        "Router admin password: {}",
        "Router: admin, password {}",
        "Router login: admin / {}",
        "Wifi is down, so my mail password {} does not work",
    ],
)
@pytest.mark.parametrize("secret", ["Ottokar77!", "hunter22"])
def test_not_for_guests(text: str, secret: str) -> None:
    once = redact(text.format(secret))
    assert once == text.format("[secret]")
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "The wifi is called Heron and the password is amber-fox-17.",
        "Our network is Heron, its password amber-fox-17",
        "Wifi Heron password amber-fox-17",
        "Wi-Fi: FritzBox 7590, password sunshine123",
        "Guest wifi Heron, password: amber-fox-17",
        "Guests connect to Heron with the password amber-fox-17",
        "Guests use the network Heron, password amber-fox-17",
        "Network: Heron; password: amber-fox-17",
        "SSID Heron / wifi password amber-fox-17",
        "Connect to Heron (guest wifi), password amber-fox-17",
        "The router is in the hall and the wifi password is amber-fox-17",
        "Email guests the wifi password amber-fox-17",
        "The wifi password of the flat is amber-fox-17, network Heron.",
        "- **Wifi password:** amber-fox-17",
        "amber-fox-17 is the wifi password",
        'The password for the pub quiz was "sunshine"',
        "Kids' tree house password: abracadabra",
    ],
)
def test_for_guests(text: str) -> None:
    assert redact(text) == text


NAMES = st.sampled_from(["Netflix", "Gmail", "bank", "Tax portal", "Anna's laptop", "Disney"])
JOINS = st.sampled_from([", ", "; ", " and ", ", and ", " | ", " / "])
LINKS = st.sampled_from([" password is ", " password: ", " password "])
WIFI = st.sampled_from(["Wifi password: amber-fox-17", "The guest wifi is Heron", "Guests come"])


@given(WIFI, JOINS, NAMES, LINKS, st.from_regex(r"[A-Z][a-z]{4,7}[0-9]{2}!", fullmatch=True))
def test_any_password_beside_the_wifi(a: str, by: str, name: str, link: str, secret: str) -> None:
    assert redact(a + by + name + link + secret) == a + by + name + link + "[secret]"


@pytest.mark.parametrize(
    "text",
    [
        "Nationwide Building Society PIN is {}",
        "Building society PIN: {}",
        "PIN for the building society is {}",
        "Entry PIN of the app {}",
        "The gate code is 4711, my PIN is {}",
        "Gate 4711 and Visa PIN {}",
        "Front door 4711, bank card PIN {}",
        "The alarm PIN is 4711 and my Visa PIN is {}",
    ],
)
def test_not_for_the_household(text: str) -> None:
    assert redact(text.format("9023")) == text.format("[secret]")


@pytest.mark.parametrize(
    "text",
    [
        "Alarm: panel in the hall, PIN 4711",
        "The alarm has a new PIN: 4711",
        "Garage: keypad on the left, PIN 4711",
        "PIN 4711 for the gate",
        "PIN: 4711 (gate)",
        "The gate, with PIN 4711, opens at 8",
        "Front door PIN 4711 and garage PIN 4712",
        "PINs for doors: gate 4711, cellar 4712",
        "Door PINs are 4711 and 4712",
        "2580 is the PIN of the gate",
        "The building's PIN is 4711",
        "Parcel pick-up PIN 4821",
        "Pickup PIN for DHL: 4821",
    ],
)
def test_for_the_household(text: str) -> None:
    assert redact(text) == text
