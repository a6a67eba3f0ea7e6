"""Check that a cluster has everything that hubs need, before one is created. It changes nothing, and problems of the
cluster are findings, not errors. The check takes at most CHECK_SECONDS, a call API_SECONDS."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

import httpcore

from hubs.outbound import NoSuchHost, is_tls
from provisioning.contract import Finding
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.names import LABEL_HUB, LABEL_PART
from provisioning.runtimes.kubernetes import addresses, offers
from provisioning.runtimes.kubernetes.client import Api, connect
from provisioning.runtimes.kubernetes.kinds import RBAC
from provisioning.runtimes.kubernetes.permissions import HUB_ROLE, PERMISSIONS, Permission

CHECK_SECONDS = 15.0
ASKERS = 8  # concurrent questions
OLDEST = (1, 30)  # the first with a generally available ValidatingAdmissionPolicy
ACCOUNT = "system:serviceaccount:hubportal:hubportal"  # gets permissions in a hub's namespace (render: files.py)
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
INSTALL = "Apply account.yaml, rbac.yaml and admission.yaml from deploy/kubernetes to the cluster."
Ask = Callable[[], Any]


def check(cluster: Any, api_seconds: float, seconds: float = CHECK_SECONDS, portal_url: str = "") -> list[Finding]:
    """Return findings about a hubs.models.Cluster, the most basic first. `portal_url`: the portal's URL for hubs."""
    until = time.monotonic() + seconds
    try:
        api = connect(cluster.kubeconfig, api_seconds)
        first = _version(api.request("GET", "/version", doing="read the version"))
        who = _who(api)
    except RuntimeFault as fault:
        return [Finding("Connection", False, why(fault))]
    asked: dict[str, Ask] = {
        **{str(p): _may(api, p) for p in PERMISSIONS if p.scope == "cluster"},
        "the role": lambda: _hub_rules(api),
        "Namespaces": lambda: _namespace(api, cluster, who),
        addresses.NAME: addresses.ask(api, portal_url),
        **{name: _offer(question, api, cluster) for name, question in offers.QUESTIONS.items()},
    }
    answers = _at_once(asked, until)
    rights = [p for p in PERMISSIONS if p.scope == "cluster" and p.needed]
    found = [first, *_rights("Permissions", [p for p in rights if answers[str(p)] is False], len(rights))]
    found += _silent([str(p) for p in rights if answers[str(p)] is None])
    found += _hub_rights(api, answers["the role"], who, until)
    for name in ("Namespaces", addresses.NAME, *offers.QUESTIONS):
        late = [Finding(name, False if name == "Namespaces" else None, _LATE)]
        found += late if answers[name] is None else answers[name]
    return [*found, *offers.credentials(cluster.kubeconfig)]


def _at_once(questions: Mapping[str, Ask], until: float) -> dict[str, Any]:
    """Return the answer to each question, with limited concurrency; None for answers that came too late."""
    pool = ThreadPoolExecutor(ASKERS, thread_name_prefix="check")
    asked: dict[str, Future[Any]] = {
        name: pool.submit(copy_context().run, question) for name, question in questions.items()
    }
    done, _ = wait(asked.values(), timeout=max(0.0, until - time.monotonic()))
    pool.shutdown(wait=False, cancel_futures=True)  # calls that hang end at their own deadline
    return {name: future.result() if future in done else None for name, future in asked.items()}


_LATE = "The cluster did not respond in time. Check again. If this continues, its API server is overloaded."


def _silent(names: list[str]) -> list[Finding]:
    if not names:
        return []
    return [Finding("Permissions", False, f"{_LATE} No response for: {', '.join(sorted(names))}.")]


_WRONG_CA = (
    "The cluster’s certificate is not signed by the given certificate authority, or it is for another name. "
    "Either the kubeconfig belongs to another cluster, or someone is intercepting the connection."
)


# --- connection and identity ------------------------------------------------------------------------------------------
def why(fault: RuntimeFault) -> str:
    """Return why the cluster could not be reached, as precisely as possible, and what to do."""
    cause = fault.__cause__
    if isinstance(cause, NoSuchHost):
        return "The host name in the cluster’s address can’t be found. Check its spelling."
    if is_tls(cause):
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return _WRONG_CA
        return "The server at the cluster’s address does not use TLS. Check the address."
    if isinstance(cause, httpcore.ConnectError):
        return "Nothing is listening at the cluster’s address. Check that the cluster is running and check the port."
    if isinstance(cause, httpcore.ConnectTimeout):
        return "The cluster’s address is not responding. Check for a firewall between the portal and the cluster."
    if isinstance(cause, httpcore.TimeoutException):
        return "The cluster’s address accepts connections but does not respond. The API server may be overloaded."
    if fault.reason == "Unreachable":
        return "The cluster is not responding."
    if fault.reason == "CredentialsRefused":
        return "The cluster is responding but does not accept these credentials. Replace them."
    if isinstance(fault, Missing):
        return "The server at the cluster’s address is not a Kubernetes API server."
    return fault.message


