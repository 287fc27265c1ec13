"""The shell's door: composes the rooms; nobody imports it."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Euthymia: the treatment of depression with ketamine, and the engine inside it."""
