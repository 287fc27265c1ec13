"""A person's course in pictures and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from euthymia.care.decision import CannotTell, Missing
from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.instruments.compare import Ruler, difference
from euthymia.care.response_rules import Judged, Judgement, reliable_change, remission, response
from euthymia.charts import Axis, Band, Dated, Figure, Forecast, MarkKind, Score, Timeline, Zone, figure
from euthymia.clinic.accounts.policies import ASSESS, PRESCRIBE, RUN_SESSIONS, SEE_PEOPLE, WRITE_THERAPY, Policy
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.followup.course import COURSE_INSTRUMENTS
from euthymia.clinic.followup.course_state import moments_of
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.outlook import OUTLOOK_DAYS
from euthymia.clinic.followup.queries import PersonHome
from euthymia.clinic.followup.words import chance_words
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.models import PlanState
from euthymia.clinic.sessions.models import Session

RESPONSE = "Response"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing on the person's line of events."""

    at: datetime
    what: str
    detail: str
    url: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class ForecastPanel:
    """The forecast in words: the proposal, the chances, and how far it is only the published average speaking."""

    next_dose: datetime | None
    window: tuple[datetime, datetime] | None
    says: str
    chances: list[tuple[datetime, str]]
    threshold: float
    accepted_risk: str
    prior_share: str
    mostly_prior: bool
    made_at: datetime
    card: str
    assumptions: list[str]

    @property
    def window_is_wide(self) -> bool:
        """Whether the window says more than the date itself."""
        return self.window is not None and self.window[0].date() != self.window[1].date()


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One rule's answer: yes, no or cannot tell, the numbers, and whose rule it is."""

    name: str
    answer: str
    look: str
    detail: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next."""

    label: str
    url: str
    look: str = ""


def course_instrument(home: PersonHome) -> Instrument | None:
    """The scale the course is drawn on: the forecast's, else the one answered most."""
    if home.forecast is not None:
        return load_instrument(home.forecast.instrument)
    scored = [
        row.instrument for row in home.responses if row.total is not None and row.instrument in COURSE_INSTRUMENTS
    ]
    return load_instrument(max(set(scored), key=scored.count)) if scored else None


def scored_on(home: PersonHome, instrument: Instrument) -> list[Response]:
    return [row for row in home.responses if row.instrument == instrument.id and row.total is not None]


def timeline_figure(home: PersonHome, zone: ZoneInfo) -> Figure | None:
    """Scores with dose marks, severity bands and the forecast fan where there is one; None while there is no score."""
    instrument = course_instrument(home)
    if instrument is None:
        return None
    rows = scored_on(home, instrument)
    scores = tuple(Score(row.at.astimezone(zone), row.total or 0.0, row.band.replace("_", " ")) for row in rows)
    doses = tuple(
        Dated(session.dose_started_at.astimezone(zone), amount_words(session), MarkKind.DOSE)
        for session in home.sessions
        if session.dose_started_at is not None
    )
    bands = instrument.band_sets[0].bands if instrument.band_sets else ()
    drawing = Timeline(
        title=f"{instrument.title} over time",
        description=f"{len(scores)} scores and {len(doses)} doses. Higher is worse."
        + (" The fan is the forecast." if home.forecast else ""),
        y=Axis(instrument.title, low=instrument.lowest, high=instrument.highest),
        scores=scores,
        scores_name=instrument.title,
        doses=doses,
        zones=tuple(Zone(band.low, band.high, band.words, level) for level, band in enumerate(bands)),
        forecast=fan(home.forecast, zone) if home.forecast else None,
    )
    source = instrument.band_sets[0].basis.says if instrument.band_sets else ""
    return figure(drawing, source=source, ident="course")


