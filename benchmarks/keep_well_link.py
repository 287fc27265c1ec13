"""A link to a questionnaire in a real browser on a telephone: taps from the message to thanks, bytes to first paint."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.demo_server import DemoServer
from benchmarks.screens import PHONE, browser, enter

# What a browser waits for before it paints; pictures and deferred scripts come later.
WAITED_FOR = {"Document", "Stylesheet", "Font"}
COUNT_TAPS = "addEventListener('pointerdown', (event) => { if (event.isTrusted) window.countTap(); }, true);"
BLOCKING = """performance.getEntriesByType('resource')
    .filter((one) => one.renderBlockingStatus === 'blocking').map((one) => one.name)"""


def measure() -> Iterator[dict[str, Any]]:
    """Both rows, on the demonstration clinic."""
    with tempfile.TemporaryDirectory() as place, DemoServer(Path(place), people=20) as server, browser() as opened:
        link = link_of_somebody(opened, server)
        paint_kb, parts = first_paint(opened, link)
        taps = taps_to_thanks(opened, link)
    yield {
        "name": "taps_link_to_thanks_phq9",
        "value": taps,
        "unit": "taps",
        "target": 11,
        "against": "the link in the message, nine answers, send",
    }
    yield {"name": "first_paint_kb", "value": round(paint_kb, 1), "unit": "kB", "target": 100, "against": parts}


def link_of_somebody(opened: Browser, server: DemoServer) -> str:
    """A link to a PHQ-9 that has just been sent to somebody, as the message holds it."""
    page = opened.new_page()
    enter(page, server, "coordinator")
    page.goto(f"{server.address}/people/")
    for person in dict.fromkeys(re.findall(r'href="(/people/[0-9a-f-]{36}/)"', page.content())):
        page.goto(f"{server.address}{person}check-ins/")
        send = page.locator("tr", has_text="PHQ-9").locator('form[action$="/send/"] button')
        if send.count() == 0:
            continue
        before = len(server.printed)
        send.first.click()
        page.wait_for_load_state()
        links = re.findall(r"http://localhost:\d+/c/[\w-]+/", server.printed[before:])
        if links:
            page.close()
            return str(links[-1])
    raise RuntimeError("Nobody of the demonstration clinic can be sent a link.")


def taps_to_thanks(opened: Browser, link: str) -> int:
    """Presses of a finger, as the browser counts them, from the message to the page of thanks."""
    context = opened.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page, taps = context.new_page(), [0]

    def one_more() -> None:
        taps[0] += 1

    page.expose_function("countTap", one_more)
    page.add_init_script(COUNT_TAPS)
    page.goto("about:blank")
    page.set_content(f'<p>How are you since your visit? <a href="{link}">{link}</a></p>')
    page.evaluate(COUNT_TAPS)
    page.locator("a").tap()
    page.wait_for_url(link)
    for question in page.locator(".question:not(:has(.optional))").all():
        question.locator("label").first.tap()
    with page.expect_navigation():
        page.locator("[data-check-in] button[type=submit]").tap()
    thanks(page)
    context.close()
    return taps[0]


def thanks(page: Page) -> None:
    """Nothing but the server's own page of thanks will do."""
    title = page.locator("h1").inner_text()
    if title not in {"Thank you", "Gracias"}:
        raise RuntimeError(f"The form did not end in thanks but in: {title}")


def first_paint(opened: Browser, link: str) -> tuple[float, str]:
    """(kilobytes over the wire that the first paint waits for, headers included; and of what they are), cold cache."""
    context = opened.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    kinds: dict[str, tuple[str, str]] = {}
    sizes: dict[str, float] = {}
    wire.on(
        "Network.responseReceived",
        lambda told: kinds.update({told["requestId"]: (told["type"], told["response"]["url"])}),
    )
    wire.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto(link, wait_until="networkidle")
    blocking = set(page.evaluate(BLOCKING))
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint').length")
    if not painted:
        raise RuntimeError("The browser painted nothing.")
    waited = {
        request: kind
        for request, (kind, url) in kinds.items()
        if kind in WAITED_FOR or (kind == "Script" and url in blocking)
    }
    by_kind: dict[str, float] = {}
    for request, kind in waited.items():
        by_kind[kind] = by_kind.get(kind, 0) + sizes[request] / 1000
    context.close()
    said = ", ".join(f"{kind.lower()} {kilobytes:.1f} kB" for kind, kilobytes in sorted(by_kind.items()))
    return sum(by_kind.values()), f"{len(waited)} requests: {said}"
