"""Documents say what is so: links lead somewhere, examples run, generated pages are current, every command has one."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner
from django.test import RequestFactory
from tests.builders import make_clinic, make_patient, make_viewer

from euthymia.care.decision import Level
from euthymia.care.protocol import Provenance
from euthymia.care.protocols.load import shipped_protocols
from euthymia.care.session import Phase
from euthymia.cli.main import COMMANDS, main
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.policies import SEE_PEOPLE, policy_of
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people.models import CarePhase
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.settings import read_settings
from euthymia.errors import BadInput
from euthymia.pharmacology.card import Kind, Matrix

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "GLOSSARY.md", "CHANGELOG.md", "SECURITY.md")]
    + [ROOT / "INTENDED_USE.md"]
    + list((ROOT / "docs").rglob("*.md"))
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Taken from the running demonstration by hand; the README shows it as soon as it is there.
MADE_ELSEWHERE = {"docs/pictures/board.png"}


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def script(name: str) -> ModuleType:
    """One of the maintainer's scripts, as a module."""
    found = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def marked(page: Path, mark: str) -> str:
    """The fenced block after `<!-- example: mark -->`."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None, f"{named(page)} has no example '{mark}'"
    return found[1]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


# Links


@pytest.mark.parametrize("document", PAGES, ids=named)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    lost = []
    for target in LINK.findall(text):
        place = target.split("#")[0]
        if not place or re.match(r"[a-z]+:", target):
            continue
        found = (document.parent / place).resolve()
        if not found.exists() and found.relative_to(ROOT).as_posix() not in MADE_ELSEWHERE:
            lost.append(target)
    assert lost == []


def test_the_index_links_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.split("#")[0]).resolve() for target in LINK.findall(index.read_text())}
    pages = {page.resolve() for page in (ROOT / "docs").rglob("*.md")} - {index.resolve()}
    assert sorted(named(page) for page in pages - linked) == []


@pytest.mark.parametrize("document", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=named)
def test_a_decision_is_short_and_complete(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert 20 <= len(text.splitlines()) <= 40
    wanted = {"## Context", "## Choice", "## Cost", "## What would change our mind"}
    assert wanted <= set(text.splitlines())


PLACE = re.compile(r"`((?:src|tests|scripts|benchmarks|docs|requirements)/[\w./-]+)`")
MODULE = re.compile(r"`(euthymia(?:\.(?!css`|sqlite)[a-z]\w*)+)(?:\(\))?`")
# Written by measuring or by the reader, so not there in a fresh checkout or not at all.
NOT_KEPT = {"benchmarks/results/", "tests/unit/charts"}


@pytest.mark.parametrize("document", PAGES, ids=named)
def test_every_file_and_module_a_page_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    lost = [place for place in PLACE.findall(text) if not (ROOT / place).exists() and place not in NOT_KEPT]
    lost += [module for module in MODULE.findall(text) if not importable(module)]
    assert lost == []


def importable(name: str) -> bool:
    """Whether this is a module, or something in one."""
    parent, _, last = name.rpartition(".")
    try:
        return importlib.util.find_spec(name) is not None or hasattr(importlib.import_module(parent), last)
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(parent), last)


def test_the_page_on_the_look_lists_every_stylesheet_and_script() -> None:
    page = (ROOT / "docs" / "explanation" / "look.md").read_text(encoding="utf-8")
    folder = ROOT / "src" / "euthymia" / "clinic" / "static" / "euthymia"
    files = {path.name for path in folder.iterdir() if path.suffix in {".css", ".js"}}
    assert {name for name in files if f"`{name}`" not in page} == set()


# The README


def test_the_readmes_example_draws_its_curve() -> None:
    pictures = script("pictures")
    code = pictures.example((ROOT / "README.md").read_text(encoding="utf-8"))
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 6
    assert pictures.drawn(code).startswith("<svg")


def test_the_readmes_picture_is_current() -> None:
    pictures = script("pictures")
    drawn = pictures.drawn(pictures.example((ROOT / "README.md").read_text(encoding="utf-8")))
    kept = (ROOT / "docs" / "pictures" / "curve.svg").read_text(encoding="utf-8")
    assert pictures.same_picture(kept.rstrip("\n"), drawn.rstrip("\n")), "run scripts/pictures.py"


def test_a_picture_that_shows_something_else_is_told() -> None:
    same = script("pictures").same_picture
    assert same("<svg><path d='M1 2.00'/></svg>", "<svg><path d='M1 2.05'/></svg>")
    assert not same("<svg><path d='M1 2.0'/></svg>", "<svg><path d='M1 3.0'/></svg>")
    assert not same("<svg>one</svg>", "<svg>two</svg>")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_command_of_run_py_that_a_page_names_exists() -> None:
    known = set(re.findall(r'command (?:==|in) (?:"([\w-]+)"|\{([^}]*)\})', (ROOT / "run.py").read_text()))
    names = {word for one, several in known for word in [one, *re.findall(r'"([\w-]+)"', several)] if word}
    assert {"test", "check", "bench", "reset", "serve", "--"} <= names
    asked = {
        (named(page), word)
        for page in PAGES
        for word in re.findall(r"python3 run\.py ([\w-]+)", page.read_text(encoding="utf-8"))
    }
    assert {(page, word) for page, word in asked if word not in names} == set()


def test_run_py_tells_its_commands_without_setting_anything_up() -> None:
    told = subprocess.run([sys.executable, "run.py", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(word in told.stdout for word in ("test", "check", "reset", "bench"))


# Generated pages


@pytest.mark.parametrize("name", ["rules_page", "numbers_page"])
def test_a_generated_page_is_current(name: str) -> None:
    assert script(name).main(["--check"]) == 0, f"run scripts/{name}.py"


def test_the_numbers_page_handles_no_results_and_some(tmp_path: Path) -> None:
    render = script("numbers_page").render
    assert "Nothing has been measured yet" in render(tmp_path / "absent")
    (tmp_path / "engine.json").write_text("[]")
    assert "Nothing has been measured yet" in render(tmp_path)
    row = {"name": "band_ms", "value": 12.5, "unit": "ms", "target": "<= 50", "command": "python3 run.py bench engine"}
    (tmp_path / "engine.json").write_text(json.dumps([row | {"date": "2026-03-01", "machine": "2 cores"}]))
    page = render(tmp_path)
    assert "## The engine" in page
    assert "| `band_ms` | 12.5 | ms | <= 50 | 2026-03-01 | 2 cores | `python3 run.py bench engine` |" in page


def test_the_rule_book_shows_the_holes_as_open() -> None:
    pages = script("rules_page").render()
    assert "| `limits.dose_cap` | stop | When a dose is ordered, the dose is at most **open** (" in pages["protocols"]
    assert "(memory)" in pages["eligibility"]


# The shell


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and sub-command with the words that call it."""
    for name in sorted(COMMANDS):
        command = main.get_command(click.Context(main), name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", each) for sub, each in command.commands.items())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_page_that_is_about_it(name: str) -> None:
    page = ROOT / "docs" / "reference" / "cli" / f"{name}.md"
    assert page.read_text(encoding="utf-8").startswith(f"# `euthymia {name}")


def test_every_page_is_about_a_command() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "reference" / "cli").glob("*.md")}
    assert pages == set(COMMANDS)


