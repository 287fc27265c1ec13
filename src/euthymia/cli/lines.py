"""Lines of text that fit the terminal; without the engine, so that a command of words alone does not wait for it."""

from __future__ import annotations

import sys
import textwrap

# Where nobody looks, the width is always this, so that what a script keeps does not depend on a window.
WIDTH = 88
NARROWEST, WIDEST = 50, 100


def width_here() -> int:
    """Columns of this terminal, 50 to 100; 88 where standard output is not a terminal."""
    if not sys.stdout.isatty():
        return WIDTH
    # Imported here: a command that answers a script does not wait for it.
    import shutil

    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns - 1))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines that fit, the later ones set in."""
    return textwrap.wrap(text, width, subsequent_indent="  ") or [""]
