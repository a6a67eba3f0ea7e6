"""All settings, from environment variables. Without any: SQLite, a private Redis, local hubs and demo accounts.

docs/operator.md has one line for each; portal/checks.py reports invalid values, with a hint. It is one long file,
because operators read it from top to bottom, and many settings depend on those above.
"""

from pathlib import Path
from urllib.parse import urlsplit

from portal import environment, keys

env = environment.Given()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("HUBPORTAL_VAR", default=str(BASE_DIR / "var")))  # all files that are not code
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- identity and address -------------------------------------------------------------------------------------------
PRODUCTION = env.bool("HUBPORTAL_PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)
INSECURE_SECRET_KEY = "insecure-key-for-one-machine-only-never-in-production"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", default=INSECURE_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # still accepted
# Secrets of hubs are encrypted with the first key and decrypted with any: to rotate, add a new key in front.
HUBPORTAL_ENCRYPTION_KEYS = keys.encryption_keys(env.list("HUBPORTAL_ENCRYPTION_KEYS", default=[]), VAR_DIR, PRODUCTION)
# The portal's address for browsers. Hubs need another host: users' code responds there and sees every cookie.
PORTAL_URL = env.str("HUBPORTAL_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")
TLS = PORTAL_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(PORTAL_URL).hostname or ""])
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SUPPORT_CONTACT = env.str("HUBPORTAL_SUPPORT", default="")  # an email address, shown if no closer contact is known

# Mail is sent only if a server is configured; without one, people read notifications in their inbox, and on one machine
# mails are written to the log.
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
_mail = env.mail("EMAIL_URL")
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", NO_MAIL if PRODUCTION else "portal.mail.InTheLog")
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_TLS")), bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10  # seconds
_sender = SUPPORT_CONTACT or f"hubportal@{urlsplit(PORTAL_URL).hostname}"
DEFAULT_FROM_EMAIL = env.str("HUBPORTAL_MAIL_FROM", default=_sender)
MAIL_REPLY_TO = env.str("HUBPORTAL_MAIL_REPLY_TO", default=SUPPORT_CONTACT)  # receives replies to the portal's mails
READERS_TIME_ZONE = env.str("HUBPORTAL_TIME_ZONE", default="UTC")  # of people who have not chosen one
# Staff are reminded of a request that waits longer, and again each time the wait has doubled.
REMIND_HOURS = env.number("HUBPORTAL_REMIND_HOURS", default=24.0)

