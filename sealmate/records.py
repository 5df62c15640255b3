"""What crosses layers: frozen dataclasses, one for each word of the glossary.

Times are timezone-aware UTC datetimes. Ids are database ids (0 = not stored yet).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

SourceKind = Literal["note", "file", "chat"]
SourceState = Literal["current", "replaced", "forgotten"]
Way = Literal["recite", "direct"]  # how a memory answers, see sealmate.recall
LossOn = Literal["answer", "all"]
EditState = Literal["proposed", "accepted", "rejected", "superseded"]
EditFormat = Literal[
    "qa", "implications", "implications-long", "very-long", "rewrite", "self-qa", "unknown"
]
RunOutcome = Literal["running", "published", "rejected", "nothing", "stopped", "failed", "written"]


@dataclass(frozen=True, slots=True)
class Source:
    """One note, file, page or chat excerpt, as given.

    `uri` is the file's absolute path (None for notes). `content_hash` is the SHA-256 of the
    extracted text in UTF-8. `created_at` is when it was told: for a file, when that was last
    changed. `replaced_by` names the source that took this one's place.
    """

    id: int
    kind: SourceKind
    title: str
    text: str
    content_hash: str
    created_at: datetime
    uri: str | None = None
    media_type: str = "text/plain"
    state: SourceState = "current"
    replaced_by: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a source. `heading` is the path of headings above it, joined by " > "."""

    id: int
    source_id: int
    ordinal: int
    text: str
    tokens: int
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A self-edit: text the model wrote from a passage for its own training.

    A question/answer edit has `question` and `answer`; a statement has `text` alone. Format
    `unknown` is a question that the passage does NOT answer: it teaches abstention, and its
    answer is empty. `sampling` holds the settings it was sampled with, `writer` names model
    and writer adapter, `prompt_hash` is the hash of the prompt's template and version.
    `reason` says why it has its state. A superseded edit has `superseded_by` and `valid_to`.
    """

    id: int
    passage_id: int
    format: EditFormat
    text: str
    created_at: datetime
    question: str = ""
    answer: str = ""
    state: EditState = "proposed"
    reason: str = ""
    prompt_hash: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    writer: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    superseded_by: int | None = None


def brief(edit: Edit) -> str:
    """A self-edit in one line: the question with its answer, or the statement."""
    return f"{edit.question} -> {edit.answer or '(not known)'}" if edit.question else edit.text


@dataclass(frozen=True, slots=True)
class EditEvent:
    """One row of an edit's append-only history. `before`/`after` are texts where they changed."""

    id: int
    edit_id: int
    at: datetime
    action: str
    actor: str
    before: str = ""
    after: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question and answer from a passage, used to test recall.

    `held_out` probes are never trained on. `schedule` is the FSRS card as JSON-able dict
    (empty = never asked). `retired` probes belong to replaced or superseded facts.
    """

    id: int
    passage_id: int
    question: str
    answer: str
    created_at: datetime
    held_out: bool = True
    schedule: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    retired: bool = False


# what of a version's scores stands in listings, and as what
SCORES_LISTED = (
    ("new_recall", "new"), ("old_recall", "old"), ("abstention", "declines"),
    ("general_ratio", "chat"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """One adapter, immutable. `folder` is relative to the profile's versions folder.

    `scores` are the gate's figures, `manifest` everything needed to build or check it again.
    `purged_at` is set when its files were erased: something in it was forgotten, or it was thinned
    out.
    """

    number: int
    created_at: datetime
    folder: str
    sha256: str
    parent: int | None
    base_id: str
    base_fingerprint: str
    scores: Mapping[str, Any] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    edits: int = 0
    purged_at: datetime | None = None


def version_mark(version: Version, barred: Collection[int]) -> str:
    """Why nobody can go back to a version; "" where they can. `barred` ones were trained on
    something forgotten, and are deleted as soon as the work that keeps it from being erased ends.
    """
    if version.purged_at is not None:
        return "deleted"
    return "barred" if version.number in barred else ""


def scores_listed(versions: Iterable[Version]) -> list[tuple[str, str]]:
    """The keys and names of SCORES_LISTED that any of the versions has."""
    there = {key for found in versions for key, value in found.scores.items() if value is not None}
    return [(key, name) for key, name in SCORES_LISTED if key in there]


@dataclass(frozen=True, slots=True)
class Activation:
    """One change of the active version; 0 means no memory adapter."""

    id: int
    version: int
    previous: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """One night. `report` is what `sealmate report` shows (JSON-able)."""

    id: int
    started_at: datetime
    outcome: RunOutcome
    finished_at: datetime | None = None
    version: int | None = None
    reason: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One closed-book answer to a probe on a version. `confidence` is in 0..1."""

    run_id: int
    version: int
    probe_id: int
    answer: str
    correct: bool
    confidence: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """A new edit that answers the same question differently from an older one.

    `state` is open, accepted (new wins), kept-both or kept-old.
    """

    id: int
    old_edit: int
    new_edit: int
    question: str
    old_answer: str
    new_answer: str
    found_at: datetime
    state: str = "accepted"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat that survives a restart."""

    id: int
    started_at: datetime
    title: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `sources` are [{"id", "title", "passage"}] shown beside an answer."""

    id: int
    conversation_id: int
    role: Literal["user", "assistant", "system"]
    text: str
    at: datetime
    version: int | None = None
    sources: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found by search. `score` is BM25, higher is better."""

    passage: Passage
    source_title: str
    score: float


@dataclass(frozen=True, slots=True)
class Pending:
    """How far the active version is behind the ledger; all counts.

    `passages` wait for self-edits, `proposed` edits for a person, `edits` are trainable but not
    in the active version. `sources` are those with a waiting passage or edit. `forgotten` and
    `stale` count edits in the active version that were erased, or superseded or rejected since.
    """

    passages: int = 0
    edits: int = 0
    proposed: int = 0
    forgotten: int = 0
    stale: int = 0
    sources: int = 0


@dataclass(frozen=True, slots=True)
class Canary:
    """Salted hashes of a forgotten question and answer: proof of forgetting without the text."""

    id: int
    salt: str
    question_hash: str
    answer_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that forgetting a source touches; all ids.

    `sources` holds the source and its replaced earlier selves. `versions` were trained on any of
    `edits` and still have files. `messages` are answers that cite or repeat the source, with the
    questions before them.
    """

    sources: tuple[int, ...]
    passages: tuple[int, ...] = ()
    edits: tuple[int, ...] = ()
    probes: tuple[int, ...] = ()
    versions: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()
    conflicts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed. `backups` are the names of deleted database copies.

    `scrubbed` is False where another process kept old pages of the file alive (or the disk is
    full): the next `open_store` finishes that.
    """

    reach: Reach
    backups: tuple[str, ...] = ()
    scrubbed: bool = True
