"""What a protocol must stay within here: the version it was made from, wherever that can be found."""

from __future__ import annotations

from euthymia.care.decision import Allowed, CannotTell, Decision, Reason, Refused
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_compare import looser_than, within_parent
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.errors import ProtocolError


class LooserThanParent(ProtocolError):
    """A protocol that loosens what it was made from; `reasons` says each place."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__("looser_than_parent", reasons[0].fact, reasons[0].says)
        self.reasons = reasons


def parent_here(actor: Actor, protocol: Protocol) -> Protocol | None:
    """The protocol this one names as its parent, from the clinic or as shipped; None when it is not at hand."""
    named = protocol.parent
    if named is None:
        return None
    row = visible_to(actor, ProtocolVersion).filter(protocol_id=named.id, version=named.version).first()
    if row is not None:
        return protocol_of(row)
    shipped = load_protocol(named.id) if named.id in shipped_protocols() else None
    return shipped if shipped is not None and shipped.version == named.version else None


def within_limits(actor: Actor, protocol: Protocol) -> Decision:
    """Whether a protocol keeps the limits it was made under: those of its parent, or of the first version here."""
    if protocol.parent is not None:
        return within_parent(protocol, parent_here(actor, protocol))
    first = visible_to(actor, ProtocolVersion).filter(protocol_id=protocol.id).order_by("created_at", "pk").first()
    if first is None or first.version == protocol.version:
        return Allowed()
    return looser_than(protocol_of(first), protocol)


def refuse_looser(actor: Actor, protocol: Protocol, *, parent_needed: bool = False) -> None:
    """Refuses (LooserThanParent) a protocol that loosens a limit; a parent that is not here only where it is needed."""
    match within_limits(actor, protocol):
        case Refused(reasons):
            raise LooserThanParent(reasons)
        case CannotTell(missing) if parent_needed:
            raise ProtocolError("parent_not_here", "parent", missing[0].says)