def test_every_option_and_sub_command_is_on_its_page() -> None:
    silent = []
    for words, command in commands():
        page = (ROOT / "docs" / "reference" / "cli" / f"{words.split()[0]}.md").read_text(encoding="utf-8")
        options = [option for each in command.params for option in each.opts if option.startswith("--")]
        wanted = [option for option in options if option != "--help"] + words.split()[1:]
        silent += [f"{words}: {word}" for word in wanted if word not in page]
    assert silent == []


ON_STANDARD_INPUT = {
    "cohort": ["cohort", "--json", "-"],
    "compare": ["compare", "--json", "-"],
    "course": ["course", "fit", "--json", "-"],
    "eligibility": ["eligibility", "--json", "-"],
    "fit": ["fit", "--json", "-"],
    "resistance": ["resistance", "--json", "-"],
    "episode": ["episode", "--json", "-"],
    "score": ["score", "phq9", "--json", "-"],
    "simulate": ["simulate", "--json", "-"],
}


@pytest.mark.parametrize("name", sorted(ON_STANDARD_INPUT))
def test_the_json_example_of_a_commands_page_is_answered(name: str) -> None:
    example = blocks(ROOT / "docs" / "reference" / "cli" / f"{name}.md", "json")[0]
    answer = CliRunner().invoke(main, ON_STANDARD_INPUT[name], input=example)
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)


@pytest.mark.parametrize("name", ["indications", "models", "protocol"])
def test_the_lines_of_a_commands_page_run(name: str) -> None:
    for line in blocks(ROOT / "docs" / "reference" / "cli" / f"{name}.md", "sh")[0].splitlines():
        answer = CliRunner().invoke(main, shlex.split(line)[1:])
        assert answer.exit_code == 0, line


