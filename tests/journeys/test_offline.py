"""The bedside while the server is away: a cable between a real browser and a real server is cut at every moment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from benchmarks.screens import PHONE, TABLET, faults
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.cable import Cable, Way
from tests.journeys.bedside import tick
from tests.real_server import RealServer

from euthymia.clinic.sessions.forms import read_time

pytestmark = pytest.mark.journey
AWAY = re.compile("The server does not answer")
PATIENCE_MS, USUAL_MS = 30_000, 5_000


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A cut cable is noticed by waiting."""
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=USUAL_MS)


@pytest.fixture(scope="module")
def bedside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with RealServer(tmp_path_factory.mktemp("bedside")) as running:
        yield running


@pytest.fixture
def cable(bedside: RealServer) -> Iterator[Cable]:
    with Cable(bedside.port) as laid:
        yield laid


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[BrowserContext]:
    """A tablet with a memory of its own. No script of a page may break, with or without a server."""
    context = chromium.new_context(viewport=TABLET)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    problems: list[str] = []
    context.on("weberror", lambda problem: problems.append(str(problem.error)))
    yield context
    context.close()
    assert problems == []


def sign_in(tablet: BrowserContext, bedside: RealServer, who: str) -> None:
    """As the sign-in page does: a new sign-in, and a new token for forms."""
    tablet.clear_cookies()
    tablet.add_cookies(
        [{"name": "sessionid", "value": bedside.known["staff"][who], "domain": "localhost", "path": "/"}]
    )


def open_visit(
    tablet: BrowserContext, bedside: RealServer, cable: Cable, visit: str = "dosing", who: str = "nurse"
) -> Page:
    """The page of a running visit through the cable; its copy is on the tablet and the worker would answer."""
    sign_in(tablet, bedside, who)
    page = tablet.new_page()
    page.goto(f"{cable.address}/sessions/{bedside.known['sessions'][visit]}/")
    kept(page)
    return page


def kept(page: Page) -> None:
    expect(page.locator("[data-offline]")).to_have_attribute("data-ready", "yes")


def cut(page: Page, cable: Cable, way: Way = Way.CUT) -> None:
    cable.way = way
    expect(page.locator("[data-banner]")).to_contain_text(AWAY)
    expect(page.locator("[data-banner]")).to_contain_text("look at the patient and the monitor")


def mend(page: Page, cable: Cable) -> None:
    cable.way = Way.WHOLE
    expect(page.locator("[data-banner]")).to_be_hidden()


def type_line(page: Page, line: str) -> None:
    """Vital signs by keyboard alone, whether or not somebody answers."""
    page.locator("h1").click()
    page.keyboard.press("v")
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def waiting(page: Page) -> list[str]:
    return page.locator("[data-entries] [data-words]").all_inner_texts()


def load_anew(page: Page) -> None:
    """The page as the server has it. A copy loads itself anew when the server is back, which we let it do first."""
    expect(page.locator("html[data-kept]")).to_have_count(0)
    page.goto(page.url.split("?")[0])


def written(page: Page, text: str) -> int:
    """How many lines of the flowsheet say this, as the server has it."""
    load_anew(page)
    return page.locator("#sheet .cell-entry", has_text=text).count()


def test_what_is_written_without_the_server_waits_survives_a_reload_and_arrives_once(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable)
    cut(page, cable)
    type_line(page, "131/84 77 97%")
    expect(page.locator("[data-entries]")).to_contain_text("Vital signs 131/84 77 97%")
    expect(page.locator("#entry-line")).to_have_value("")
    page.reload()
    expect(page.locator("[data-banner]")).to_contain_text("One entry waits")
    type_line(page, "133/85 78 96%")
    expect(page.locator("[data-banner]")).to_contain_text("2 entries wait")
    assert waiting(page) == ["Vital signs 131/84 77 97%", "Vital signs 133/85 78 96%"]
    mend(page, cable)
    expect(page.locator("[data-list]")).to_be_hidden()
    assert (written(page, "131/84"), written(page, "133/85")) == (1, 1)


@pytest.mark.parametrize("way", [Way.CUT, Way.HALF_REQUEST, Way.ANSWER_LOST, Way.SILENT], ids=lambda way: way.value)
def test_a_press_that_meets_a_cut_cable_is_one_entry(
    tablet: BrowserContext, bedside: RealServer, cable: Cable, way: Way
) -> None:
    """Before the request, in the middle of it, and after the server has written it."""
    page = open_visit(tablet, bedside, cable)
    value = f"14{list(Way).index(way)}/9{list(Way).index(way)}"
    cable.only = b"/events/"
    cable.way = way
    type_line(page, f"{value} 71")
    expect(page.locator("[data-entries]")).to_contain_text(value)
    cable.way = Way.WHOLE
    expect(page.locator("[data-list]")).to_be_hidden()
    expect(page.locator("[data-banner]")).to_be_hidden()
    assert written(page, value) == 1


