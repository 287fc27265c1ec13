"""One person's whole path, in a real browser: from a record imported to a dose running, a check-in and a forecast."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.demo_server import DemoServer
from playwright.sync_api import Page, expect
from tests.journeys.bedside import draw_dose, enter_line, press, tick

pytestmark = pytest.mark.journey
SignIn = Callable[[str], Page]

NO_FACTS = [
    "pressure_rise_hazard",
    "cardiovascular_uncontrolled",
    "severe_heart_disease",
    "aneurysmal_disease",
    "arteriovenous_malformation",
    "hypertensive_encephalopathy",
    "intracerebral_haemorrhage",
    "stroke",
    "head_injury",
    "raised_intracranial_pressure",
    "raised_intraocular_pressure",
    "mania",
    "allergy",
    "pregnant",
    "breastfeeding",
    "eclampsia",
]
YES_FACTS = ("capacity", "escort", "oral_antidepressant")
CHOSEN_FACTS = {
    "psychosis": "never",
    "substance_misuse": "none",
    "suicide_risk": "none_identified",
    "hepatic_impairment": "none",
    "treatment_setting": "us_outpatient",
}


def choose(page: Page, fact: str, value: str) -> None:
    tick(page.locator(f'input[name="fact:{fact}"][value="{value}"]'))


def open_all(page: Page) -> None:
    """Unfolds everything that is folded, as somebody in no hurry would."""
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")


def fill_phq9(page: Page, points: int, last: int) -> None:
    """Answers 1 to 8 alike, and the ninth."""
    for number in range(1, 9):
        tick(page.locator(f'input[name="answer-{number}"][value="{points}"]'))
    tick(page.locator(f'input[name="answer-9"][value="{last}"]'))


def import_person(page: Page, server: DemoServer, bundle: Path) -> tuple[str, str]:
    """Takes in a real record; gives the address of the person and their name."""
    page.goto(f"{server.address}/people/import/")
    page.set_input_files('input[name="bundle"]', bundle)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Understood")).to_be_visible()
    expect(page.get_by_role("heading", name="Kept aside")).to_be_visible()
    name = page.locator("h1").inner_text()
    link = page.get_by_role("link", name="Course").get_attribute("href") or ""
    return f"{server.address}{link}", name


def assess(page: Page, person: str, name: str) -> None:
    """Earlier treatments, questions, consent, and the rules' answer recorded."""
    page.goto(f"{person}assess/")
    for drug, dose in (("sertraline", "150"), ("venlafaxine", "225")):
        open_all(page)
        form = page.locator('form[action*="/assess/trials/#trials"]')
        form.locator('[name="drug"]').fill(drug)
        form.locator('[name="dose_mg_day"]').fill(dose)
        form.locator('[name="weeks"]').fill("10")
        form.locator('[name="outcome"]').select_option(index=1)
        form.locator("button").click()
    page.goto(f"{person}assess/")
    open_all(page)
    page.locator('[name="episode:episode_duration_months"]').fill("14")
    page.locator('[name="episode:episode_severity"]').select_option("moderate")
    page.locator('[name="episode:episode_ect"]').select_option(index=2)
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Maudsley").first).to_be_visible()
    open_all(page)
    for fact in NO_FACTS:
        choose(page, fact, "no")
    for fact in YES_FACTS:
        choose(page, fact, "yes")
    for fact, value in CHOSEN_FACTS.items():
        choose(page, fact, value)
    page.locator('[name="fact:systolic_mmhg"]').fill("122")
    page.locator('[name="fact:diastolic_mmhg"]').fill("78")
    page.get_by_role("button", name="Write the answers down").click()
    open_all(page)
    consent = page.locator('form:has(input[value="iv_racemic_05"]):has([name="signed_name"])')
    consent.locator('[name="signed_name"]').fill(name)
    consent.locator("button").click()
    decide = page.locator('form[action*="iv_racemic_05"]')
    decide.get_by_role("button", name="Record this decision").click()
    expect(page.locator("#eligible-iv_racemic_05")).to_contain_text("recorded by")


def plan(page: Page, person: str) -> None:
    """0.5 mg/kg over 40 minutes, from a weight typed today."""
    page.goto(f"{person}plan/?protocol=iv_racemic_05")
    page.locator('[name="weight"]').fill("70")
    confirm = page.locator('[name="weight_confirmed"]')
    tick(confirm)
    page.get_by_role("button", name="Calculate").click()
    expect(page.get_by_text("35 mg").first).to_be_visible()
    expect(page.get_by_text("between").or_(page.get_by_text("9 in 10 people")).first).to_be_visible()
    page.get_by_role("button", name="Sign this plan").click()
    expect(page.get_by_text("Plan now")).to_be_visible()


def start_dose(page: Page, server: DemoServer, person: str) -> str:
    """A chair, the gate, the dose; gives the address of the session."""
    page.goto(f"{person}sessions/")
    page.locator('[name="chair"]').select_option(index=4)
    page.locator('form[action$="/sessions/new/"] button').click()
    page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}/"))
    return page.url


