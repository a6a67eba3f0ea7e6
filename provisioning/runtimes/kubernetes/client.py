"""One cluster's API: plain dicts in and out, every call with a deadline, every failure one of the runtime's errors.

The official client reads the credentials, keeps the connections and checks TLS. Its typed models and its discovery are
left out: we know our kinds, and a hub is some thirty calls. docs/decisions/012 has the reasons and the figures.
"""

import functools
import json
import logging
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes import client as official
from kubernetes import config as credentials

from hubs import VERSION
from hubs.cause import request_id
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.names import FIELD_MANAGER
from provisioning.runtimes.kubernetes import refusals
from provisioning.runtimes.kubernetes.kinds import KINDS, Kind

log = logging.getLogger(__name__)
PAGE = 1000  # objects a list request
CONNECT = 3.0  # seconds
AWAY = 1.0  # seconds in which nobody tries again after nobody was there
APPLY = "application/apply-patch+yaml"  # JSON is YAML
METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
METADATA_LIST = METADATA.format("List")
METADATA_ONE = METADATA.format("")
NOBODY_THERE = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
NETWORK_ERRORS = (urllib3.exceptions.HTTPError, OSError, official.ApiException)


@functools.lru_cache(maxsize=64)
def connect(kubeconfig: str, seconds: float) -> "Api":
    """A client for these credentials; "" = the cluster that this process runs in. One connection pool each, shared by
    all threads. `seconds` is the deadline of one call. Raises Refused for credentials that can't be used."""
    try:
        settings = official.Configuration(retries=False)
        if kubeconfig:
            made = credentials.new_client_from_config_dict(yaml.safe_load(kubeconfig), client_configuration=settings)
        else:
            credentials.load_incluster_config(client_configuration=settings)
            made = official.ApiClient(settings)
    except (credentials.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as error:
        log.warning("unusable credentials: %s", type(error).__name__)
        where = "in the kubeconfig" if kubeconfig else "of this pod (does the portal run in a cluster?)"
        raise Refused(f"The credentials {where} cannot be used.", "CredentialsUnusable") from None
    return Api(made, seconds)


class Api:
    """Raises Transient, Refused or Missing and nothing else; no message holds an address or a secret."""

    def __init__(self, made: official.ApiClient, seconds: float) -> None:
        self._client = made
        self.seconds = seconds
        self._away_until = 0.0  # monotonic

    # --- one call -----------------------------------------------------------------------------------------------------
    def _open(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: dict[str, str], seconds: float
    ) -> urllib3.BaseHTTPResponse:
        url = self._client.configuration.host.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body)
        headers.setdefault("User-Agent", _who_asks())
        if time.monotonic() < self._away_until:
            raise refusals.unreachable()
        try:
            # Reads the token again that the kubelet has replaced meanwhile.
            self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, data)
            answer = self._client.rest_client.pool_manager.request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=urllib3.Timeout(connect=min(CONNECT, seconds), read=seconds),
                preload_content=False,
                redirect=False,
            )
        except NETWORK_ERRORS as error:
            log.info("%s %s: %s", method, path, type(error).__name__)
            if isinstance(error, NOBODY_THERE):
                self._away_until = time.monotonic() + AWAY  # a thousand hubs need not each wait for it
            raise refusals.unreachable() from error
        return answer

    def _refusal(self, answer: urllib3.BaseHTTPResponse, doing: str) -> RuntimeFault:
        text = answer.data.decode("utf-8", "replace")
        try:
            status = json.loads(text)
        except ValueError:
            status = {}
        if not isinstance(status, dict):
            status = {}
        try:
            after = float(answer.headers.get("Retry-After", 0))
        except ValueError:
            after = 0.0
        reason, said = str(status.get("reason", "")), str(status.get("message", ""))
        return refusals.fault(answer.status, reason, said, doing, after)

    def text(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        doing: str = "",
    ) -> tuple[str, Mapping[str, str]]:
        """One call: (text, headers) of a 2xx answer."""
        answer = self._open(method, path, query or {}, body, dict(headers or {}), self.seconds)
        try:
            if not 200 <= answer.status < 300:
                raise self._refusal(answer, doing or f"{method.lower()} {path}")
            return answer.data.decode("utf-8", "replace"), answer.headers
        except NETWORK_ERRORS as error:
            raise refusals.unreachable() from error
        finally:
            answer.release_conn()

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
        """One call: the JSON object of a 2xx answer."""
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        text, _ = self.text(method, path, query=query, body=body, headers=headers, doing=doing)
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Transient("The cluster’s answer makes no sense. Is this address a Kubernetes API server?", "NotAnApi")
        return found

    # --- objects ------------------------------------------------------------------------------------------------------
    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        """None when it is not there."""
        try:
            return self.request("GET", kind.path(namespace, name), doing=f"read {kind.name} {name}")
        except Missing as fault:
            _known(kind, fault)
            return None

    def pages(
        self, kind: Kind, namespace: str = "", selector: str = "", *, metadata: bool = False
    ) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """All of a kind: (objects, the resourceVersion from which a watch goes on), a page at a time. `metadata`: only
        that, a tenth of the bytes. No page for a kind that the cluster does not know."""
        query: dict[str, Any] = {"limit": PAGE}
        if selector:
            query["labelSelector"] = selector
        accept = METADATA_LIST if metadata else "application/json"
        while True:
            try:
                page = self.request("GET", kind.path(namespace), query, accept=accept, doing=f"list {kind.plural}")
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
        """All of a kind."""
        return [live for page, _ in self.pages(kind, namespace, selector, metadata=metadata) for live in page]

    def apply(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Server-side apply: what is in the manifest is ours, whoever had it before. The object as it is then."""
        kind, meta = KINDS[manifest["kind"]], manifest["metadata"]
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        path = kind.path(meta.get("namespace", ""), meta["name"])
        return self.request("PATCH", path, query, manifest, APPLY, doing=f"change {kind.name} {meta['name']}")

    def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", grace: int | None = None) -> None:
        """Gone already is success. `uid`: only this very object, not a newer one of the same name."""
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", kind.path(namespace, name), body=options, doing=f"remove {kind.name} {name}")
        except Missing as fault:
            _known(kind, fault)

    # --- streams ------------------------------------------------------------------------------------------------------
    def watch(self, kind: Kind, selector: str, version: str, seconds: int) -> Iterator[dict[str, Any]]:
        """Events of a kind since a resourceVersion, metadata only, with bookmarks; ends after `seconds`. An ERROR event
        (410: too old) raises Transient("Expired")."""
        query = {"watch": "true", "labelSelector": selector, "resourceVersion": version, "timeoutSeconds": seconds,
                 "allowWatchBookmarks": "true"}  # fmt: skip
        headers = {"Accept": METADATA_ONE}
        answer = self._open("GET", kind.path(), query, None, headers, seconds + self.seconds)
        try:
            if answer.status != 200:
                raise self._refusal(answer, f"watch {kind.plural}")
            yield from _events(answer)
        except NETWORK_ERRORS as error:
            raise refusals.unreachable() from error
        finally:
            answer.close()  # in the middle of a stream, the connection is of no further use


def _who_asks() -> str:
    """The cluster's audit log keeps this: the click that caused a call is found there by its id."""
    cause = re.sub(r"[^A-Za-z0-9._-]", "", request_id.get())
    return f"hubportal/{VERSION} ({cause})" if cause else f"hubportal/{VERSION}"


def _known(kind: Kind, fault: Missing) -> None:
    """Who answers 404 to everything, knows nothing of our objects: that is not "there are none". Raises Transient."""
    if fault.reason == "UnknownKind" and not kind.optional:
        said = "The cluster’s address leads to something that is not its API server now."
        raise Transient(said, "NotAnApi") from fault


def _events(answer: urllib3.BaseHTTPResponse) -> Iterator[dict[str, Any]]:
    rest = b""
    for chunk in answer.stream(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in filter(None, lines):
            event = json.loads(line)
            if event["type"] == "ERROR":
                said = event["object"]
                raise refusals.fault(
                    int(said.get("code", 500)), said.get("reason", ""), said.get("message", ""), "watch"
                )
            yield event
