"""Limits for one person beside those of the protocol: whichever is stricter speaks, and none is ever put aside."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from euthymia.care.decision import Level
from euthymia.care.protocol import Bound, Cited, Limit, Measure, Protocol, Provenance, Stage
from euthymia.errors import BadInput

# What a person's own limit may be about, with its unit and the side it bounds.
OWN_MEASURES = {
    Measure.DOSE_MG: ("mg", Bound.AT_MOST),
    Measure.DOSE_MG_PER_KG: ("mg/kg", Bound.AT_MOST),
    Measure.INTERVAL_H: ("h", Bound.AT_LEAST),
    Measure.DOSES_IN_7_DAYS: ("doses", Bound.AT_MOST),
    Measure.MG_IN_7_DAYS: ("mg", Bound.AT_MOST),
}


def own_limit(name: str, measure: Measure, value: float, level: Level, *, set_by: str) -> Limit:
    """A limit for one person, by whoever answers for it; refuses (BadInput) what cannot bound an order."""
    if measure not in OWN_MEASURES:
        raise BadInput("not_a_measure", "measure", f"'{measure.value}' is no limit on an order.")
    if not math.isfinite(value) or value <= 0:
        raise BadInput("not_positive", "value", "A limit is a number above zero.")
    if level is Level.FLAG:
        raise BadInput("not_a_limit", "level", "A limit is a stop or a hold.")
    if not set_by.strip():
        raise BadInput("unnamed", "set_by", "Say who sets this limit.")
    unit, bound = OWN_MEASURES[measure]
    number = Cited(value, unit, (), Provenance.CLINIC, filled_by=set_by)
    return Limit(name, measure, Stage.ORDER, level, bound, number)


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
