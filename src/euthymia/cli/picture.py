"""The file that --plot draws: what is asked of it is checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import splitext

from euthymia.errors import BadInput

PICTURES = (".svg", ".png")
# The engine's words for what to draw → where the shell says it, for `renamed`.
DRAWN: Mapping[str, str] = {"name": "--draw", "names": "--draw"}


def require_plot(draw: Sequence[str], plot: str | None) -> None:
    """Refuses to be told what to draw where nothing is drawn."""
    if draw and plot is None:
        raise BadInput("nothing_drawn", "--draw", "--draw says what --plot draws; give --plot FILE.svg too.")


def one_name(draw: Sequence[str], plot: str | None) -> str:
    """The one analyte or effect to draw, empty where none is named; refuses several, and one without a picture."""
    require_plot(draw, plot)
    if len(draw) > 1:
        raise BadInput("too_many", "--draw", "One picture shows one analyte or effect here; ask again for the other.")
    return draw[0] if draw else ""


def require_picture(file: str | None) -> None:
    """Refuses a picture whose kind its name does not tell, before anything is computed."""
    if file is not None and splitext(file)[1].lower() not in PICTURES:
        raise BadInput("unknown_suffix", "--plot", f"'{file}' must end in {' or '.join(PICTURES)}.")


def write_picture(file: str, svg: str) -> None:
    """The drawing as the kind of file its name asks for. Refuses (path --plot) a place that cannot be written."""
    require_picture(file)
    # Imported here: who asks for no picture does not wait for it.
    from euthymia.charts import png

    content = png(svg) if splitext(file)[1].lower() == ".png" else svg.encode()
    try:
        with open(file, "wb") as picture:
            picture.write(content)
    except OSError as error:
        raise BadInput("unwritable", "--plot", f"'{file}' cannot be written: {error}.") from error
