"""System checks of the settings, each with a hint, run before anything starts: `manage.py check --database default`.

Every process registers the checks, but few run them: what only one check needs is imported inside it.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import OperationalError, ProgrammingError

from hubs.notify.rules.quiet_hours import is_zone
from portal.telemetry import tracing

IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
SOCIAL = {  # name -> (client id, client secret), each as (setting, variable)
    "GitHub": (("SOCIAL_AUTH_GITHUB_KEY", "GITHUB_CLIENT_ID"), ("SOCIAL_AUTH_GITHUB_SECRET", "GITHUB_CLIENT_SECRET")),
    "Google": (
        ("SOCIAL_AUTH_GOOGLE_OAUTH2_KEY", "GOOGLE_CLIENT_ID"),
        ("SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET", "GOOGLE_CLIENT_SECRET"),
    ),
    "OpenID Connect": (("SOCIAL_AUTH_OIDC_KEY", "OIDC_CLIENT_ID"), ("SOCIAL_AUTH_OIDC_SECRET", "OIDC_CLIENT_SECRET")),
}


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"portal.E{number:03}")


def _warning(number: int, message: str, hint: str) -> Warning:
    return Warning(message, hint=hint, id=f"portal.W{number:03}")


def _refused(read: Callable[[str], object], entries: Iterable[str]) -> Iterator[tuple[str, ValueError]]:
    """Yield the entries of a setting for which `read` raises ValueError, each with the error."""
    for entry in entries:
        try:
            read(entry)
        except ValueError as error:
            yield entry, error


@register(Tags.security)
def production(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Settings that are fine on one machine, but not in production."""
    if not settings.PRODUCTION:
        return
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        yield _error(1, "The secret key is the default one.", "Set SECRET_KEY to 50 random characters.")
    elif len(settings.SECRET_KEY) < 32:
        yield _error(1, "The secret key is too short.", "Set SECRET_KEY to 50 random characters.")
    if not settings.PORTAL_URL.startswith("https://"):
        yield _error(2, "The portal’s address does not use HTTPS.", "Set HUBPORTAL_URL to https://your.portal.example.")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield _error(3, "The database is SQLite.", "Set DATABASE_URL to postgres://user:password@host/name.")
    if not os.environ.get("REDIS_URL"):
        yield _error(4, "REDIS_URL is not set.", "Set REDIS_URL to redis://host:6379/0.")
    if settings.DEBUG:
        yield _error(5, "DEBUG is on: error pages show code and settings.", "Remove DEBUG from the environment.")


