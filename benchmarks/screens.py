"""Every screen in a real browser: opened in both themes and both sizes, and judged by axe."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.demo_server import DemoServer

TABLET, PHONE = {"width": 1024, "height": 768}, {"width": 390, "height": 844}
PUBLIC = ["/", "/learn/", "/learn/a-session/", "/self-check/", "/self-check/phq9/", "/ready/", "/help/", "/about/"]
PUBLIC += ["/my/"]
STAFF = ["/today/", "/board/", "/people/", "/people/new/", "/people/import/", "/intake/", "/protocols/", "/evidence/"]
STAFF += ["/evidence/cohort/", "/wording/", "/access-log/", "/protocols/compare/", "/protocols/upload/"]
ABOUT_ONE = ["", "record/", "assess/", "plan/", "sessions/", "check-ins/", "therapy/", "measure/phq9/", "measure/asq/"]
ABOUT_ONE += ["assess/episode/", "adverse-events/", "plan/switch/"]
STAFF += ["/medication/", "/medication/receive/", "/medication/count/", "/medication/ledger/", "/medication/report/"]
STAFF += ["/medication/discrepancies/"]
STAFF += ["/adequate-trials/", "/contact-rules/", "/jobs/"]
STAFF += ["/board/wall/", "/board/handover/", "/board/group/", "/adverse-events/"]
# Of the rules axe asks by itself, those a theme can break.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# The machine's network is closed or none of the browser's business: no look-ups of its own.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


def chromium_path() -> str | None:
    """The system's Chromium; None when only Playwright's own can serve."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield opened
        opened.close()


def enter(page: Page, server: DemoServer, role: str) -> None:
    """One click on the demonstration page."""
    page.goto(f"{server.address}/demo/")
    page.locator(f'form[data-role="{role}"] button').first.click()
    page.wait_for_load_state()


def screens(page: Page, server: DemoServer) -> list[str]:
    """The address of every kind of screen, with a real person and a real running session in it."""
    page.goto(f"{server.address}/people/")
    people = re.findall(r'href="/people/([0-9a-f-]{36})/"', page.content())
    page.goto(f"{server.address}/board/")
    running = [one.get_attribute("href") or "" for one in page.locator(".tile__person a").all()]
    page.goto(f"{server.address}/protocols/")
    protocols = re.findall(r'href="(/protocols/[^"/]+/[^"/]+/)"', page.content())
    return [*PUBLIC, *STAFF, *(f"/people/{people[0]}/{one}" for one in ABOUT_ONE), *running[:1], *protocols[:1]]


def faults(page: Page, *, only_colours: bool = False) -> list[tuple[str, list[str]]]:
    """What axe finds on this page, each with the places of it, and whether the page scrolls sideways."""
    which = {"runOnly": {"type": "rule", "values": COLOUR_RULES}} if only_colours else {}
    violations = Axe().run(page, options=which).response["violations"]
    found = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        found.append(("scrolls-sideways", []))
    return found


def walk(server: DemoServer, opened: Browser) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """(screen, theme and size; its faults) for every screen.

    A theme changes colours and nothing else, so in the dark only the rules about colours are asked again.
    """
    page = opened.new_page(viewport=TABLET)  # type: ignore[arg-type]
    enter(page, server, "medical_lead")
    for path in screens(page, server):
        page.goto(f"{server.address}{path}")
        for size_name, size in (("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                yield f"{path} {theme} {size_name}", faults(page, only_colours=theme == "dark")
    page.close()
