"""What a bedside monitor streams, in a browser: beside the flowsheet, and dashes as soon as nobody is heard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, expect
from tests.journeys.bedside import settle

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]
# Longer than the five seconds after which a number is old, whatever else this machine is doing.
PATIENCE_MS = 30_000

DRAW_EXPECTED = """() => {
  document.getElementById("expected").dataset.etag = "";
  document.body.dispatchEvent(new Event("session-changed"));
}"""


def test_the_board_shows_what_the_monitors_say_and_turns_to_dashes_when_it_hears_nothing(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}/board/")
    strip = page.locator(".monitor:not([hidden])").first
    pulse = strip.locator('[data-number="pulse"] [data-value]')
    expect(pulse).to_have_text(re.compile(r"^\d+$"), timeout=PATIENCE_MS)
    page.route("**/monitors/now/**", lambda route: route.abort())
    page.route("**/board/tiles/**", lambda route: route.abort())
    expect(strip).to_contain_text("Not monitoring", timeout=PATIENCE_MS)
    expect(pulse).to_have_text("–")
    page.unroute("**/monitors/now/**")
    expect(pulse).to_have_text(re.compile(r"^\d+$"), timeout=PATIENCE_MS)


def test_the_session_page_draws_the_last_minutes_with_a_table(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}/board/")
    page.locator(".tile", has=page.locator(".monitor:not([hidden])")).first.locator("h3 a").click()
    page.wait_for_load_state()
    trend = page.locator(".monitor-trend")
    trend.locator("summary").first.click()
    expect(trend.locator("svg:visible").first).to_be_visible(timeout=PATIENCE_MS)
    # Another part drawn anew opens nothing that nobody opened.
    with page.expect_response(lambda answer: "part=expected" in answer.url):
        page.evaluate(DRAW_EXPECTED)
    settle(page)
    expect(trend.locator("table:visible")).to_have_count(0)
    trend.get_by_text("The same numbers as a table").first.click()
    expect(trend.locator("table").first).to_be_visible()


def test_a_manager_registers_a_monitor_and_sees_its_secret_once(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("manager")
    page.goto(f"{server.address}/monitors/")
    page.get_by_label("What it is called").fill("Monitor by the window")
    page.get_by_label("Its chair", exact=True).select_option(index=1)
    page.get_by_role("button", name="Register and show its secret").click()
    secret = page.locator(".monitor-token").inner_text()
    assert len(secret) > 40
    page.goto(f"{server.address}/monitors/")
    expect(page.get_by_text("Monitor by the window").first).to_be_visible()
    assert secret not in page.content()