# --- hubs -----------------------------------------------------------------------------------------------------------
# Runtimes, each a class that declares its capabilities (docs/architecture.md). The first is the default for staff.
RUNTIMES = {
    "kubernetes": "provisioning.runtimes.kubernetes.KubernetesRuntime",
    "local": env.str("HUBPORTAL_RUNTIME_LOCAL", default="provisioning.runtimes.local.LocalRuntime"),
    "memory": "provisioning.runtimes.memory.MemoryRuntime",
}
HUB_OPERATIONS = "provisioning.operations"  # calls from pages to a hub's cluster; hubs must not import provisioning
# Images of a hub's pods in a cluster; docs/operator.md lists compatible versions.
HUB_IMAGE = env.str("HUBPORTAL_HUB_IMAGE", default="quay.io/jupyterhub/k8s-hub:4.4.0")
PROXY_IMAGE = env.str("HUBPORTAL_PROXY_IMAGE", default="quay.io/jupyterhub/configurable-http-proxy:5.2.0")
IMAGE_PULL_POLICY = env.str("HUBPORTAL_IMAGE_PULL_POLICY", default="IfNotPresent")
OPEN_IMAGES = env.list("HUBPORTAL_OPEN_IMAGES", default=["quay.io/jupyter/"])
CHECK_IMAGES = env.bool("HUBPORTAL_CHECK_IMAGES", default=True)  # check in the registry whether an image exists
# Private addresses, other ports and connections without TLS that the portal may use for outbound requests.
ALLOWED_PRIVATE_HOSTS = env.list("HUBPORTAL_ALLOWED_PRIVATE_HOSTS", default=[])
API_SECONDS = env.number("HUBPORTAL_API_SECONDS", default=5.0)  # deadline for one call to a cluster
FLEET_SECONDS = env.number("HUBPORTAL_FLEET_SECONDS", default=60.0)  # how often all hubs of a cluster are compared
FULL_LOOK_SECONDS = env.number("HUBPORTAL_FULL_LOOK_SECONDS", default=1800.0)  # ... and each hub is checked fully
# Name servers for checking custom domains, as ADDRESS or ADDRESS:PORT. None: the system's.
DNS_SERVERS = env.list("HUBPORTAL_DNS_SERVERS", default=[])
DNS_SECONDS = env.number("HUBPORTAL_DNS_SECONDS", default=5.0)  # deadline for one DNS check
# Name servers of hubs' pods: NAMESPACE/LABEL=VALUE, or a network. The default address is NodeLocal DNSCache's.
CLUSTER_DNS = env.list("HUBPORTAL_CLUSTER_DNS", default=["kube-system/k8s-app=kube-dns", "169.254.20.10/32"])
# Destinations of a hub's own pod besides the public internet, each with a port. Connections to a public name of the
# cluster itself end at a pod of the ingress controller, so the common ones are included.
HUB_REACHES = env.list("HUBPORTAL_HUB_REACHES", default=[
    "traefik/app.kubernetes.io/name=traefik:8000", "traefik/app.kubernetes.io/name=traefik:8443",
    "kube-system/app.kubernetes.io/name=traefik:8000", "kube-system/app.kubernetes.io/name=traefik:8443",
    "ingress-nginx/app.kubernetes.io/name=ingress-nginx:80", "ingress-nginx/app.kubernetes.io/name=ingress-nginx:443",
])  # fmt: skip
LOCAL_HUB_ORIGIN = env.str("HUBPORTAL_LOCAL_ORIGIN", default="http://localhost")  # never the portal's own host
LOCAL_HUB_PORTS = [
    environment.port(n) for n in env.list("HUBPORTAL_LOCAL_PORTS", default=["18000", "18999"])
]  # first, last
LOCAL_HUB_BIN = env.str("HUBPORTAL_LOCAL_BIN", default="")  # folder of jupyterhub's commands; "": that of this Python
LEASE_SECONDS = env.number("HUBPORTAL_LEASE_SECONDS", default=30.0)  # how long a dead worker blocks a hub
TICK_SECONDS = env.number("HUBPORTAL_TICK_SECONDS", default=2.0)  # longest delay after a lost message
# A hub whose last day is over is suspended for this many days, then retired.
END_GRACE_DAYS = env.number("HUBPORTAL_END_GRACE_DAYS", default=30)
DRIFT_SECONDS = env.number("HUBPORTAL_DRIFT_SECONDS", default=20.0)  # how often an idle hub is checked

# --- database, Redis ------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a write waits at its start instead of failing later
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)  # seconds; else minutes
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _redis_url() -> str:
    """Return REDIS_URL, else the address of the private Redis of `make run`, which is stored in var/."""
    if environment := env.str("REDIS_URL", default=""):
        return environment
    embedded = VAR_DIR / "redis.url"
    return embedded.read_text().strip() if embedded.exists() else "redis://127.0.0.1:6379/0"


