"""The day's worklist in words: each thing says who, what, how long already, whose it is, and where to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.timesince import timesince

from euthymia.care.instruments import load_instrument
from euthymia.care.risk_due import risk_tasks
from euthymia.clinic.accounts.policies import ASSESS, HANDLE_INTAKE, PRESCRIBE, RUN_SESSIONS, SEND_CHECK_INS, Policy
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse.queries import open_events
from euthymia.clinic.documents.worklist import forms_due
from euthymia.clinic.followup.queries import Worklist
from euthymia.clinic.followup.words import chance_words, proposed_day
from euthymia.clinic.measures.risk_presenters import list_words
from euthymia.clinic.measures.risk_queries import clinic_times, pathway_of, risk_times, staff_here

# A list longer than this hides what matters; the rest unfolds.
SHOWN_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that needs a human."""

    who: str
    what: str
    age: str
    owner: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind, in the order they are shown."""

    title: str
    why: str
    look: str
    items: list[Item]

    @property
    def first(self) -> list[Item]:
        return self.items[:SHOWN_AT_ONCE]

    @property
    def rest(self) -> list[Item]:
        return self.items[SHOWN_AT_ONCE:]


def worklist_groups(found: Worklist, viewer: Viewer, now: datetime) -> list[Group]:
    """The groups that hold anything, most urgent first."""
    groups = [
        Group("Risk", "A sign of suicidal thoughts that nobody has closed.", "danger", risk_items(found, viewer, now)),
        Group("Adverse events", "Opened and not closed by anybody.", "danger", adverse_items(viewer, now)),
        Group("Visits today", "Planned for today or still open.", "info", session_items(found, viewer)),
        Group(
            "Slipping", "The forecast puts the next score above the slipping line.", "caution", slipping_items(found)
        ),
        Group(
            "Next dose due",
            "The forecast proposes a dose soon, and no visit is planned.",
            "caution",
            dose_items(found, viewer, now),
        ),
        Group(
            "Over the long run",
            "A review of the course is reached, or a check of what years may harm is overdue.",
            "caution",
            standing_items(found, viewer),
        ),
        Group(
            "REMS forms",
            "The safety programme waits for these answers.",
            "caution",
            form_items(viewer, now),
        ),
        Group("Check-ins without an answer", "Due for more than a day.", "caution", check_in_items(found, viewer, now)),
        Group("Enquiries", "People who wait for a first answer.", "info", enquiry_items(found, viewer, now)),
        Group(
            "Silent for four weeks", "In treatment, and no answer of any kind.", "quiet", silent_items(found, viewer)
        ),
    ]
    return [group for group in groups if group.items]


def link(viewer: Viewer, policy: Policy, name: str, *arguments: object) -> str:
    """The address to go to; empty where this viewer's work does not lead there."""
    return reverse(name, args=arguments) if policy.allows(viewer) else ""


def ago(at: datetime, now: datetime) -> str:
    """For how long already, in one unit: for 3 hours, for 2 days."""
    return f"for {timesince(at, now, depth=1)}"


def after_dose(label: str) -> str:
    """A check-in's label as part of a sentence: "The day after" becomes "the day after the dose"."""
    words = label[:1].lower() + label[1:]
    return f"{words} the dose" if words.endswith("after") else f"{words} after the dose"


def risk_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """Open signs: what it was, how urgent, where it stands, what is late, and whose it is."""
    times, here, items = clinic_times(risk_times(viewer)), staff_here(viewer.clinic_id), []
    for signal in found.signals:
        pathway = pathway_of(signal)
        tasks = risk_tasks(pathway, times, viewer.zone, now)
        owner = str(signal.owner) if signal.owner_id in here else f"{signal.owner}, who no longer works here"
        url = link(viewer, ASSESS, "risk", signal.id)
        what = list_words(signal, pathway, tasks)
        items.append(Item(str(signal.patient), what, ago(signal.raised_at, now), owner, url, "See to it"))
    return items


def adverse_items(viewer: Viewer, now: datetime) -> list[Item]:
    """Open adverse events, serious ones first: what, how strong, for how long already, whose."""
    return [
        Item(
            str(event.patient),
            f"{event.what}, {event.severity}{', serious' if event.serious else ''}",
            ago(event.opened_at, now),
            str(event.owner),
            link(viewer, ASSESS, "adverse-event", event.id),
            "See to it",
        )
        for event in open_events(viewer)
    ]


def session_items(found: Worklist, viewer: Viewer) -> list[Item]:
    return [
        Item(
            str(session.patient),
            f"{session.scheduled_for.astimezone(viewer.zone):%H:%M}, {session.chair or 'no chair yet'}",
            "",
            "",
            link(viewer, RUN_SESSIONS, "session", session.id),
            "Open the visit",
        )
        for session in found.sessions
    ]


def slipping_items(found: Worklist) -> list[Item]:
    return [
        Item(
            str(row.patient),
            f"chance of a {load_instrument(row.instrument).title} of {row.result['threshold']:g} or more tomorrow: "
            f"{chance_words(row.result['ahead']['chance_above'][0])}",
            "",
            "",
            reverse("person", args=[row.patient_id]),
            "Open the course",
        )
        for row in found.slipping
    ]


def dose_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    return [
        Item(
            str(row.patient),
            proposed_day(row.next_dose_at, now, viewer.zone) if row.next_dose_at else "",
            "",
            "",
            reverse("person-sessions", args=[row.patient_id]),
            "Plan a visit",
        )
        for row in found.doses_due
    ]


def standing_items(found: Worklist, viewer: Viewer) -> list[Item]:
    """One line for each person; a prescriber goes to the plan, where a review is decided, others to the course."""
    items = []
    for row in found.standing:
        said = [f"review: {reason.says or reason.rule}" for reason in row.reviews]
        if row.late:
            said.append(f"check overdue: {', '.join(due.check.concern for due in row.late)}")
        to_plan = link(viewer, PRESCRIBE, "plan", row.patient.id) if row.reviews else ""
        url = to_plan or reverse("person", args=[row.patient.id])
        items.append(Item(str(row.patient), " ".join(said), "", "", url, "Review" if to_plan else "Open the course"))
    return items


def form_items(viewer: Viewer, now: datetime) -> list[Item]:
    """Forms of the nasal product that have not been sent on, the longest waiting first."""
    return [
        Item(form.who, form.what, "", "", reverse("rems-form", args=[form.session_id]), "Open the form")
        for form in forms_due(viewer, now)
    ]


def check_in_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    return [
        Item(
            str(check_in.patient),
            f"{load_instrument(check_in.instrument).title}, {after_dose(check_in.label)}",
            ago(check_in.due_at, now),
            "",
            link(viewer, SEND_CHECK_INS, "check-ins", check_in.patient_id),
            "Ask again",
        )
        for check_in in found.check_ins
    ]


def enquiry_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    return [
        Item(
            enquiry.name,
            "asked to learn more",
            ago(enquiry.created_at, now),
            "",
            link(viewer, HANDLE_INTAKE, "intake"),
            "Answer",
        )
        for enquiry in found.enquiries
    ]


def silent_items(found: Worklist, viewer: Viewer) -> list[Item]:
    return [
        Item(
            str(patient),
            "no answer for four weeks",
            "",
            "",
            link(viewer, SEND_CHECK_INS, "check-ins", patient.id),
            "Get in touch",
        )
        for patient in found.silent
    ]
