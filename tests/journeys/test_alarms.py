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


def press_drawn_anew(button: Locator, *, up_at: Locator | None = None) -> None:
    """Press with the mouse; what is pressed is drawn anew before it comes up again, there or elsewhere (`up_at`)."""
    button.evaluate(DRAWN_ANEW)
    if up_at:
        button.drag_to(up_at)
    else:
        button.click(delay=200)


def space_drawn_anew(button: Locator) -> None:
    """The same with the space bar, which presses when it comes up."""
    button.focus()
    wanted = button.evaluate(DRAWN_ANEW)
    button.page.keyboard.down(" ")
    assert button.page.evaluate("window.gone") == wanted
    button.page.keyboard.up(" ")


def touch_drawn_anew(button: Locator) -> None:
    """The same with a finger. A browser presses what lies under a finger that comes up: not a second time."""
    page = button.page
    screen = page.context.new_cdp_session(page)
    screen.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for _ in range(3):
        button.scroll_into_view_if_needed()
        wanted, box = button.evaluate(DRAWN_ANEW), button.bounding_box()
        assert box is not None
        finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        screen.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        if page.evaluate("window.gone") == wanted:
            screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
            return
        # The page moved while the finger came down.
        screen.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    pytest.fail("the page does not come to rest")


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


def test_a_press_is_not_lost_where_its_line_is_drawn_anew_under_it(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    address = running(page, server)[1]
    session = address.split("/")[2]
    page.goto(f"{server.address}{address}")
    board = open_board(page, server)
    enter_line(page, BEYOND)
    line = high(board, session)
    expect(line).to_be_visible(timeout=PATIENCE_MS)
    group = page.context.new_page()
    group.goto(f"{server.address}/board/group/")
    press_drawn_anew(group.locator(f'.alarm-call[data-alarm-session="{session}"]'))
    group.wait_for_url(f"**{address}")
    group.close()
    # A press that is let go elsewhere was thought better of.
    press_drawn_anew(line.get_by_role("button", name="Acknowledge"), up_at=board.locator("h1"))
    press_drawn_anew(line.get_by_role("button", name="Silence"))
    expect(line.locator("[data-alarm-until]")).to_have_text(COUNTDOWN)
    expect(line).to_have_class(re.compile("alarm-line--flashes"))
    sent: list[str] = []
    for one in (board, page):
        one.on("request", lambda asked: sent.append(asked.url) if asked.url.endswith("/alarms/act/") else None)
    touch_drawn_anew(line.get_by_role("button", name="Mine"))
    expect(line).not_to_contain_text("No owner")
    assert len(sent) == 1
    sent.clear()
    space_drawn_anew(high(page, session).get_by_role("button", name="Acknowledge"))
    expect(line).to_contain_text("Seen by")
    assert len(sent) == 1
    enter_line(page, WITHIN)
    line.get_by_label("What was found and done").fill("Cuff moved.")
    press_drawn_anew(line.get_by_role("button", name="Close"))
    expect(line).to_have_count(0)


def test_a_page_that_nobody_speaks_to_says_that_it_is_not_monitoring(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    board = open_board(page, server)
    watch = board.locator("[data-alarm-watch-words]")
    with server.held():
        expect(watch).to_contain_text("NOT MONITORING", timeout=PATIENCE_MS)
    expect(watch).to_have_text("Watching for alarms", timeout=PATIENCE_MS)


def test_a_page_whose_script_never_begins_is_as_loud(at_work: SignIn, server: DemoServer) -> None:
    page = at_work("nurse")
    page.route("**/alarms*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{server.address}/board/")
    watch = page.locator("[data-alarm-watch]")
    loud = watch.evaluate("one => { one.dataset.alarmWatch = 'silent'; return getComputedStyle(one).backgroundColor; }")
    watch.evaluate("one => { one.dataset.alarmWatch = 'starting'; }")
    expect(watch).not_to_have_css("background-color", loud)
    expect(watch).to_have_css("background-color", loud, timeout=PATIENCE_MS)
    expect(watch).to_contain_text("Load again for later ones.")


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


# The next time something is pressed down on, every alarm is drawn anew; `gone` is what of it was pressed and is gone.
DRAWN_ANEW = """one => {
  const drawAnew = (pressed) => {
    document.querySelectorAll("[data-alarm-lines], [data-alarm-strip]").forEach(place => { place.dataset.drawn = ""; });
    document.dispatchEvent(new CustomEvent("htmx:afterSwap", { detail: { target: document.body } }));
    return pressed.isConnected ? "" : pressed.textContent;
  };
  window.gone = new Promise(done => ["pointerdown", "keydown"].forEach(name => document.addEventListener(
    name, event => setTimeout(() => done(drawAnew(event.target))), { once: true })));
  return one.textContent;
}"""
A_LINE = """() => {
  const line = document.createElement("div");
  line.className = "alarm-probe alarm-line alarm-line--high alarm-line--flashes";
  line.innerHTML = "<span class='alarm-line__tier'>HIGH</span>";
  document.body.append(line);
}"""
MOTION = "one => getComputedStyle(one).animationName + ' ' + getComputedStyle(one).animationDuration"
