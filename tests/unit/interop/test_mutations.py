"""A real record, damaged at random: every time a whole answer or a refusal, never a crash and never half a value."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.fixtures.fhir_bundles import SYNTHEA, allergy, bundle, example, medication

from euthymia.errors import DocumentError
from euthymia.interop.fhir.bundle import ImportedRecord, read_bundle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EACH_KIND = 2
WRONG: list[object] = [None, True, False, 0, -1, 10**30, Decimal("1e25"), [], [None], {}, {"": {}}]
WRONG += ["", " ", "\x00", "\ud800", "NaN", "x" * 400, "Patient/him", "#", "urn:uuid:", "http://loinc.org", "kg"]
WRONG += ["2019-02-30", "0000-00-00", "2019-01-01T24:00:00Z", "2030", "1900"]
NOT_MEANT = some.sampled_from(WRONG)


def small_record() -> dict[str, Any]:
    """The first few entries of every kind, with an allergy and a medicine named elsewhere."""
    document = example(SYNTHEA[0])
    kept: dict[str, int] = {}
    entries = []
    for entry in document["entry"]:
        kind = entry["resource"]["resourceType"] + str("component" in entry["resource"])
        kept[kind] = kept.get(kind, 0) + 1
        if kept[kind] <= EACH_KIND and kind not in ("ClaimFalse", "ExplanationOfBenefitFalse"):
            entries.append(entry)
    her = entries[0]["fullUrl"]
    more = bundle(
        allergy(patient={"reference": her}),
        medication(
            subject={"reference": her},
            medicationCodeableConcept=None,
            medicationReference={"reference": "#m"},
            contained=[{"resourceType": "Medication", "id": "m", "code": {"text": "Lithium"}}],
        ),
    )["entry"][1:]
    return document | {"entry": entries + more}


RECORD = small_record()


def places(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*way, name)
        yield from places(one, (*way, name))


PLACES = list(places(RECORD))


def damage(document: dict[str, Any], way: tuple[str | int, ...], instead: Any) -> None:
    """Put something else at this place, or (with `...`) take it away; a place already gone is left."""
    holder: Any = document
    try:
        for step in way[:-1]:
            holder = holder[step]
        if instead is ...:
            del holder[way[-1]]
        else:
            holder[way[-1]] = instead
    except (KeyError, IndexError, TypeError):
        return


def check_whole(record: ImportedRecord) -> None:
    """No number that is none, nothing with neither value nor words, nothing from the future."""
    for one in record.observations:
        assert (one.value is None) != (one.text == "")
        assert one.value is None or math.isfinite(float(one.value))
        assert one.at <= NOW
        assert one.loinc
    for entry in (*record.conditions, *record.medications, *record.allergies, *record.procedures):
        assert entry.code.display
        assert bool(entry.code.code) or not entry.code.system
    assert record.person.given or record.person.family
    assert json.dumps(record.report.as_json())


def test_the_undamaged_record_is_whole() -> None:
    record = read_bundle(RECORD, now=NOW)
    check_whole(record)
    assert record.report.refused == ()
    assert min(len(record.conditions), len(record.medications), len(record.allergies), len(record.observations)) > 0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.tuples(some.sampled_from(PLACES), some.just(...) | NOT_MEANT), min_size=1, max_size=4))
def test_a_damaged_record_is_read_whole_or_refused(damages: list[tuple[tuple[str | int, ...], Any]]) -> None:
    document = copy.deepcopy(RECORD)
    for way, instead in damages:
        damage(document, way, instead)
    try:
        record = read_bundle(document, now=NOW)
    except DocumentError:
        return
    check_whole(record)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.integers(0, 10**6), some.integers(1, 40), some.binary(max_size=6))
def test_damaged_text_is_read_whole_or_refused(start: int, length: int, instead: bytes) -> None:
    text = json.dumps(RECORD).encode()
    start %= len(text)
    try:
        check_whole(read_bundle(text[:start] + instead + text[start + length :], now=NOW))
    except DocumentError:
        return
