"""A client for one cluster's API: plain dicts in and out, a deadline per call, and only the runtime's errors.

The official client reads the credentials; connections are the portal's own (hubs.outbound), so that a call ends at its
deadline whatever the other side does, and responses have a size limit. Typed models and discovery are left out: the
kinds are known, and a hub takes about thirty calls. docs/decisions/012 has reasons and measurements.
"""

import contextlib
import functools
import json
import logging
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpcore
import yaml

from hubs import VERSION
from hubs.language import _
from hubs.outbound import ERRORS, Deadline, TooLong, Wire, is_tls, known
from hubs.request_context import request_id
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.names import FIELD_MANAGER
from provisioning.runtimes.kubernetes import refusals
from provisioning.runtimes.kubernetes.kinds import KINDS, Kind

if TYPE_CHECKING:
    from kubernetes.client import Configuration

log = logging.getLogger(__name__)
PAGE = 1000  # objects per list request
MOST_BYTES = 32 * 1024 * 1024  # of one response: a page of a thousand objects
WATCHED_BYTES = 256 * 1024 * 1024  # of one watch, which has a time limit
KEPT = 16  # idle connections that are kept open
AWAY = 1.0  # seconds without new attempts after a failed connection
APPLY = "application/apply-patch+yaml"  # JSON is YAML
METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
METADATA_LIST = METADATA.format("List")
METADATA_ONE = METADATA.format("")
HERE = ("127.0.0.1", "::1", "localhost")


@functools.lru_cache(maxsize=64)
def connect(kubeconfig: str, seconds: float) -> "Api":
    """Return a client for these credentials; "" = the cluster in which this process runs. Each has one connection pool,
    shared by all threads. `seconds` is the deadline of a call. Raise Refused if the credentials can't be used."""
    from kubernetes import client as official  # 0.2 s of CPU: not for processes that only read capabilities
    from kubernetes import config as credentials

    unusable = (credentials.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError)
    settings = official.Configuration(retries=False)
    try:
        if kubeconfig:
            credentials.load_kube_config_from_dict(yaml.safe_load(kubeconfig), client_configuration=settings)
        else:
            credentials.load_incluster_config(client_configuration=settings)
        return Api(settings, seconds)
    except unusable as error:
        log.warning("unusable credentials: %s", type(error).__name__)
        said = _("The credentials of this pod (is the portal running in a cluster?) can’t be used.")
        if kubeconfig:
            said = _("The credentials in the kubeconfig can’t be used.")
        raise Refused(said, "CredentialsUnusable") from None


def _tls(settings: "Configuration") -> ssl.SSLContext:
    """Return the TLS context. Raise ValueError if the API server's certificate is not verified: tokens are sent
    there."""
    parts = urlsplit(settings.host)
    if parts.scheme == "http" and parts.hostname in HERE:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if parts.scheme != "https" or not settings.verify_ssl:
        raise ValueError("the API server's certificate would not be checked")
    made = ssl.create_default_context(cafile=settings.ssl_ca_cert or None)
    if settings.cert_file:
        made.load_cert_chain(settings.cert_file, settings.key_file)
    return made


def _unreadable_token() -> type[Exception]:
    from kubernetes.config import ConfigException

    found: type[Exception] = ConfigException
    return found