REDIS_URL = _redis_url()
REDIS_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_APP = "portal.celery.app"  # imported to send tasks; hubs must not import portal
CELERY = {
    "broker_url": REDIS_URL,
    "task_ignore_result": True,
    "task_acks_late": True,  # tasks may run twice; the lease makes the second a no-op
    "task_reject_on_worker_lost": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        **REDIS_OPTIONS,
        "visibility_timeout": 600,
        "max_retries": 1,  # of a publisher; workers retry without a limit
        "interval_start": 0,
    },
    "task_publish_retry": False,  # a lost message costs one tick; a retry would delay a page
    "beat_schedule": {
        "tick": {"task": "provisioning.tick", "schedule": TICK_SECONDS, "options": {"expires": 10}},
        "fleet": {"task": "provisioning.fleet", "schedule": FLEET_SECONDS, "options": {"expires": FLEET_SECONDS}},
        "user-limits": {"task": "provisioning.end_user_limits", "schedule": 60.0, "options": {"expires": 60}},
        "dates": {"task": "portal.keep_dates", "schedule": 3600.0, "options": {"expires": 3600}},
        "mail": {"task": "portal.mail", "schedule": 15.0, "options": {"expires": 15}},
        "deliver": {"task": "portal.deliver", "schedule": 5.0, "options": {"expires": 10}},
        "remind": {"task": "portal.remind", "schedule": 900.0, "options": {"expires": 900}},
        "tell": {"task": "portal.tell", "schedule": TICK_SECONDS, "options": {"expires": 10}},
        "forget": {"task": "portal.forget", "schedule": 6 * 3600.0},
        "clusters": {"task": "portal.check_clusters", "schedule": 60.0, "options": {"expires": 60}},
        "own-domains": {"task": "provisioning.own_domains", "schedule": 60.0, "options": {"expires": 60}},
        "probes": {"task": "provisioning.probes", "schedule": 5.0, "options": {"expires": 5}},
        "sweep": {"task": "provisioning.sweep", "schedule": 6 * 3600.0},
    },
    "beat_schedule_filename": str(VAR_DIR / "beat-schedule"),
    "timezone": "UTC",
}

# --- for operators: metrics, traces, probes ------------------------------------------------------------------------
METRICS_TOKEN = env.str("HUBPORTAL_METRICS_TOKEN", default="")  # if set, required to read /metrics
METRICS_FROM = env.list("HUBPORTAL_METRICS_FROM", default=["127.0.0.1/32", "::1/128"])  # networks, without a token
ALIVE_FILE = env.str("HUBPORTAL_ALIVE_FILE", default="")  # touched by workers connected to Redis
SENTRY_DSN = env.str("SENTRY_DSN", default="")  # destination of errors
OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")  # destination of traces

# --- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "oauth2_provider",
    "social_django",
    "portal",
    "hubs",
]
MIDDLEWARE = [
    "portal.web.middleware.RequestId",
    "portal.web.language.Language",
    "portal.web.privacy.NotKept",
    "portal.telemetry.watching.Watched",
    "portal.web.middleware.CanonicalHost",
    "portal.web.middleware.HubHost",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.web.kept_forms.LoginRequired",  # deny by default: public pages are marked explicitly
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.web.middleware.DomainErrors",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # As set by the package's own AppConfig, which would import Django's admin.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.web.context.shell",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "hubs.templatetags.portal",
            ],
        },
    }
]
FORM_RENDERER = "hubs.pages.drawing.InOnePiece"
ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
CSRF_FAILURE_VIEW = "portal.web.errors.csrf_failure"
AUTH_USER_MODEL = "hubs.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["portal.hashers.PasswordHasher", "portal.hashers.RandomSecretHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each in its own language; sentences are in portal/locale
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]  # before those of libraries, which translate some of the same words
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("help", BASE_DIR / "docs" / "pictures")]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # ServeStatic warns if it is missing
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "portal.web.static_files.HashedFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
SERVESTATIC_USE_FINDERS = not PRODUCTION
SERVESTATIC_AUTOREFRESH = not PRODUCTION
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SILENCED_SYSTEM_CHECKS = ["fields.W342"]