def fan(forecast: CourseForecast, zone: ZoneInfo) -> Forecast:
    ahead = forecast.result["ahead"]
    quantiles = ahead["quantiles"]
    return Forecast(
        at=tuple(datetime.fromisoformat(at).astimezone(zone) for at in ahead["at"]),
        middle=quantiles["0.5"],
        bands=(
            Band(quantiles["0.05"], quantiles["0.95"], "9 of 10"),
            Band(quantiles["0.25"], quantiles["0.75"], "half"),
        ),
        name="Forecast without another dose",
    )


def forecast_panel(home: PersonHome) -> ForecastPanel | None:
    """The kept forecast in words; None while there is none."""
    if home.forecast is None:
        return None
    result = home.forecast.result
    proposal, ahead = result["next_dose"], result["ahead"]
    dates = [datetime.fromisoformat(at) for at in ahead["at"]]
    daily = [(at, chance_words(chance)) for at, chance in zip(dates, ahead["chance_above"], strict=True)]
    window = None if home.has_ended else proposal["window"]
    speaking = result["prior_still_talking"]
    return ForecastPanel(
        next_dose=None if home.has_ended else home.forecast.next_dose_at,
        window=(datetime.fromisoformat(window[0]), datetime.fromisoformat(window[1])) if window else None,
        says="The course has ended, so no dose is proposed." if home.has_ended else proposal["says"],
        chances=daily[6:OUTLOOK_DAYS:7],
        threshold=result["threshold"],
        accepted_risk=f"{result['accepted_risk']:.0%}",
        prior_share=f"{max(speaking['gain'], speaking['fade_days']):.0%}",
        mostly_prior=result["mostly_prior"],
        made_at=home.forecast.made_at,
        card=f"{result['prior']}: {result['prior_says']}",
        # A forecast kept by an earlier version says nothing about assumptions.
        assumptions=result.get("assumptions", []),
    )


def event_rows(home: PersonHome, viewer: Viewer) -> list[EventRow]:
    """Doses, scores, notes and risk signals on one line, newest first; a link only where the viewer may follow it."""
    opens_visits, opens_notes, opens_risk = (policy.allows(viewer) for policy in (RUN_SESSIONS, WRITE_THERAPY, ASSESS))
    rows = [EventRow(row.at, load_instrument(row.instrument).title, score_words(row), "") for row in home.responses]
    rows += [visit_row(session, opens_visits) for session in home.sessions]
    rows += [
        EventRow(
            note.at,
            f"Therapy: {note.get_kind_display().lower()}",
            str(note.by),
            reverse("therapy", args=[note.patient_id]) if opens_notes else "",
        )
        for note in home.notes
    ]
    for signal in home.signals:
        state = "closed" if signal.closed_at else f"open, owner {signal.owner}"
        url = reverse("risk", args=[signal.id]) if opens_risk else ""
        rows.append(EventRow(signal.raised_at, "Risk signal", state, url, "danger"))
    opens_plans = PRESCRIBE.allows(viewer)
    for plan in home.plans:
        url = reverse("plan", args=[plan.patient_id]) if opens_plans else ""
        rows += [EventRow(at, what, detail, url) for at, what, detail in moments_of(plan)]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def visit_row(session: Session, may_open: bool) -> EventRow:
    """A dose that was given, or a visit that is planned or open."""
    url = reverse("session", args=[session.id]) if may_open else ""
    if session.dose_started_at is None:
        return EventRow(session.scheduled_for, "Visit", session.phase, url)
    return EventRow(session.dose_started_at, "Dose", amount_words(session), url, "info")


def amount_words(session: Session) -> str:
    """What was given; a dose whose amount nobody wrote down is not a dose of nothing."""
    return "amount unknown" if session.dose_given_mg is None else f"{session.dose_given_mg:g} mg"


