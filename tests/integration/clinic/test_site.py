"""The public site: nothing stored but an enquiry, help first where it matters, and bad input that changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.builders import make_clinic

from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures.models import Response, RiskSignal
from euthymia.clinic.people.models import Enquiry
from euthymia.clinic.site.articles import articles
from euthymia.clinic.site.pictures import data, pictures

pytestmark = pytest.mark.django_db
CRISIS = "crisis-title"


def answers(value: int = 1, **changes: int | str | None) -> dict[str, str]:
    """A filled PHQ-9; an answer given as None is left out."""
    filled: dict[str, int | str | None] = {str(item): value for item in range(1, 10)} | {
        name.removeprefix("item"): given for name, given in changes.items()
    }
    return {f"answer-{item}": str(given) for item, given in filled.items() if given is not None}


def enquiry(clinic: Any, **changes: str) -> dict[str, str]:
    return {"clinic": str(clinic.pk), "name": "Ana", "email": "ana@example.org", "consent": "on"} | changes


def test_every_public_page_opens_without_an_account_and_stores_nothing(client: Any) -> None:
    make_clinic()
    slugs = [article.slug for article in articles("en")]
    pages = ["/", "/learn/", "/self-check/", "/self-check/phq9/", "/self-check/gad7/", "/ready/", "/help/", "/about/"]
    for page in pages + [f"/learn/{slug}/" for slug in slugs]:
        assert client.get(page).status_code == 200, page
    assert AuditEntry.objects.count() == 0


def test_articles_are_searched_and_an_unknown_one_is_404(client: Any) -> None:
    assert "Nothing found" in client.get("/learn/?search=zzzxyz").content.decode()
    assert client.get("/learn/?search=infusion").content.decode().count('class="tile"') >= 1
    assert client.get("/learn/no-such-article/").status_code == 404


def test_articles_show_the_engines_pictures_in_both_languages(client: Any) -> None:
    english = client.get("/learn/a-session/").content.decode()
    assert "Your two hours" in english
    assert "assembled_racemic_venous" in english
    client.cookies["django_language"] = "es"
    assert "Tus dos horas" in client.get("/learn/a-session/").content.decode()


def test_the_picture_of_the_two_hours_says_where_its_line_is_known_to_be_wrong(client: Any) -> None:
    says = {"en": "For the spray the line falls too slowly", "es": "Para el aerosol, la línea baja demasiado despacio"}
    for language, words in says.items():
        felt, plasma = pictures("two-hours", language)
        assert words in felt.description
        assert words not in plasma.description


def test_a_picture_is_computed_once(client: Any) -> None:
    assert pictures("two-hours", "en") is pictures("two-hours", "en")
    assert pictures("nobody-drew-this", "en") == ()


def test_every_published_number_of_a_picture_was_read_where_it_says() -> None:
    drawn = data()["hours_versus_weeks"]["line"]
    assert {row["provenance"] for row in drawn} <= {"read", "abstract"}
    assert all(row["source"] for row in drawn)


def test_a_complete_self_check_shows_the_score_and_stores_nothing(client: Any) -> None:
    page = client.post("/self-check/phq9/", answers(1, item9=0))
    assert page.status_code == 200
    assert "8 of 27" in page.content.decode()
    assert Response.objects.count() == AuditEntry.objects.count() == 0


def test_item_nine_leads_to_help_before_anything_else(client: Any) -> None:
    text = client.post("/self-check/phq9/", answers(0, item9=1)).content.decode()
    assert text.count(CRISIS) == 2, "the help panel stands once, with its label"
    assert text.index(CRISIS) < text.index("<h1")


def test_item_nine_leads_to_help_even_when_the_form_is_incomplete(client: Any) -> None:
    page = client.post("/self-check/phq9/", answers(0, item9=2, item3=None))
    text = page.content.decode()
    assert page.status_code == 422
    assert text.index(CRISIS) < text.index("<h1")
    assert "One question is not answered yet" in text


def test_a_missing_answer_is_marked_and_the_others_stay(client: Any) -> None:
    text = client.post("/self-check/phq9/", answers(2, item4=None)).content.decode()
    assert text.count(" checked>") == 8
    assert 'href="#answer-4-0"' in text


@pytest.mark.parametrize("answer", ["4", "-1", "x", "1.5"])
def test_an_answer_out_of_range_is_refused_in_words(client: Any, answer: str) -> None:
    page = client.post("/self-check/phq9/", answers(1, item2=answer))
    assert page.status_code == 400
    assert "nothing was changed" in page.content.decode()


def test_only_offered_questionnaires_are_asked(client: Any) -> None:
    assert client.get("/self-check/madrs/").status_code == 404
    assert client.get("/self-check/nonsense/").status_code == 404


def test_an_enquiry_lands_once_in_the_chosen_clinics_list(client: Any) -> None:
    clinic, other = make_clinic(), make_clinic()
    for _ in range(2):
        assert client.post("/ready/", enquiry(clinic)).status_code == 302
    row = Enquiry.objects.get()
    assert row.clinic == clinic != other
    assert (row.answer_by - row.created_at).total_seconds() == clinic.enquiry_promise_hours * 3600
    assert AuditEntry.objects.get().subject == "enquiry"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": ""}, "Give an e-mail address or a telephone number"),
        ({"email": "not an address"}, "Enter a valid email address"),
        ({"name": ""}, "This field is required"),
        ({"consent": ""}, "Tick the box"),
        ({"clinic": "999999"}, "Select a valid choice"),
    ],
)
def test_an_enquiry_that_cannot_be_answered_is_refused_and_stays_typed(
    client: Any, change: dict[str, str], says: str
) -> None:
    page = client.post("/ready/", enquiry(make_clinic(), message="About my sister") | change)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert "About my sister" in page.content.decode()
    assert Enquiry.objects.count() == AuditEntry.objects.count() == 0


def test_a_program_that_fills_the_trap_is_thanked_and_not_kept(client: Any) -> None:
    page = client.post("/ready/", enquiry(make_clinic(), website="https://spam.example"))
    assert page.status_code == 302
    assert Enquiry.objects.count() == 0


def test_the_language_is_remembered_and_never_leads_away(client: Any) -> None:
    page = client.post("/language/", {"language": "es", "next": "/learn/"})
    assert page["Location"] == "/learn/"
    assert "Aprender" in client.get("/learn/").content.decode() or 'lang="es"' in client.get("/learn/").content.decode()
    for away in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        assert client.post("/language/", {"language": "en", "next": away})["Location"] == "/"
    assert client.post("/language/", {"language": "xx"}).status_code == 400


def test_help_is_shown_for_the_country_asked(client: Any) -> None:
    assert "tel:" in client.get("/help/?country=GB").content.decode()
    unknown = client.get("/help/?country=ZZ").content.decode()
    assert "emergency" in unknown
    assert RiskSignal.objects.count() == 0
