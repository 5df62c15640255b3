"""Every error a user can meet: one line of message, an exit code and a hint how to mend it."""

from __future__ import annotations


class SealmateError(Exception):
    """Base of all expected failures.

    `message` says what and where in one line, `hint` what to do next, `exit_code` is the
    process's status. Anything else that escapes is a bug.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SealmateError):
    """The command's words do not fit together."""

    exit_code = 2


class SettingsError(SealmateError):
    """config.toml, an environment variable or a flag holds a value that cannot be used."""

    exit_code = 2


class HomeError(SealmateError):
    """The home folder cannot be read or written (read-only, full disk)."""

    exit_code = 3


class StoreError(SealmateError):
    """The database cannot be opened, upgraded or written."""

    exit_code = 4


class SourceError(SealmateError):
    """A note or document cannot be read."""

    exit_code = 5


class NotFoundError(SealmateError):
    """A named source, edit, version or conversation does not exist."""

    exit_code = 6


class NumberError(NotFoundError, StoreError):
    """A number is larger than the id of anything the database can hold."""


class ModelError(SealmateError):
    """A model is absent, does not fit, is corrupt or has no chat template."""

    exit_code = 7


class VersionError(SealmateError):
    """An adapter version is corrupt, foreign or purged."""

    exit_code = 8


class BusyError(SealmateError):
    """Another process holds the night's lock or the GPU."""

    exit_code = 9


class TrainingError(SealmateError):
    """Training stopped without a usable adapter."""

    exit_code = 10


class ScheduleError(SealmateError):
    """The operating system's scheduler refused."""

    exit_code = 11


class Cancelled(SealmateError):  # noqa: N818
    """The user or the budget stopped the work; what was done is kept."""

    exit_code = 130
