"""The keys of the terminal UI that a person may change, by name."""

from __future__ import annotations

from collections.abc import Mapping

from sealmate.errors import SettingsError

# What may stand under [keys]. The terminal UI has the bindings; a test holds the two together.
KEYS = (
    "back", "cancel", "chat", "closed-book", "forget", "new-chat", "quit", "report", "rollback",
    "sources", "undo", "versions",
)  # fmt: skip


class KeysError(SettingsError):
    """Its hint does not say yet where to mend it."""


def check_keys(keys: Mapping[str, str]) -> dict[str, str]:
    """A keymap, names to keys (several separated by commas). Raises KeysError."""
    for name, value in keys.items():
        setting = f"the setting keys.{name}"
        if name not in KEYS:
            hint = f"these can be changed: {', '.join(KEYS)}"
            raise KeysError(f"{setting} names no key of the terminal UI", hint)
        if not value.strip():
            raise KeysError(f"{setting} is empty", 'write a key like "ctrl+x" or "f6"')
    return dict(keys)
