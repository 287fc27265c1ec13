"""The one form a link opens, without an account: shown, kept while it is answered, sent once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from euthymia.care.crisis import crisis_lines
from euthymia.care.instruments import Instrument
from euthymia.care.risk import SUICIDAL_THOUGHTS
from euthymia.clinic.accounts.policies import CAPABILITY_LINK, requires
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.measures import draft_commands, draft_queries, link_commands
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.measures.questionnaire import answers_from, questionnaire, result_of
from euthymia.clinic.measures.risk_commands import raise_risk_of_unfinished
from euthymia.clinic.wording.queries import instrument_in_words_of
from euthymia.errors import BadInput, InstrumentError

REFUSED_FORM = 422
# What a script sends beside the answers when it keeps them, and what the button that takes them away sends.
KEEP, CLEAR = "keep", "clear"
# A secret of this browser, so that what it gave is shown to it alone.
BROWSER = "answering"
# Refused without any fault of the person's: what they tapped is not kept, and a sign in it is told at once.
TOO_MUCH = {"too_many", "too_often"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens its form: the check-in behind it, the questions in the clinic's words, and whose browser."""

    request: HttpRequest
    token: str
    check_in: CheckIn
    asked: Instrument
    browser: str
    now: datetime

    @property
    def actor(self) -> System:
        return System(self.check_in.clinic_id, link_commands.BY_LINK)

    def page(self, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
        """A page of this link, with what each of them shows beside the questions."""
        beside = {
            # Whom to call is where the clinic is, wherever the browser thinks it is.
            "crisis": crisis_lines(self.check_in.clinic.country),
            # On a telephone far away every kilobyte is waited for: only the stylesheets this page uses.
            "is_light": True,
            "here": "here" in self.request.GET,
            "keeps": draft_queries.keeps_answers(self.check_in),
            "asks_about_suicide": any(flag.name == SUICIDAL_THOUGHTS for flag in self.asked.flags),
        }
        return render(self.request, template, context | beside, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(CAPABILITY_LINK)
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """The one form this link may write, once. Opening it changes nothing."""
    now = timezone.now()
    try:
        row = link_commands.check_in_behind(token, now)
    except BadInput as refusal:
        return refused(request, refusal)
    asked = instrument_in_words_of(System(row.clinic_id, link_commands.BY_LINK), row.instrument)
    browser = request.COOKIES.get(BROWSER, "") or secrets.token_urlsafe(24)
    opened = Opened(request, token, row, asked, browser, now)
    with translation.override(row.patient.language):
        if request.method != "POST":
            response = form_page(opened)
        elif KEEP in request.POST:
            response = keep(opened)
        elif CLEAR in request.POST:
            draft_commands.clear_answers(token, browser, now)
            response = redirect("check-in", token)
        else:
            response = send(opened)
    remember(response, browser)
    return response


def refused(request: HttpRequest, refusal: BadInput) -> HttpResponse:
    """This link opens nothing, or nothing more."""
    if KEEP in request.POST:
        return JsonResponse(refusal.as_json(), status=410)
    return render(request, "measures/link_refused.html", {"refusal": refusal}, status=410)


def remember(response: HttpResponse, browser: str) -> None:
    """Leave this browser the secret it was given."""
    response.set_cookie(
        BROWSER,
        browser,
        max_age=link_commands.LINK_LIVES,
        path="/c/",
        secure=bool(django_settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def form_page(opened: Opened) -> HttpResponse:
    """The questions, with what this browser answered before."""
    kept = draft_queries.kept_answers(opened.actor, opened.check_in, opened.browser)
    context: dict[str, object] = {"questionnaire": questionnaire(opened.asked, kept)}
    if kept:
        # Help stands first for whoever comes back to an answer that asks for it.
        context |= {"kept": count_words(opened.asked, kept), "result": result_of(opened.asked, kept)}
    return opened.page("measures/check_in.html", context)


def count_words(asked: Instrument, kept: Mapping[str, int]) -> str:
    """How far somebody has come; questions that may be left out do not count."""
    wanted = {item.id for item in asked.in_form().items if item.scored or item.needed}
    return _("%(count)s of %(of)s answered") % {"count": len(wanted & set(kept)), "of": len(wanted)}


def keep(opened: Opened) -> HttpResponse:
    """Keep the answers that were tapped and say how many there are; for the page's script."""
    try:
        refuse_unknown(opened)
        answers = answers_from(opened.asked, opened.request.POST)
        kept = draft_commands.keep_answers(opened.token, opened.browser, answers, opened.now)
    except BadInput as refusal:
        if refusal.code in TOO_MUCH:
            tell(opened)
        return JsonResponse(refusal.as_json(), status=410 if refusal.code == "used_link" else REFUSED_FORM)
    return JsonResponse({"kept": len(kept), "says": count_words(opened.asked, kept)})


def refuse_unknown(opened: Opened) -> None:
    """Refuse (BadInput) an answer to a question this form does not ask."""
    known = {f"answer-{item.id}" for item in opened.asked.items}
    for name in opened.request.POST:
        if name.startswith("answer-") and name not in known:
            raise InstrumentError("unknown_item", name[:60], _("This form has no such question."))


def tell(opened: Opened) -> None:
    """Raise the signal of a form that is not complete, if an answer asks for it."""
    answers = answers_from(opened.asked, opened.request.POST)
    raise_risk_of_unfinished(opened.actor, opened.check_in.patient, opened.asked.id, answers, opened.now)


def send(opened: Opened) -> HttpResponse:
    """Send the form: thanks, or what is still missing."""
    answers = answers_from(opened.asked, opened.request.POST)
    result = result_of(opened.asked, answers)
    if result.missing:
        tell(opened)
        form = questionnaire(opened.asked, answers, missing=result.missing)
        return opened.page("measures/check_in.html", {"questionnaire": form, "result": result}, REFUSED_FORM)
    try:
        draft_commands.send_answers(opened.token, opened.browser, answers, opened.now)
    except BadInput as refusal:
        return refused(opened.request, refusal)
    return opened.page("measures/thanks.html", {"result": result})