def test_the_designs_of_the_trials_page_are_shipped() -> None:
    page = (ROOT / "docs" / "reference" / "cli" / "trial.md").read_text(encoding="utf-8")
    listed = CliRunner().invoke(main, ["trial", "gallery"]).stdout.split()
    assert set(re.findall(r"trial (?:run|report) (\w+)", page)) <= set(listed)


def test_the_cohort_pages_example_gives_a_table_without_its_key() -> None:
    example = blocks(ROOT / "docs" / "reference" / "cli" / "cohort.md", "json")[0]
    table = CliRunner().invoke(main, ["cohort", "-"], input=example).stdout
    assert len(table.splitlines()) == 3
    assert "person 1" not in table
    assert "2026-01-05" not in table


# Tutorials and how-tos


def test_the_engines_tutorial_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = ROOT / "docs" / "tutorials" / "engine.md"
    for code in blocks(page, "python"):
        exec(compile(code, named(page), "exec"), {})
    assert "clements_1981" in capsys.readouterr().out
    answer = CliRunner().invoke(main, ["simulate", "-", "--json"], input=blocks(page, "json")[0])
    assert answer.exit_code == 0, answer.output


def test_the_first_day_names_addresses_and_people_that_exist(repository: Path) -> None:
    from django.urls import Resolver404, resolve

    from euthymia.clinic.demo.cast import CLINICS

    page = (ROOT / "docs" / "tutorials" / "first-day.md").read_text(encoding="utf-8")
    page = page.replace("`*person*`", "00000000-0000-0000-0000-000000000001")
    addresses = {found.split("?")[0] for found in re.findall(r"`(/[^`\s]*)`", page)}
    lost = []
    for address in addresses:
        try:
            resolve(address)
        except Resolver404:
            lost.append(address)
    assert lost == []
    staff = {f"{member.given} {member.family}" for clinic in CLINICS for member in clinic.staff}
    assert set(re.findall(r"\*\*([A-Z][a-z]+ [A-Z][a-z]+)\*\*,", page)) <= staff
    for file in re.findall(r"`(tests/[^`]+)`", page):
        assert (repository / file).exists()


def test_the_operators_page_lists_every_setting(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "run-a-clinic.md").read_text(encoding="utf-8")
    source = (ROOT / "src" / "euthymia" / "clinic" / "settings" / "__init__.py").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(EUTHYMIA_\w+)`", page, re.MULTILINE))
    assert listed == set(re.findall(r'"(EUTHYMIA_\w+)"', source))
    with pytest.raises(BadInput, match="neither yes nor no"):
        read_settings({"EUTHYMIA_DATA": str(tmp_path), "EUTHYMIA_DEMO": "perhaps"})


@pytest.mark.django_db
def test_the_operators_example_makes_a_first_clinic() -> None:
    code = marked(ROOT / "docs" / "how-to" / "run-a-clinic.md", "first clinic")
    exec(compile(code, "first_clinic.py", "exec"), {})
    clinic = Clinic.objects.get(slug="north")
    assert [member.role for member in clinic.memberships.all()] == [Role.MEDICAL_LEAD]
    assert ProtocolVersion.objects.filter(clinic=clinic).count() == len(shipped_protocols())


@pytest.mark.django_db
def test_the_view_of_the_page_on_screens_works() -> None:
    names: dict[str, Any] = {}
    exec(compile(marked(ROOT / "docs" / "how-to" / "add-a-screen.md", "view"), "views.py", "exec"), names)
    view = names["person_story"]
    assert policy_of(view) is SEE_PEOPLE
    viewer = make_viewer(make_clinic(), Role.NURSE)
    patient = make_patient(Clinic.objects.get(pk=viewer.clinic_id))
    request = RequestFactory().get("/story/")
    request.viewer = viewer  # type: ignore[attr-defined]
    assert view(request, patient.id).status_code == 200
    assert AuditEntry.objects.filter(patient_id=patient.id, subject="story").count() == 1


# Words


SHOWN: tuple[type[Enum], ...] = (Level, Provenance, Phase, CarePhase, Role, Kind, Matrix)


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_the_glossary_has_the_words_the_screens_use(kind: type[Enum]) -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").lower().replace("follow-up", "follow up")
    words = [str(member.value).replace("_", " ") for member in kind]
    assert [word for word in words if not re.search(rf"\b{re.escape(word)}\b", glossary)] == []
