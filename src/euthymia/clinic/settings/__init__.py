"""Settings, read once from the environment into one typed value.

A clinical limit is never a setting: it belongs to a signed protocol.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from euthymia.errors import BadInput

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"", "0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. Every field has a default that is safe on one machine."""

    data_directory: Path
    database_url: str
    secret_key: str
    allowed_hosts: tuple[str, ...]
    public_url: str
    demo: bool
    debug: bool
    secure_cookies: bool
    smtp_url: str
    mail_from: str
    sms_url: str
    sms_secret: str

    def database(self) -> dict[str, object]:
        """Django's description of the database: embedded SQLite, or PostgreSQL when a URL says so."""
        if not self.database_url:
            return sqlite_database(self.data_directory / "euthymia.sqlite3")
        return postgresql_database(self.database_url)


def sqlite_database(path: Path) -> dict[str, object]:
    """Durable embedded rows: WAL, every commit on disk, foreign keys on, no memory map, one fair writer lock."""
    return {
        "ENGINE": "euthymia.clinic.settings.sqlite",
        "NAME": str(path),
        # One process: connections stay open, so no last one ever closes and checkpoints behind the writers' backs.
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": ":memory:"},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            "PRAGMA mmap_size=0;PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-16000;PRAGMA temp_store=MEMORY;",
        },
    }


def postgresql_database(url: str) -> dict[str, object]:
    """A PostgreSQL server, through a connection pool. A host that is a path is a socket folder: `?host=/run/pg`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise BadInput(
            "unknown_database",
            "EUTHYMIA_DATABASE_URL",
            f"'{parts.scheme}' is not a known database. Use postgresql://user:password@host:port/name, or nothing.",
        )
    query = dict(part.split("=", 1) for part in parts.query.split("&") if "=" in part)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "euthymia",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 16, "timeout": 20}},
    }


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings this environment describes; refuses what it cannot read, naming the variable."""
    directory = Path(environment.get("EUTHYMIA_DATA", "var/clinic")).resolve()
    demo = _flag(environment, "EUTHYMIA_DEMO", default=False)
    hosts = environment.get("EUTHYMIA_HOSTS", "localhost,127.0.0.1,[::1]")
    public_url = environment.get("EUTHYMIA_PUBLIC_URL", "http://localhost:8000").rstrip("/")
    if urlsplit(public_url).scheme not in {"http", "https"}:
        raise BadInput("not_a_url", "EUTHYMIA_PUBLIC_URL", "Give the address people type, starting with https://.")
    sms_url, sms_secret = environment.get("EUTHYMIA_SMS_URL", ""), environment.get("EUTHYMIA_SMS_SECRET", "")
    if sms_url and (urlsplit(sms_url).scheme not in {"http", "https"} or not sms_secret):
        says = "Give the webhook's address, starting with https://, and its secret in EUTHYMIA_SMS_SECRET."
        raise BadInput("not_a_webhook", "EUTHYMIA_SMS_URL", says)
    return Settings(
        data_directory=directory,
        database_url=environment.get("EUTHYMIA_DATABASE_URL", ""),
        secret_key=environment.get("EUTHYMIA_SECRET_KEY") or kept_secret(directory),
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        public_url=public_url,
        demo=demo,
        debug=_flag(environment, "EUTHYMIA_DEBUG", default=False),
        secure_cookies=_flag(environment, "EUTHYMIA_SECURE_COOKIES", default=public_url.startswith("https://")),
        smtp_url=environment.get("EUTHYMIA_SMTP_URL", ""),
        mail_from=environment.get("EUTHYMIA_MAIL_FROM", "Euthymia <no-reply@localhost>"),
        sms_url=sms_url,
        sms_secret=sms_secret,
    )


def kept_secret(directory: Path) -> str:
    """The installation's secret, made on first use and kept readable by its owner alone."""
    path = directory / "secret-key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return read_settings(os.environ)


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    word = environment.get(name)
    if word is None:
        return default
    if word.lower() in TRUE_WORDS:
        return True
    if word.lower() in FALSE_WORDS:
        return False
    raise BadInput("not_a_flag", name, f"'{word}' is neither yes nor no. Use 1 or 0.")
