"""The day's worklist in words: each thing says who, what, how long already, whose it is, and where to go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.timesince import timesince

from euthymia.care.instruments import load_instrument
from euthymia.care.risk_due import risk_tasks
from euthymia.clinic.accounts.policies import ASSESS, HANDLE_INTAKE, PRESCRIBE, RUN_SESSIONS, SEND_CHECK_INS, Policy
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse.queries import open_events
from euthymia.clinic.documents.worklist import forms_due
from euthymia.clinic.followup.queries import Worklist
from euthymia.clinic.followup.words import chance_words, many, proposed_day
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.measures.risk_presenters import list_words
from euthymia.clinic.measures.risk_queries import clinic_times, pathway_of, risk_times, staff_here
from euthymia.clinic.plans.end_words import end_words

# A list longer than this hides what matters; the rest unfolds.
SHOWN_AT_ONCE = 6
# A team hears of an end within one round of its week.
ENDED_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that needs a human. since: when it came up; None where it only stands on the calendar.

    other, other_url: a second place to go.
    """

    who: str
    what: str
    age: str
    owner: str
    url: str
    action: str
    since: datetime | None = None
    other: str = ""
    other_url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind, in the order they are shown. `key` names the kind in an address."""

    key: str
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


# Every kind in the order of urgency: key, title, why it is there, look.
KINDS = (
    ("risk", "Risk", "A sign of suicidal thoughts that nobody has closed.", "danger"),
    ("adverse", "Adverse events", "Opened and not closed by anybody.", "danger"),
    ("visits", "Visits today", "Planned for today or still open.", "info"),
    ("taper", "Taper to stop", "In a taper, and slipping or no longer a response.", "danger"),
    ("slipping", "Slipping", "The forecast puts the next score above the slipping line.", "caution"),
    ("due", "Next dose due", "The forecast or a taper asks for a dose soon, and no visit is planned.", "caution"),
    (
        "review",
        "Over the long run",
        "A review of the course is reached, or a check of what years may harm is overdue.",
        "caution",
    ),
    ("forms", "REMS forms", "The safety programme waits for these answers.", "caution"),
    ("overdue", "Check-ins without an answer", "Due for more than a day.", "caution"),
    ("enquiry", "Enquiries", "People who wait for a first answer.", "info"),
    ("lost", "Silent for four weeks", "In treatment or followed up, and no answer of any kind.", "quiet"),
    ("ended", "Courses that ended", "In the last seven days; no dose is due, asking goes on.", "quiet"),
)


def worklist_groups(found: Worklist, viewer: Viewer, now: datetime) -> list[Group]:
    """The groups that hold anything, most urgent first."""
    items = {
        "risk": risk_items(found, viewer, now),
        "adverse": adverse_items(viewer, now),
        "visits": session_items(found, viewer),
        "taper": taper_items(found, viewer, now),
        "slipping": slipping_items(found, viewer, now),
        "due": dose_items(found, viewer, now),
        "review": standing_items(found, viewer, now),
        "forms": form_items(viewer, now),
        "overdue": check_in_items(found, viewer, now),
        "enquiry": enquiry_items(found, viewer, now),
        "lost": silent_items(found, viewer, now),
        "ended": ended_items(found, viewer, now),
    }
    return [Group(*kind, items[kind[0]]) for kind in KINDS if items[kind[0]]]


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
        items.append(
            Item(str(signal.patient), what, ago(signal.raised_at, now), owner, url, "See to it", signal.raised_at)
        )
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
            event.opened_at,
        )
        for event in open_events(viewer)
    ]


def session_items(found: Worklist, viewer: Viewer) -> list[Item]:
    return [
        Item(
            str(session.patient),
            f"{session.scheduled_for.astimezone(viewer.zone):%H:%M}, {session.chair or 'no chair yet'}",
            "",
            found.owners.get(session.patient_id, ""),
            link(viewer, RUN_SESSIONS, "session", session.id),
            "Open the visit",
            session.scheduled_for,
        )
        for session in found.sessions
    ]


def taper_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """Tapers that the rule stops and nobody decided on: the response is lost, or the forecast sees the person slip."""
    slips = {row.patient_id for row in found.slipping}
    items = []
    for owner, taper in found.tapers.items():
        lost = taper.response_kept is False and "taper_response_kept" not in taper.accepted
        slips_on = owner in slips and "taper_slipping" not in taper.accepted
        if not lost and not slips_on:
            continue
        why = "the response is not kept" if lost else "the forecast sees them slip"
        patient = taper.step.plan.patient
        what = f"step {taper.number}, a dose every {many(taper.step.interval_days or 0, 'day')}: {why}"
        url = link(viewer, PRESCRIBE, "plan", owner) or reverse("person", args=[owner])
        age, whose = f"on it {ago(taper.step.set_at, now)}", found.owners.get(owner, "")
        items.append(Item(str(patient), what, age, whose, url, "Stop it, or decide", taper.step.set_at))
    return items


def slipping_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """Who slips by the forecast; of a course that has ended it is said that it has."""
    items = []
    for row in found.slipping:
        title = load_instrument(row.instrument).title
        chance = chance_words(row.result["ahead"]["chance_above"][0])
        what = f"chance of a {title} of {row.result['threshold']:g} or more tomorrow: {chance}"
        ended = found.ended.get(row.patient_id)
        if ended is not None and ended.ended_at is not None:
            what += f"; the course ended on {ended.ended_at.astimezone(viewer.zone):%d %B %Y}"
        url, whose = reverse("person", args=[row.patient_id]), found.owners.get(row.patient_id, "")
        items.append(
            Item(
                str(row.patient),
                what,
                f"forecast made {timesince(row.made_at, now, depth=1)} ago",
                whose,
                url,
                "Open the course",
                row.made_at,
            )
        )
    return items


def dose_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    return [
        Item(
            str(due.patient),
            proposed_day(due.at, now, viewer.zone) + (f", step {due.step} of a taper" if due.step else ""),
            f"overdue {ago(due.at, now)}" if due.at < now else "",
            found.owners.get(due.patient.id, ""),
            reverse("person-sessions", args=[due.patient.id]),
            "Plan a visit",
            due.at,
        )
        for due in found.doses_due
    ]


def standing_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """One line for each person; a prescriber goes to the plan, where a review is decided, others to the course."""
    items = []
    for row in found.standing:
        said = [f"review: {reason.says or reason.rule}" for reason in row.reviews]
        if row.late:
            said.append(f"check overdue: {', '.join(due.check.concern for due in row.late)}")
        to_plan = link(viewer, PRESCRIBE, "plan", row.patient.id) if row.reviews else ""
        items.append(
            Item(
                str(row.patient),
                " ".join(said),
                ago(row.since, now) if row.since and row.since < now else "",
                found.owners.get(row.patient.id, ""),
                to_plan or reverse("person", args=[row.patient.id]),
                "Review" if to_plan else "Open the course",
                row.since,
                "Compare other ways" if to_plan else "",
                link(viewer, PRESCRIBE, "plan-switch", row.patient.id) if to_plan else "",
            )
        )
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
            f"{load_instrument(check_in.instrument).title}, {asked_when(check_in)}",
            ago(check_in.due_at, now),
            found.owners.get(check_in.patient_id, ""),
            link(viewer, SEND_CHECK_INS, "check-ins", check_in.patient_id),
            "Ask again",
            check_in.due_at,
        )
        for check_in in found.check_ins
    ]


def asked_when(check_in: CheckIn) -> str:
    """A check-in's moment as part of a sentence: after a dose, or after a course."""
    return after_dose(check_in.label) if check_in.session_id else check_in.label.lower()