def test_slips_are_told_without_the_server(tablet: BrowserContext, bedside: RealServer, cable: Cable) -> None:
    page = open_visit(tablet, bedside, cable)
    cut(page, cable)
    for typed, says in (("120/80 hello", "not understood"), ("", "Nothing was typed")):
        type_line(page, typed)
        expect(page.locator("[data-said]").first).to_contain_text(says)
        page.locator("#entry-line").fill("")
    page.locator("#actions").get_by_text("Change the rate").click()
    page.locator("#actions").get_by_role("button", name="Set the rate").click()
    expect(page.locator("[data-said]").first).to_contain_text("as the pump shows it")
    assert waiting(page) == []


def test_a_dose_can_be_started_paused_and_stopped_without_the_server(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable, "ready")
    cut(page, cable)
    actions = page.locator("#actions")
    actions.get_by_role("button", name=re.compile("started|given")).click()
    expect(page.locator("[data-said]").first).to_contain_text("Check name and date of birth")
    tick(actions.locator('[name="same_person"]'))
    expect(actions.locator("form[data-sent]")).to_have_count(0)
    actions.get_by_role("button", name=re.compile("started|given")).click()
    expect(page.locator("[data-entries]")).to_contain_text("Dose started")
    page.reload()
    expect(page.locator("#actions h2").first).to_have_text("Dose")
    actions.get_by_text("Stop for good").click()
    actions.locator('[name="reason"]:visible').fill("felt unwell")
    actions.get_by_role("button", name="Dose stopped").click()
    expect(page.locator("[data-entries]")).to_contain_text("felt unwell")
    mend(page, cable)
    expect(page.locator("[data-list]")).to_be_hidden()
    load_anew(page)
    expect(page.locator("#actions h2").first).to_have_text("Going home")


def refuse_a_pause(page: Page, bedside: RealServer, cable: Cable) -> None:
    """While the tablet is cut off another nurse stops the dose; the pause typed here has no place any more."""
    cut(page, cable)
    visit = bedside.known["sessions"]["contested"]
    stop = {"do": "stop", "reason": "pressure too high", "event_id": str(uuid4())}
    assert bedside.ask("POST", f"/sessions/{visit}/events/", stop, who="second").status in (200, 302)
    actions = page.locator("#actions")
    actions.get_by_text("Pause", exact=True).click()
    actions.locator('[name="reason"]:visible').fill("felt too much")
    actions.get_by_role("button", name="Dose paused").click()
    expect(page.locator("[data-entries]")).to_contain_text("Dose paused: felt too much")
    mend(page, cable)


def test_what_is_refused_is_shown_with_what_others_wrote_and_the_nurse_decides(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable, "contested")
    refuse_a_pause(page, bedside, cable)
    entries = page.locator("[data-entries]")
    expect(entries.locator("[data-refused]")).to_be_visible()
    expect(entries).to_contain_text("cannot be written while the session is observing")
    expect(entries).to_contain_text(bedside.known["names"]["second"])
    expect(entries).to_contain_text("Dose stopped")
    type_line(page, "126/81 70")
    expect(page.locator("#sheet")).to_contain_text("126/81")
    entries.get_by_role("button", name="Write it again").click()
    expect(entries.locator("[data-refused]")).to_be_visible()
    entries.get_by_text("Discard", exact=True).click()
    entries.get_by_label("Why").fill("the dose was stopped already")
    entries.get_by_role("button", name="Discard it").click()
    expect(page.locator("[data-list]")).to_be_hidden()
    visit = bedside.known["sessions"]["contested"]
    note = bedside.ask("GET", f"/sessions/{visit}/note/", who="nurse").text
    assert "discarded on the tablet" in note
    assert "the dose was stopped already" in note


def test_signed_out_meanwhile_the_queue_waits_for_who_wrote_it(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable)
    tablet.clear_cookies()
    expect(page.locator("[data-banner]")).to_contain_text("You are signed out")
    type_line(page, "127/82 71")
    expect(page.locator("[data-entries]")).to_contain_text("127/82")
    # Somebody else signs in on this tablet: the entry is named as another's, and stays.
    sign_in(tablet, bedside, "second")
    expect(page.locator("[data-banner]")).to_contain_text("Somebody else has signed in")
    page.reload()
    expect(page.locator("[data-others]")).to_contain_text(f"1 of {bedside.known['names']['nurse']}")
    assert waiting(page) == []
    type_line(page, "128/83 72")
    expect(page.locator("#sheet")).to_contain_text("128/83")
    assert written(page, "127/82") == 0
    sign_in(tablet, bedside, "nurse")
    page.reload()
    expect(page.locator("#sheet")).to_contain_text("127/82")
    expect(page.locator("[data-list]")).to_be_hidden()


KEPT_ON_THE_TABLET = """async () => {
  const base = await new Promise((resolve, reject) => {
    const asked = indexedDB.open("euthymia-bedside");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const all = (name) => new Promise((resolve) => {
    const asked = base.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  const text = (sealed) => new TextDecoder("latin1").decode(sealed.data);
  const [queue, copies, keys] = [await all("queue"), await all("copies"), await all("keys")];
  const cached = [];
  for (const name of await caches.keys()) {
    for (const one of await (await caches.open(name)).keys()) cached.push(one.url);
  }
  let exported = "refused";
  if (keys[0]) await crypto.subtle.exportKey("raw", keys[0]).then(() => { exported = "given out"; }, () => null);
  base.close();
  return {
    queue: queue.map((row) => [Object.keys(row).sort().join(" "), row.session, text(row.sealed)]),
    copies: copies.map((row) => [Object.keys(row).sort().join(" "), row.session, text(row.sealed)]),
    keys: keys.length, exported, cached,
    local: JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
  };
}"""


