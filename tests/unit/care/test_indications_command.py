"""`euthymia indications`: the list, one pack for people, the JSON in full, and a name nobody ships."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from euthymia.care.indications import indications
from euthymia.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["indications", *arguments])


def test_the_list_says_which_are_off_and_how_good_the_evidence_is() -> None:
    told = run().stdout
    assert all(name in told for name in indications())
    assert told.count("off until a clinic turns it on") == len(indications()) - 1
    assert "(memory)" in told


@pytest.mark.parametrize("name", indications())
def test_a_pack_in_full_says_scales_windows_and_what_is_open(name: str) -> None:
    told = run(name)
    assert told.exit_code == 0
    heads = [line for line in told.stdout.splitlines() if line in ("Scales", "Windows", "Better", "Found", "Cautions")]
    assert heads == ["Scales", "Windows", "Better", "Found", "Cautions"]
    assert ("The person consents to this:" in told.stdout) is (name != "depression")
    (pack,) = json.loads(run(name, "--json").stdout)
    assert ("open. " in told.stdout) is any(hole.startswith("endpoint") for hole in pack["holes"])
    assert pack["id"] == name


def test_the_json_keeps_a_hole_as_null_with_its_reason() -> None:
    packs = {pack["id"]: pack for pack in json.loads(run("--json").stdout)}
    assert set(packs) == set(indications())
    (judged,) = packs["ocd"]["windows"]
    assert judged["after"] == {
        "value": None,
        "unit": "days",
        "source": [],
        "provenance": None,
        "why": "No trial was read for this condition.",
    }
    ends = {end["name"]: end for end in packs["social_anxiety"]["endpoints"]}
    assert (ends["lsas_response"]["fall"]["value"], ends["lsas_response"]["fall"]["reached"]) == (35, "more_than")
    first = packs["depression"]["endpoints"][0]
    assert (first["rule"], first["fall"]) == ("half", None)


def test_a_name_nobody_ships_is_refused() -> None:
    told = run("insomnia")
    assert told.exit_code == 2
    assert json.loads(told.stderr)["error"] == "unknown_indication"


def test_a_window_is_told_with_what_it_is_counted_from() -> None:
    told = run("ptsd").stdout
    assert "  14 days after first dose   Where" in told
    assert "  27.5 days                  Median" in told
    (ptsd,) = json.loads(run("ptsd", "--json").stdout)
    assert [window["since"] for window in ptsd["windows"]] == ["first_dose", "not_read"]
    first = ptsd["consent"][0]
    assert (first["name"], first["provenance"], len(first["sources"])) == ("not_approved", "read_secondary", 1)


def test_the_engine_is_not_loaded_for_words() -> None:
    says = "import sys, euthymia.cli.indications; sys.exit(bool({'numpy', 'euthymia.pharmacology'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", says], check=False).returncode == 0
