"""Draws the pictures of the README and of the engine's gallery by running their own examples.

python scripts/pictures.py           write docs/pictures/curve.svg and docs/pictures/engine/*.svg
python scripts/pictures.py --check   draw, compare, write nothing; exit 1 when a picture is not current
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CURVE = ROOT / "docs" / "pictures" / "curve.svg"
GALLERY = ROOT / "docs" / "tutorials" / "engine-gallery.md"
PICTURES = ROOT / "docs" / "pictures" / "engine"
EXAMPLE = re.compile(r"<!-- example: engine -->\n```python\n(.*?)```", re.DOTALL)
# The picture is written by the block beneath its name, to a file of that name.
PICTURE = re.compile(r"<!-- picture: ([a-z-]+) -->\n```python\n(.*?)```", re.DOTALL)
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


def gallery(page: str) -> dict[str, str]:
    """The code of every picture of the gallery, by the picture's name."""
    return dict(PICTURE.findall(page))


def drawn(code: str, file: str = "curve.svg") -> str:
    """What an example writes to this file, run in a folder of its own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            exec(compile(code, file, "exec"), {})
            return Path(file).read_text(encoding="utf-8")
        finally:
            os.chdir(before)


def same_picture(one: str, other: str) -> bool:
    """Same text and same shape; coordinates may differ by a tenth of a pixel."""
    one, other = NAME.sub("chart", one), NAME.sub("chart", other)
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(left) - float(right)) <= CLOSE for left, right in pairs)


def pictures() -> dict[Path, str]:
    """Every picture as its example draws it now, by the file it belongs in."""
    found = {CURVE: drawn(example((ROOT / "README.md").read_text(encoding="utf-8")))}
    for name, code in gallery(GALLERY.read_text(encoding="utf-8")).items():
        found[PICTURES / f"{name}.svg"] = drawn(code, f"{name}.svg")
    return {file: picture.rstrip("\n") + "\n" for file, picture in found.items()}


def main(arguments: list[str]) -> int:
    """Write the pictures, or with --check only compare them."""
    found = pictures()
    changed = [
        file
        for file, picture in found.items()
        if not (file.exists() and same_picture(file.read_text(encoding="utf-8"), picture))
    ]
    left_over = sorted(set(PICTURES.glob("*.svg")) - set(found))
    names = ", ".join(str(file.relative_to(ROOT)) for file in [*changed, *left_over])
    if "--check" in arguments:
        print(f"Not current: {names}. Run scripts/pictures.py." if names else "The pictures are current.")
        return int(bool(names))
    for file in changed:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found[file], encoding="utf-8")
    for file in left_over:
        file.unlink()
    print(f"Wrote {names}." if names else "The pictures were current.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
