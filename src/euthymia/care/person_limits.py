"""Limits for one person beside those of the protocol: whichever is stricter speaks, and none is ever put aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from euthymia.care.decision import Level
from euthymia.care.protocol import Limit, Protocol
from euthymia.errors import BadInput


def tightest(protocol: Protocol, limits: Iterable[Limit]) -> Protocol:
    """The protocol with this person's own limits added, to be asked in its place.

    A looser limit has no effect, because the protocol's own still stands; an open one makes every answer
    *cannot tell*.   Refuses (BadInput) a name the protocol or another limit has, and a limit that would only inform.
    """
    names = {limit.name for limit in protocol.limits}
    added = []
    for limit in limits:
        if limit.name in names:
            message = f"'{limit.name}' is the name of a limit that stands already. Choose another name."
            raise BadInput("name_taken", f"limits.{limit.name}", message)
        if limit.level is Level.FLAG:
            raise BadInput("not_a_limit", f"limits.{limit.name}", "A limit is a stop or a hold.")
        names.add(limit.name)
        added.append(limit)
    return replace(protocol, limits=(*protocol.limits, *added))