def _version(said: Mapping[str, Any]) -> Finding:
    version = str(said.get("gitVersion", ""))
    try:
        number = int(str(said["major"])), int(str(said["minor"]).rstrip("+"))
    except (KeyError, ValueError):
        raise Missing("The server did not report a version of Kubernetes.") from None
    if number < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return Finding("Connection", False, f"Kubernetes {version} is running. The portal needs {needed} or newer.")
    return Finding("Connection", True, f"Kubernetes {version} is running.")


def _who(api: Api) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        said = api.request("POST", WHO, body=review, doing="read its own identity")
    except (Missing, Refused):
        return ""
    except Transient as fault:
        if fault.reason != "NotPermitted":
            raise
        return ""
    return str(said.get("status", {}).get("userInfo", {}).get("username", ""))


# --- permissions ------------------------------------------------------------------------------------------------------
def _may(api: Api, permission: Permission) -> Ask:
    """Return a question that yields True, False, or None if unknown."""

    def ask() -> bool | None:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": permission.attributes()},
        }
        try:
            said = api.request("POST", REVIEWS, body=review, doing="check its permissions")
        except RuntimeFault:
            return None
        return bool(said.get("status", {}).get("allowed"))

    return ask


def _rights(name: str, missing: list[Permission], of: int) -> list[Finding]:
    if not missing:
        return [Finding(name, True, f"All {of} permissions are granted.")]
    return [Finding(f"Missing permission: {one}", False, f"Needed to {one.why}. {INSTALL}") for one in missing]


def _hub_rules(api: Api) -> list[Mapping[str, Any]] | str:
    """Return the rules of ClusterRole hubportal-hub, or "missing" or "hidden"."""
    try:
        said = api.request("GET", f"{RBAC}/clusterroles/{HUB_ROLE}", doing=f"read ClusterRole {HUB_ROLE}")
    except Missing:
        return "missing"
    except RuntimeFault:
        return "hidden"
    return list(said.get("rules") or [])


def _hub_rights(api: Api, rules: list[Mapping[str, Any]] | str | None, who: str, until: float) -> list[Finding]:
    """Check the permissions that the portal grants itself in each hub's namespace, unless it has them everywhere."""
    wanted = [p for p in PERMISSIONS if p.scope == "hub"]
    name = "Permissions in hubs"
    as_us = Finding("Account", True, f"{who}.")
    if who == ACCOUNT and isinstance(rules, list):
        return [as_us, *_rights(name, [p for p in wanted if not p.granted_by(rules)], len(wanted))]
    answers = _at_once({str(p): _may(api, p) for p in wanted}, until)
    missing = [p for p in wanted if answers[str(p)] is not True]
    if not missing:
        said = f"{who or 'Unknown account'}. It has far more permissions than the portal needs. {ACCOUNT} is enough."
        return [Finding("Account", None, said), *_rights(name, [], len(wanted))]
    if who != ACCOUNT:
        said = f"{who or 'Unknown account'}. The portal grants permissions in hubs’ namespaces only to {ACCOUNT}."
        return [Finding("Account", False, f"{said} Use a token of that account or of an administrator.")]
    if rules == "missing":
        return [as_us, Finding(name, False, f"There is no ClusterRole {HUB_ROLE}. {INSTALL}")]
    return [as_us, Finding(name, None, f"Not known: the portal has no permission to read ClusterRole {HUB_ROLE}.")]


def _dry_namespace(api: Api, labels: dict[str, str]) -> RuntimeFault | None:
    """Return why the cluster would reject a namespace with these labels; None if it would not. Nothing is created."""
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hubportal-check", "labels": labels}}
    try:
        api.apply(made, dry_run=True)
    except RuntimeFault as fault:
        return fault
    return None


def _namespace(api: Api, cluster: Any, who: str) -> list[Finding]:
    """Check that the cluster accepts a hub's namespace, and only a hub's. SelfSubjectAccessReviews don't include
    admission policies."""
    labels = {LABEL_HUB: "check", LABEL_PART: "files", "pod-security.kubernetes.io/enforce": cluster.pod_security}
    fault = _dry_namespace(api, labels)
    if fault and fault.reason == "NotPermitted":
        return []  # already reported as a missing permission
    if fault:
        return [Finding("Namespaces", False, fault.message)]
    found = [Finding("Namespaces", True, "The cluster accepts the namespace of a new hub.")]
    if who == ACCOUNT and _dry_namespace(api, {}) is None:
        said = "The portal’s account is not limited to hubs’ namespaces. Apply admission.yaml from deploy/kubernetes."
        found.append(Finding("Admission policy", None, said))
    return found


def _offer(question: offers.Question, api: Api, cluster: Any) -> Ask:
    def ask() -> list[Finding]:
        try:
            return question(api, cluster)
        except RuntimeFault as fault:
            return [Finding(offers.NAMES[question], None, offers.not_known(fault))]

    return ask
