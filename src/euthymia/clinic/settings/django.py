"""Django's settings module: everything an operator may choose comes from `settings()`; the rest is fixed here."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from euthymia.clinic.settings import settings

chosen = settings()
CLINIC_ROOM = Path(__file__).resolve().parent.parent

SECRET_KEY = chosen.secret_key
DEBUG = chosen.debug
ALLOWED_HOSTS = list(chosen.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [chosen.public_url]
ROOT_URLCONF = "euthymia.clinic.urls"
WSGI_APPLICATION = "euthymia.clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
DATABASES = {"default": chosen.database()}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "euthymia.clinic.accounts",
    "euthymia.clinic.audit",
    "euthymia.clinic.people",
    "euthymia.clinic.site",
    "euthymia.clinic.assessments",
    "euthymia.clinic.plans",
    "euthymia.clinic.sessions",
    "euthymia.clinic.adverse",
    "euthymia.clinic.handover",
    "euthymia.clinic.medication",
    "euthymia.clinic.monitors",
    "euthymia.clinic.alarms",
    "euthymia.clinic.documents",
    "euthymia.clinic.measures",
    "euthymia.clinic.jobs",
    "euthymia.clinic.wording",
    "euthymia.clinic.followup",
    "euthymia.clinic.portal",
    "euthymia.clinic.therapy",
    "euthymia.clinic.evidence",
    "euthymia.clinic.exchange",
]

MIDDLEWARE = [
    "euthymia.clinic.accounts.middleware.RequestLogMiddleware",
    "euthymia.clinic.accounts.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "euthymia.clinic.accounts.middleware.ViewerMiddleware",
    "euthymia.clinic.accounts.middleware.PolicyMiddleware",
    "euthymia.clinic.accounts.middleware.BadInputMiddleware",
    "euthymia.clinic.accounts.full_disk.FullDiskMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [CLINIC_ROOM / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "euthymia.clinic.accounts.context.shell",
            ],
        },
    }
]

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "euthymia.clinic.accounts.adapter.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = chosen.secure_cookies
CSRF_COOKIE_SECURE = chosen.secure_cookies
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if chosen.secure_cookies else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [CLINIC_ROOM / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = chosen.debug

if chosen.smtp_url:
    smtp = urlsplit(chosen.smtp_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = smtp.hostname or "localhost", smtp.port or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(smtp.username or ""), unquote(smtp.password or "")
    EMAIL_USE_TLS = smtp.scheme == "smtp+tls"
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = chosen.mail_from

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "euthymia.clinic.settings.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own request log prints paths, which hold identifiers; ours prints the route's pattern instead.
    # Refused forms are logged by path too, and the path of a link is its token.
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "CRITICAL"},
        "django.server": {"level": "ERROR"},
    },
}