def test_the_tablet_keeps_nothing_that_can_be_read_and_nothing_after_signing_out(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable)
    visit, name = bedside.known["sessions"]["dosing"], bedside.known["patients"]["dosing"]
    cut(page, cable)
    type_line(page, "129/84 73")
    expect(page.locator("[data-entries]")).to_contain_text("129/84")
    found = page.evaluate(KEPT_ON_THE_TABLET)
    assert [row[:2] for row in found["queue"]] == [["by place sealed session", visit]]
    assert [row[:2] for row in found["copies"]] == [["at sealed session", visit]]
    assert found["exported"] == "refused"
    everything = json.dumps(found)
    for secret in ("129/84", *name.split(), "Staff"):
        assert secret not in everything
    assert all("/static/" in url for url in found["cached"])
    mend(page, cable)
    expect(page.locator("[data-list]")).to_be_hidden()
    expect(page.locator("html[data-kept]")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{cable.address}/")
    left = page.evaluate(KEPT_ON_THE_TABLET)
    assert (left["queue"], left["copies"], left["keys"]) == ([], [], 0)
    bedside.sign_in_again()


def test_two_tabs_send_one_queue_once_and_each_visit_gets_its_own(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    """The second tab shows another person: what was typed in the first goes to the first, whichever tab sends it."""
    first = open_visit(tablet, bedside, cable)
    second = open_visit(tablet, bedside, cable, "seated")
    cut(first, cable)
    cut(second, cable)
    type_line(first, "134/86 74")
    type_line(second, "135/87 75")
    expect(second.locator("[data-entries]")).to_contain_text("134/86")
    expect(second.locator("[data-elsewhere]:visible")).to_have_count(1)
    first.close()
    mend(second, cable)
    expect(second.locator("[data-list]")).to_be_hidden()
    third = open_visit(tablet, bedside, cable)
    assert (written(third, "134/86"), written(third, "135/87")) == (1, 0)
    assert (written(second, "134/86"), written(second, "135/87")) == (0, 1)


def test_another_page_says_which_visits_can_be_written_in(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    page = open_visit(tablet, bedside, cable)
    cut(page, cable)
    page.goto(f"{cable.address}/board/")
    expect(page.get_by_role("heading", name="The server is away")).to_be_visible()
    page.get_by_role("link", name=bedside.known["patients"]["dosing"]).click()
    expect(page.locator("[data-banner]")).to_be_visible()
    cable.way = Way.WHOLE


ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Berlin"]
TYPED = ["10:42", "1042", "9:05", "00:01", "23:59", "12:00", "2:30", "0330"]


def test_a_time_is_read_on_the_tablet_as_the_server_reads_it(
    tablet: BrowserContext, bedside: RealServer, cable: Cable
) -> None:
    """Through a day of each season, and on the days before and after clocks change in Berlin and New York."""
    page = open_visit(tablet, bedside, cable)
    days = ["2026-01-15", "2026-07-15", "2026-03-27", "2026-10-23", "2026-03-10", "2026-11-03"]
    moments = [datetime.fromisoformat(f"{day}T{hour:02}:17:23+00:00") for day in days for hour in range(0, 24, 3)]
    asked = [(zone, text, now.timestamp() * 1000) for zone in ZONES for now in moments for text in TYPED]
    read = page.evaluate("(asked) => asked.map(([zone, text, now]) => BedsidePress.instant(text, now, zone))", asked)
    wrong, compared = [], 0
    for (name, text, now_ms), at_ms in zip(asked, read, strict=True):
        zone, now = ZoneInfo(name), datetime.fromtimestamp(now_ms / 1000, UTC)
        if near_a_change(now, zone):
            # Which of two equal hours is meant, and an hour that is not there, are anybody's guess.
            continue
        compared += 1
        here, there = read_time(text, now, zone), datetime.fromtimestamp(at_ms / 1000, UTC)
        if here != there:
            wrong.append((name, text, now, here, there))
    assert wrong == []
    assert compared > 1500


def near_a_change(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks change within a day or so of this moment."""
    offsets = {(at + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-25, 26)}
    return len(offsets) > 1


@pytest.mark.parametrize(("scheme", "size"), [("light", TABLET), ("dark", TABLET), ("dark", PHONE)])
def test_the_banner_and_the_list_can_be_read_by_everybody(
    chromium: Browser, bedside: RealServer, cable: Cable, scheme: str, size: dict[str, int]
) -> None:
    context = chromium.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = open_visit(context, bedside, cable)
    cut(page, cable)
    type_line(page, "136/88 76")
    expect(page.locator("[data-entries]")).to_contain_text("136/88")
    assert faults(page) == []
    mend(page, cable)
    expect(page.locator("[data-list]")).to_be_hidden()
    context.close()
