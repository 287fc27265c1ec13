"""A list of addresses in which one view forgot its policy."""

from typing import Any

from django.urls import path


def forgotten(request: Any) -> Any:
    raise AssertionError("a view without a policy was run")


urlpatterns = [path("forgotten/", forgotten)]
