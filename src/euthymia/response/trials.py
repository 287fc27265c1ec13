"""The published trials played with virtual persons, so that a prior can be held against what they found.

Each function gives the same persons what each arm was given and returns the numbers the trial published, by target id.
Designs are as the evidence states them; what we recall or assume beyond that is a named constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from euthymia.response.course import DoseAt, OralCourse, Scale
from euthymia.response.model import Persons, severity
from euthymia.response.population import BaselineScores, Setting, draw_left_over, draw_persons
from euthymia.response.prior import Floats, Prior
from euthymia.response.relative_dose import relative_dose
from euthymia.response.survival import hazard_ratio

MADRS = Scale("madrs", 0, 60)
HAMD17 = Scale("hamd17", 0, 52)
QIDS = Scale("qids_sr16", 0, 27)
TYPICAL_WEIGHT_KG = 80.0
# Doses were 56 or 84 mg by a clinician's choice; the middle stands for both.
FLEXIBLE_MG = 70.0
# The day after the first session: the trial calls the day of the session day 1.
DAY_AFTER = 1.0
ORAL = (OralCourse(0.0),)
TWICE_WEEKLY_4_WEEKS = tuple(3.5 * step for step in range(8))
# As we recall the design of sustain1_2019: remission is MADRS 12 or less, relapse 22 or more at two visits running.
REMISSION, RELAPSE = 12.0, 22.0
# 273 days: by then half of those withdrawn in remission had relapsed.
MAINTENANCE_WEEKS = 39
# Assumed: one step of the clinician's seven-step impression is this many MADRS points.
IMPRESSION_STEP = 7.0

Scores = Floats
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stage:
    """Whom a trial is played with: the same seed is the same persons and the same luck."""

    prior: Prior
    seed: int
    people: int
    setting: Setting
    scale: Scale
    baseline: BaselineScores

    def persons(self) -> tuple[Persons, np.random.Generator]:
        rng = np.random.default_rng(self.seed)
        return draw_persons(self.prior, self.people, rng, setting=self.setting), rng

    def entering(self, days: Sequence[float]) -> tuple[Persons, Floats]:
        """Persons whose rating on the first day is as the trial reported, and their left-over on all days.

        A trial takes people by their rating, bad day or not: who they are otherwise is that rating less the day's luck.
        """
        persons, rng = self.persons()
        left_over = draw_left_over(persons, np.array(days), self.prior.noise_for(self.scale), rng)
        rated = self.baseline.mean + self.baseline.sd * rng.standard_normal(self.people)
        before = (rated - self.scale.minimum) / self.scale.width - left_over[:, 0]
        return replace(persons, baseline=np.clip(before, 0.02, 0.98)), left_over

    def scores(
        self,
        doses: Sequence[DoseAt],
        days: Sequence[float],
        oral: Sequence[OralCourse] = (),
        *,
        gain_times: float = 1.0,
        oral_times: float = 1.0,
    ) -> Scores:
        """Ratings on days, the first before any dose, (persons, days)."""
        persons, left_over = self.entering(days)
        who = replace(persons, gain=persons.gain * gain_times, oral=persons.oral * oral_times)
        return self.rated(who, doses, days, left_over, oral)

    def rated(
        self,
        persons: Persons,
        doses: Sequence[DoseAt],
        days: Sequence[float],
        left_over: Floats,
        oral: Sequence[OralCourse] = (),
    ) -> Scores:
        fractions = severity(persons, doses, np.array(days), self.prior, oral) + left_over
        return np.asarray(np.round(self.scale.width * np.clip(fractions, 0.0, 1.0)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that can be played.

    open_label: everyone knew what they had, and expected more.   own: which numbers of its setting are its own; one
    without any is a pooled analysis, or held out, and stands for the middling setting.   crowd: how many times the
    usual number of persons it is played with, where only few of them count in the end.
    """

    id: str
    play: Callable[[Stage, Mapping[str, float]], dict[str, float]]
    own: tuple[str, ...] = ("gain", "expectancy")
    open_label: bool = False
    scale: Scale = MADRS
    crowd: int = 1
    # Read from nimh_ds005917; where another trial's baseline was not read in a table it is taken to be the same.
    baseline: BaselineScores = field(default_factory=lambda: BaselineScores(33.38, 4.57))


