"""Deny by default: every route declares a policy, and the policies say what the clinic's table of duties says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from tests.builders import make_clinic, make_viewer, sign_in

from euthymia.clinic.accounts.policies import Policy, policy_of
from euthymia.clinic.accounts.roles import Role


def routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every (address pattern, route) of the clinic."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            yield address, pattern


ROUTES = sorted(routes(), key=lambda route: route[0])
OWN_ROUTES = [(address, route) for address, route in ROUTES if not address.startswith("accounts/")]


@pytest.mark.parametrize(("address", "route"), ROUTES, ids=[address or "/" for address, _ in ROUTES])
def test_every_route_declares_a_policy(address: str, route: URLPattern) -> None:
    assert isinstance(policy_of(route.callback), Policy), f"{address} would answer 403 to everybody"


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.architecture.planted_routes")
def test_a_view_that_forgot_its_policy_answers_403_to_everybody() -> None:
    assert Client().get("/forgotten/", headers={"accept": "application/json"}).status_code == 403
    viewer = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    signed_in = sign_in(Client(), viewer)
    assert signed_in.get("/forgotten/", headers={"accept": "application/json"}).status_code == 403


def example_address(address: str) -> str:
    """The route's pattern with something plausible in each place."""
    examples = {"uuid": str(UUID(int=1)), "int": "1", "str": "x", "slug": "x", "path": "x"}
    text = address
    while "<" in text:
        start, end = text.index("<"), text.index(">")
        kind = text[start + 1 : end].split(":")[0] if ":" in text[start:end] else "str"
        text = text[:start] + examples[kind] + text[end + 1 :]
    return f"/{text}"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_answers_every_role_as_its_policy_says(role: Role | None) -> None:
    """Walks all routes: refused roles get 403 (401 or the sign-in page when signed out), never the page."""
    client = sign_in(Client(), make_viewer(make_clinic(), role)) if role else Client()
    wrong = []
    for address, route in OWN_ROUTES:
        policy = policy_of(route.callback)
        assert policy is not None
        if policy.anyone or (role in policy.roles):
            continue
        status = client.get(example_address(address), headers={"accept": "application/json"}).status_code
        if status != (403 if role else 401):
            wrong.append((address, status))
    assert wrong == []