class Api:
    """Raises only Transient, Refused or Missing. No message contains an address or a secret."""

    def __init__(self, configuration: "Configuration", seconds: float) -> None:
        self.configuration, self.seconds = configuration, seconds
        self._wire = Wire(
            known(configuration.host), _tls(configuration), kept=KEPT, server_name=configuration.tls_server_name or ""
        )
        self._away_until = 0.0  # monotonic

    # --- one call -----------------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def _open(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: dict[str, str], seconds: float,
        most_bytes: int = MOST_BYTES,
    ) -> Iterator[httpcore.Response]:  # fmt: skip
        """Yield a response that is not read yet; all of it within `seconds`."""
        url = self.configuration.host.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers.setdefault("User-Agent", _who_asks())
        if time.monotonic() < self._away_until:
            raise refusals.unreachable()
        try:
            # Reads the token again if the kubelet has replaced it.
            if login := self.configuration.get_api_key_with_prefix("BearerToken", alias="authorization"):
                headers["Authorization"] = login
            deadline = Deadline(seconds)
            with self._wire.open(method, url, deadline, headers=headers, body=data, most_bytes=most_bytes) as answer:
                yield answer
        except TooLong as error:
            said = _("The cluster’s response is larger than the portal accepts. Something there is far too large.")
            raise Transient(said, "TooMuch") from error
        except (*ERRORS, _unreadable_token()) as error:
            log.info("%s %s: %s", method, path, type(error).__name__)
            if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout) and not is_tls(error):
                self._away_until = time.monotonic() + AWAY  # so that a thousand hubs don't each wait for it
            raise refusals.unreachable() from error

    def refusal(self, code: int, body: bytes, headers: Mapping[str, str], doing: str) -> RuntimeFault:
        try:
            status = json.loads(body)
        except (ValueError, RecursionError):
            status = {}
        if not isinstance(status, dict):
            status = {}
        try:
            after = float(headers.get("retry-after", 0))
        except ValueError:
            after = 0.0
        reason, said = str(status.get("reason", "")), str(status.get("message", ""))
        return refusals.fault(code, reason, said, doing, after)

    def ask(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None,
        headers: Mapping[str, str] | None = None, most_bytes: int = MOST_BYTES,
    ) -> tuple[int, bytes, Mapping[str, str]]:  # fmt: skip
        """Make one call. Return (status, body, headers by lower-case names) of any response."""
        with self._open(method, path, query or {}, body, dict(headers or {}), self.seconds, most_bytes) as answer:
            data = answer.read()
            return answer.status, data, _by_name(answer)

    def text(
        self, method: str, path: str, *, doing: str = "", **asked: Any
    ) -> tuple[str, Mapping[str, str]]:  # fmt: skip
        """Make one call with the arguments of `ask`. Return (text, headers) of a 2xx response."""
        status, body, headers = self.ask(method, path, **asked)
        if not 200 <= status < 300:
            raise self.refusal(status, body, headers, doing or f"{method.lower()} {path}")
        return body.decode("utf-8", "replace"), headers

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        doing: str = "",
    ) -> dict[str, Any]:
        """Make one call. Return the JSON object of a 2xx response."""
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        text, _headers = self.text(method, path, query=query, body=body, headers=headers, doing=doing)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            said = _("The cluster’s response can’t be read. Check that its address is that of a Kubernetes API server.")
            raise Transient(said, "NotAnApi")
        return found

    # --- objects ------------------------------------------------------------------------------------------------------
    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object; None if it does not exist."""
        try:
            return self.request(
                "GET", kind.path(namespace, name), doing=_("read {kind} {name}", kind=kind.name, name=name)
            )
        except Missing as fault:
            _known(kind, fault)
            return None

    def pages(
        self, kind: Kind, namespace: str = "", selector: str = "", *, metadata: bool = False
    ) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield all objects of a kind by page: (objects, resourceVersion for a watch). `metadata`: only metadata, a
        tenth of the bytes. No page for a kind that the cluster does not have."""
        query: dict[str, Any] = {"limit": PAGE}
        if selector:
            query["labelSelector"] = selector
        accept = METADATA_LIST if metadata else "application/json"
        doing = _("list {kind}", kind=kind.plural)
        while True:
            try:
                page = self.request("GET", kind.path(namespace), query, accept=accept, doing=doing)
            except Missing as fault:
                _known(kind, fault)
                return
            about = page.get("metadata", {})
            yield page.get("items") or [], str(about.get("resourceVersion", ""))
            query["continue"] = about.get("continue")
            if not query["continue"]:
                return

    def list(
        self, kind: Kind, namespace: str = "", selector: str = "", *, metadata: bool = False
    ) -> list[dict[str, Any]]:
        """Return all objects of a kind."""
        return [live for page, _version in self.pages(kind, namespace, selector, metadata=metadata) for live in page]

    def apply(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Apply a manifest (server-side), taking over its fields from other managers. Return the resulting object."""
        kind, meta = KINDS[manifest["kind"]], manifest["metadata"]
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        path = kind.path(meta.get("namespace", ""), meta["name"])
        doing = _("change {kind} {name}", kind=kind.name, name=meta["name"])
        return self.request("PATCH", path, query, manifest, APPLY, doing=doing)

    def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", grace: int | None = None) -> None:
        """Delete an object. A missing one is a success. `uid`: only this object, not a newer one with the same name."""
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            doing = _("remove {kind} {name}", kind=kind.name, name=name)
            self.request("DELETE", kind.path(namespace, name), body=options, doing=doing)
        except Missing as fault:
            _known(kind, fault)

    # --- streams ------------------------------------------------------------------------------------------------------
    def watch(self, kind: Kind, selector: str, version: str, seconds: int) -> Iterator[dict[str, Any]]:
        """Yield events of a kind since a resourceVersion, with metadata only and bookmarks, for `seconds`. An ERROR
        event (410: too old) raises Transient("Expired")."""
        query = {"watch": "true", "labelSelector": selector, "resourceVersion": version, "timeoutSeconds": seconds,
                 "allowWatchBookmarks": "true"}  # fmt: skip
        headers = {"Accept": METADATA_ONE}
        with self._open("GET", kind.path(), query, None, headers, seconds + self.seconds, WATCHED_BYTES) as answer:
            if answer.status != 200:
                raise self.refusal(answer.status, answer.read(), _by_name(answer), _("watch {kind}", kind=kind.plural))
            yield from _events(answer)


def _by_name(answer: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}


def _who_asks() -> str:
    """Return the User-Agent. The cluster's audit log stores it, and with it the ID of the request behind the call."""
    cause = re.sub(r"[^A-Za-z0-9._-]", "", request_id.get())
    return f"hubportal/{VERSION} ({cause})" if cause else f"hubportal/{VERSION}"


def _known(kind: Kind, fault: Missing) -> None:
    """Raise Transient if the path is unknown: a server that responds 404 to everything does not mean "no objects"."""
    if fault.reason == "UnknownKind" and not kind.optional:
        said = _("The cluster’s address does not lead to its API server at the moment.")
        raise Transient(said, "NotAnApi") from fault


def _events(answer: httpcore.Response) -> Iterator[dict[str, Any]]:
    rest = b""
    for chunk in answer.iter_stream():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in filter(None, lines):
            event = json.loads(line)
            if event["type"] == "ERROR":
                said = event["object"]
                raise refusals.fault(
                    int(said.get("code", 500)), said.get("reason", ""), said.get("message", ""), _("watch")
                )
            yield event
