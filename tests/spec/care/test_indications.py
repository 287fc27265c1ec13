"""Indications as data: what each pack asks and counts, what nobody read, how a file that says it wrongly is refused."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from euthymia.care.cited import Cited, Provenance
from euthymia.care.eligibility import RULES
from euthymia.care.indications import Pack, indications, load_indication, parse_pack
from euthymia.care.indications.pack import Better, Part, Reached, Since, Wording
from euthymia.errors import ProtocolError

# condition · main scales · other scales · windows · endpoints · what nobody read
PACKS: dict[str, tuple[set[str], set[str], dict[str, str], set[str], set[str]]] = {
    "depression": (
        {"madrs", "phq9"},
        {"qids_sr16", "cssrs_screener"},
        {"one_dose_fades": "7 days"},
        {"madrs_response", "madrs_remission", "phq9_response", "phq9_remission"},
        set(),
    ),
    "ptsd": (
        {"pcl5", "caps5"},
        {"pc_ptsd5", "ies_r", "madrs", "cssrs_screener"},
        {"end_of_series": "14 days", "response_lost": "27.5 days"},
        {"caps5_response", "pcl5_meaningful", "pcl5_responded", "remission"},
        {"endpoint.remission"},
    ),
    "gad": (
        {"gad7", "ham_a"},
        {"phq9", "wsas", "cssrs_screener"},
        {"after_one_dose": "1 h", "kept_up": "98 days", "judged": "open"},
        {"gad7_meaningful", "gad7_reliable", "response", "remission"},
        {"window.judged", "endpoint.response", "endpoint.remission"},
    ),
    "social_anxiety": (
        {"lsas", "vas_anxiety"},
        {"gad7", "phq9", "cssrs_screener"},
        {"two_weeks": "14 days"},
        {"lsas_response", "vas_response", "remission"},
        {"endpoint.remission"},
    ),
    "bipolar_depression": (
        {"madrs"},
        {"phq9", "ymrs", "cssrs_screener"},
        {"first_difference": "0.67 h", "largest_difference": "2 days", "last_difference": "3 days"},
        {"madrs_response", "remission"},
        {"endpoint.remission"},
    ),
    "ocd": (
        {"ybocs"},
        {"phq9", "cssrs_screener"},
        {"judged": "open"},
        {"response", "remission"},
        {"window.judged", "endpoint.response", "endpoint.remission"},
    ),
}
# condition · endpoint · kind · how far the scale falls · whether the limit itself counts
FALLS = [
    ("ptsd", "caps5_response", Better.RESPONSE, 30, Reached.AT_LEAST),
    ("social_anxiety", "lsas_response", Better.RESPONSE, 35, Reached.MORE_THAN),
    ("social_anxiety", "vas_response", Better.RESPONSE, 50, Reached.AT_LEAST),
]
# what a person consents to outside depression · how it was read: an alert, a label, or our own way of working
CONSENT = {
    "not_approved": Provenance.READ_SECONDARY,
    "made_up_by_a_pharmacy": Provenance.READ_SECONDARY,
    "known_harms": Provenance.READ_SECONDARY,
    "harm_to_the_liver": Provenance.READ,
    "at_home": Provenance.READ_SECONDARY,
    "long_use": Provenance.HOUSE,
    "driving": Provenance.HOUSE,
    "other_treatments": Provenance.HOUSE,
}
# Every window that is not named here is counted from the first dose.
SINCE = {
    ("depression", "one_dose_fades"): Since.EACH_DOSE,
    ("ptsd", "response_lost"): Since.NOT_READ,
    ("gad", "after_one_dose"): Since.EACH_DOSE,
}
NOT_SHIPPED = {"caps5", "ies_r", "ham_a", "lsas", "vas_anxiety", "ymrs", "ybocs"}


def test_every_shipped_pack_has_its_row_here() -> None:
    assert indications() == tuple(sorted(PACKS))


@pytest.mark.parametrize("name", PACKS)
def test_what_a_pack_asks_and_counts(name: str) -> None:
    main, others, windows, endpoints, holes = PACKS[name]
    pack = load_indication(name)
    assert (pack.id, pack.version) == (name, "2026.1")
    assert {scale.name for scale in pack.scales if scale.part is Part.MAIN} == main
    assert {scale.name for scale in pack.scales if scale.part is not Part.MAIN} == others
    told = {
        window.name: "open" if window.after.value is None else f"{window.after.value:g} {window.after.unit}"
        for window in pack.windows
    }
    assert told == windows
    assert {end.name for end in pack.endpoints} == endpoints
    assert set(pack.holes) == holes


@pytest.mark.parametrize("name", PACKS)
def test_only_depression_is_on_and_every_other_says_why_not_and_what_is_consented_to(name: str) -> None:
    pack = load_indication(name)
    assert pack.on_by_default is (name == "depression")
    assert bool(pack.off_because) is (name != "depression")
    assert {note.name: note.basis.provenance for note in pack.consent} == ({} if name == "depression" else CONSENT)


@pytest.mark.parametrize("name", PACKS)
def test_a_window_says_what_it_is_counted_from(name: str) -> None:
    for window in load_indication(name).windows:
        assert window.since is SINCE.get((name, window.name), Since.FIRST_DOSE)


@pytest.mark.parametrize("name", sorted(set(PACKS) - {"depression"}))
def test_every_harm_the_alert_lists_is_consented_to(name: str) -> None:
    said = {note.name: note for note in load_indication(name).consent}
    harms = said["known_harms"]
    assert harms.says == (
        "It can be misused, cause other mental symptoms, raise blood pressure, slow breathing and harm the bladder."
    )
    assert [source.name for source in harms.basis.sources] == ["fda_2023"]


@pytest.mark.parametrize("name", PACKS)
def test_thoughts_of_suicide_are_asked_in_every_condition(name: str) -> None:
    pack = load_indication(name)
    safety = [scale.instrument for scale in pack.scales if scale.part is Part.SAFETY]
    assert "cssrs_screener" in safety


@pytest.mark.parametrize("name", PACKS)
def test_a_scale_that_is_not_shipped_says_that_its_terms_were_not_read(name: str) -> None:
    for scale in load_indication(name).scales:
        assert (scale.instrument == "") is (scale.name in NOT_SHIPPED)
        assert (scale.wording is Wording.NOT_READ) is (scale.name in NOT_SHIPPED)


def test_a_shipped_scale_says_how_far_back_it_asks() -> None:
    pack = load_indication("ptsd")
    assert (pack.scale("pcl5").recall_h, pack.scale("pcl5").title) == (720, "PCL-5")
    assert pack.scale("caps5").recall_h is None
    assert load_indication("gad").scale("gad7").recall_h == 336
    assert pack.scale("pc_ptsd5").part is Part.SCREEN


@pytest.mark.parametrize(("name", "endpoint", "kind", "fall_pct", "reached"), FALLS)
def test_what_counts_as_better_on_a_scale_that_is_not_shipped(
    name: str, endpoint: str, kind: Better, fall_pct: float, reached: Reached
) -> None:
    end = {end.name: end for end in load_indication(name).endpoints}[endpoint]
    assert end.fall is not None
    assert (end.kind, end.fall.value, end.reached) == (kind, fall_pct, reached)
    assert end.fall.provenance is Provenance.ABSTRACT


def test_what_rests_on_memory_names_no_number_of_its_own() -> None:
    # Years and names of scales aside: no effect, share or cut that nobody read.
    for name in PACKS:
        pack = load_indication(name)
        for note in (*pack.findings, *pack.cautions, *pack.consent, pack.grade):
            if note.basis.provenance is Provenance.MEMORY:
                assert re.findall(r"\d+\.\d+|\d+ %", note.says) == []
                assert "memory" in note.says or "remembered" in note.says


def test_a_pack_decides_nothing_about_a_person() -> None:
    assert not {rule.name for rule in RULES} & {f"indication_{name}" for name in PACKS}


def test_a_condition_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(ProtocolError) as refused:
        load_indication("insomnia")
    assert (refused.value.code, refused.value.path) == ("unknown_indication", "indication")
    assert "ptsd" in refused.value.message


def example(repository: Path) -> dict[str, Any]:
    page = (repository / "docs/how-to/add-an-indication.md").read_text(encoding="utf-8")
    return tomllib.loads(page.split("```toml\n")[1].split("```")[0])


def test_the_how_to_page_makes_a_pack(repository: Path) -> None:
    pack: Pack = parse_pack(example(repository))
    assert pack.holes == ("endpoint.our_remission",)
    assert pack.endpoints[1].reached is Reached.MORE_THAN
    assert pack.endpoints[0].reached is Reached.AT_LEAST
    assert pack.grade.basis.says == "The trial, 2026 (abstract)"


def test_a_pack_without_sources_may_rest_on_memory_and_house_alone(repository: Path) -> None:
    document = example(repository)
    plain = {"says": "As remembered.", "provenance": "memory"}
    document |= {
        "grade": plain,
        "sources": {},
        "finding": [],
        "window": [],
        "endpoint": [],
    }
    document.update(consent=[{"name": "agreed", **plain}])
    pack = parse_pack(document)
    assert pack.grade.basis.sources == ()
    assert parse_pack({key: value for key, value in document.items() if key != "sources"}) == pack


WRONG = [
    ("id", "An example", "bad_name", "id"),
    ("on_by_default", "no", "not_yes_no", "on_by_default"),
    ("off_because", None, "missing", "off_because"),
    ("grade", None, "missing", "grade"),
    ("grade.source", [], "no_source", "grade.source"),
    ("grade.source", ["rumour"], "unknown_source", "grade.source"),
    ("grade.provenance", "heard", "unknown_word", "grade.provenance"),
    ("grade.colour", "green", "unknown_field", "grade.colour"),
    ("scale", [], "no_main_scale", "scale"),
    ("scale.0.instrument", "phq99", "unknown_instrument", "scale[0].instrument"),
    ("scale.0.part", "chief", "unknown_word", "scale[0].part"),
    ("scale.1.title", None, "missing", "scale[1].title"),
    ("scale.1.wording", "free", "unknown_word", "scale[1].wording"),
    ("scale.1.part", "also", "no_main_scale", "scale"),
    ("scale.1.name", "phq9", "twice", "scale[1].name"),
    ("window.0.since", None, "missing", "window[0].since"),
    ("window.0.since", "baseline", "unknown_word", "window[0].since"),
    ("window.0.after.unit", "weeks", "wrong_unit", "window[0].after.unit"),
    ("window.0.after.unit", None, "missing", "window[0].after.unit"),
    ("window.0.after.source", [], "no_source", "window[0].after.source"),
    ("endpoint.0.kind", "cure", "unknown_word", "endpoint[0].kind"),
    ("endpoint.0.scale", "madrs", "unknown_scale", "endpoint[0].scale"),
    ("endpoint.0.rule", "third", "unknown_rule", "endpoint[0].rule"),
    ("endpoint.0.kind", "reliable", "unknown_rule", "endpoint[0].rule"),
    ("endpoint.0.scale", "our_scale", "unknown_rule", "endpoint[0].rule"),
    ("endpoint.0.rule", None, "one_of", "endpoint[0].rule"),
    ("endpoint.1.rule", "half", "one_of", "endpoint[1].rule"),
    ("endpoint.1.reached", "nearly", "unknown_word", "endpoint[1].reached"),
    ("endpoint.1.fall.unit", "points", "wrong_unit", "endpoint[1].fall.unit"),
    ("endpoint.2.fall.why", None, "no_reason", "endpoint[2].fall.why"),
    ("finding.0.says", None, "missing", "finding[0].says"),
    ("caution.0.name", "Small", "bad_name", "caution[0].name"),
    ("sources.trial.cite", None, "missing", "sources.trial.cite"),
    ("sources.trial.colour", "green", "unknown_field", "sources.trial.colour"),
    ("colour", "green", "unknown_field", "colour"),
]


@pytest.mark.parametrize(("path", "value", "code", "where"), WRONG, ids=lambda case: str(case)[:40])
def test_a_file_that_says_it_wrongly_is_refused_with_its_path(
    repository: Path, path: str, value: Any, code: str, where: str
) -> None:
    document = deepcopy(example(repository))
    *way, last = path.split(".")
    table: Any = document
    for step in way:
        table = table[int(step)] if step.isdigit() else table[step]
    if value is None:
        del table[last]
    else:
        table[last] = value
    with pytest.raises(ProtocolError) as refused:
        parse_pack(document)
    assert (refused.value.code, refused.value.path) == (code, where)
    assert refused.value.message


SENTENCE = {"name": "agreed", "says": "Not approved.", "source": ["trial"], "provenance": "abstract"}


@pytest.mark.parametrize(
    ("said", "code", "inside"),
    [
        (None, "no_consent", ""),
        ([], "no_consent", ""),
        ("yes", "not_a_list", ""),
        (["Not approved."], "not_a_table", "[0]"),
        ([SENTENCE | {"says": " "}], "not_text", "[0].says"),
        ([SENTENCE | {"source": []}], "no_source", "[0].source"),
        ([SENTENCE, SENTENCE], "twice", "[1].name"),
    ],
)
def test_what_a_person_consents_to_is_said_in_sentences_with_a_source(
    repository: Path, said: Any, code: str, inside: str
) -> None:
    document = example(repository)
    document.update(consent=said)
    with pytest.raises(ProtocolError) as refused:
        parse_pack(document)
    assert (refused.value.code, refused.value.path) == (code, f"consent{inside}")


def test_an_unknown_rule_names_those_there_are(repository: Path) -> None:
    document = example(repository)
    document["endpoint"][0]["rule"] = "third"
    with pytest.raises(ProtocolError, match="It has: half, half_and_no_more_than_mild"):
        parse_pack(document)
    document["endpoint"][0]["scale"] = "our_scale"
    with pytest.raises(ProtocolError, match="It has: none"):
        parse_pack(document)


def test_what_is_not_a_table_is_no_pack() -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_pack([])  # type: ignore[arg-type]
    assert refused.value.code == "not_a_table"


def test_a_number_is_cited_as_people_cite_it_and_a_hole_says_why() -> None:
    pack = load_indication("bipolar_depression")
    first = {window.name: window for window in pack.windows}["first_difference"]
    assert pack.cites(first.after) == (
        "Diazgranados and others 2010, Arch Gen Psychiatry 67:793-802; "
        "Zarate and others 2012, Biol Psychiatry 71:939-946 (abstract)"
    )
    hole = {end.name: end for end in pack.endpoints}["remission"].fall
    assert hole is not None
    assert pack.cites(hole) == hole.why
    assert pack.cites(Cited(7, "days", (), Provenance.READ_SECONDARY)) == "read secondary"
