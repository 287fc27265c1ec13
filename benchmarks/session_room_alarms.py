"""Ten thousand simulated threshold crossings: is any missed, is any alarm ever wrongly silent?

One second at a time a simulated pressure crosses its signed limit and comes back. Its samples arrive with jitter, late,
twice, in another order and not at all, while the clock of the machine jumps by seconds, an hour or a day and a nurse
acknowledges, silences and closes what stands on the screen. Everything goes through the functions the clinic runs.

What must be on the screen is worked out beside it, by an oracle that shares none of their code: it keeps no marks and
no episodes but looks through every sample and every act known so far, at every step.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from euthymia.care.alarm_conditions import Heard, any_beyond, is_on, stream_marks
from euthymia.care.alarms import Act, ActKind, Alarm, Mark, Origin, Tier, alarms
from euthymia.care.clock import is_ahead
from euthymia.care.protocol import Measure, Protocol, Stage, fill, holes
from euthymia.care.protocols.load import load_protocol
from euthymia.care.vital_stream import Sample
from euthymia.care.vitals import Reading

CROSSINGS, CROSSINGS_OF_A_SESSION = 10_000, 20
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BASELINE = Reading(122, 78, 70, 98, 14)
RULE = "during_systolic_stop"
# What the oracle is told, in seconds: it does not read the constants of the functions it judges.
SETTLED_S, SILENCE_S = 10.0, 120.0
JUMPS_S = (-86_400, -3600, -60, -20, -3, 3, 20, 60, 3600, 86_400)


@cache
def protocol() -> Protocol:
    """The shipped infusion with every hole filled in the middle, and of its limits on pressure the one that stops."""
    shipped = load_protocol("iv_racemic_05")
    values = {hole.name: ((hole.low or 0) + (hole.high or 0)) / 2 for hole in holes(shipped)}
    filled = fill(shipped, values, "A benchmark")
    kept = tuple(limit for limit in filled.limits if limit.stage is not Stage.DURING or limit.name == RULE)
    return replace(filled, limits=kept)


@cache
def limit_mmhg() -> float:
    """The systolic pressure that must not be passed."""
    (limit,) = [limit for limit in protocol().limits if limit.measure is Measure.SYSTOLIC_MMHG and limit.name == RULE]
    assert limit.number.value is not None
    return limit.number.value


@dataclass(frozen=True)
class Step:
    """One thing that happens at a true second: a sample arrives, the clock jumps, somebody looks and acts."""

    true_s: float
    sample: Sample | None = None
    jump_s: float = 0.0
    press: ActKind | None = None


def session_of(seed: int, crossings: int = CROSSINGS_OF_A_SESSION) -> list[Step]:
    """What happens in one session, in the order in which it happens here."""
    chance = random.Random(seed)
    true_s, seq, steps = 0, 0, list[Step]()
    for _ in range(crossings):
        for beyond, seconds in ((False, chance.choice((1, 2, 5, 12, 25))), (True, chance.choice((1, 1, 2, 4, 8)))):
            for _ in range(seconds):
                true_s, seq = true_s + 1, seq + 1
                steps += _arrivals(chance, true_s, seq, beyond)
        for kind in (ActKind.ACKNOWLEDGED, ActKind.SILENCED, ActKind.RESOLVED, ActKind.UNSILENCED):
            if chance.random() < 0.25:
                steps.append(Step(true_s + chance.uniform(0, 20), press=kind))
        if chance.random() < 0.15:
            steps.append(Step(true_s + chance.uniform(0, 10), jump_s=chance.choice(JUMPS_S)))
        if chance.random() < 0.1:
            true_s += chance.choice((30, 130))
            steps.append(Step(true_s))
        if chance.random() < 0.04:
            steps += _long_silence(chance, true_s, seq)
            true_s, seq = true_s + 150, seq + 150
    return sorted(steps, key=lambda step: step.true_s)


def _long_silence(chance: random.Random, true_s: int, seq: int) -> Iterator[Step]:
    """Beyond the limit for two and a half minutes, silenced early on, and the clock set back while it is silent."""
    for second in range(1, 151):
        yield from _arrivals(chance, true_s + second, seq + second, True)
    yield Step(true_s + 5, press=ActKind.SILENCED)
    yield Step(true_s + chance.uniform(20, 100), jump_s=chance.choice((-60, -20, -15)))


def _arrivals(chance: random.Random, true_s: int, seq: int, beyond: bool) -> Iterator[Step]:
    """A sample on its way: with jitter, sometimes late, sometimes twice, rarely never."""
    if chance.random() < 0.02:
        return
    pressure = limit_mmhg() + chance.uniform(1, 30) if beyond else limit_mmhg() - chance.uniform(0, 40)
    sample = Sample(START + true_s * SECOND, Reading(round(pressure, 1), 80), seq)
    delay_s = chance.uniform(0.05, 2.5) if chance.random() < 0.9 else chance.uniform(5, 400)
    for _ in range(2 if chance.random() < 0.1 else 1):
        yield Step(true_s + delay_s, sample)
        delay_s += chance.uniform(0, 30)


@dataclass
class Bedside:
    """The clinic's side of it: the wall clock, the door, the memory, the acts."""

    ahead_s: float = 0.0
    marks: tuple[Mark, ...] = ()
    newest: dict[str, datetime] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    heard_at: datetime | None = None
    kept: list[datetime] = field(default_factory=list)
    known: set[int] = field(default_factory=set)

    def wall(self, true_s: float) -> datetime:
        return START + timedelta(seconds=true_s + self.ahead_s)

    def take(self, sample: Sample, now: datetime) -> bool:
        """Whether the door let it in: not a second time, and not from the future."""
        if sample.seq in self.known or is_ahead(sample.at, now):
            return False
        self.known.add(sample.seq)
        self.kept.append(sample.at)
        # The clinic notes the newest before it judges, and never later than it was heard.
        for thing in sample.reading.measured():
            at = min(sample.at, now)
            self.newest[thing] = max(self.newest.get(thing, at), at)
        self.heard_at = now
        # As the clinic does: where nothing is on and nothing lies beyond, nothing more is looked at.
        beyond = any_beyond([sample], protocol=protocol(), baseline=BASELINE, clock_at=START)
        if not beyond and not is_on(self.marks):
            return True
        self.marks += stream_marks(
            [sample],
            Heard(self.marks, self.newest, lambda _, at: any(one > at for one in self.kept)),
            protocol=protocol(),
            baseline=BASELINE,
            clock_at=START,
            now=now,
        )
        return True

    def jump(self, step: Step) -> None:
        self.ahead_s += step.jump_s
        if step.jump_s < -1:
            # What the program writes when it sees the clock go back.
            seen = frozenset(act.id for act in self.acts if act.kind is ActKind.SILENCED)
            now = self.wall(step.true_s)
            if seen:
                key = self.acts[0].key
                self.acts.append(Act(f"back {step.true_s}", ActKind.UNSILENCED, key, now, "the program", seen))

    def press(self, kind: ActKind, alarm: Alarm, step: Step) -> Act:
        now = self.wall(step.true_s)
        until = now + timedelta(seconds=SILENCE_S) if kind is ActKind.SILENCED else None
        seen = alarm.raises
        if kind is ActKind.UNSILENCED:
            seen |= {act.id for act in self.acts if act.kind is ActKind.SILENCED}
        act = Act(f"{kind.value} {step.true_s}", kind, alarm.key, now, "Nurse Ada", seen, until, reason="Looked.")
        self.acts.append(act)
        return act

    def shown(self, true_s: float) -> Alarm | None:
        found = [
            alarm
            for alarm in alarms(self.marks, self.acts, self.wall(true_s), heard_at=self.heard_at)
            if alarm.key.origin is Origin.MONITOR and alarm.key.rule == RULE and alarm.tier is Tier.HIGH
        ]
        assert len(found) < 2
        return found[0] if found else None


