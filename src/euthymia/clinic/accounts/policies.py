"""What a route asks of whoever opens it.

Every view declares exactly one policy with `@requires(POLICY)`. A view without one answers 403 to everybody and fails
the architecture tests, so forgetting is harmless first and impossible later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from euthymia.care.decision import Allowed, Decision, Level, Missing, Reason, decide, reasons_of
from euthymia.clinic.accounts.roles import BEDSIDE, CARE_TEAM, CLINICAL, EVERYONE, INTAKE, PRESCRIBING, Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.errors import BadInput

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may open a route. `anyone` needs no account; a capability link brings its own proof."""

    name: str
    says: str
    roles: frozenset[Role] = frozenset()
    anyone: bool = False

    def decide(self, viewer: Viewer | None) -> Decision:
        """Allowed, refused for this role, or cannot tell because nobody is signed in."""
        if self.anyone:
            return Allowed()
        if viewer is None:
            return decide(missing=[Missing("viewer", self.name, "Sign in first.")])
        if viewer.role in self.roles:
            return Allowed()
        reason = Reason(self.name, Level.STOP, "role", viewer.role.value, says=self.says)
        return decide([reason])

    def allows(self, viewer: Viewer | None) -> bool:
        """Whether to offer what lies behind this policy; the route itself asks `decide`."""
        return isinstance(self.decide(viewer), Allowed)


def insist(viewer: Viewer, policy: Policy) -> None:
    """For commands: refuse (BadInput) what the page's policy refuses, so that no other door is wider."""
    decision = policy.decide(viewer)
    if not isinstance(decision, Allowed):
        says = next((reason.says for reason in reasons_of(decision)), policy.says)
        raise BadInput("not_permitted", policy.name, says)


ANYONE = Policy("anyone", "Open to everybody.", anyone=True)
CAPABILITY_LINK = Policy("capability_link", "The link itself is the permission, for one form, once.", anyone=True)
MONITOR_TOKEN = Policy("monitor_token", "A bedside monitor brings its own secret.", anyone=True)
OWN_PAGES = Policy("own_pages", "For the person themself, with a code sent to them.", anyone=True)
SIGNED_IN = Policy("signed_in", "Open to every member of staff.", EVERYONE)
SEE_PEOPLE = Policy("see_people", "Open to the care team; researchers work on de-identified tables.", CARE_TEAM)
HANDLE_INTAKE = Policy("handle_intake", "For those who receive new people.", INTAKE | {Role.MANAGER})
ASSESS = Policy("assess", "For clinicians who assess.", CLINICAL)
PRESCRIBE = Policy("prescribe", "For prescribers and the medical lead.", PRESCRIBING)
SIGN_PROTOCOLS = Policy("sign_protocols", "For the medical lead.", frozenset({Role.MEDICAL_LEAD}))
RUN_SESSIONS = Policy("run_sessions", "For session nurses and prescribers.", BEDSIDE)
WRITE_THERAPY = Policy("write_therapy", "For therapists and prescribers.", PRESCRIBING | {Role.THERAPIST})
SEND_CHECK_INS = Policy("send_check_ins", "For those who keep in touch with patients.", INTAKE)
SET_CONTACT_RULES = Policy(
    "set_contact_rules", "For managers and the medical lead.", frozenset({Role.MANAGER, Role.MEDICAL_LEAD})
)
SEE_EVIDENCE = Policy(
    "see_evidence",
    "For researchers, prescribers, managers and the medical lead.",
    PRESCRIBING | {Role.RESEARCHER, Role.MANAGER},
)
READ_FHIR = Policy("read_fhir", "For the care team, as FHIR.", CARE_TEAM)
LOAD_WORDING = Policy(
    "load_wording", "For managers and the medical lead.", frozenset({Role.MANAGER, Role.MEDICAL_LEAD})
)
MANAGE_MONITORS = Policy(
    "manage_monitors", "For managers and the medical lead.", frozenset({Role.MANAGER, Role.MEDICAL_LEAD})
)
SEE_LEDGER = Policy(
    "see_ledger", "For those who answer for controlled drugs.", BEDSIDE | {Role.PHARMACIST, Role.MANAGER}
)
KEEP_LEDGER = Policy("keep_ledger", "For pharmacists, nurses and prescribers.", BEDSIDE | {Role.PHARMACIST})
RESOLVE_LEDGER = Policy(
    "resolve_ledger",
    "For pharmacists, managers and the medical lead.",
    frozenset({Role.PHARMACIST, Role.MANAGER, Role.MEDICAL_LEAD}),
)
SEE_AUDIT = Policy("see_audit", "For managers and the medical lead.", frozenset({Role.MANAGER, Role.MEDICAL_LEAD}))

# Views of installed parts, which cannot carry our decorator: by the start of their module's name.
THIRD_PARTY = {
    "allauth.account.": ANYONE,
    "allauth.mfa.webauthn.": ANYONE,
    "allauth.mfa.": ANYONE,
    "django.views.i18n": ANYONE,
    "django.contrib.staticfiles": ANYONE,
}


def requires(policy: Policy) -> Callable[[View], View]:
    """Declare the policy of a view."""

    def declare(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return declare


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """The policy a view declared, or that its installed part was given; None when it was forgotten."""
    declared = getattr(view, "policy", None)
    if isinstance(declared, Policy):
        return declared
    module = getattr(getattr(view, "view_class", view), "__module__", "")
    return next((policy for start, policy in THIRD_PARTY.items() if module.startswith(start)), None)