def sessions(days: Sequence[float], relative: float = 1.0) -> tuple[DoseAt, ...]:
    """One treatment on each of these days, all of one strength (1 is 0.5 mg/kg by vein)."""
    return tuple(DoseAt(day, relative) for day in days)


def spray(amount_mg: float) -> float:
    """How strong this many milligrams of nasal esketamine are for a person of typical weight."""
    return relative_dose("esketamine", "nasal", amount_mg=amount_mg, weight_kg=TYPICAL_WEIGHT_KG)


def responders(scores: Scores, column: int) -> float:
    """Percent whose score in this column is at most half of the first."""
    return float(100 * np.mean(scores[:, column] <= 0.5 * scores[:, 0]))


def mean_change(scores: Scores, column: int) -> float:
    """The mean change from the first column to this one, in points."""
    return float((scores[:, column] - scores[:, 0]).mean())


def murrough_midazolam(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """One infusion of ketamine or midazolam, rated a day later."""
    active, control = (stage.scores(sessions([0.0], dose), (0.0, DAY_AFTER)) for dose in (1.0, 0.0))
    return {
        "T1.difference": float((active - control)[:, 1].mean()),
        "T1.response_ketamine": responders(active, 1),
        "T1.response_control": responders(control, 1),
        "T1.change_control": mean_change(control, 1),
    }


def nimh_crossover(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Ketamine and saline in the same persons, rated after two and ten days."""
    active, control = (stage.scores(sessions([0.0], dose), (0.0, 2.0, 10.0)) for dose in (1.0, 0.0))
    gap = (active - control).mean(axis=0)
    rebound = active[:, 2] - active[:, 1]
    return {
        "T2.difference_day2": float(gap[1]),
        "T2.difference_day10": float(gap[2]),
        "T2.response_day2": responders(active, 1),
        "T2.change_saline": mean_change(control, 1),
        "T2.sd_change_day2": float((active[:, 1] - active[:, 0]).std()),
        "T2.sd_change_saline": float((control[:, 1] - control[:, 0]).std()),
        "T2.rebound": float(rebound.mean()),
        "T2.sd_rebound": float(rebound.std()),
    }


def pooled_single(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """One dose against a control over a week, as pooled trials saw it."""
    active, control = (stage.scores(sessions([0.0], dose), (0.0, 1.0, 7.0)) for dose in (1.0, 0.0))
    gap = (active - control).mean(axis=0)
    pooled = np.sqrt((active[:, 1].var() + control[:, 1].var()) / 2)
    return {"T3.kept_to_day7": float(gap[2] / gap[1]) if gap[1] else 0.0, "T3.g_day1": float(gap[1] / pooled)}


def daly_spray(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Two sprays of three strengths or placebo in a week."""
    days, visits = (0.0, 3.5), (0.0, 2 / 24, 1.0, 8.0)
    placebo = stage.scores(sessions(days, 0.0), visits)
    result = {"T4.change_placebo_day1": mean_change(placebo, 2), "T4.change_placebo_day8": mean_change(placebo, 3)}
    for amount_mg in (28, 56, 84):
        gap = (stage.scores(sessions(days, spray(amount_mg)), visits) - placebo).mean(axis=0)
        result[f"T4.difference_{amount_mg}mg_2h"] = float(gap[1])
        result[f"T4.difference_{amount_mg}mg_day1"] = float(gap[2])
        result[f"T4.difference_{amount_mg}mg_day8"] = float(gap[3])
    return result


def singh_frequency(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Infusions twice or three times a week for two weeks, or placebo as often."""
    result: dict[str, float] = {}
    for name, days in (("twice", (0.0, 3.0, 7.0, 10.0, 14.0)), ("thrice", (0.0, 2.0, 4.0, 7.0, 9.0, 11.0, 14.0))):
        for arm, dose in (("change", 1.0), ("placebo", 0.0)):
            result[f"T5.{arm}_{name}_weekly_day15"] = mean_change(stage.scores(sessions(days, dose), (0.0, 15.0)), 1)
    return result


def murrough_repeated(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Six open infusions over 12 days, then twice-weekly visits without drug to day 83 after the last.

    Relapse: two visits running with less than half the baseline gone (the definition as we recall it).
    """
    visits = tuple(11.0 + 3.5 * step for step in range(1, 24))
    scores = stage.scores(sessions((0.0, 2.0, 4.0, 7.0, 9.0, 11.0)), (0.0, 2 / 24, 12.0, *visits))
    responded = scores[:, 2] <= 0.5 * scores[:, 0]
    when = first_of_two(scores[responded, 3:] > 0.5 * scores[responded, :1])
    return {
        "T6.response": float(100 * responded.mean()),
        "T6.relapse_day": float(3.5 * (1 + np.median(when))) if when.size else 0.0,
        "T6.change_2h": mean_change(scores, 1),
    }


def first_of_two(bad: Mask) -> NDArray[np.intp]:
    """The first visit of two bad ones running, for each person; the number of visits where that never happens."""
    twice = bad[:, :-1] & bad[:, 1:]
    return np.asarray(np.where(twice.any(axis=1), twice.argmax(axis=1), bad.shape[1]), dtype=np.intp)


def transform(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Spray or placebo spray twice a week for four weeks, everyone with a new oral antidepressant from day 0."""
    active, control = (
        stage.scores(sessions(TWICE_WEEKLY_4_WEEKS, dose), (0.0, DAY_AFTER, 27.0), ORAL)
        for dose in (spray(FLEXIBLE_MG), 0.0)
    )
    return {
        "T7.response_day2": responders(active, 1),
        "T7.response_day2_control": responders(control, 1),
        "T7.response_day28": responders(active, 2),
        "T7.response_day28_control": responders(control, 2),
        "T7.difference_day28": float((active - control)[:, 2].mean()),
    }


def sustain_withdrawal(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Sixteen weeks of spray with an oral antidepressant, then to go on or to change to placebo spray, unknowingly.

    Going on is every second week in remission and every week else (the dosing rule, simplified).
    """
    dose, start = spray(FLEXIBLE_MG), 112.0
    before = [*TWICE_WEEKLY_4_WEEKS, *np.arange(28.0, start, 7.0)]
    visits = [0.0, 28.0, *np.arange(91.0, start + 7 * MAINTENANCE_WEEKS + 1, 7.0)]
    persons, left_over = stage.entering(visits)
    plain = stage.rated(persons, sessions(before, dose), visits[:6], left_over[:, :6], ORAL)
    halved = plain <= 0.5 * plain[:, :1]
    remitted = halved[:, 1] & (np.sum(plain[:, 2:] <= REMISSION, axis=1) >= 3)
    responded = halved[:, 1] & halved[:, 4] & halved[:, 5] & ~remitted
    result: dict[str, float] = {}
    for state, who, every in (("remitters", remitted, 14.0), ("responders", responded, 7.0)):
        some = _chosen(persons, who)
        after = np.arange(start, visits[-1], every)
        weeks = []
        for relative in (dose, 0.0):
            given = (*sessions(before, dose), *sessions(list(after), relative))
            scores = stage.rated(some, given, visits[6:], left_over[who, 6:], ORAL)
            weeks.append(first_of_two(scores >= RELAPSE) + 1)
        result[f"T8.hazard_ratio_{state}"] = hazard_ratio(weeks[0], weeks[1], MAINTENANCE_WEEKS)
        result[f"H4.relapsed_{state}_withdrawn"] = float(100 * np.mean(weeks[1] <= MAINTENANCE_WEEKS))
    return result


def _chosen(persons: Persons, who: Mask) -> Persons:
    return Persons(*(getattr(persons, name)[who] for name in Persons.__slots__))


def sustain_rhythm(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Four weeks twice a week, then weekly for responders, then every second week for those who remitted."""
    dose = spray(FLEXIBLE_MG)
    days = [*TWICE_WEEKLY_4_WEEKS, 28.0, 35.0, 42.0, 49.0, 56.0, 70.0]
    scores = stage.scores(sessions(days, dose), (0.0, 28.0, 56.0, 84.0), ORAL)
    level = np.floor(scores / IMPRESSION_STEP)
    weekly = scores[:, 1] <= 0.5 * scores[:, 0]
    second = weekly & (scores[:, 2] <= REMISSION)
    result: dict[str, float] = {}
    for name, who, column in (("weekly", weekly, 1), ("every_second_week", second, 2)):
        moved = (level[:, column + 1] - level[:, column])[who]
        result[f"T9.worse_after_{name}"] = float(100 * np.mean(moved > 0)) if moved.size else 0.0
        result[f"T9.better_after_{name}"] = float(100 * np.mean(moved < 0)) if moved.size else 0.0
    return result


def elektd(stage: Stage, extra: Mapping[str, float]) -> dict[str, float]:
    """Six open infusions in three weeks, or nine sessions of ECT: the same persons, another gain for each session."""
    infused = stage.scores(sessions(tuple(3.5 * step for step in range(6))), (0.0, 21.0))
    shocked = stage.scores(
        sessions((0.0, 2.0, 4.0, 7.0, 9.0, 11.0, 14.0, 16.0, 18.0)), (0.0, 21.0), gain_times=float(np.exp(extra["ect"]))
    )
    ketamine, ect = responders(infused, 1), responders(shocked, 1)
    return {"T10.difference": ketamine - ect, "T10.response_ketamine": ketamine, "T10.response_ect": ect}


def antidepressant(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """Tablets or placebo tablets for six weeks: time in treatment for both, the drug for one."""
    days = (0.0, 7.0, 14.0, 28.0, 42.0)
    drug = stage.scores((), days, ORAL)
    placebo = stage.scores((), days, ORAL, oral_times=0.0)
    gap = (drug - placebo).mean(axis=0)
    return {
        "C2.change_placebo_week6": mean_change(placebo, 4),
        "C2.change_drug_week6": mean_change(drug, 4),
        "C2.change_placebo_week1": mean_change(placebo, 1),
        "C2.change_drug_week1": mean_change(drug, 1),
        "C2.change_placebo_week2": mean_change(placebo, 2),
        "C2.change_drug_week2": mean_change(drug, 2),
        "C2.sd_change_placebo_week6": float((placebo[:, 4] - placebo[:, 0]).std()),
        "C2.sd_change_drug_week6": float((drug[:, 4] - drug[:, 0]).std()),
        "C3.share_by_week1": float(gap[1] / gap[4]) if gap[4] else 0.0,
    }


def mathew_open(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """One open infusion, rated after one and three days."""
    scores = stage.scores(sessions([0.0]), (0.0, 1.0, 3.0))
    return {"H1.response_24h": responders(scores, 1), "H1.response_72h": responders(scores, 2)}


def aspire(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """One spray of 84 mg or placebo, everyone on an oral antidepressant, rated a day later."""
    active, control = (stage.scores(sessions([0.0], dose), (0.0, 1.0), ORAL) for dose in (spray(84), 0.0))
    return {"H2.difference_24h": float((active - control)[:, 1].mean())}


def su_midazolam(stage: Stage, _: Mapping[str, float]) -> dict[str, float]:
    """One infusion of ketamine or midazolam, rated after three days."""
    active, control = (stage.scores(sessions([0.0], dose), (0.0, 3.0)) for dose in (1.0, 0.0))
    return {"H3.response_day3": responders(active, 1), "H3.response_day3_control": responders(control, 1)}


TRIALS: Mapping[str, Trial] = MappingProxyType(
    {
        trial.id: trial
        for trial in (
            Trial("murrough2013_midazolam", murrough_midazolam),
            Trial("nimh_ds005917", nimh_crossover, ("gain", "expectancy", "trend")),
            Trial("price2022_ipd", pooled_single, ()),
            Trial("daly2017_phase2", daly_spray, baseline=BaselineScores(33.9, 4.9)),
            Trial("singh2016_frequency", singh_frequency),
            Trial("murrough2013_repeated", murrough_repeated, open_label=True),
            Trial(
                "transform12_pooled",
                transform,
                ("gain", "expectancy", "trend"),
                baseline=BaselineScores(37.4, 5.8),
            ),
            Trial("sustain1_2019", sustain_withdrawal, ("gain", "trend"), crowd=4, baseline=BaselineScores(37.4, 5.8)),
            Trial("nijs2020_frequency", sustain_rhythm, ("gain", "trend"), True, baseline=BaselineScores(37.4, 5.8)),
            Trial("elektd2023", elektd, open_label=True, scale=QIDS, baseline=BaselineScores(16.2, 3.5)),
            Trial(
                "dia_antidepressant_ipd", antidepressant, ("trend",), scale=HAMD17, baseline=BaselineScores(17.9, 5.5)
            ),
            Trial("mathew2010", mathew_open, (), open_label=True),
            Trial("aspire_pooled_2021", aspire, ()),
            Trial("su2023_suicidal_trd", su_midazolam, (), baseline=BaselineScores(37.0, 4.3)),
        )
    }
)
