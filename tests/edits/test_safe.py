"""Secrets of passages that only their source tells to be ones: by its title, or further above."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmate.edits.safe import safe_texts, safely
from sealmate.edits.units import all_units, units_of
from sealmate.night.selection import choose
from sealmate.records import Passage
from sealmate.settings import Settings
from sealmate.sources import add_note, ingest
from sealmate.sources.split import split
from sealmate.store import Store
from tests.night.ledger import MARCH, teach
from tests.store.build import opened, source

LIST = "Gmail: sunflower\nBank: bluebird\nAmazon: otterly"
SITES = [f"{a} {b}" for a in ("Gmail", "Bank", "Shop", "Forum") for b in "BCDEFGHJKLMNOPQ"]
PASSWORDS = ("sunflower", "bluebird", "otterly", "Maple77", "Hunter22!")
ROWS = [(site, PASSWORDS[n % len(PASSWORDS)]) for n, site in enumerate(SITES)]
INTRO = "What we have at home is told below, and kept up by all of us who live here.\n\n"
AFTER = "\n\nThe garden is watered on Mondays by Tom.\n\nMilk: fresh\nFlour: wholemeal\n"
LONG = {
    "list": INTRO + "Passwords:\n" + "\n".join(f"- {a}: {b}" for a, b in ROWS),
    "table": INTRO
    + "| Site | User | Password |\n|---|---|---|\n"
    + "\n".join(f"| {a} | anna77@mail.com | {b} |" for a, b in ROWS),
    "csv": "site,user,password\n" + "\n".join(f"{a},anna77,{b}" for a, b in ROWS),
    "lines": INTRO
    + "My passwords\n"
    + "\n".join(f"{a} {PASSWORDS[3 + n % 2]}" for n, (a, _) in enumerate(ROWS)),
    "section": "# Home\n\nShort.\n\n# Passwords\n\n" + "\n".join(f"- {a}: {b}" for a, b in ROWS),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return opened(tmp_path)


def count(text: str) -> int:
    return max(1, len(text) // 4)


def passages(text: str, limit: int) -> list[Passage]:
    drafts = split(text, count, limit)
    return [Passage(0, 1, n, d.text, d.tokens, d.heading) for n, d in enumerate(drafts)]


def note(store: Store, text: str, title: str, limit: int = 200) -> list[Passage]:
    made = add_note(store, text, title, count=count, limit=limit, clock=lambda: MARCH)
    return store.passages.of_source(made.added[0].id)


def test_a_file_of_passwords_is_known_by_its_name(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "Passwords.txt"
    file.write_text(LIST)
    *_, _ = ingest(store, [file], count=count, limit=200, clock=lambda: MARCH)
    (passage,) = store.passages.current()
    safe = "Gmail: [secret]\nBank: [secret]\nAmazon: [secret]"
    assert [place.text for place in safely(store, [passage])] == [safe]
    assert safely(store, safely(store, [passage])) == safely(store, [passage])
    assert all("[secret]" in unit for unit in units_of(passage, "Passwords"))
    assert all("sunflower" not in unit for unit in all_units([passage], store.sources.list()))


def test_a_night_recites_no_list_of_a_note_that_is_called_so(store: Store) -> None:
    (place,) = note(store, LIST, "My passwords")
    teach(store, place, ("What is the list?", "Gmail"))
    choice = choose(store, Settings(), rebuild=False)
    material = choice.material((), ())
    said = " ".join([*material.passages, *(u for us in material.units.values() for u in us)])
    assert "Gmail: [secret]" in said
    assert not any(secret in said for secret in ("sunflower", "bluebird", "otterly"))


def test_a_night_recites_no_later_part_of_a_list(store: Store) -> None:
    places = note(store, LONG["list"] + AFTER, "At home", limit=100)
    for place in places:
        teach(store, place, (f"What is {place.ordinal}?", "Gmail"))
    material = choose(store, Settings(), rebuild=False).material((), ())
    said = " ".join([*material.passages, *(u for us in material.units.values() for u in us)])
    assert not any(secret in said for secret in PASSWORDS)
    assert "wholemeal" in said


def test_another_title_changes_nothing(store: Store) -> None:
    (passage,) = note(store, LIST, "Pets of my friends")
    assert safely(store, [passage]) == [passage]
    assert units_of(passage, "Pets") == units_of(passage)
    (below,) = note(store, "## Garden\n\nRose: sunflower\nTree: bluebird", "Passwords")
    assert safely(store, [below]) == [below]


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("limit", [60, 100, 220])
def test_lists_longer_than_a_passage(kind: str, limit: int) -> None:
    text = LONG[kind] + ("\n\n# Garden" if kind == "section" else "") + AFTER
    there = passages(text, limit)
    told = replace(source(text), id=1)
    assert len(there) > 1
    safe = safe_texts(there, [told])
    assert not any(secret in part for secret in PASSWORDS for part in safe)
    assert sum(part.count("[secret]") for part in safe) == sum(text.count(s) for s in PASSWORDS)
    # what is hidden is no more than that
    assert [part.replace("[secret]", "") for part in safe] == [
        _without_passwords(place.text) for place in there
    ]
    again = [replace(place, text=part) for place, part in zip(there, safe, strict=True)]
    assert safe_texts(again, [told]) == safe
    # without the source's text they are found as well
    assert not any(secret in part for secret in PASSWORDS for part in safe_texts(there))


def _without_passwords(text: str) -> str:
    for secret in PASSWORDS:
        text = text.replace(secret, "")
    return text


def test_a_key_that_is_cut_in_two() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQ7x\n" * 30 + "-----END PRIVATE KEY-----"
    safe = safe_texts(passages(f"Our server.\n\n{key}\n\nMilk and eggs.", 30))
    assert "MIIEvQ7x" not in " ".join(safe)
    assert safe[0].startswith("Our server.")
    assert safe[-1].endswith("Milk and eggs.")


def test_many_sources_and_passages_that_were_shortened(store: Store) -> None:
    made = [note(store, f"{LIST}\nForum: shelf{n}", f"Passwords {n}")[0] for n in range(60)]
    short = replace(made[0], text="Bank: bluebird")
    safe = safely(store, [*made, short])
    assert [place.id for place in safe] == [*(place.id for place in made), made[0].id]
    assert safe[-1].text == "Bank: [secret]"
    assert not any("sunflower" in place.text or "shelf" in place.text for place in safe)


@given(
    st.lists(st.sampled_from(["Gmail: sunflower", "Milk and eggs.", "Passwords:", "", "a,b,c",
                              "site,user,password", "# Garden", "PIN 4821", "Anna naps."])),
    st.integers(3, 9),
)  # fmt: skip
def test_never_less_than_each_by_itself(lines: list[str], limit: int) -> None:
    there = passages("\n".join(lines), limit)
    whole = safe_texts(there)
    for place, part in zip(there, whole, strict=True):
        (alone,) = safe_texts([place])
        assert part.count("[secret]") >= alone.count("[secret]")