@register(Tags.security)
def secrets(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    made = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    if not settings.HUBPORTAL_ENCRYPTION_KEYS:
        yield _error(6, "There is no encryption key for the hubs’ secrets.", f"Set HUBPORTAL_ENCRYPTION_KEYS: {made}")
    for number, key in enumerate(settings.HUBPORTAL_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            words = f"Encryption key {number} is not a Fernet key (32 bytes, URL-safe base64)."
            yield _error(7, words, f"Generate one: {made}")
    provider: dict[str, Any] = settings.OAUTH2_PROVIDER
    for pem in (provider["OIDC_RSA_PRIVATE_KEY"], *provider["OIDC_RSA_PRIVATE_KEYS_INACTIVE"]):
        try:
            load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError):
            words = "The OpenID Connect signing key is not valid." if pem else "There is no OpenID Connect signing key."
            yield _error(8, words, "Set HUBPORTAL_OIDC_KEY to the PEM that `openssl genrsa 2048` prints.")


@register(Tags.security)
def hub_origin(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """The portal and local hubs need different hosts: on a hub's host, users' code sees every cookie that a browser
    sends there, whatever the port."""
    from hubs.domains.rules import related

    portal, hubs = urlsplit(settings.PORTAL_URL), urlsplit(settings.LOCAL_HUB_ORIGIN)
    if portal.scheme not in ("http", "https") or not portal.hostname or portal.path or portal.query:
        hint = "Set HUBPORTAL_URL to a scheme, host and port only, such as https://portal.example.org."
        yield _error(10, f"The portal’s address is not valid: {settings.PORTAL_URL}", hint)
        return
    if hubs.scheme not in ("http", "https") or not hubs.hostname or hubs.port or hubs.path.strip("/"):
        hint = "Set HUBPORTAL_LOCAL_ORIGIN to a scheme and host only, such as http://localhost."
        yield _error(11, f"The origin of local hubs is not valid: {settings.LOCAL_HUB_ORIGIN}", hint)
        return
    if related(portal.hostname, hubs.hostname):
        words = f"Hubs on this machine ({hubs.hostname}) share the portal’s host ({portal.hostname})."
        hint = "Use another host for HUBPORTAL_LOCAL_ORIGIN. If the portal is on 127.0.0.1, use http://localhost."
        yield _error(12, words, hint)
    if settings.SESSION_COOKIE_DOMAIN or settings.CSRF_COOKIE_DOMAIN:
        hint = "Leave SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN unset."
        yield _error(13, "The portal’s cookies are sent to other host names.", hint)


@register(Tags.database)
def cluster_domains(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> Iterator[CheckMessage]:
    """Hubs of a cluster need another domain than the portal."""
    from hubs.domains.rules import related, site
    from hubs.models import Cluster

    if not databases:
        return
    portal = urlsplit(settings.PORTAL_URL).hostname or ""
    hint = "Use a domain of another site for the cluster, such as hubs-example.org if the portal is portal.example.org."
    try:
        rows = list(Cluster.objects.exclude(domain="").order_by("pk").values_list("name", "domain"))
    except (OperationalError, ProgrammingError):
        return  # `migrate` runs this before the table exists
    for name, domain in rows:
        words = f"Hubs of {name} ({domain}) share the portal’s domain ({portal})."
        host = domain.lower().partition(":")[0]
        if related(portal, host):
            yield _error(14, words, hint)
        elif site(portal) == site(host):
            yield (_error if settings.PRODUCTION else _warning)(15, words, hint)


@register()
def services(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Addresses of database and Redis that can't work. Whether the services respond is checked by /readyz."""
    redis = urlsplit(settings.REDIS_URL)
    number = redis.path.strip("/") or "0"
    if redis.scheme not in ("redis", "rediss") or not redis.hostname or not number.isdecimal():
        yield _error(20, "REDIS_URL is not valid.", "Use the form redis://:password@host:6379/0.")
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and (name := str(database["NAME"])) and not _in_memory(name):
        path = Path(name)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            hint = "Set DATABASE_URL or HUBPORTAL_VAR to a folder in which this user can write."
            yield _error(21, f"The database file is not writable: {name}", hint)


def _in_memory(name: str) -> bool:
    return name == ":memory:" or name.startswith("file:")


@register()
def rhythm(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Leases, ticks and ports that contradict each other."""
    tick, lease, drift = settings.TICK_SECONDS, settings.LEASE_SECONDS, settings.DRIFT_SECONDS
    if not 0.1 <= tick <= 60:
        hint = "Set HUBPORTAL_TICK_SECONDS to a few seconds."
        yield _error(30, f"The tick interval of {tick:g} s is not between 0.1 and 60.", hint)
    if lease < 3 * tick or lease < 5:
        hint = "Set HUBPORTAL_LEASE_SECONDS to at least 5 and three ticks, so that a slow pass keeps its lease."
        yield _error(31, f"The lease of {lease:g} s is too short for a tick of {tick:g} s.", hint)
    if lease > 600:
        hint = "A worker that dies blocks its hubs for this time. Set HUBPORTAL_LEASE_SECONDS to about 30."
        yield _warning(32, f"The lease of {lease:g} s is long.", hint)
    if drift < tick:
        hint = "Set HUBPORTAL_DRIFT_SECONDS to more than HUBPORTAL_TICK_SECONDS."
        yield _error(33, f"Idle hubs are checked every {drift:g} s, which is more often than the tick.", hint)
    ports = settings.LOCAL_HUB_PORTS
    if len(ports) != 2 or not 1024 <= ports[0] < ports[1] <= 65535 or ports[1] - ports[0] < 2:
        hint = "Set HUBPORTAL_LOCAL_PORTS to the first and the last port that hubs can use, such as 18000,18999."
        yield _error(34, f"The port range of local hubs is not valid: {ports}", hint)


@register()
def name_servers(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Name servers that are queried to verify custom domains, and the deadline, because a person waits for it."""
    from hubs.outbound.dns_records import nameserver

    for server, _ in _refused(nameserver, settings.DNS_SERVERS):
        hint = "Set HUBPORTAL_DNS_SERVERS to addresses such as 192.0.2.1,192.0.2.2:5353, or remove it."
        yield _error(45, f"“{server}” is not the address of a name server.", hint)
    if not 0.5 <= settings.DNS_SECONDS <= 20:
        hint = "Set HUBPORTAL_DNS_SECONDS to about 5: people wait for it."
        yield _error(46, f"The deadline of {settings.DNS_SECONDS:g} s for DNS queries is not between 0.5 and 20.", hint)


@register()
def clusters(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Images and network destinations of hubs in clusters, and how often hubs are checked."""
    from provisioning.render.kubernetes.network import place, place_and_port

    for name in ("HUB_IMAGE", "PROXY_IMAGE"):
        if not IMAGE.fullmatch(image := getattr(settings, name)):
            hint = f"Set HUBPORTAL_{name} to a name with a tag or digest, such as quay.io/jupyterhub/k8s-hub:4.4.0."
            yield _error(35, f"“{image}” is not a container image with a tag or digest.", hint)
    if settings.IMAGE_PULL_POLICY not in PULL_POLICIES:
        hint = f"Set HUBPORTAL_IMAGE_PULL_POLICY to one of {', '.join(PULL_POLICIES)}."
        yield _error(36, f"“{settings.IMAGE_PULL_POLICY}” is not an image pull policy.", hint)
    for entry in settings.OPEN_IMAGES:
        if not re.fullmatch(r"[a-z0-9.:_-]+(/[a-z0-9._-]+)*(/|:[\w.-]+|@sha256:[0-9a-f]{64})", entry):
            hint = "Set HUBPORTAL_OPEN_IMAGES to prefixes of public images’ names, such as quay.io/jupyter/."
            yield _error(70, f"“{entry}” is neither a prefix of an image name nor a complete image name.", hint)
    for name, entries, read, example in (
        ("CLUSTER_DNS", settings.CLUSTER_DNS, place, "kube-system/k8s-app=kube-dns,169.254.20.10/32"),
        ("HUB_REACHES", settings.HUB_REACHES, place_and_port, "10.2.0.7/32:443,traefik/app=traefik:8443"),
    ):
        for _, error in _refused(read, entries):
            yield _error(68, str(error), f"Set HUBPORTAL_{name} to destinations such as {example}.")
    call, fleet, whole = settings.API_SECONDS, settings.FLEET_SECONDS, settings.FULL_LOOK_SECONDS
    if not 0.5 <= call <= settings.LEASE_SECONDS / 2:
        hint = "Set HUBPORTAL_API_SECONDS to about 5, so that a worker keeps its lease while it waits for a cluster."
        yield _error(37, f"The deadline for calls to a cluster, {call:g} s, is not between 0.5 and half a lease.", hint)
    if not max(settings.TICK_SECONDS, 5) <= fleet <= whole:
        hint = "Set HUBPORTAL_FLEET_SECONDS to about 60, and HUBPORTAL_FULL_LOOK_SECONDS to more than that."
        yield _error(38, f"Clusters are compared every {fleet:g} s, hubs checked fully every {whole:g} s.", hint)


@register()
def last_days(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """The grace period is long enough to notify people before a hub is retired."""
    if not 8 <= settings.END_GRACE_DAYS <= 3650:
        hint = "Set HUBPORTAL_END_GRACE_DAYS to 8 or more, such as 30: people are notified seven days before the end."
        yield _error(39, f"The grace period of {settings.END_GRACE_DAYS:g} days is not between 8 and 3650.", hint)


@register()
def operations(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Logs, metrics and traces: their format, and who can read them."""
    if settings.LOG_FORMAT not in ("line", "json"):
        yield _error(60, f"“{settings.LOG_FORMAT}” is not a log format.", "Set LOG_FORMAT to line or json.")
    for network, _ in _refused(partial(ipaddress.ip_network, strict=False), settings.METRICS_FROM):
        hint = "Set HUBPORTAL_METRICS_FROM to networks, such as 127.0.0.1/32,10.2.0.0/16."
        yield _error(61, f"“{network}” is not a network.", hint)
    if 0 < len(settings.METRICS_TOKEN) < 16:
        hint = "Set HUBPORTAL_METRICS_TOKEN to 32 random characters."
        yield _error(62, "The token for /metrics is too short.", hint)
    for variable, extra in tracing.lacking():
        hint = f"Install the extra “{extra}” of pyproject.toml, or remove {variable} from the environment."
        yield _error(63, f"{variable} is set, but the packages that it needs are not installed.", hint)


@register()
def readers(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Time zone and timing of messages to people and webhooks."""
    if not is_zone(settings.READERS_TIME_ZONE):
        hint = "Set HUBPORTAL_TIME_ZONE to a name such as Europe/Berlin, or remove it."
        yield _error(48, f"“{settings.READERS_TIME_ZONE}” is not a time zone.", hint)
    if not 3 <= settings.WEBHOOK_DAYS <= 3650:
        hint = "Set HUBPORTAL_WEBHOOK_DAYS to 3 or more, such as 30: a delivery is retried for two days."
        yield _error(64, f"Webhook deliveries can’t be stored for {settings.WEBHOOK_DAYS} days.", hint)
    if not 1 <= settings.REMIND_HOURS <= 24 * 30:
        hint = "Set HUBPORTAL_REMIND_HOURS to about 24."
        yield _error(49, f"The reminder interval of {settings.REMIND_HOURS:g} hours is not between 1 and 720.", hint)


@register()
def private_hosts(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Private hosts that the portal can connect to, besides the public internet."""
    from hubs.outbound import Allowed

    for entry, _ in _refused(lambda entry: Allowed.read([entry]), settings.ALLOWED_PRIVATE_HOSTS):
        hint = "Set HUBPORTAL_ALLOWED_PRIVATE_HOSTS to hosts and networks, such as registry.lan:5000,10.2.0.0/16."
        yield _error(43, f"“{entry}” is not a host, host:port or network.", hint)


@register()
def social_providers(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Each sign-in provider is configured completely or not at all."""
    for name, pair in SOCIAL.items():
        given = [bool(getattr(settings, setting, "")) for setting, _ in pair]
        if any(given) and not all(given):
            lacking = pair[given.index(False)][1]
            yield _error(40, f"Sign-in with {name} is configured incompletely.", f"Set {lacking}, or unset both.")
    endpoint = settings.SOCIAL_AUTH_OIDC_OIDC_ENDPOINT
    if bool(settings.SOCIAL_AUTH_OIDC_KEY) != bool(endpoint):
        hint = "Set OIDC_ENDPOINT (the issuer’s address) together with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET."
        yield _error(41, "Sign-in with OpenID Connect is configured incompletely.", hint)
    if not settings.PASSWORD_SIGN_IN and not any(getattr(settings, pair[0][0], "") for pair in SOCIAL.values()):
        hint = "Configure GitHub, Google or OpenID Connect, or set HUBPORTAL_PASSWORD_SIGN_IN=true."
        yield _error(42, "There is no way to sign in.", hint)
