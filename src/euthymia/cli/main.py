"""The shell's door: composes the rooms; nobody imports it."""

from __future__ import annotations

import errno
import gc
import json
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import click

from euthymia.errors import BadInput

# Command name → module and attribute; imported only when asked for, so that help answers at once.
COMMANDS = {
    "audit": "clinic:audit",
    "cohort": "cohort:cohort",
    "compare": "compare:compare",
    "course": "course:course",
    "demo": "clinic:demo",
    "eligibility": "eligibility:eligibility",
    "episode": "episode:episode",
    "fit": "fit:fit",
    "import": "clinic:import_record",
    "indications": "indications:indications",
    "protocol": "protocol:protocol",
    "models": "models:models",
    "monitors": "monitors:monitors",
    "reset": "clinic:reset",
    "resistance": "resistance:resistance",
    "score": "score:score",
    "serve": "clinic:serve",
    "simulate": "simulate:simulate",
    "trial": "trial:trial",
}
# One person's matrices are small: threads for them would only make the first answer wait, by half of numpy's import.
ONE_PERSON = frozenset({"compare", "course", "fit", "models", "simulate"})
REFUSED, FAILED = 2, 1
# A full disk, a full quota, a file as long as it may be, a broken device. A reader who left is none of these.
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class Door(click.Group):
    """Finds commands by name, and turns refused input into one JSON object on stderr with exit status 2.

    An answer that cannot be written is told the same way, with exit status 1.
    """

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if name in ONE_PERSON:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        module, attribute = COMMANDS[name].split(":")
        command = getattr(_imported(f"euthymia.cli.{module}"), attribute)
        return command if isinstance(command, click.Command) else None

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BadInput as refusal:
            click.echo(json.dumps(refusal.as_json(), ensure_ascii=False), err=True)
            sys.exit(REFUSED)

    def main(self, *args: Any, **extra: Any) -> Any:
        if sys.stdout is None:
            # Whoever closed it wants a picture or a server, not an answer to read.
            sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        try:
            return super().main(*args, **extra)
        except OSError as problem:
            if problem.errno not in UNWRITABLE:
                raise
            said = BadInput("unwritable", "", f"The answer could not be written in full: {problem.strerror}.")
            click.echo(json.dumps(said.as_json(), ensure_ascii=False), err=True)
            # What is left in the buffer would fail once more at the end, in Python's words.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(FAILED)


def _imported(name: str) -> ModuleType:
    """The module, without looking for garbage meanwhile: importing makes much and drops nothing."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Euthymia: the treatment of depression with ketamine, and the engine inside it."""