# --- cookies, headers -----------------------------------------------------------------------------------------------
# Always host-only (no *_COOKIE_DOMAIN): a hub on a sibling domain never sees them. With TLS, prefixed by __Host-.
SESSION_COOKIE_NAME = "__Host-portal-session" if TLS else "portal-session"
CSRF_COOKIE_NAME = "__Host-portal-csrf" if TLS else "portal-csrf"
LANGUAGE_COOKIE_NAME = "__Host-portal-language" if TLS else "portal-language"
LANGUAGE_COOKIE_AGE = 365 * 86400  # seconds
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = TLS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(env.number("HUBPORTAL_HSTS_SECONDS", default=31536000 if PRODUCTION else 0))
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("HUBPORTAL_BEHIND_PROXY", default=False) else None
)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# --- external sign-in providers (shown only if configured) ----------------------------------------------------------
SOCIAL_AUTH_GITHUB_KEY = env.str("GITHUB_CLIENT_ID", default="")
SOCIAL_AUTH_GITHUB_SECRET = env.str("GITHUB_CLIENT_SECRET", default="")
SOCIAL_AUTH_GITHUB_SCOPE = ["read:user", "user:email"]
# For GitHub Enterprise: its address instead of github.com, and its API's address.
_github = env.str("GITHUB_URL", default="https://github.com").rstrip("/")
SOCIAL_AUTH_GITHUB_AUTHORIZATION_URL = f"{_github}/login/oauth/authorize"
SOCIAL_AUTH_GITHUB_ACCESS_TOKEN_URL = f"{_github}/login/oauth/access_token"
SOCIAL_AUTH_GITHUB_API_URL = env.str("GITHUB_API_URL", default="https://api.github.com/")
SOCIAL_AUTH_GOOGLE_OAUTH2_KEY = env.str("GOOGLE_CLIENT_ID", default="")
SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET = env.str("GOOGLE_CLIENT_SECRET", default="")
SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = env.str("OIDC_ENDPOINT", default="")
SOCIAL_AUTH_OIDC_KEY = env.str("OIDC_CLIENT_ID", default="")
SOCIAL_AUTH_OIDC_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
# Whether all addresses of this provider are verified although it sends no email_verified (CILogon). Verified addresses
# give access to hubs.
SOCIAL_AUTH_OIDC_TRUST_EMAIL = env.bool("OIDC_TRUST_EMAIL", default=False)
SOCIAL_PROVIDERS = {  # configured providers: backend name -> label of the button
    name: label
    for name, label, key in (
        ("github", "GitHub", SOCIAL_AUTH_GITHUB_KEY),
        ("google-oauth2", "Google", SOCIAL_AUTH_GOOGLE_OAUTH2_KEY),
        ("oidc", env.str("OIDC_NAME", default="your organisation"), SOCIAL_AUTH_OIDC_KEY),
    )
    if key
}
SOCIAL_AUTH_PIPELINE = (
    "social_core.pipeline.social_auth.social_details",
    "social_core.pipeline.social_auth.social_uid",
    "social_core.pipeline.social_auth.auth_allowed",
    "social_core.pipeline.social_auth.social_user",  # by the provider's subject only: never by email address
    "portal.signin.providers.refuse_disabled",
    "portal.signin.providers.make_person",
    "social_core.pipeline.social_auth.associate_user",
    "portal.signin.providers.note_email",
)
SOCIAL_AUTH_LOGIN_ERROR_URL = "/sign-in/"
SOCIAL_AUTH_REDIRECT_IS_HTTPS = TLS
SOCIAL_AUTH_REQUESTS_TIMEOUT = 5  # seconds; a person waits
SIGN_IN_BACKENDS = {
    "github": "portal.signin.GitHub",
    "google-oauth2": "portal.signin.Google",
    "oidc": "portal.signin.OpenIdConnect",
}
AUTHENTICATION_BACKENDS += [SIGN_IN_BACKENDS[name] for name in SOCIAL_PROVIDERS]
PASSWORD_SIGN_IN = env.bool("HUBPORTAL_PASSWORD_SIGN_IN", default=not PRODUCTION)

