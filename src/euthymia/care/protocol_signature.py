"""A name under a protocol, and whether a session may rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from euthymia.care.decision import Decision, Level, Missing, Reason, decide
from euthymia.care.protocol import Protocol, holes
from euthymia.care.protocol_course import Use
from euthymia.care.protocol_document import content_hash
from euthymia.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Signature:
    """A name under a content: whoever signs vouches for exactly this hash."""

    name: str
    meaning: str
    at: datetime
    content_hash: str


def sign(
    protocol: Protocol,
    name: str,
    meaning: str,
    at: datetime,
    *,
    now: datetime | None = None,
    made_at: datetime | None = None,
) -> Signature:
    """The signature of a named person under this content; refuses a protocol that still has holes, a time that is
    still to come, and one before the content was made (`now` and `made_at`, where they are known)."""
    still = holes(protocol)
    if still:
        names = ", ".join(hole.name for hole in still)
        raise ProtocolError("holes", still[0].name, f"Fill before signing: {names}.")
    if not name.strip() or not meaning.strip():
        raise ProtocolError("unnamed", "name", "A signature needs a name and what it means.")
    if at.tzinfo is None:
        raise ProtocolError("naive_time", "at", "A signature's time needs a time zone.")
    if now is not None and at > now:
        raise ProtocolError("in_the_future", "at", "A signature is not given in the future; look at the clock.")
    if made_at is not None and at < made_at:
        raise ProtocolError("before_content", "at", "This content did not exist yet at that time; look at the clock.")
    return Signature(name.strip(), meaning.strip(), at, content_hash(protocol))


def ready(protocol: Protocol, signature: Signature | None) -> Decision:
    """Whether a session may rest on this protocol: no hole, meant for care rather than research alone, and a
    signature under exactly this content."""
    missing = [Missing(hole.name, "protocol_complete", f"{hole.why} Unit: {hole.unit}.") for hole in holes(protocol)]
    reasons = []
    if protocol.use is Use.RESEARCH_ONLY:
        says = "This protocol is for research only: no session can start on it."
        reasons.append(Reason("research_only", Level.STOP, "protocol.use", protocol.use.value, says=says))
    if signature is None:
        says = "The medical lead has not signed this version."
        missing.append(Missing("protocol.signature", "protocol_signed", says))
    elif signature.content_hash != content_hash(protocol):
        says = "What was signed is not what this protocol says now; it needs a new signature."
        seen = signature.content_hash[:12]
        reasons.append(Reason("protocol_signed", Level.STOP, "protocol.signature", seen, says=says))
    return decide(reasons, missing)
