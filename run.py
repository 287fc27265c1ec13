#!/usr/bin/env python3
"""Sets Euthymia up and runs it. Needs Python 3.11 or newer and git, nothing else.

python3 run.py             set up, fill the demo clinic with invented people, serve it
python3 run.py test        set up, run every test            (arguments go to pytest)
python3 run.py check       lint, types, walls
python3 run.py reset       throw the demo clinic away and make it anew
python3 run.py bench AREA  measure AREA and write benchmarks/results/AREA.json
python3 run.py pin         resolve the requirement files anew
python3 run.py -- ARGS     the `euthymia` command, e.g. `python3 run.py -- models`
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST_PYTHON = (3, 11)
SETS = {"core": [], "research": ["--extra", "research"], "test": ["--extra", "test"]}


def main(arguments: list[str]) -> int:
    """Dispatch one command; gives the exit status."""
    if sys.version_info < OLDEST_PYTHON:
        return stop(f"Euthymia needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("demo", [])
    if command in {"-h", "--help", "help"}:
        print(__doc__)
        return 0
    if command == "pin":
        return pin()
    if command == "test":
        set_up("test")
        ensure_chromium()
        return run_tests(rest)
    if command == "check":
        set_up("test")
        return check()
    if command == "bench":
        set_up("test")
        return run([str(PYTHON), "-m", "benchmarks", *rest])
    if command == "research":
        set_up("research")
        return run([str(PYTHON), "-m", "euthymia", "trial", *(rest or ["--help"])])
    if command in {"--", "demo", "serve", "reset"}:
        set_up("core")
        return become([str(PYTHON), "-m", "euthymia", *([] if command == "--" else [command]), *rest])
    return stop(f"There is no command '{command}'. Try: python3 run.py help")


def set_up(which: str) -> None:
    """Make `.venv` hold the pinned packages of one set; does nothing when it already does."""
    pinned = ROOT / "requirements" / f"{which}.txt"
    wanted = fingerprint(which, pinned)
    stamp = VENV / "installed"
    installed = stamp.read_text().split() if stamp.exists() else []
    if wanted in installed and PYTHON.exists():
        return
    started = time.monotonic()
    uv = find_uv()
    say(f"Setting up ({which}): about a minute the first time.")
    if not PYTHON.exists():
        run_or_die([*uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    target = ["--python", str(PYTHON)]
    run_or_die([*uv, "pip", "install", *quiet, *target, "--require-hashes", "-r", str(pinned)])
    run_or_die([*uv, "pip", "install", "--quiet", *target, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    # The test set contains the research set, which contains the core set.
    covered = {"core": ["core"], "research": ["core", "research"], "test": list(SETS)}[which]
    stamp.write_text("\n".join(fingerprint(name, ROOT / "requirements" / f"{name}.txt") for name in covered))
    say(f"Set up in {time.monotonic() - started:.0f} s.")


def fingerprint(which: str, pinned: Path) -> str:
    content = pinned.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return f"{which}:{hashlib.sha256(content).hexdigest()[:16]}"


def find_uv() -> list[str]:
    """The command that runs uv: from the PATH, or put into `.tools` by whatever pip there is."""
    found = shutil.which("uv")
    if found:
        return [found]
    local = TOOLS / "bin" / "uv"
    if local.exists():
        return [str(local)]
    TOOLS.mkdir(exist_ok=True)
    say("Fetching the installer (uv).")
    if not installs_uv([sys.executable, "-m", "pip"]):
        builder = TOOLS / "pip-environment"
        made = subprocess.run([sys.executable, "-m", "venv", str(builder)], capture_output=True, check=False)
        if made.returncode != 0:
            made = install_debian_venv(builder)
        if made.returncode != 0 or not installs_uv([str(builder / "bin" / "python"), "-m", "pip"]):
            raise SystemExit(stop("Neither pip nor venv works here. Install one: apt-get install python3-venv"))
    if local.exists():
        return [str(local)]
    raise SystemExit(stop(f"uv was installed but {local} is missing. Install uv by hand and try again."))


def installs_uv(pip: list[str]) -> bool:
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target", str(TOOLS), "uv"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def install_debian_venv(builder: Path) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "python3-venv"], capture_output=True, check=False)
    return subprocess.run([sys.executable, "-m", "venv", str(builder)], capture_output=True, check=False)


def ensure_chromium() -> None:
    """The browser tests use the system's Chromium, best its headless shell: the same engine without windows, at three
    quarters of the work. On Debian-family machines, as root, it is installed when missing."""
    if shutil.which("chromium-headless-shell"):
        return
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        say("Installing Chromium's headless shell for the browser tests.")
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "chromium-headless-shell"], capture_output=True, check=False)
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    if not any(shutil.which(name) for name in names):
        subprocess.run([str(PYTHON), "-m", "playwright", "install", "chromium"], capture_output=True, check=False)


def run_tests(arguments: list[str]) -> int:
    """Everything but the browser in parallel, then the browser journeys with the suite again on PostgreSQL behind them.

    A journey waits for pages more than it works; what runs behind takes only the time it leaves.
    """
    pytest = [str(PYTHON), "-m", "pytest"]
    if arguments:
        return run([*pytest, *arguments])
    workers = ["-n", str(min(4, os.cpu_count() or 2)), "--dist", "loadgroup"]
    if status := run([*pytest, *workers, "--ignore=tests/journeys"]):
        return status
    polite = ["nice"] if shutil.which("nice") else []
    again = [*polite, *pytest, *workers, "-m", "not once", "tests/integration"]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        environment = environment_with(EUTHYMIA_TEST_DATABASE="postgresql")
        behind = subprocess.Popen(again, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            status = run([*pytest, "tests/journeys"])
            status = behind.wait() or status
        except KeyboardInterrupt:
            status = 130
        finally:
            behind.terminate()
        said.seek(0)
        print(said.read(), flush=True)
    return status


def check() -> int:
    """Lint, format, types, walls."""
    steps = [
        [str(BIN / "ruff"), "check", "."],
        [str(BIN / "ruff"), "format", "--check", "."],
        [str(BIN / "lint-imports")],
        [str(BIN / "mypy")],
    ]
    results = [run(step) for step in steps]
    say("All checks passed." if not any(results) else "A check failed; its output is above.")
    return int(any(results))


def pin() -> int:
    """Resolve the requirement files from pyproject.toml, with hashes and without naming a host."""
    uv = find_uv()
    for name, extra in SETS.items():
        output = f"requirements/{name}.txt"
        options = ["--universal", "--generate-hashes", "--no-header", "--upgrade", "--quiet"]
        run_or_die([*uv, "pip", "compile", "pyproject.toml", *extra, *options, "-o", output])
    return 0


def run(command: list[str]) -> int:
    try:
        return subprocess.run(command, cwd=ROOT, env=environment_with(), check=False).returncode
    except KeyboardInterrupt:
        return 130


def environment_with(**extra: str) -> dict[str, str]:
    """This process's environment, with what the virtual environment installed on the path."""
    return {**os.environ, **extra, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def become(command: list[str]) -> int:
    """Run the command in place of this process, so that whoever stops this process stops the server and not its parent.

    Windows has no such thing; there the command runs as a child.
    """
    if os.name != "posix":
        return run(command)
    os.chdir(ROOT)
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    sys.stdout.flush()
    os.execv(command[0], command)
    return 0  # Never reached: another program runs in this process now.


def run_or_die(command: list[str]) -> None:
    status = run(command)
    if status:
        raise SystemExit(stop(f"This step failed (exit {status}): {' '.join(command)}"))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> int:
    say(text)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