# --- the portal as OpenID Connect provider of its hubs --------------------------------------------------------------
# The first key signs, and all are published: see docs/operator.md, "Rotate secrets and keys".
_signs, *_published = keys.oidc_keys(env.str("HUBPORTAL_OIDC_KEY", default=""), VAR_DIR, PRODUCTION)
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_ISS_ENDPOINT": f"{PORTAL_URL}/o",
    "OIDC_RSA_PRIVATE_KEY": _signs,
    "OIDC_RSA_PRIVATE_KEYS_INACTIVE": _published,
    "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
    "PKCE_REQUIRED": True,
    "CLIENT_SECRET_HASHER": "random_secret",
    # RFC 9700: deprecated flows are refused, and tokens are stored as hashes.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,  # RFC 9207: hubs know which server answered
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "SCOPES": {
        "openid": "Who you are",
        "profile": "Your name",
        "email": "Your email address",
        "groups": "Your role in this hub",
    },
    "OAUTH2_VALIDATOR_CLASS": "portal.signin.oidc.HubValidator",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"] if PRODUCTION else ["https", "http"],
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 86400,
}

# --- sign-ins ------------------------------------------------------------------------------------------------------
SIGN_IN_DAYS = env.int("HUBPORTAL_SIGN_IN_DAYS", default=90)  # for how long sign-ins, including failed ones, are stored
BROWSER_COOKIE_NAME = "__Host-portal-browser" if TLS else "portal-browser"  # recognises known browsers

# --- REST API -------------------------------------------------------------------------------------------------------
TOKEN_DAYS = env.int("HUBPORTAL_TOKEN_DAYS", default=365)  # maximum lifetime of a token
API_CALLS_A_MINUTE = env.int("HUBPORTAL_API_CALLS_A_MINUTE", default=600)  # per token, or per person's browser
WEBHOOK_DAYS = env.int("HUBPORTAL_WEBHOOK_DAYS", default=30)  # for how long webhook deliveries are stored
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hubs.api.signing_in.ByToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DEFAULT_SCHEMA_CLASS": "hubs.api.describing.Described",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hub Portal",
    "DESCRIPTION": "Request, approve and run JupyterHubs. docs/api.md is the guide.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["hubs.api.schema.only_ours"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "hubs.api.schema.complete"],
    "ENUM_NAME_OVERRIDES": {
        "MemberRole": "hubs.models.Role",
        "RosterRole": "hubs.models.RosterEntry.Role",
        "HubStatus": "hubs.models.Hub.Status",
        "RequestKind": "hubs.models.ChangeRequest.Kind",
        "RuleKind": "hubs.models.UserLimit.Kind",
        "DeliveryState": "hubs.models.Delivery.State",
        "StateEnum": "hubs.requests.api.shapes.STATES",
    },
}

# --- logs: one line each, with the id of the request that caused it and without secrets (portal/telemetry/logs.py) --
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="line")  # or "json"
LOG_REQUESTS = env.bool("LOG_REQUESTS", default=PRODUCTION)  # one line per request, and per task that it caused
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {  # probes of /readyz get many 503s, which need no log lines
        "unready": {"()": "django.utils.log.CallbackFilter", "callback": lambda r: getattr(r, "status_code", 0) != 503},
        "broker-away": {"()": "portal.telemetry.logs.BrokerAway"},
        "one-line": {"()": "portal.telemetry.logs.OneLine"},
    },
    "formatters": {"line": {"()": "portal.telemetry.logs.Line"}, "json": {"()": "portal.telemetry.logs.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
            "filters": ["one-line"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR", "filters": ["unready"]},
        "httpx": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING", "filters": ["broker-away"]},
        "celery": {"level": LOG_LEVEL if PRODUCTION else "WARNING"},
        "portal.tasks": {"level": LOG_LEVEL if LOG_REQUESTS else "WARNING"},
        "portal.web": {"level": LOG_LEVEL if LOG_REQUESTS else "WARNING"},
        "uvicorn.access": {"level": "WARNING"},  # portal.web logs the same without query strings
    },
}
