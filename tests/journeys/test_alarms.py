"""An alarm on every open screen: it comes without a reload, is answered, and is there again after one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Locator, Page, expect
from tests.journeys.bedside import enter_line, running

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]

# Longer than the page itself waits, on a machine that has much else to do.
PATIENCE_MS = 20_000
BEYOND, WITHIN = "231/131 76 97%", "124/78 72 98%"
COUNTDOWN = re.compile(r"[012]:[0-5][0-9]")


def open_board(page: Page, server: DemoServer) -> Page:
    """A second screen of the same person: the wall, or another tablet."""
    board = page.context.new_page()
    board.goto(f"{server.address}/board/")
    expect(board.get_by_text("Watching for alarms")).to_be_visible()
    return board


def high(page: Page, session: str) -> Locator:
    """The line of the high alarm on systolic pressure of this session."""
    place = page.locator(f'[data-alarm-lines="{session}"] .alarm-line')
    return place.filter(has_text="HIGH").filter(has_text="Systolic pressure")


def test_an_alarm_reaches_another_screen_is_answered_there_and_is_back_after_a_reload(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    address = running(page, server)[1]
    session = address.split("/")[2]
    page.goto(f"{server.address}{address}")
    board = open_board(page, server)
    expect(board.get_by_text("Sound is off")).to_be_visible()
    beside = page.context.new_page()
    beside.goto(f"{server.address}{address}")
    expect(beside.get_by_text("Watching for alarms")).to_be_visible()
    beside.locator("#entry-line").focus()
    place = beside.locator("#entry-line").bounding_box()
    enter_line(page, BEYOND)
    expect(high(beside, session)).to_have_count(1, timeout=PATIENCE_MS)
    now = beside.locator("#entry-line").bounding_box()
    assert place is not None
    assert now is not None
    # The alarm comes above the line somebody is about to write into, and the line stays under the finger.
    assert abs(now["y"] - place["y"]) < 5
    beside.close()
    line = high(board, session)
    expect(line).to_be_visible()
    expect(line).to_contain_text("231 mmHg is above")
    expect(board.locator(f'.alarm-call--high[data-alarm-session="{session}"]')).to_contain_text("Stop limit")
    line.get_by_role("button", name="Silence").click()
    expect(line.locator("[data-alarm-until]")).to_have_text(COUNTDOWN)
    expect(line).to_have_class(re.compile("alarm-line--flashes"))
    line.get_by_role("button", name="Mine").click()
    expect(line).not_to_contain_text("No owner")
    board.reload()
    expect(line.locator("[data-alarm-until]")).to_have_text(COUNTDOWN)
    line.get_by_role("button", name="Acknowledge").click()
    expect(line).to_contain_text("Seen by")
    expect(line).not_to_have_class(re.compile("alarm-line--flashes"))
    # On the session's own page too, without a reload, until the value is within and somebody has said what was done.
    expect(high(page, session)).to_contain_text("Seen by")
    enter_line(page, WITHIN)
    expect(line).to_contain_text("Say what was done")
    line.get_by_label("What was found and done").fill("Cuff moved; pressure measured again.")
    line.get_by_role("button", name="Close").click()
    expect(line).to_have_count(0)
    page.goto(f"{server.address}{address}alarms/")
    expect(page.get_by_text("Cuff moved; pressure measured again.").first).to_be_visible()
    expect(page.get_by_text("First on a screen").first).to_be_visible()


def test_a_page_that_nobody_speaks_to_says_that_it_is_not_monitoring(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    board = open_board(page, server)
    watch = board.locator("[data-alarm-watch-words]")
    with server.held():
        expect(watch).to_contain_text("NOT MONITORING", timeout=PATIENCE_MS)
    expect(watch).to_have_text("Watching for alarms", timeout=PATIENCE_MS)


def test_sound_begins_with_the_first_press_is_paused_and_turned_off_where_everybody_sees_it(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    board = open_board(page, server)
    expect(board.get_by_text("Sound is off")).to_be_visible()
    board.locator("h1").click()
    expect(board.get_by_text("Sound is on", exact=True)).to_be_visible()
    board.get_by_role("button", name="Pause sound").click()
    expect(board.get_by_text(re.compile("Sound paused on this screen"))).to_be_visible()
    board.get_by_role("button", name="End the pause").click()
    board.get_by_role("button", name="Turn sound off").click()
    expect(board.get_by_text("Sound is off")).to_be_visible()


def test_a_reader_who_asks_for_less_motion_sees_a_border_instead_of_a_flash(
    at_work: SignIn, server: DemoServer
) -> None:
    page = at_work("nurse")
    page.goto(f"{server.address}/board/")
    page.evaluate(A_LINE)
    tier = page.locator(".alarm-probe .alarm-line__tier")
    assert tier.evaluate(MOTION) == "alarm-flash 0.5s"
    page.emulate_media(reduced_motion="reduce")
    assert tier.evaluate(MOTION).startswith("none ")


A_LINE = """() => {
  const line = document.createElement("div");
  line.className = "alarm-probe alarm-line alarm-line--high alarm-line--flashes";
  line.innerHTML = "<span class='alarm-line__tier'>HIGH</span>";
  document.body.append(line);
}"""
MOTION = "one => getComputedStyle(one).animationName + ' ' + getComputedStyle(one).animationDuration"
