"""The public pages: nothing here needs an account, and nothing a visitor answers is stored unless they ask."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import markdown
from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.policies import ANYONE, requires
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.measures.questionnaire import answers_from, questionnaire, result_of
from euthymia.clinic.people.commands import make_enquiry
from euthymia.clinic.site.articles import articles, find_article, search
from euthymia.clinic.site.forms import EnquiryForm
from euthymia.clinic.site.pictures import pictures
from euthymia.errors import BadInput

INTENDED_USE = Path(__file__).parent / "INTENDED_USE.md"
SELF_CHECKS = ("phq9", "gad7")


@requires(ANYONE)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "site/home.html", {"articles": articles(translation.get_language() or "en")})


@requires(ANYONE)
def learn(request: HttpRequest) -> HttpResponse:
    """All articles, or those that hold the words searched for."""
    language = translation.get_language() or "en"
    words = request.GET.get("search", "").strip()
    found = search(words, language) if words else list(articles(language))
    return render(request, "site/learn.html", {"articles": found, "search": words})


@requires(ANYONE)
def article(request: HttpRequest, slug: str) -> HttpResponse:
    previous, this, following = find_article(slug, translation.get_language() or "en")
    if this is None:
        raise Http404
    figures = pictures(this.picture, this.language) if this.picture else ()
    context = {"article": this, "previous": previous, "next": following, "figures": figures}
    return render(request, "site/article.html", context)


@never_cache
@requires(ANYONE)
def self_check(request: HttpRequest) -> HttpResponse:
    """Which check to take; what it is and what it is not."""
    checks = [load_instrument(name) for name in SELF_CHECKS]
    return render(request, "site/self_check.html", {"checks": checks})


@never_cache
@require_http_methods(["GET", "POST"])
@requires(ANYONE)
def self_check_form(request: HttpRequest, instrument: str) -> HttpResponse:
    """The questions, then the result on the same address. Nothing is stored: answers live in this request alone."""
    if instrument not in SELF_CHECKS:
        raise Http404
    asked = load_instrument(instrument)
    if request.method != "POST":
        return render(request, "site/self_check_form.html", {"questionnaire": questionnaire(asked)})
    answers = answers_from(asked, request.POST)
    result = result_of(asked, answers)
    if result.missing:
        # A sign of suicidal thoughts leads to help first, whether or not the form is complete.
        form = questionnaire(asked, answers, missing=result.missing)
        context = {"questionnaire": form, "result": result}
        return render(request, "site/self_check_form.html", context, status=422)
    return render(request, "site/self_check_result.html", {"instrument": asked, "result": result})


@require_http_methods(["GET", "POST"])
@requires(ANYONE)
def enquire(request: HttpRequest) -> HttpResponse:
    """I am ready to learn more: lands in the chosen clinic's intake list."""
    form = EnquiryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_from_a_program:
        return redirect("enquire-thanks")
    if request.method == "POST" and form.is_valid():
        try:
            save_enquiry(form)
        except BadInput as refusal:
            form.add_error(refusal.path or None, refusal.message)
        else:
            return redirect("enquire-thanks")
    return render(request, "site/enquire.html", {"form": form}, status=422 if form.errors else 200)


def save_enquiry(form: EnquiryForm) -> None:
    clinic: Clinic = form.cleaned_data["clinic"]
    fields = {name: form.cleaned_data[name] for name in ("name", "email", "phone", "message")}
    make_enquiry(clinic, System(clinic.pk, "public enquiry form"), fields, timezone.now())


@requires(ANYONE)
def enquire_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "site/enquire_thanks.html", {"clinics": Clinic.objects.order_by("name")})


@requires(ANYONE)
def crisis(request: HttpRequest) -> HttpResponse:
    """Whom to call now, by country."""
    return render(request, "site/crisis.html")


@requires(ANYONE)
def about(request: HttpRequest) -> HttpResponse:
    """What Euthymia is for, who decides, and what it is not."""
    return render(request, "site/about.html", {"intended_use": intended_use()})


@cache
def intended_use() -> str:
    return markdown.markdown(INTENDED_USE.read_text(encoding="utf-8"), output_format="html")


@require_POST
@requires(ANYONE)
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the visitor's language and go back to where they were."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(django_settings.LANGUAGES):
        raise BadInput("unknown_language", "language", "Choose one of the languages listed.")
    back = request.POST.get("next", "/")
    response = redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
    year_s = 365 * 24 * 60 * 60
    response.set_cookie(django_settings.LANGUAGE_COOKIE_NAME, chosen, max_age=year_s, samesite="Lax")
    return response
