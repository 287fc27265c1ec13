"""Draws the picture of the README by running the README's own example.

python scripts/pictures.py           write docs/pictures/curve.svg
python scripts/pictures.py --check   draw, compare, write nothing; exit 1 when the picture is not current
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CURVE = ROOT / "docs" / "pictures" / "curve.svg"
EXAMPLE = re.compile(r"<!-- example: engine -->\n```python\n(.*?)```", re.DOTALL)
# A drawing's own name is a hash of what it shows; the last digit of a coordinate may differ between processors.
NAME = re.compile(r"chart-[0-9a-f]+")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
CLOSE = 0.11


def example(readme: str) -> str:
    """The code of the fenced block after the mark; a README without it is an error."""
    found = EXAMPLE.search(readme)
    if found is None:
        raise ValueError("README.md has no Python block after <!-- example: engine -->.")
    return found[1]


def drawn(code: str) -> str:
    """What the example writes to curve.svg, run in a folder of its own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            exec(compile(code, "README.md", "exec"), {})
            return Path("curve.svg").read_text(encoding="utf-8")
        finally:
            os.chdir(before)


def same_picture(one: str, other: str) -> bool:
    """Same text and same shape; coordinates may differ by a tenth of a pixel."""
    one, other = NAME.sub("chart", one), NAME.sub("chart", other)
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(left) - float(right)) <= CLOSE for left, right in pairs)


def main(arguments: list[str]) -> int:
    """Write the picture, or with --check only compare it."""
    picture = drawn(example((ROOT / "README.md").read_text(encoding="utf-8"))).rstrip("\n") + "\n"
    if "--check" in arguments:
        current = CURVE.exists() and same_picture(CURVE.read_text(encoding="utf-8"), picture)
        print("The picture is current." if current else "The picture is not current: run scripts/pictures.py.")
        return int(not current)
    CURVE.parent.mkdir(parents=True, exist_ok=True)
    CURVE.write_text(picture, encoding="utf-8")
    print(f"Wrote {CURVE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
