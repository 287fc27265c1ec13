"""What no tracked file may hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# Assembled from pieces, so that this file does not hold what it looks for.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "deb" + "ian.org")
OTHER_PLACES = ("crates" + ".io", "conda" + ".anaconda.org", "ghcr" + ".io")
FORBIDDEN = re.compile("|".join(re.escape(host) for host in (*REGISTRIES, *OTHER_PLACES)), re.IGNORECASE)


def tracked_text_files(repository: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True)
    return [repository / name for name in listed.stdout.split("\0") if name and (repository / name).is_file()]


def test_no_tracked_file_names_a_package_registry(repository: Path) -> None:
    found = [
        f"{path.relative_to(repository)}:{number}"
        for path in tracked_text_files(repository)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_the_search_for_registries_would_find_one() -> None:
    assert FORBIDDEN.search("https://" + "files.python" + "hosted.org/x")


def test_no_page_asks_for_anything_from_another_host(repository: Path) -> None:
    """Pages load only what this installation serves: a clinic works without the internet."""
    loads = re.compile(
        r"""(?:src|href)=["']https?://[^"']+\.(?:js|css|woff2?|png|svg)|@import\s+url|url\(\s*["']?https?:"""
    )
    room = repository / "src" / "euthymia" / "clinic"
    pages = [path for path in tracked_text_files(repository) if room in path.parents]
    found = [str(path.relative_to(repository)) for path in pages if loads.search(path.read_text(errors="replace"))]
    assert found == []


def test_the_readme_is_short(repository: Path) -> None:
    assert len((repository / "README.md").read_text().splitlines()) <= 120
