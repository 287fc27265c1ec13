"""A real browser against a real server with a small demonstration clinic, started once for all journeys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.demo_server import DemoServer
from benchmarks.screens import TABLET, browser, enter
from playwright.sync_api import Browser, Error, Page


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with DemoServer(tmp_path_factory.mktemp("demo"), people=12) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium or Playwright's own; where neither can be had the journeys are skipped, but never in CI."""
    try:
        with browser() as opened:
            yield opened
    except Error as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"No Chromium here (apt-get install chromium, or playwright install chromium): {missing.message}")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A visitor on a tablet, nobody signed in. A script error or a blocked resource on any page fails the journey."""
    context = chromium.new_context(viewport=TABLET)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(f"{problem} {problem.stack}"))
    opened.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert problems == []


@pytest.fixture
def at_work(page: Page, server: DemoServer):  # type: ignore[no-untyped-def]
    """Signs somebody in with one click on the demonstration page: `at_work("nurse")`."""

    def sign_in(role: str) -> Page:
        enter(page, server, role)
        return page

    return sign_in


@pytest.fixture(scope="session")
def synthea() -> Path:
    folder = Path(__file__).parent.parent / "fixtures" / "synthea"
    return sorted(folder.glob("*.json"))[0]
