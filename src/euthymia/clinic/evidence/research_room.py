"""The one way into the research room: a process of its own, a document in, a result out.

The clinic and the research room are strangers: neither imports the other, so a long computation never holds a page
and a result can be made again from the same two documents outside the clinic.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from euthymia.errors import BadInput, Broken

SECONDS_FOR_A_TABLE = 120


def build_table(request: dict[str, Any]) -> dict[str, Any]:
    """The cohort table of these records: {"rows": …, "codebook": …}."""
    finished = subprocess.run(
        [*euthymia(), "cohort", "--json", "-"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_A_TABLE,
        check=False,
    )
    return answer_of(finished.returncode, finished.stdout, finished.stderr)


def run_trial(design: str, *, replicates: int, seed: int, done: Callable[[dict[str, Any] | None, str], None]) -> None:
    """Start a virtual trial beside this process; `done(result, problem)` is called when it ends."""

    def wait() -> None:
        with tempfile.TemporaryDirectory(prefix="euthymia-trial-") as folder:
            command = [*euthymia(), "trial", "run", design, "--out", folder, "--json"]
            command += ["--replicates", str(replicates), "--seed", str(seed)]
            finished = subprocess.run(command, capture_output=True, text=True, check=False)
            try:
                result = answer_of(finished.returncode, finished.stdout, finished.stderr)
            except (BadInput, Broken) as problem:
                done(None, str(problem))
                return
            # Its drawings are for files; a page draws the same rows in its own colours.
            result.pop("drawings", None)
            done(result, "")

    threading.Thread(target=wait, name=f"trial {design}", daemon=True).start()


def euthymia() -> list[str]:
    return [sys.executable, "-m", "euthymia"]


def answer_of(status: int, printed: str, said: str) -> dict[str, Any]:
    """What a finished command answered; a refusal stays a refusal, anything else is our fault."""
    if status == 0:
        answer: dict[str, Any] = json.loads(printed)
        return answer
    if status == 2:
        refusal = json.loads(said.strip().splitlines()[-1])
        raise BadInput(refusal["error"], refusal["path"], refusal["message"])
    raise Broken(f"The research room ended with status {status}: {said[-2000:]}")