@dataclass
class Seen:
    """One sample as the oracle keeps it. `newest`: nothing later was known when it came. `answered`: somebody has
    acknowledged an alarm that stood for it; `quiet_from_s`: when they silenced it, in true seconds."""

    at_s: float
    beyond: bool
    newest: bool
    late: bool
    answered: bool = False
    quiet_from_s: float | None = None


class Oracle:
    """What must be seen and heard, from every sample and act so far."""

    def __init__(self) -> None:
        self.samples: list[Seen] = []

    def take(self, at_s: float, beyond: bool, late: bool) -> bool:
        """A sample has come; whether it begins something that nobody has been told of yet."""
        before = [one for one in self.samples if one.at_s <= at_s]
        fresh = Seen(at_s, beyond, all(one.at_s <= at_s for one in self.samples), late)
        told = self._told(before, at_s)
        if beyond and told is not None and not late:
            fresh.answered, fresh.quiet_from_s = told.answered, told.quiet_from_s
        elif beyond and told is not None and not self._settled(before, told.at_s, at_s, 0):
            # Late, within a stretch that was on all the time at its own time: nothing new.
            fresh.answered, fresh.quiet_from_s = told.answered, told.quiet_from_s
        self.samples.append(fresh)
        return beyond and told is None

    def _told(self, before: list[Seen], at_s: float) -> Seen | None:
        """The last sample beyond the limit that this one continues."""
        last = max((one for one in before if one.beyond), key=lambda one: one.at_s, default=None)
        if last is None or self._settled(before, last.at_s, at_s, SETTLED_S):
            return None
        return last

    def _settled(self, before: list[Seen], from_s: float, at_s: float, after_s: float) -> bool:
        """Whether a normal sample that was the newest when it came lies between, longer ago than this."""
        ends = [one.at_s for one in before if not one.beyond and one.newest and one.at_s > from_s]
        return bool(ends) and at_s - min(ends) > after_s

    def answer(self, true_s: float, kind: ActKind) -> None:
        for one in self.samples:
            if one.beyond:
                one.answered = one.answered or kind is ActKind.ACKNOWLEDGED
                if kind is ActKind.SILENCED:
                    one.quiet_from_s = true_s
                elif kind is ActKind.UNSILENCED:
                    one.quiet_from_s = None

    def clock_went_back(self) -> None:
        for one in self.samples:
            one.quiet_from_s = None

    def must_flash(self) -> bool:
        """Something beyond the limit is known that nobody has acknowledged."""
        return any(one.beyond and not one.answered for one in self.samples)

    def must_sound(self, true_s: float) -> bool:
        """And nobody has silenced all of that within the time a silence may last."""
        left = [one for one in self.samples if one.beyond and not one.answered]
        return any(one.quiet_from_s is None or true_s - one.quiet_from_s >= SILENCE_S for one in left)

    def is_beyond_now(self) -> bool:
        """The newest that is known lies beyond the limit."""
        last = max((one.at_s for one in self.samples), default=None)
        return any(one.at_s == last and one.beyond for one in self.samples)


