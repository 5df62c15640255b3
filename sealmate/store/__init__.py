"""SQLite and nothing else: the ledger of sources, edits, probes and versions.

Frozen records go in and come out; rows never leave. Nothing here knows models or torch.
"""

from sealmate.store.store import Store, open_store

__all__ = ["Store", "open_store"]
