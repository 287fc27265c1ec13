"""The seal of the access log: each entry's hash covers its content and the hash before it. No database, no clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Sealed:
    """The content of one entry that its hash covers, in the order it is written."""

    sequence: int
    at: str
    clinic_id: int | None
    actor_id: int | None
    actor_name: str
    role: str
    action: str
    subject: str
    subject_id: str
    patient_id: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the chain ended at some moment, kept outside the database: without it a cut tail goes unseen."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the chain."""

    sequence: int
    problem: str


def seal(entry: Sealed, previous_hash: str) -> str:
    """The entry's hash: SHA-256 over the previous hash and the entry's canonical JSON."""
    content = json.dumps(asdict(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_hash}\n{content}".encode()).hexdigest()


def verify(entries: Iterable[tuple[Sealed, str, str]], anchors: Iterable[Anchor] = ()) -> list[Finding]:
    """Everything wrong with (entry, previous hash, hash) rows in order of sequence; empty when the chain holds.

    Editing, deleting in the middle and reordering break the chain itself. A cut tail, and a chain sealed anew from some
    point on, only show against anchors kept elsewhere.
    """
    findings: list[Finding] = []
    hashes: dict[int, str] = {}
    expected_sequence, expected_hash = 1, GENESIS
    for entry, previous_hash, entry_hash in entries:
        if entry.sequence != expected_sequence:
            findings.append(Finding(entry.sequence, f"entry {expected_sequence} is missing"))
        if previous_hash != expected_hash:
            findings.append(Finding(entry.sequence, "does not follow from the entry before it"))
        if seal(entry, previous_hash) != entry_hash:
            findings.append(Finding(entry.sequence, "was changed after it was written"))
        hashes[entry.sequence] = entry_hash
        expected_sequence, expected_hash = entry.sequence + 1, entry_hash
    for anchor in anchors:
        if anchor.sequence and anchor.sequence not in hashes:
            findings.append(Finding(anchor.sequence, "was anchored and is gone: the end of the log was cut off"))
        elif anchor.sequence and hashes[anchor.sequence] != anchor.hash:
            findings.append(Finding(anchor.sequence, "differs from its anchor: the log was written anew"))
    return findings
