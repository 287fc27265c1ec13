"""`euthymia demo|serve|reset|import|audit`: running a clinic from the shell."""

from __future__ import annotations

import os
import shutil
import sys
import webbrowser
from pathlib import Path

import click

from euthymia.errors import BadInput

SETTINGS = "euthymia.clinic.settings.django"
DEMO_DIRECTORY = Path("var/demo")
# The file that says of a folder that all in it is invented and may be thrown away.
DEMO_MARK = "demonstration"
DEFAULT_PORT = 8000


@click.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Where to listen, on this machine only.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the address in a browser.")
@click.option("--people", default=60, show_default=True, help="How many invented people.")
def demo(port: int, open_browser: bool, people: int) -> None:
    """Set up a believable clinic of invented people, and serve it."""
    prepare(demo_environment(port))
    fill_demo(people)
    announce(port)
    if open_browser and sys.stdout.isatty():
        webbrowser.open(f"http://localhost:{port}/demo/")
    listen(port, "127.0.0.1")


@click.command()
@click.option("--people", default=60, show_default=True)
def reset(people: int) -> None:
    """Throw the demonstration clinic away and make it anew. Touches nothing else."""
    environment = demo_environment(DEFAULT_PORT)
    directory = Path(environment["EUTHYMIA_DATA"])
    if os.environ.get("EUTHYMIA_DATABASE_URL"):
        raise click.ClickException("reset only throws away the embedded demonstration; EUTHYMIA_DATABASE_URL is set.")
    refuse_real_folder(directory)
    shutil.rmtree(directory, ignore_errors=True)
    prepare(environment)
    fill_demo(people)
    click.echo("The demonstration clinic is as new. Serve it: python3 run.py")


@click.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def serve(port: int, host: str) -> None:
    """Serve the clinic that the environment describes (EUTHYMIA_DATA, EUTHYMIA_DATABASE_URL …)."""
    prepare({})
    listen(port, host)


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--clinic", "clinic_slug", required=True, help="The clinic's short name, as in its address.")
def import_record(file: Path, clinic_slug: str) -> None:
    """Import one person's FHIR R4 bundle; prints what was understood, kept aside and refused."""
    if not file.is_file():
        raise BadInput("no_such_file", "FILE", f"There is no file '{file}'.")
    open_existing()
    from euthymia.clinic.accounts.models import Clinic
    from euthymia.clinic.accounts.viewer import System
    from euthymia.clinic.people.commands import import_bundle
    from euthymia.clinic.people.presenters import report_lines

    clinic = Clinic.objects.filter(slug=clinic_slug).first()
    if clinic is None:
        known = ", ".join(Clinic.objects.values_list("slug", flat=True))
        raise BadInput("unknown_clinic", "--clinic", f"There is no clinic '{clinic_slug}'. Use one of: {known}.")
    from django.utils import timezone

    report = import_bundle(System(clinic.pk, "import from the shell"), file.name, file.read_bytes(), timezone.now())
    click.echo("\n".join(report_lines(report)))


@click.group()
def audit() -> None:
    """The access log: is it whole, and where does it end."""


@audit.command()
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of anchors kept outside the database.",
)
def verify(anchors: Path | None) -> None:
    """Walk the whole log against its own seals and the anchors; exit 1 when something is wrong."""
    open_existing()
    from euthymia.clinic.audit.queries import current_anchor, read_anchors, verify_log

    findings = verify_log(read_anchors(anchors) if anchors else ())
    for finding in findings:
        click.echo(f"entry {finding.sequence}: {finding.problem}", err=True)
    if findings:
        raise SystemExit(1)
    click.echo(f"{current_anchor().sequence} entries, each sealed to the one before.")


@audit.command()
@click.argument("file", type=click.Path(path_type=Path))
def anchor(file: Path) -> None:
    """Append where the log ends now to FILE; keep it on another machine."""
    open_existing()
    from euthymia.clinic.audit.queries import current_anchor

    end = current_anchor()
    if not end.sequence:
        raise BadInput("nothing_to_anchor", "FILE", "The access log holds no entry yet.")
    with file.open("a") as kept:
        kept.write(f"{end.sequence} {end.hash}\n")
    click.echo(f"Anchored {end.sequence} entries in {file}.")


def refuse_real_folder(directory: Path) -> None:
    """Refuse to throw away a folder that a demonstration did not mark as its own; the one it always uses is its own."""
    own = (directory / DEMO_MARK).is_file() or directory.resolve() == DEMO_DIRECTORY.resolve()
    if own or not directory.exists() or not any(directory.iterdir()):
        return
    says = f"{directory} was not made by the demonstration, so reset does not touch it. Unset EUTHYMIA_DATA."
    raise BadInput("not_a_demo", "EUTHYMIA_DATA", says)


def demo_environment(port: int) -> dict[str, str]:
    """What makes a clinic a demonstration; the shell's own variables win."""
    return {
        "EUTHYMIA_DATA": os.environ.get("EUTHYMIA_DATA", str(DEMO_DIRECTORY.resolve())),
        "EUTHYMIA_DEMO": "1",
        "EUTHYMIA_PUBLIC_URL": f"http://localhost:{port}",
    }


def prepare(environment: dict[str, str]) -> None:
    """Django up, its folder there, its tables current."""
    for name, value in environment.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    # Whatever this process writes is people's records: nobody else on the machine reads along.
    os.umask(0o077)
    from euthymia.clinic.settings import settings

    settings().data_directory.mkdir(parents=True, exist_ok=True)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def open_existing() -> None:
    """Django up on a clinic that is there; a mistyped folder is refused instead of being made into an empty clinic."""
    folder = Path(os.environ.get("EUTHYMIA_DATA", "var/clinic"))
    if not os.environ.get("EUTHYMIA_DATABASE_URL") and not (folder / "euthymia.sqlite3").is_file():
        raise BadInput("no_clinic", "EUTHYMIA_DATA", f"There is no clinic in {folder}. Name the folder of one.")
    prepare({})


def fill_demo(people: int) -> None:
    """Invented people with months of history; keeps what is there and only brings running sessions up to now."""
    from django.utils import timezone

    from euthymia.clinic.demo.build import build_demo

    with click.progressbar(length=100, label="Inventing a clinic", file=sys.stderr) as bar:
        build_demo(people=people, seed=20260301, now=timezone.now(), progress=bar.update)
    from euthymia.clinic.settings import settings

    (settings().data_directory / DEMO_MARK).write_text("Everything in this folder is invented; `reset` deletes it.\n")


def announce(port: int) -> None:
    """Where it is, and the one-click door of each role in the first clinic."""
    from euthymia.clinic.accounts.models import Membership

    doors = Membership.objects.select_related("user", "clinic").order_by("clinic_id", "pk")
    click.echo(
        f"\n  Euthymia is at http://localhost:{port}/\n\n  One click signs you in at http://localhost:{port}/demo/ as"
    )
    for door in doors:
        click.echo(f"    {door.get_role_display():14} {door.user!s:18} {door.clinic}")
    click.echo("")


def listen(port: int, host: str) -> None:
    """Serve until stopped: one process, so that SQLite has one writer; each live stream holds a thread."""
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # The server is a child of this process. A pool that was opened here would come along without the threads that fill
    # it, and the child would wait for connections that nobody makes.
    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()
    Granian(
        "euthymia.clinic.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=64,
        workers_kill_timeout=3,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()
