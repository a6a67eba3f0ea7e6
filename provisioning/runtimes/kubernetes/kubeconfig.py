"""Validate an uploaded kubeconfig and reduce it to one cluster and one user, with data instead of paths.

What kubectl does on its owner's machine, the portal must not do on its own: run a program for a token, read a file
named in the text, or trust any server. Pure: no network, no file.
"""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hubs.language import _, calendar_day, lazy, within
from hubs.spec import yaml_text
from provisioning.errors import Refused

NAME = "hub-portal"  # of the only remaining context
NOT_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
# Fields of a user that make a client do more than send a token or a certificate.
NOT_OURS = {
    "exec": lazy("It would run a program on the portal’s machine."),
    "auth-provider": lazy("It would run a plugin on the portal’s machine."),
    "as": lazy("It impersonates another user (“as”)."),
    "as-uid": lazy("It impersonates another user (“as-uid”)."),
    "as-groups": lazy("It impersonates another user (“as-groups”)."),
    "as-user-extra": lazy("It impersonates another user (“as-user-extra”)."),
    "username": lazy("It signs in with a password, which Kubernetes no longer accepts."),
    "password": lazy("It signs in with a password, which Kubernetes no longer accepts."),
}


def read(text: str, now: datetime | None = None) -> dict[str, Any]:
    """Return the kubeconfig with only its current context and with embedded data. Raise Refused with a sentence that
    contains no secret, no path and no address."""
    document = _yaml(text)
    context = _named(document, "contexts", "context", _text(document, "current-context"), _("current context"))
    cluster = _cluster(
        _named(document, "clusters", "cluster", _text(context, "cluster"), within("of a kubeconfig", "cluster"))
    )
    user = _user(
        _named(document, "users", "user", _text(context, "user"), within("of a kubeconfig", "user")),
        now or datetime.now(UTC),
    )
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
    }


def _with_guide(sentence: str) -> str:
    guide = _("Use a ServiceAccount token instead. The operator guide explains how to create one.")
    return f"{sentence} {guide}"


def refused(message: str) -> Refused:
    return Refused(message, "KubeconfigRefused")


# --- the text ---------------------------------------------------------------------------------------------------------
def _yaml(text: str) -> Mapping[str, Any]:
    if not text.strip():
        raise refused(_("The kubeconfig is empty. Choose the kubeconfig file, or paste its contents."))
    if len(text) > yaml_text.LARGEST:  # kubeconfigs of managed clusters have about 10,000 characters
        raise refused(_("The kubeconfig is too long (more than 256 KiB)."))
    try:
        document = yaml_text.load(text)
    except yaml_text.Anchors:
        raise refused(_("The kubeconfig uses YAML anchors (& and *). Write out every entry.")) from None
    except yaml_text.TooLarge:
        raise refused(_("The kubeconfig has too many entries.")) from None
    except yaml_text.YamlError:
        raise refused(_("This is not a kubeconfig: it can’t be read as YAML.")) from None
    if not isinstance(document, dict) or document.get("kind") != "Config":
        raise refused(_("This is not a kubeconfig: it has no “kind: Config”."))
    return document


def _text(where: Mapping[str, Any], key: str) -> str:
    value = where.get(key)
    return value if isinstance(value, str) else ""


def _named(document: Mapping[str, Any], plural: str, key: str, name: str, what: str) -> Mapping[str, Any]:
    """Return the entry with this name. Raise Refused if it is missing or ambiguous."""
    rows = document.get(plural)
    found = [row for row in rows if isinstance(row, dict) and row.get("name") == name] if isinstance(rows, list) else []
    if not name or not found:
        raise refused(
            _(
                "The kubeconfig has no entry for its {what}. Try: kubectl config view --minify --flatten --raw",
                what=what,
            )
        )
    if len(found) > 1:
        raise refused(_("The kubeconfig has two entries for its {what}.", what=what))
    value = found[0].get(key)
    if not isinstance(value, dict):
        raise refused(_("The {what} in the kubeconfig is empty.", what=what))
    return value


def _no_files(where: Mapping[str, Any]) -> None:
    for key in NOT_FILES:
        if where.get(key):
            said = _(
                "It refers to a file ({key}) on your machine, which the portal can’t read. "
                "Try: kubectl config view --minify --flatten --raw",
                key=key,
            )
            raise refused(said)


def _decoded(where: Mapping[str, Any], key: str, what: str) -> bytes:
    try:
        return base64.b64decode(_text(where, key), validate=True)
    except (binascii.Error, ValueError):
        raise refused(_("The {what} ({key}) is not valid base64.", what=what, key=key)) from None


# --- cluster ----------------------------------------------------------------------------------------------------------
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _server(server: str) -> str:
    try:
        parts = urlsplit(server)
        host, _port = parts.hostname or "", parts.port  # .port raises for an invalid port
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.scheme not in ("https", "http") or any(c.isspace() or not c.isprintable() for c in server):
        raise refused(_("The cluster’s address (server) must look like https://kubernetes.example.org:6443."))
    if parts.username or parts.password or parts.query or parts.fragment:
        raise refused(_("The cluster’s address (server) must not contain a user name, password, “?” or “#”."))
    if parts.scheme == "http" and not _is_loopback(host):
        raise refused(
            _("The cluster’s address (server) must begin with https. Otherwise others could read the traffic.")
        )
    return server.rstrip("/")


def _cluster(given: Mapping[str, Any]) -> dict[str, Any]:
    _no_files(given)
    if given.get("insecure-skip-tls-verify"):
        raise refused(
            _("It turns off verification of the cluster’s certificate. Provide the certificate authority instead.")
        )
    if given.get("proxy-url"):
        raise refused(_("It uses a proxy (proxy-url). The portal must reach the cluster directly."))
    cluster: dict[str, Any] = {"server": _server(_text(given, "server"))}
    if given.get("certificate-authority-data"):
        pem = _decoded(given, "certificate-authority-data", _("certificate authority"))
        _certificates(pem, _("certificate authority"))
        cluster["certificate-authority-data"] = base64.b64encode(pem).decode()
    if name := _text(given, "tls-server-name"):
        cluster["tls-server-name"] = name
    return cluster


def _certificates(pem: bytes, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise refused(_("The {what} is not a certificate in PEM format.", what=what)) from None


# --- user -------------------------------------------------------------------------------------------------------------
def _user(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    for key, why in NOT_OURS.items():
        if given.get(key):
            raise refused(_with_guide(str(why)))
    _no_files(given)
    token = _text(given, "token").strip()
    if token:
        if not token.isascii() or any(c.isspace() or not c.isprintable() for c in token):
            raise refused(_("The token contains invalid characters. Check that it is on one line."))
        return {"token": token}
    if not (given.get("client-certificate-data") and given.get("client-key-data")):
        raise refused(_with_guide(_("It contains neither a token nor a client certificate with its key.")))
    return _certificate_and_key(given, now)


def _certificate_and_key(given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    pem = _decoded(given, "client-certificate-data", _("client certificate"))
    key = _decoded(given, "client-key-data", _("client key"))
    first = _certificates(pem, _("client certificate"))[0]
    if first.not_valid_after_utc <= now:
        ended = calendar_day(first.not_valid_after_utc)
        raise refused(_with_guide(_("The client certificate expired on {day}.", day=ended)))
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):  # TypeError: it has a passphrase
        raise refused(_("The client key must be a key in PEM format without a passphrase.")) from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != first.public_key().public_bytes(*form):
        raise refused(_("The client key does not match the client certificate."))
    return {
        "client-certificate-data": base64.b64encode(pem).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
