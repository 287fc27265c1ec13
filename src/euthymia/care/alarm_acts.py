"""What may be done about an alarm: the question the button and the command both ask."""

from __future__ import annotations

from typing import assert_never

from euthymia.care.alarms import ActKind, Alarm, Tier
from euthymia.care.decision import Decision, Level, Missing, Reason, decide


def may_act(kind: ActKind, alarm: Alarm | None, *, reason: str = "", to: str = "") -> Decision:
    """Whether this can be done about an alarm; None is an alarm that is over, or never was."""
    if alarm is None:
        says = "This alarm is over. Look at the page again."
        return decide([Reason("alarm_over", Level.STOP, "alarm", says=says)])
    reasons: list[Reason] = []
    missing: list[Missing] = []
    match kind:
        case ActKind.ACKNOWLEDGED | ActKind.SILENCED | ActKind.UNSILENCED | ActKind.OWNER_TAKEN:
            pass
        case ActKind.ESCALATED:
            if not to.strip():
                missing.append(Missing("alarm.to", "alarm_escalation", "Say who was called."))
        case ActKind.RESOLVED:
            reasons += _not_yet(alarm)
            if alarm.tier is Tier.HIGH and not reason.strip():
                missing.append(Missing("alarm.reason", "alarm_closing", "Say what was found and done."))
        case _ as never:
            assert_never(never)
    return decide(reasons, missing)


def _not_yet(alarm: Alarm) -> list[Reason]:
    found = []
    if alarm.on:
        says = "What it warns of is still so. It can be closed once that has ended."
        found.append(Reason("alarm_still_on", Level.STOP, "alarm.ended_at", says=says))
    if alarm.flashes:
        says = "Acknowledge it first: nobody has said that they saw it."
        found.append(Reason("alarm_not_seen", Level.STOP, "alarm.acknowledged_at", says=says))
    return found
