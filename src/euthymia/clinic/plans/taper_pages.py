"""A taper in words: where the person is, the step that is proposed, and what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from euthymia.care.decision import Reason, missing_of, reasons_of
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.followup.outlook import BEYOND, held_words
from euthymia.clinic.followup.words import chance_words, many
from euthymia.clinic.plans.models import Plan, TaperStep
from euthymia.clinic.plans.plan_pages import cited, written_out
from euthymia.clinic.plans.protocol_pages import moment
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.plans.tapers import Taper, taper_today


@dataclass(frozen=True, slots=True)
class TaperPage:
    """The taper part of the plan page.

    runs: one is under way.   where: where the person is.   stops, accepted: what holds it, and what would and was
    accepted by name.   now_days: its interval now.   proposed_days: to fill the form with; None: a hole.
    proposal: what the protocol names next, or that it names nothing.   waiting: what the forecast says of it.
    """

    runs: bool
    where: str
    stops: tuple[Reason, ...]
    accepted: tuple[Reason, ...]
    now_days: int | None
    proposed_days: int | None
    proposal: str
    source: str
    waiting: str
    against: tuple[str, ...]
    flags: tuple[Reason, ...]
    steps: tuple[tuple[str, str], ...]


def taper_page(viewer: Viewer, plan: Plan, now: datetime) -> TaperPage:
    """Everything the plan page says of the taper of this plan."""
    taper, protocol = taper_today(viewer, plan, now), protocol_of(plan.protocol_version)
    reasons = reasons_of(taper.about)
    against = [reason.says for reason in reasons if reason.refuses]
    against += [absent.says for absent in missing_of(taper.about)]
    return TaperPage(
        runs=taper.step is not None,
        where=where_words(taper, viewer),
        stops=taper.stops,
        accepted=taper.accepted,
        now_days=taper.step.interval_days if taper.step else None,
        proposed_days=taper.proposed.days if taper.proposed else None,
        proposal=proposal_words(taper),
        source=cited(taper.proposed.source, protocol) if taper.proposed else "",
        waiting=waiting_words(taper),
        against=tuple(against),
        flags=tuple(written_out(reason, protocol) for reason in reasons if not reason.refuses),
        steps=tuple((moment(step.set_at, viewer.zone), step_words(step)) for step in reversed(taper.steps)),
    )


def where_words(taper: Taper, viewer: Viewer) -> str:
    """Where in the taper the person is, in one sentence."""
    if taper.step is not None:
        due = f" The next dose is due on {taper.due_at.astimezone(viewer.zone):%d %B %Y}." if taper.due_at else ""
        return f"Step {taper.number} of the taper: a dose every {many(taper.step.interval_days or 0, 'day')}.{due}"
    if taper.now_days is not None:
        return f"No taper is under way. The last two doses were {many(taper.now_days, 'day')} apart."
    return "No taper is under way, and there are not yet two doses to lengthen an interval between."


def proposal_words(taper: Taper) -> str:
    """The protocol's next step, or the hole where it has none."""
    if taper.proposed is None:
        beyond = f" longer than {many(taper.now_days, 'day')}" if taper.now_days else ""
        return f"The protocol names no interval{beyond}. A longer one is the prescriber's own number."
    return f"Next by the protocol: a dose every {many(taper.proposed.days, 'day')} ({taper.proposed.phase})."


def waiting_words(taper: Taper) -> str:
    """What the forecast says of waiting so long, at the risk the person accepts."""
    accepted = f"{taper.accepted_risk:.0%} is accepted"
    said = []
    if taper.proposed and taper.chance is not None:
        said.append(
            f"The last dose given again, the chance of a slipping score on day {taper.proposed.days} is "
            f"{chance_words(taper.chance)}; {accepted}."
        )
    if taper.held_days is not None:
        begun = (
            "It"
            if said
            else f"At a chance of slipping of {taper.accepted_risk:.0%}, which is accepted, the last dose given again"
        )
        said.append(f"{begun} would hold for {held_words(taper.held_days)}.")
    return " ".join([*said, BEYOND]) if said else "No forecast says how long a dose would hold."


def step_words(step: TaperStep) -> str:
    """One step with who took it."""
    if step.interval_days is None:
        return f"Stopped by {step.set_name}: {step.because}"
    if step.because:
        return f"Every {many(step.interval_days, 'day')}, decided by {step.set_name}: {step.because}"
    return f"Every {many(step.interval_days, 'day')}, by {step.set_name}"
