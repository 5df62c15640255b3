"""Files, notes and pages to text to passages. Nothing here knows models: tokens are counted
by a function that is handed in."""

from sealmate.sources.document import MAX_BYTES, Document
from sealmate.sources.ingest import Ingested, add_note, content_hash, ingest
from sealmate.sources.read import SUFFIXES, read_file
from sealmate.sources.split import PassageDraft, split
from sealmate.sources.walk import Failure, walk

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "Document",
    "Failure",
    "Ingested",
    "PassageDraft",
    "add_note",
    "content_hash",
    "ingest",
    "read_file",
    "split",
    "walk",
]