def pass_the_gate(page: Page, name: str) -> None:
    """The dose cannot start before the gate says so; a half-filled gate says what is still open."""
    actions = page.locator("#actions")
    press(page, "has arrived")
    expect(actions.get_by_role("heading", name="Pre-dose gate")).to_be_visible()
    press(page, "Ask the gate")
    expect(actions).to_contain_text("Not known yet")
    enter_line(page, "118/76 72 98%")
    page.reload()
    tick(actions.locator('[name="identifier_name"]'))
    tick(actions.locator('[name="identifier_date_of_birth"]'))
    actions.locator('[name="escort_name"]').fill("Alex, a friend")
    for check in actions.locator('[name^="check_"][value="yes"]').all():
        tick(check)
    press(page, "Ask the gate")
    expect(actions.get_by_role("heading", name="Start the dose", exact=True)).to_be_visible()
    expect(actions).to_contain_text("Draw it first")
    draw_dose(page)
    expect(actions).not_to_contain_text("Draw it first")
    tick(actions.locator('[name="same_person"]'))
    actions.get_by_role("button", name="Infusion started").click()
    expect(actions.get_by_role("heading", name="Dose", exact=True)).to_be_visible()
    expect(page.get_by_text("Dosing").first).to_be_visible()


def answer_the_check_in(page: Page, server: DemoServer, person: str) -> None:
    """The link that went out by e-mail works once, without an account."""
    page.goto(f"{person}contact/")
    page.locator('[name="email"]').fill("felipe@people.example")
    page.get_by_role("button", name="Save the contact details").click()
    page.goto(f"{person}check-ins/")
    page.get_by_role("button", name=re.compile("Send the link")).first.click()
    expect(page.get_by_text("The link is on its way")).to_be_visible()
    link = re.findall(r"http://localhost:\d+/c/[\w-]+/", server.printed)[-1]
    visitor = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    visitor.goto(link)
    # This person's record says Spanish, so that is what the link speaks.
    expect(visitor.locator("html")).to_have_attribute("lang", re.compile("^es"))
    send = visitor.locator("main form button[type=submit]")
    send.click()
    expect(visitor.locator(".error-summary")).to_be_visible()
    fill_phq9(visitor, points=1, last=1)
    send.click()
    expect(visitor.get_by_role("heading", name="Gracias")).to_be_visible()
    # Help stands before everything else when the ninth answer asks for it.
    text = visitor.locator("main").inner_text()
    assert text.index("988") < text.index("Gracias")
    visitor.goto(link)
    expect(visitor.locator("main form")).to_have_count(0)
    visitor.context.close()


def see_what_follows(page: Page, server: DemoServer, person: str) -> None:
    """The course, the worklist with a named owner, the therapy note, the record as FHIR."""
    page.goto(person)
    expect(page.get_by_role("heading", name="What the forecast says")).to_be_visible()
    expect(page.locator("figure svg").first).to_be_visible()
    page.goto(f"{server.address}/today/")
    page.get_by_role("link", name=re.compile("See to it")).first.click()
    page.locator('[name="action_taken"]').fill("Called at once; no plan, no intent. Seen again tomorrow at ten.")
    page.get_by_role("button", name="Close with what was done").click()
    expect(page.get_by_text("Closed, with what was done.")).to_be_visible()
    page.goto(f"{person}therapy/")
    page.locator('[name="kind"]').select_option("integration")
    page.locator('[name="text"]').fill("Looked back on the session; wants to walk in the mornings.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("The note is saved")).to_be_visible()
    identity = person.rstrip("/").rsplit("/", 1)[1]
    doses = page.request.get(f"{server.address}/fhir/MedicationAdministration?patient={identity}").json()
    assert [entry["resource"]["resourceType"] for entry in doses["entry"]] == ["MedicationAdministration"]


def test_one_person_from_a_record_to_a_forecast(at_work: SignIn, server: DemoServer, synthea: Path) -> None:
    page = at_work("medical_lead")
    person, name = import_person(page, server, synthea)
    page.goto(f"{person}measure/phq9/")
    fill_phq9(page, points=2, last=0)
    page.get_by_role("button", name="Record it", exact=True).click()
    expect(page.get_by_text("PHQ-9 recorded: 16")).to_be_visible()
    assess(page, person, name)
    plan(page, person)
    start_dose(page, server, person)
    pass_the_gate(page, name)
    enter_line(page, "12/80")
    expect(page.locator("#entry")).to_contain_text("12")
    expect(page.locator('#entry [role="alert"]')).to_be_visible()
    answer_the_check_in(page, server, person)
    see_what_follows(page, server, person)


def test_the_same_record_twice_is_refused_and_nothing_is_added(
    at_work: SignIn, server: DemoServer, synthea: Path
) -> None:
    page = at_work("medical_lead")
    page.goto(f"{server.address}/people/import/")
    page.set_input_files('input[name="bundle"]', synthea)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("nothing of it was kept")).to_be_visible()
    expect(page.get_by_text("This file was imported on")).to_be_visible()
