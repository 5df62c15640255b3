"""A fresh ledger, and a profile around one."""

from tests.store.conftest import empty_ledger, home, store
from tests.versions.conftest import lab

__all__ = ["empty_ledger", "home", "lab", "store"]
