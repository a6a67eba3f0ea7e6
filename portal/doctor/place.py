"""This machine and its settings: what can be seen without asking database or Redis."""

import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import ERROR, WARNING, run_checks

from portal.doctor.findings import Finding
from portal.web.middleware import CALLER_HEADER, HEADER

SECONDS = 5.0  # for an answer
ROOM = 1024**3  # bytes that should be free
LONG = 14  # days that a certificate should still be good for
ASSET = "css/base.css"


def settings_agree() -> Iterator[Finding]:
    """What `manage.py check --deploy` says, without what needs the database."""
    wrong = [one for one in run_checks(include_deployment_checks=settings.PRODUCTION) if one.level >= WARNING]
    for one in wrong:
        said = " ".join(filter(None, (one.msg, one.hint or "")))
        yield Finding("Settings", "mend" if one.level >= ERROR else "note", f"{said} ({one.id})")
    if not any(one.level >= ERROR for one in wrong):
        kind = "production" if settings.PRODUCTION else "one machine"
        yield Finding("Settings", "ok", f"Every check passes, for {kind}.")
    if not settings.PRODUCTION and settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        said = "The secret key is the known one, which is fine on one machine that nobody else reaches."
        yield Finding("Secret key", "note", said)


def address() -> Iterator[Finding]:
    """Do browsers find us where we say that we are, and do address, TLS and proxy agree?"""
    behind = settings.SECURE_PROXY_SSL_HEADER is not None
    if settings.TLS and not behind:
        said = "Browsers come by https, and nothing here ends TLS. Set HUBPORTAL_BEHIND_PROXY=true: forms are refused."
        yield Finding("Address", "mend", said)
    yield _answers()
    if settings.TLS:
        yield _certificate()


def _answers() -> Finding:
    """Sends an id of its own: only a portal gives it back."""
    sent = uuid4().hex
    try:
        answer = httpx.get(f"{settings.PORTAL_URL}/healthz", timeout=SECONDS, headers={HEADER: sent})
    except httpx.HTTPError as error:
        return _nobody(error)
    if answer.status_code == 200 and answer.headers.get(CALLER_HEADER) == sent:
        return Finding("Address", "ok", f"The portal answers at {settings.PORTAL_URL}.")
    if answer.is_redirect:
        said = f"{settings.PORTAL_URL} sends browsers on to {answer.headers.get('Location', '?')}."
        return Finding("Address", "mend", f"{said} Set HUBPORTAL_URL to where they end.")
    said = f"What answers at {settings.PORTAL_URL} is not this portal (status {answer.status_code})."
    return Finding("Address", "mend", f"{said} Is the reverse proxy's target right?")


def _nobody(error: httpx.HTTPError) -> Finding:
    if "CERTIFICATE" in str(error).upper():
        said = f"The certificate at {settings.PORTAL_URL} is not to be trusted: {error}. Renew it."
        return Finding("Address", "mend", said)
    said = f"Nobody answers at {settings.PORTAL_URL} from here ({type(error).__name__})."
    return Finding("Address", "mend", f"{said} Start web, or look at the reverse proxy, the name and the firewall.")


def _certificate() -> Finding:
    where = urlsplit(settings.PORTAL_URL)
    host = where.hostname or ""
    try:
        plain = socket.create_connection((host, where.port or 443), timeout=SECONDS)
        with plain, ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            ends = str((secure.getpeercert() or {}).get("notAfter", ""))
        left = (datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - datetime.now(UTC)).days
    except (OSError, ValueError) as error:
        return Finding("Certificate", "mend", f"It could not be read ({type(error).__name__}). See Address.")
    if left < LONG:
        return Finding("Certificate", "mend", f"It ends in {left} days. Renew it, and see why that is not automatic.")
    return Finding("Certificate", "ok", f"Good for {left} days.")


def folder() -> Iterator[Finding]:
    var = settings.VAR_DIR
    if not os.access(var, os.W_OK):
        yield Finding("Folder", "mend", f"{var} can't be written. Set HUBPORTAL_VAR to a place where this user may.")
    usage = shutil.disk_usage(var)
    free = f"{usage.free / 1024**3:.1f} GiB are free where {var} is"
    if usage.free < ROOM:
        yield Finding("Disk", "mend", f"Only {free}. Make room before something can't be written.")
    else:
        yield Finding("Disk", "ok", f"{free}.")


def static_files() -> Iterator[Finding]:
    if not settings.PRODUCTION:
        there = finders.find(ASSET) is not None
        said = "Found in the checkout." if there else f"There is no {ASSET}. Is the checkout whole?"
        yield Finding("Static files", "ok" if there else "mend", said)
    elif (settings.STATIC_ROOT / "staticfiles.json").exists():
        yield Finding("Static files", "ok", "Collected.")
    else:
        yield Finding("Static files", "mend", "Pages have no looks: run manage.py collectstatic --noinput.")
