"""Two FHIR R4 validators that share nothing with this project, installed from their registry into a cache folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from euthymia.interop.fhir.document import write_document

Issues = dict[str, list[dict[str, str]]]
Validate = Callable[[Sequence[Mapping[str, Any]]], list[Issues]]

SOURCE = Path(__file__).parent / "node"
INSTALL = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
# Set where missing validators are a failure and not a reason to skip, as in continuous integration.
REQUIRED = "EUTHYMIA_REQUIRE_VALIDATORS"


@pytest.fixture(scope="session")
def validate(repository: Path) -> Validate:
    """A function that gives what each validator says about each resource."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            without_validators(f"{program} is not installed")
    folder = repository / ".cache" / "interop"
    if not is_installed(folder):
        install(folder)

    def run(resources: Sequence[Mapping[str, Any]]) -> list[Issues]:
        lines = "\n".join(write_document(resource) for resource in resources)
        script = shutil.copy(SOURCE / "validate.mjs", folder / "validate.mjs")
        done = subprocess.run(["node", script], cwd=folder, input=lines, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(resources)
        return answers

    return run


def is_installed(folder: Path) -> bool:
    """Whether exactly the wanted versions are there, from an installation that finished."""
    done, wanted = folder / "installed.json", SOURCE / "package.json"
    return done.is_file() and done.read_bytes() == wanted.read_bytes()


def install(folder: Path) -> None:
    """Install beside the final place and move, so that two test processes never share a half-installed folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="interop-") as temporary:
        fresh = Path(temporary) / "interop"
        fresh.mkdir()
        shutil.copy(SOURCE / "package.json", fresh / "package.json")
        done = subprocess.run(INSTALL, cwd=fresh, capture_output=True, text=True, check=False)
        if done.returncode:
            without_validators(f"npm could not install them: {done.stderr.strip()[-300:]}")
        shutil.copy(SOURCE / "package.json", fresh / "installed.json")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            # Another process was faster; its installation is the same.
            assert is_installed(folder)


def without_validators(reason: str) -> None:
    """Skip, and say so; fail where the validators are required."""
    message = f"The independent FHIR validators did not run: {reason}."
    if os.environ.get(REQUIRED):
        pytest.fail(message)
    pytest.skip(message)
