"""Django's settings, all derived from `environment.py`; nothing here is read from anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from django.utils.translation import gettext_lazy as _

from xinshi.config.environment import environment

ENVIRONMENT = environment()
PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = ENVIRONMENT.data_dir.resolve()

SECRET_KEY = ENVIRONMENT.key("secret_key")
VAULT_KEY = ENVIRONMENT.key("vault_key")
INDEX_KEY = ENVIRONMENT.key("index_key")
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
BASE_URL = ENVIRONMENT.base_url.rstrip("/")
HOSPITAL_NAMES = {"zh-hans": ENVIRONMENT.hospital_name_zh, "en": ENVIRONMENT.hospital_name_en}

ROOMS = [
    "outbox",
    "audit",
    "messages",
    "documents",
    "doors",
    "ledger",
    "people",
    "archive",
    "organizations",
    "bank",
    "training",
    "activities",
    "scheduling",
    "attendance",
    "benefits",
    "exchange",
    "giving",
    "interbank",
    "appeals",
    "liabilities",
    "campaigns",
    "recognition",
    "web",
    "api",
    "demo",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "ninja",
    "allauth",
    "allauth.account",
    *[f"xinshi.{room}" for room in ROOMS],
    "xinshi.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "xinshi.doors.middleware.RequestLog",
    "xinshi.doors.middleware.ResponseHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xinshi.doors.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xinshi.people.middleware.ActorMiddleware",
]
ROOT_URLCONF = "xinshi.config.urls"
WSGI_APPLICATION = "xinshi.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],  # Before allauth's own templates.
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "xinshi.web.templatetags.xinshi",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xinshi.web.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def _database(url: str) -> dict[str, Any]:
    """Django's description of the database that `url` names; SQLite in the data folder where it is empty."""
    if not url or url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///")) if url else DATA_DIR / "xinshi.sqlite3"
        return {
            "ENGINE": "xinshi.config.sqlite",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
                ),
            },
        }
    parts = urlparse(url)
    return {
        "ENGINE": "xinshi.config.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        # Each thread keeps its own connection (ADR 0017): a pool would be asked for one, and given it back, at each request.
        "CONN_MAX_AGE": 3_600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Django's default lets the driver prepare nothing, not even what asks for it (doors/prepared.py). The ORM's own
            # statements bind on the client and are never prepared, whatever stands here.
            "prepare_threshold": 5,
        },
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["xinshi.people.authentication.UserNameOrPhoneBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:start"
ACCOUNT_LOGOUT_REDIRECT_URL = "web:home"
ACCOUNT_ADAPTER = "xinshi.people.authentication.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/5m/ip,5/5m/key"}
"""A hospital's network is one address to us: what protects a sign-in from guessing is the limit per name (`key`)."""
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "xinshi_language"
LOCALE_PATHS = [place for room in ROOMS if (place := Path(__file__).parents[1] / room / "locale").is_dir()]
"""The rooms' words come before those of the libraries, which say “Sessions” and “Note” of other things."""
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

SESSION_ENGINE = "xinshi.people.sessions"
SESSION_COOKIE_NAME = "xinshi_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.is_secure
SECURE_SSL_REDIRECT = ENVIRONMENT.is_secure
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENVIRONMENT.is_secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

OBJECT_LINKS = {
    "activity": "activities:detail",
    "service-request": "activities:request",
    "signup": "activities:own_sign_up",
    "stand-in-ask": "activities:stand_in_ask",
    "sign-up-list": "activities:people",
    "service-record": "attendance:record",
    "outcomes-of": "attendance:report_outcomes",
    "waiting-of": "attendance:approvals_of",
    "benefit": "benefits:benefit",
    "voucher": "benefits:voucher",
    "waiting": "benefits:waiting_entry",
    "settlement": "benefits:statement",
    "organization": "organizations:detail",
    "agreement": "organizations:agreement",
    "designation": "organizations:designation",
    "course": "training:course",
    "session": "training:session",
    "certificate": "training:certificate",
    "exchange-line": "exchange:line",
    "difference": "interbank:difference",
    "comparison": "interbank:comparison",
    "bank-statement": "interbank:statement",
    "exchange-file": "exchange:file",
    "exchange-partner": "exchange:partner",
    "bank-transfer": "interbank:transfer",
    "person": "people:person",
    "qualification": "archive:qualification",
    "passbook": "bank:passbook",
    "merge": "bank:merge",
    "deposit": "bank:deposit",
    "relative": "giving:relative",
    "gift": "giving:gift",
    "donation": "giving:donation",
    "grant": "giving:grant",
    "group-hours": "giving:group_hours",
    "correction-request": "appeals:request",
    "planning-period": "scheduling:period",
    "plan-version": "scheduling:version",
    "campaign": "campaigns:campaign",
    "campaign-site": "campaigns:site",
    "campaign-path": "campaigns:path",
}
"""Where an opaque reference such as `voucher:12` is shown; rooms below know the reference, not the page."""

SMS_GATEWAY = ENVIRONMENT.chosen_sms_gateway
CODES_FROM_ADDRESS_MAX = ENVIRONMENT.codes_from_address_max
CODES_MAX = ENVIRONMENT.codes_max
SMS_HTTP_URL = ENVIRONMENT.sms_http_url
SMS_HTTP_TOKEN = ENVIRONMENT.sms_http_token
REGISTRATION_ACTIVATES = ENVIRONMENT.registration_activates
ALLOWANCE_YUAN_MAX = ENVIRONMENT.allowance_yuan_max
BANK_CODE = ENVIRONMENT.bank_code
OUTGOING_NETWORKS = ENVIRONMENT.outgoing_networks
PARTNER_SILENT_HOURS = ENVIRONMENT.partner_silent_hours
ZHIYUANHUI_URL = ENVIRONMENT.zhiyuanhui_url
ZHIYUANHUI_ACCESS_KEY_ID = ENVIRONMENT.zhiyuanhui_access_key_id
ZHIYUANHUI_ACCESS_KEY_SECRET = ENVIRONMENT.zhiyuanhui_access_key_secret
ZHIYUANHUI_REGION_ID = ENVIRONMENT.zhiyuanhui_region_id
ZHIYUANHUI_SINCE = ENVIRONMENT.zhiyuanhui_since
ZHIYUANHUI_TIMEOUT_SECONDS = ENVIRONMENT.zhiyuanhui_timeout_seconds
ZHIYUANHUI_FILE_ROWS_MAX = ENVIRONMENT.zhiyuanhui_file_rows_max
SIGN_UP_RULES = ENVIRONMENT.sign_up_rules

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"no_personal_data": {"()": "xinshi.doors.logs.PersonalDataFilter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["no_personal_data"]},
    },
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {"django.request": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