def outcome_rows(home: PersonHome) -> list[OutcomeRow]:
    """Response, remission and change by rule, from the last score before the first dose to the latest one."""
    instrument = course_instrument(home)
    if instrument is None:
        return []
    scored = scored_on(home, instrument)
    first_dose = min((session.dose_started_at for session in home.sessions if session.dose_started_at), default=None)
    before = [row for row in scored if first_dose is None or row.at <= first_dose]
    after = [row for row in scored if first_dose is not None and row.at > first_dose]
    baseline = before[-1].total if before else None
    current = after[-1].total if after else None
    mixed = difference(ruler_of(before[-1]), ruler_of(after[-1])) if before and after else None
    if mixed is not None:
        other = CannotTell((Missing("baseline", "response", f"{mixed.message} The first one cannot be compared."),))
        return [outcome_row("Change", other), outcome_row("Remission", remission(instrument, current))]
    judged = (
        (RESPONSE, response(instrument, baseline, current)),
        ("Remission", remission(instrument, current)),
        ("Reliable change", reliable_change(instrument, baseline, current)),
    )
    return [outcome_row(name, answer) for name, answer in judged]


def ruler_of(row: Response) -> Ruler:
    """What a total was measured with."""
    return Ruler(row.instrument, row.instrument_version, row.variant, row.band_set)


def change_words(percent: float) -> str:
    """How far a score fell, as a number of the scale: what lowered it, nobody here can tell."""
    return f"{abs(percent):.0f} % {'lower' if percent >= 0 else 'higher'}"


def outcome_row(name: str, answer: Judgement) -> OutcomeRow:
    match answer:
        case Judged():
            numbers = f"{answer.current:g}" if answer.baseline is None else f"{answer.baseline:g} → {answer.current:g}"
            percent = "" if answer.percent is None else f" ({change_words(answer.percent)})"
            return OutcomeRow(
                name, "yes" if answer.met else "no", "ok" if answer.met else "quiet", numbers + percent, answer.source
            )
        case CannotTell(missing):
            return OutcomeRow(name, "cannot tell", "caution", " ".join(item.says for item in missing), "")


def compare_url(home: PersonHome, outcomes: list[OutcomeRow], viewer: Viewer) -> str:
    """Where other protocols are compared, once the rule says there is no response; empty for who does not prescribe."""
    unanswered = any((row.name, row.answer) == (RESPONSE, "no") for row in outcomes)
    plan = home.last_plan
    if not unanswered or plan is None or plan.state != PlanState.ACTIVE or not PRESCRIBE.allows(viewer):
        return ""
    return reverse("plan-switch", args=[plan.patient_id])


def next_steps(home: PersonHome, patient: Patient, viewer: Viewer) -> list[Step]:
    """What this viewer may do next for this person, in the order it matters."""
    return [step for policy, step in possible_steps(home, patient) if policy.allows(viewer)]


def possible_steps(home: PersonHome, patient: Patient) -> list[tuple[Policy, Step]]:
    """Every next step with the policy of its page."""
    steps = [(ASSESS, Step("See to the open risk signal", reverse("risk", args=[signal.id]), "danger"))
             for signal in home.signals if signal.closed_at is None]  # fmt: skip
    open_visit = next((session for session in home.sessions if session.closed_at is None), None)
    dosed = any(session.dose_started_at for session in home.sessions)
    if not home.responses:
        steps.append((ASSESS, Step("Take a first PHQ-9", reverse("measure", args=[patient.id, "phq9"]))))
    if open_visit is not None:
        steps.append((RUN_SESSIONS, Step("Open the visit", reverse("session", args=[open_visit.id]))))
    elif home.has_ended:
        # The panel of the ended course leads to a new plan.
        pass
    elif dosed:
        steps.append((SEE_PEOPLE, Step("Plan the next visit", reverse("person-sessions", args=[patient.id]))))
    else:
        steps.append((ASSESS, Step("Assess", reverse("assess", args=[patient.id]))))
        steps.append((PRESCRIBE, Step("Plan the treatment", reverse("plan", args=[patient.id]))))
    steps.append((ASSESS, Step("Safety plan", reverse("safety-plan", args=[patient.id]))))
    return steps


def score_words(row: Response) -> str:
    return "incomplete, no total" if row.total is None else f"{row.total:g} {row.band.replace('_', ' ')}".strip()