@dataclass
class Outcome:
    """What a run has counted. `examples` are the first few things that went wrong, for whoever looks into it."""

    crossings: int = 0
    missed: int = 0
    falsely_silent: int = 0
    steps: int = 0
    examples: list[str] = field(default_factory=list)


def run_session(seed: int, outcome: Outcome, crossings: int = CROSSINGS_OF_A_SESSION) -> None:
    """One session through the clinic's functions and past the oracle."""
    bedside, oracle = Bedside(), Oracle()
    for step in session_of(seed, crossings):
        outcome.steps += 1
        began = _happens(step, bedside, oracle)
        alarm = bedside.shown(step.true_s)
        if began:
            outcome.crossings += 1
            if alarm is None or not alarm.flashes:
                outcome.missed += 1
                outcome.examples.append(f"missed: seed {seed} at {step}")
        wrong = _silent(oracle, alarm, step.true_s)
        if wrong:
            outcome.falsely_silent += 1
            outcome.examples.append(f"{wrong}: seed {seed} at {step}")


def _happens(step: Step, bedside: Bedside, oracle: Oracle) -> bool:
    """Whether this step begins a crossing."""
    if step.jump_s:
        bedside.jump(step)
        if step.jump_s < -1:
            oracle.clock_went_back()
    if step.press is not None:
        alarm = bedside.shown(step.true_s)
        allowed = alarm is not None and (step.press is not ActKind.RESOLVED or not (alarm.on or alarm.flashes))
        if alarm is not None and allowed:
            bedside.press(step.press, alarm, step)
            oracle.answer(step.true_s, step.press)
    if step.sample is None:
        return False
    now = bedside.wall(step.true_s)
    if not bedside.take(step.sample, now):
        return False
    beyond = (step.sample.reading.systolic_mmhg or 0) > limit_mmhg()
    at_s = (step.sample.at - START).total_seconds()
    return oracle.take(at_s, beyond, late=(now - step.sample.at).total_seconds() > 5)


def _silent(oracle: Oracle, alarm: Alarm | None, true_s: float) -> str:
    """How the screen is quieter than it must be; empty when it is not."""
    if oracle.must_flash() and (alarm is None or not alarm.flashes):
        return "nothing flashes"
    if oracle.must_sound(true_s) and (alarm is None or not alarm.sounds):
        return "nothing sounds"
    if oracle.is_beyond_now() and (alarm is None or not alarm.on):
        return "not shown as on"
    return ""


def simulate(crossings: int = CROSSINGS) -> Outcome:
    """Sessions until so many crossings have been told of."""
    outcome, seed = Outcome(), 0
    while outcome.crossings < crossings:
        run_session(seed, outcome)
        seed += 1
    return outcome


def measure() -> list[dict[str, Any]]:
    """Rows of the session room that are about alarms."""
    outcome = simulate()
    against = f"{outcome.steps} steps, each judged by an oracle that looks through all samples and acts"
    return [
        {"name": "alarm_crossings_simulated", "value": outcome.crossings, "unit": "crossings", "target": CROSSINGS},
        {
            "name": "alarm_crossings_missed",
            "value": outcome.missed,
            "unit": "crossings",
            "target": 0,
            "against": against,
        },
        {
            "name": "alarm_falsely_silent",
            "value": outcome.falsely_silent,
            "unit": "steps",
            "target": 0,
            "against": against,
        },
    ]
