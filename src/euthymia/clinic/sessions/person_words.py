"""What a person's readings taught, in words: how this person differs, how sure that is, where nothing was learned."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.clinic.plans.curves import Highest, effect_of, highest
from euthymia.clinic.sessions.comparing import DIASTOLIC_RISE, FELT, PULSE_RISE, RISE
from euthymia.clinic.sessions.learning import CADSS6, DIASTOLIC, MOAAS, PULSE, SYSTOLIC, Look, Taught
from euthymia.pharmacology import Simulation
from euthymia.pharmacology.individualise import Told
from euthymia.pharmacology.individualise.moved import WORST_OFF_SD
from euthymia.pharmacology.individualise.prior import BASELINE

STILL_THE_PRIOR = "The prior is still doing the talking"
NAMES = {
    "blood_pressure.systolic_slope": "Rise of systolic pressure with the level",
    "blood_pressure.diastolic_slope": "Rise of diastolic pressure with the level",
    "pulse.slope": "Rise of the pulse with the level",
    "sedation.slope": "Steepness of sedation with the level",
    "dissociation.c50_ng_per_ml": "Level at which dissociation is half of the most",
    "dissociation.half_life_min": "Delay between blood and dissociation",
    "dissociation.tolerance": "Fading of dissociation over sessions",
    "nasal_fraction": "Share taken up through the nose",
    "nasal_absorption": "Pace of uptake through the nose",
    "swallowed_absorption": "Pace of uptake of what is swallowed",
    "im_absorption": "Pace of uptake from the muscle",
    "im_bioavailability": "Share taken up from the muscle",
    "sc_absorption": "Pace of uptake from under the skin",
    "sc_bioavailability": "Share taken up from under the skin",
    "central_volume": "Volume the drug spreads in at once",
    "second_volume": "Volume it spreads in more slowly",
}
# What a change of the parameter means for somebody at the chair; the number before is how many times the usual.
MEANS = {
    "blood_pressure.systolic_slope": "Systolic pressure rises {ratio} with the same level",
    "blood_pressure.diastolic_slope": "Diastolic pressure rises {ratio} with the same level",
    "pulse.slope": "The pulse rises {ratio} with the same level",
    "dissociation.c50_ng_per_ml": "The level at which dissociation is half of the most is {ratio}",
}
# Less than this is shown as nothing: a share of the doubt, and prior standard deviations.
WORTH_A_ROW, WORTH_A_SHIFT = 0.05, 0.1
AS_USUAL = 0.05
# An explanation of what is strange needs a parameter so far from the usual; ours.
EXPLAINS = 0.25
# What is seen → the parameter that moves it, and whether more of the parameter is more of what is seen.
MOVED_BY = {
    RISE: ("blood_pressure.systolic_slope", True),
    DIASTOLIC_RISE: ("blood_pressure.diastolic_slope", True),
    PULSE_RISE: ("pulse.slope", True),
    FELT: ("dissociation.c50_ng_per_ml", False),
}
# Effect → how its peak is said, and its unit.
PEAKS = ((FELT, "Dissociation (CADSS-6) peaks near", ""), (RISE, "Systolic pressure rises by about", " mmHg"))
# What was read, in a word or two, in the order it is named; and the unit of what is read before the dose too.
READ = {SYSTOLIC: "systolic", DIASTOLIC: "diastolic", PULSE: "pulse", CADSS6: "CADSS-6", MOAAS: "MOAA/S"}
BEFORE = {
    SYSTOLIC: ("systolic pressure", " mmHg"),
    DIASTOLIC: ("diastolic pressure", " mmHg"),
    PULSE: ("pulse", "/min"),
}
# Prior standard deviations; 997 people in 1000 lie nearer to the usual.
BEYOND_BELIEF = 3.0


@dataclass(frozen=True, slots=True)
class LearnedRow:
    """One parameter: of anybody like this person, of this person with nine in ten, and how much doubt is gone."""

    name: str
    usual: str
    own: str
    span: str
    moved: str
    informed: bool


@dataclass(frozen=True, slots=True)
class LearnedPage:
    """What a page says of one person. is_prior: nothing may be said of this person, and `headline` says why."""

    headline: str
    is_prior: bool
    lines: tuple[str, ...]
    rows: tuple[LearnedRow, ...]
    untouched: str


def learned_page(taught: Taught, *, today: bool) -> LearnedPage:
    """The answer for a page. today: whether the last of the sessions is still going on or being looked at."""
    about = [one for one in taught.told if not one.name.startswith(BASELINE)]
    worth = [one for one in about if one.moved.narrowing >= WORTH_A_ROW or abs(one.moved.shift) >= WORTH_A_SHIFT]
    rows = tuple(_row(one) for one in sorted(worth, key=lambda one: -one.moved.narrowing))
    rest = [_name(one.name) for one in about if one not in worth]
    untouched = f"Hardly touched: {', '.join(rest).lower()}." if rest else ""
    aside = _aside_line(taught)
    if taught.individual is None:
        return LearnedPage(_nothing_words(taught, about, today=today), True, aside, rows, untouched)
    lines = tuple(_line(one) for one in about if one.moved.informed) + aside
    if today:
        lines += _start_line(taught)
    if any(not one.moved.informed for one in about):
        lines += (f"{STILL_THE_PRIOR} about everything else, such as clearance: that is what was seen in others.",)
    kinds = ", ".join(f"{taught.kinds[kind]} {words}" for kind, words in READ.items() if taught.kinds.get(kind))
    headline = f"Learned from {_from_what(taught, today=today)} ({kinds})."
    return LearnedPage(headline, False, lines, rows, untouched)


def _aside_line(taught: Taught) -> tuple[str, ...]:
    """That the pulse says nothing here, and because of which look; nothing where it counts."""
    if taught.aside is None:
        return ()
    return (f"No pulse is learned from: {_lower(look_words(taught.aside))} lies far from the curve of all others.",)


def _start_line(taught: Taught) -> tuple[str, ...]:
    """How far the vital signs before the dose were probably misread; nothing where they were not."""
    off = [
        (*BEFORE[kind], abs(start), "below" if start < 0 else "above") for kind, start in taught.starts.items() if start
    ]
    if not off:
        return ()
    (name, unit, by, side), *others = off
    said = f"This person's own {name} before the dose was probably {by:.1f}{unit} {side} the one that was read"
    said += "".join(f", {name} {by:.1f}{unit} {side}" for name, unit, by, side in others)
    return (f"{said}; their lines start there.",)


def changes_of(anybody: Simulation, own: Simulation, start_mmhg: float) -> tuple[str, ...]:
    """What was learned does to the prediction of this dose: each peak with and without it, and the band's width.

    anybody, own: with dissociation in points.   start_mmhg: from where the line of this person's pressure starts.
    """
    found = []
    for name, lead, unit in PEAKS:
        before, after = effect_of(anybody, name), effect_of(own, name)
        if before is None or after is None:
            continue
        without, learned = highest(before), highest(after)
        said = (
            f"{lead} {learned.words(unit)} with what was learned, {without.words(unit)} without: "
            f"{_narrower(without, learned)}."
        )
        if name == RISE and start_mmhg:
            said += (
                f" Their line, which starts at {start_mmhg:+.1f}, peaks at {learned.typical + start_mmhg:+.0f} mmHg."
            )
        found.append(said)
    return tuple(found)


def _narrower(without: Highest, learned: Highest) -> str:
    before, after = without.high - without.low, learned.high - learned.low
    gone = 1 - after / before if before > 0 else 0.0
    return f"the range is {gone * 100:.0f} % narrower" if gone >= 0.005 else "the range is no narrower"


def explained(taught: Taught, seen: str, *, higher: bool) -> str:
    """The sentence that explains why something is higher (or lower) than predicted; empty where nothing does."""
    name, more_is_more = MOVED_BY[seen]
    one = next((row for row in taught.told if row.name == name), None)
    if taught.individual is None or one is None or not one.moved.informed:
        return ""
    ratio = one.most_probable / one.typical
    far = ratio >= 1 + EXPLAINS if higher is more_is_more else ratio <= 1 / (1 + EXPLAINS)
    return _line(one) if far else ""


def _from_what(taught: Taught, *, today: bool) -> str:
    looks = "one reading" if taught.looks == 1 else f"{taught.looks} readings"
    earlier = taught.sessions - today
    before = "the session before" if earlier == 1 else f"the last {earlier} sessions"
    if not today:
        return f"{looks} in {before}"
    return f"{looks}, of today and of {before}" if earlier else f"{looks} of this session"


def _nothing_words(taught: Taught, about: list[Told], *, today: bool) -> str:
    """Why this person is shown as anybody."""
    if taught.contradicts:
        return f"{_contradiction(taught)} Until that is cleared up the curves are those of anybody like this person."
    if not about:
        return f"{STILL_THE_PRIOR}. {taught.why_not}" if taught.why_not else f"{STILL_THE_PRIOR}."
    most = max(about, key=lambda one: one.moved.narrowing)
    return (
        f"{STILL_THE_PRIOR}. {_from_what(taught, today=today).capitalize()} moved too little: the most is "
        f"{max(most.moved.narrowing, 0) * 100:.0f} % less doubt about the {_name(most.name).lower()}. "
        "The curves are those of anybody like this person."
    )


def _contradiction(taught: Taught) -> str:
    worst = max(taught.off, key=lambda pair: abs(pair[1]), default=None)
    if worst is None or abs(worst[1]) < WORST_OFF_SD:
        return "A reading of an earlier session lies far from the curve of all others."
    look, off = worst
    side = "above" if off > 0 else "below"
    what = "its time, the number and the cuff" if look.kind in {SYSTOLIC, DIASTOLIC} else "its time and the number"
    return (
        f"{look_words(look)} lies {abs(off):.1f} spreads of one reading {side} the curve that fits this person best. "
        f"Check {what}; or the model does not describe this person."
    )


def look_words(look: Look) -> str:
    """A look in a few words."""
    name = READ[look.kind]
    return f"{name[0].upper()}{name[1:]} {look.value:g} at minute {look.at_min:.0f}"


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _row(one: Told) -> LearnedRow:
    unit = "" if one.unit in {"-", ""} or one.unit.startswith("share") else f" {one.unit}"
    gone = max(one.moved.narrowing, 0.0)
    return LearnedRow(
        name=_name(one.name),
        usual=f"{one.typical:.3g}{unit}",
        own=f"{one.most_probable:.3g}{unit}",
        span=f"{one.low:.3g} to {one.high:.3g}",
        moved=f"{gone * 100:.0f} % of the doubt gone" + ("" if one.moved.informed else "; still the prior"),
        informed=one.moved.informed,
    )


def _line(one: Told) -> str:
    ratio, low, high = (value / one.typical for value in (one.most_probable, one.low, one.high))
    times = "about as usual" if abs(ratio - 1) < AS_USUAL else f"{ratio:.1f} times the usual"
    means = MEANS.get(one.name, f"{_name(one.name)}: {{ratio}}").format(ratio=times)
    gone = f", {one.moved.narrowing * 100:.0f} % of the doubt gone" if one.moved.narrowing > 0 else ""
    said = f"{means} (nine in ten: {low:.1f} to {high:.1f} times{gone})"
    if abs(one.moved.shift) > BEYOND_BELIEF:
        return f"{said}, if the readings are right: 997 people in 1000 are nearer to the usual. Check them first."
    return f"{said}."


def _name(name: str) -> str:
    return NAMES.get(name, name.rpartition(".")[2].replace("_", " ").capitalize())
