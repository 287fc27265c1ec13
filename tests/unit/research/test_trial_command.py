"""`euthymia trial` at the shell."""

import json

from click.testing import CliRunner

from euthymia.cli.main import main

NAME = "murrough2013_midazolam"


def call(*arguments):
    return CliRunner().invoke(main, ["trial", *arguments])


def test_run_then_report_without_running(tmp_path):
    ran = call("run", NAME, "--out", str(tmp_path), "--replicates", "4", "--json")
    assert ran.exit_code == 0, ran.output
    answer = json.loads(ran.stdout)
    assert answer["replicates"] == 4
    assert {row["estimand"] for row in answer["results"]} >= {"difference:ketamine-midazolam", "response:ketamine"}
    assert len(list(tmp_path.glob("*.svg"))) == len(answer["drawings"]) == 2
    reported = call("report", NAME, "--out", str(tmp_path))
    assert reported.exit_code == 0
    assert "ketamine minus midazolam, points" in reported.stdout
    assert "Drawing:" in reported.stdout


def test_the_gallery_is_listed():
    assert NAME in call("gallery").stdout


def test_refused(tmp_path):
    for arguments, code in (
        (("run", "nowhere.toml", "--out", str(tmp_path)), "unknown_design"),
        (("run", NAME, "--out", str(tmp_path), "--replicates", "0"), "replicates"),
        (("report", NAME, "--out", str(tmp_path)), "no_result"),
    ):
        result = call(*arguments)
        assert result.exit_code == 2
        assert json.loads(result.stderr)["error"] == code
    assert list(tmp_path.iterdir()) == []
