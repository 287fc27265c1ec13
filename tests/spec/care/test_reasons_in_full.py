"""Every reason in full: the fact, the value, the limit, the source and the words a person will read.

The tables in `reasons/` are what the program says, one line for each reason, to be read and approved by a clinician.
After a change that is meant, write them anew with `python -m tests.spec.care.test_reasons_in_full` and read the
difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.spec.care import test_risk_due as risk_due
from tests.spec.care import test_risk_pathway as pathway
from tests.spec.care.bedside import START, Bedside, filled, minute

from euthymia.care.bedside_dose import may_give, start_of
from euthymia.care.decision import Decision, Reason, missing_of, reasons_of, verdict
from euthymia.care.dosing import Choice, DoseOrder, PriorDose, WeightAt, WeightFacts, calculate, check_order
from euthymia.care.eligibility import PROTOCOLS, RULES, Rule, assess, read_rule, reassuring_facts, rules_for
from euthymia.care.evidence import sources_of
from euthymia.care.facts import FACTS
from euthymia.care.instruments import instruments, load_instrument
from euthymia.care.monitoring import due, judge_vitals, watch
from euthymia.care.protocol import Stage, WeightBasis
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.care.risk import SUICIDAL_THOUGHTS, RiskLevel
from euthymia.care.risk import assess as risk_of
from euthymia.care.risk_due import escalation, risk_tasks
from euthymia.care.risk_pathway import fold_risk, may_close
from euthymia.care.session_events import (
    Concern,
    Delivery,
    DeviceGiven,
    DoseStarted,
    EventKind,
    Payload,
    RateChanged,
    Remark,
    ScaleTaken,
    Severity,
    SideEffect,
)
from euthymia.care.tables.load import read_table
from euthymia.care.vitals import parse_vitals

TABLES = Path(__file__).parent / "reasons"
E, K = EventKind, pathway.K
IV, IM, NASAL = filled("iv_racemic_05"), filled("im_racemic"), filled("esketamine_nasal_trd")
Lines = Iterator[str]


def told(case: str, decision: Decision) -> Lines:
    """The decision and everything it carries, a line each."""
    yield f"{case}: {verdict(decision)}"
    for reason in reasons_of(decision):
        yield f"    {reason.level} {line_of(reason)}"
    for absent in missing_of(decision):
        yield f"    missing {absent.fact} | for {absent.needed_by} | {absent.says}"


def line_of(reason: Reason) -> str:
    parts = (reason.rule, reason.fact, repr(reason.value), repr(reason.limit), reason.source, reason.says)
    return " | ".join(parts)


# The dose at the bedside


def bedside_dose() -> Lines:
    infusion, injection, devices = calculate(IV, 70), calculate(IM, 70, Choice(mg_per_kg=0.5)), calculate(NASAL, 70)
    starts: list[tuple[DoseOrder, DoseStarted]] = [
        (infusion, start_of(infusion)),
        (infusion, DoseStarted(Delivery.INFUSION, 35.05, 52.5)),
        (infusion, DoseStarted(Delivery.INFUSION, 35.06, 52.5)),
        (infusion, DoseStarted(Delivery.INFUSION, 34.94, 52.5)),
        (infusion, DoseStarted(Delivery.INJECTION, 35)),
        (infusion, DoseStarted(Delivery.INFUSION, 36, 160)),
        (injection, DoseStarted(Delivery.INFUSION, 35, 52.5)),
        (devices, DoseStarted(Delivery.INJECTION, 56)),
    ]
    for order, start in starts:
        yield from _given(order, E.DOSE_STARTED, start, Bedside(IV).until_ready())
    for rate in (0, 5.25, 5.3, 5.303, 5.31, 52.5, 53.025, 53.1, 157.4, 157.5, 525):
        yield from _given(infusion, E.RATE_CHANGED, RateChanged(rate), Bedside(IV).infusing())
    bed = Bedside(NASAL).until_ready()
    bed.write(E.DOSE_STARTED, 0, start_of(devices))
    bed.write(E.DEVICE_GIVEN, 0, DeviceGiven(28, 1))
    for at_min in (0, 3, 4.99, 5, -4, 6):
        yield from _given(devices, E.DEVICE_GIVEN, DeviceGiven(28, 2), bed, at_min)
    for amount in (27, 28.05, 28.06, 56):
        yield from _given(devices, E.DEVICE_GIVEN, DeviceGiven(amount, 2), bed, 6)
    bed.write(E.DEVICE_GIVEN, 6, DeviceGiven(28, 2))
    yield from _given(devices, E.DEVICE_GIVEN, DeviceGiven(28, 3), bed, 12)
    yield from _given(devices, E.REMARK, Remark("calm"), bed, 12)


def _given(order: DoseOrder, kind: EventKind, payload: Payload, bed: Bedside, at_min: float = 10) -> Lines:
    event = bed.make(kind, at_min, payload, event_id="new")
    yield from told(f"{order.route} {order.dose_mg:g} mg, {at_min:g} min, {payload}", _asked(order, event, bed))


def _asked(order: DoseOrder, event: object, bed: Bedside) -> Decision:
    return may_give(bed.state, event, order, bed.protocol)  # type: ignore[arg-type]


# The order


def dosing() -> Lines:
    order = calculate(IV, 70)
    week = (WeightAt(START - timedelta(days=7), 70.0),)
    weights = {
        "no weight before, no height": WeightFacts(),
        "no weight before, confirmed": WeightFacts(confirmed=True),
        "77 kg before": WeightFacts((WeightAt(START, 77.0),), 175),
        "63.63 kg before": WeightFacts((WeightAt(START, 63.63),), 175),
        "154 lb read as kg before": WeightFacts((WeightAt(START, 154.0),), 175),
        "32 kg before": WeightFacts((WeightAt(START, 32.0),), 175),
        "07 for 70": WeightFacts((WeightAt(START, 70.7),), 175),
        "119 cm": WeightFacts(week, 119),
        "231 cm": WeightFacts(week, 231),
        "130 cm": WeightFacts(week, 130),
        "132.3 cm": WeightFacts(week, 132.3),
        "217 cm": WeightFacts(week, 217),
        "217 cm, confirmed": WeightFacts(week, 217, confirmed=True),
    }
    for name, facts in weights.items():
        yield from told(name, check_order(IV, order, weight=facts, prior=(), now=START))
    known = WeightFacts(week, 175)
    for name, changed in {
        "as it is": order,
        "35.1 mg": replace(order, dose_mg=35.1),
        "35.2 mg": replace(order, dose_mg=35.2),
        "34.8 mg": replace(order, dose_mg=34.8),
        "350 mg": replace(order, dose_mg=350.0),
        "3.5 mg": replace(order, dose_mg=3.5),
        "7 mg": replace(order, dose_mg=7.0),
        "175 mg": replace(order, dose_mg=175.0),
        "52 mL": replace(order, volume_ml=52.0),
        "35.01 mL": replace(order, volume_ml=35.01),
        "35.02 mL": replace(order, volume_ml=35.02),
        "60 mL/h": replace(order, rate_ml_per_h=60.0),
        "52.6 mL/h": replace(order, rate_ml_per_h=52.6),
        "30 min": replace(order, duration_min=30.0),
        "0.6 mg/kg said": replace(order, mg_per_kg=0.6),
        "another version": replace(order, protocol_version="0.9.0"),
        "by ideal weight": replace(order, weight_basis=WeightBasis.IDEAL),
    }.items():
        yield from told(name, check_order(IV, changed, weight=known, prior=(), now=START))
    for hours in (-1, 0, 47.9, 48, 72):
        prior = (PriorDose(START - timedelta(hours=hours), 35.0),)
        yield from told(f"a dose {hours} h ago", check_order(IV, order, weight=known, prior=prior, now=START))
    open_protocol = load_protocol("iv_racemic_05")
    yield from told("holes", check_order(open_protocol, order, weight=known, prior=(), now=START))
    devices = calculate(NASAL, 70)
    for name, changed in {
        "3 devices for 56 mg": replace(devices, devices=3),
        "70 mg": replace(devices, dose_mg=70.0),
        "84 mg": replace(devices, dose_mg=84.0, devices=3, mg_per_kg=1.2),
    }.items():
        yield from told(name, check_order(NASAL, changed, weight=known, prior=(), now=START))
    often = tuple(PriorDose(START - timedelta(days=day), 56.0, "esketamine", "nasal") for day in (1, 3, 6, 7, 8))
    yield from told("the third in a week", check_order(NASAL, devices, weight=known, prior=often, now=START))


# What is watched


def monitoring() -> Lines:
    bed = Bedside(IV).infusing()
    for at_min in (4, 5, 9, 10, 14.9, 15, 15.1, 25, 41):
        yield from told(f"at {at_min:g} min, nothing measured", watch(bed.state, IV, minute(at_min)))
    for item in due(bed.state, IV, minute(16)):
        yield f"due: {item}"
    for text in ("120/80 72 98%", "170/80", "171/106 141 87%", "191/116", "180/95 60 91%"):
        told_bed = Bedside(IV).infusing()
        told_bed.vitals(10, text)
        yield from told(text, watch(told_bed.state, IV, minute(10)))
    for stage in (Stage.BEFORE, Stage.DISCHARGE):
        for text in ("120/80 72 98%", "151/96 111 93%", "156/96", "72"):
            judged = judge_vitals(parse_vitals(text), None, IV, stage=stage)
            yield from told(f"{stage} {text}", judged)
    ill = Bedside(IV).infusing()
    ill.write(E.SIDE_EFFECT, 6, SideEffect("nausea", Severity.SEVERE))
    ill.write(E.SCALE, 7, ScaleTaken("moaas", Concern.SEDATION, 5.0, True))
    yield from told("severe nausea", watch(ill.state, IV, minute(8)))
    for back_min in (1, 2, 3, 10):
        yield from told(f"a clock {back_min} min back", watch(ill.state, IV, minute(7 - back_min)))


# Suicide risk


def risk() -> Lines:
    for name in instruments():
        instrument = load_instrument(name)
        for flag in (one for one in instrument.flags if one.name == SUICIDAL_THOUGHTS):
            for value in (None, *instrument.item(flag.item).values):
                yield f"{name} {flag.item} = {value}: {risk_of(instrument, {flag.item: value})}"
    histories = {
        "raised": [pathway.RAISED],
        "seen": [pathway.RAISED, pathway.SEEN],
        "low": [pathway.RAISED, pathway.SEEN, pathway.SCREENED],
        "low, two questions open": [
            pathway.RAISED,
            pathway.event(K.SCREENED, 10, level=RiskLevel.LOW, missing=("plan", "intent")),
        ],
        "high": [pathway.RAISED, pathway.event(K.SCREENED, 10, level=RiskLevel.HIGH)],
        "acted": [pathway.RAISED, pathway.SEEN, pathway.ACTED],
        "high and acted": [pathway.RAISED, risk_due.HIGH, pathway.SEEN, pathway.ACTED],
        "closed": [pathway.RAISED, pathway.SEEN, pathway.SCREENED, pathway.ACTED, pathway.CLOSED],
    }
    for name, events in histories.items():
        folded = fold_risk(events)
        yield from told(f"{name}, may close", may_close(folded))
        for times in (risk_due.HOLES, risk_due.SET):
            for hours in (0, 3, 30.04):
                now = minute(hours * 60)
                tasks = risk_tasks(folded, times, risk_due.MADRID, now)
                yield from (f"    {task}" for task in tasks)
                yield from told(f"{name}, {hours:g} h, owner here", escalation(tasks, True, now))
                yield from told(f"{name}, {hours:g} h, owner gone", escalation(tasks, False, now))


# Who may be treated


def eligibility() -> Lines:
    for protocol in PROTOCOLS:
        calm = reassuring_facts(protocol)
        yield from told(f"{protocol}, nothing speaks against it", assess(protocol, calm, START))
        yield from told(f"{protocol}, nothing known", assess(protocol, {}, START))
        for rule in rules_for(protocol):
            answers = calm | ({rule.only_if[0]: rule.only_if[1][0]} if rule.only_if else {})
            for value in speaking(rule):
                yield from told(f"{protocol}, {rule.name}", assess(protocol, answers | {rule.fact: value}, START))


def speaking(rule: Rule) -> tuple[object, ...]:
    """Values at which this rule speaks and, of a number, the limit itself."""
    when, fact = rule.when, FACTS[rule.fact]
    if when.equals is not None:
        return (when.equals,)
    if when.above is not None:
        return when.above, when.above + 1
    if when.below is not None:
        return when.below, when.below - 1
    return tuple(value for value in fact.choices if value in when.one_of)


AREAS: dict[str, Callable[[], Lines]] = {
    "bedside_dose": bedside_dose,
    "dosing": dosing,
    "monitoring": monitoring,
    "risk": risk,
    "eligibility": eligibility,
}


@pytest.mark.parametrize("area", AREAS)
def test_the_program_says_what_was_approved(area: str) -> None:
    approved = (TABLES / f"{area}.txt").read_text(encoding="utf-8").splitlines()
    assert list(AREAS[area]()) == approved


def test_the_table_of_rules_reads_the_same_again() -> None:
    table = read_table("eligibility")
    assert tuple(read_rule(row, sources_of(table)) for row in table["rule"]) == RULES


def test_every_shipped_protocol_has_its_rules() -> None:
    for name in shipped_protocols():
        assert rules_for(load_protocol(name).eligibility_rules)


if __name__ == "__main__":
    for area, lines in AREAS.items():
        (TABLES / f"{area}.txt").write_text("\n".join(lines()) + "\n", encoding="utf-8")