def enquiry_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    return [
        Item(
            enquiry.name,
            "asked to learn more",
            ago(enquiry.created_at, now),
            "",
            link(viewer, HANDLE_INTAKE, "intake"),
            "Answer",
            enquiry.created_at,
        )
        for enquiry in found.enquiries
    ]


def silent_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """Who gets lost, and since when nothing was heard of them."""
    items = []
    for patient in found.silent:
        heard = getattr(patient, "last_answer_at", None)
        since = heard or patient.created_at
        what = "no answer for four weeks" if heard else "never answered"
        url, whose = link(viewer, SEND_CHECK_INS, "check-ins", patient.id), found.owners.get(patient.id, "")
        items.append(Item(str(patient), what, ago(since, now), whose, url, "Get in touch", since))
    return items


def ended_items(found: Worklist, viewer: Viewer, now: datetime) -> list[Item]:
    """Courses that ended lately, for whoever would still wait for the person."""
    items = []
    for owner, plan in found.ended.items():
        if plan.ended_at is None or now - plan.ended_at > ENDED_LATELY:
            continue
        url, whose = reverse("person", args=[owner]), found.owners.get(owner, "")
        items.append(
            Item(
                str(plan.patient),
                end_words(plan),
                ago(plan.ended_at, now),
                whose,
                url,
                "Open the course",
                plan.ended_at,
            )
        )
    return items
