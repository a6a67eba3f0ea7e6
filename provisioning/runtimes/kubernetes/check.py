"""Check that a cluster has everything that hubs need, before one is created. It changes nothing, and problems of the
cluster are findings, not errors. The check takes at most CHECK_SECONDS, a call API_SECONDS."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

import httpcore

from hubs.language import _
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
Ask = Callable[[], Any]


def check(cluster: Any, api_seconds: float, seconds: float = CHECK_SECONDS, portal_url: str = "") -> list[Finding]:
    """Return findings about a hubs.models.Cluster, the most basic first. `portal_url`: the portal's URL for hubs."""
    until = time.monotonic() + seconds
    try:
        api = connect(cluster.kubeconfig, api_seconds)
        first = _version(api.request("GET", "/version", doing=_("read the version")))
        who = _who(api)
    except RuntimeFault as fault:
        return [Finding(_("Connection"), False, why(fault))]
    asked: dict[str, Ask] = {
        **{str(p): _may(api, p) for p in PERMISSIONS if p.scope == "cluster"},
        "the role": lambda: _hub_rules(api),
        "namespaces": lambda: _namespace(api, cluster, who),
        "addresses": addresses.ask(api, portal_url),
        **{name: _offer(name, api, cluster) for name in offers.QUESTIONS},
    }
    answers = _at_once(asked, until)
    rights = [p for p in PERMISSIONS if p.scope == "cluster" and p.needed]
    found = [first, *_rights(_("Permissions"), [p for p in rights if answers[str(p)] is False], len(rights))]
    found += _silent([str(p) for p in rights if answers[str(p)] is None])
    found += _hub_rights(api, answers["the role"], who, until)
    for name in ("namespaces", "addresses", *offers.QUESTIONS):
        late = [Finding(_title(name), False if name == "namespaces" else None, _late())]
        found += late if answers[name] is None else answers[name]
    return [*found, *offers.credentials(cluster.kubeconfig)]


def _title(question: str) -> str:
    known = {"namespaces": _("Namespaces"), "addresses": addresses.name_of_check()}
    return known.get(question) or offers.title(question)


def _at_once(questions: Mapping[str, Ask], until: float) -> dict[str, Any]:
    """Return the answer to each question, with limited concurrency; None for answers that came too late."""
    pool = ThreadPoolExecutor(ASKERS, thread_name_prefix="check")
    asked: dict[str, Future[Any]] = {
        name: pool.submit(copy_context().run, question) for name, question in questions.items()
    }
    done, _late_ones = wait(asked.values(), timeout=max(0.0, until - time.monotonic()))
    pool.shutdown(wait=False, cancel_futures=True)  # calls that hang end at their own deadline
    return {name: future.result() if future in done else None for name, future in asked.items()}


def _late() -> str:
    return _("The cluster did not respond in time. Check again. If this continues, its API server is overloaded.")


def _silent(names: list[str]) -> list[Finding]:
    if not names:
        return []
    said = _("{late} No response for: {names}.", late=_late(), names=", ".join(sorted(names)))
    return [Finding(_("Permissions"), False, said)]


# --- connection and identity ------------------------------------------------------------------------------------------
def why(fault: RuntimeFault) -> str:
    """Return why the cluster could not be reached, as precisely as possible, and what to do."""
    cause = fault.__cause__
    if isinstance(cause, NoSuchHost):
        return _("The host name in the cluster’s address can’t be found. Check its spelling.")
    if is_tls(cause):
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return _(
                "The cluster’s certificate is not signed by the given certificate authority, or it is for another name."
                " Either the kubeconfig belongs to another cluster, or someone is intercepting the connection."
            )
        return _("The server at the cluster’s address does not use TLS. Check the address.")
    if isinstance(cause, httpcore.ConnectError):
        return _("Nothing is listening at the cluster’s address. Check that the cluster is running and check the port.")
    if isinstance(cause, httpcore.ConnectTimeout):
        return _("The cluster’s address is not responding. Check for a firewall between the portal and the cluster.")
    if isinstance(cause, httpcore.TimeoutException):
        return _("The cluster’s address accepts connections but does not respond. The API server may be overloaded.")
    if fault.reason == "Unreachable":
        return _("The cluster is not responding.")
    if fault.reason == "CredentialsRefused":
        return _("The cluster is responding but does not accept these credentials. Replace them.")
    if isinstance(fault, Missing):
        return _("The server at the cluster’s address is not a Kubernetes API server.")
    return fault.message


def _version(said: Mapping[str, Any]) -> Finding:
    version = str(said.get("gitVersion", ""))
    try:
        number = int(str(said["major"])), int(str(said["minor"]).rstrip("+"))
    except (KeyError, ValueError):
        raise Missing(_("The server did not report a version of Kubernetes.")) from None
    if number < OLDEST:
        needed = ".".join(map(str, OLDEST))
        old = _("Kubernetes {version} is running. The portal needs {needed} or newer.", version=version, needed=needed)
        return Finding(_("Connection"), False, old)
    return Finding(_("Connection"), True, _("Kubernetes {version} is running.", version=version))


def _who(api: Api) -> str:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        said = api.request("POST", WHO, body=review, doing=_("read its own identity"))
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
            said = api.request("POST", REVIEWS, body=review, doing=_("check its permissions"))
        except RuntimeFault:
            return None
        return bool(said.get("status", {}).get("allowed"))

    return ask


def _rights(name: str, missing: list[Permission], of: int) -> list[Finding]:
    if not missing:
        return [Finding(name, True, _("All {number} permissions are granted.", number=of))]
    return [
        Finding(
            _("Missing permission: {permission}", permission=str(one)),
            False,
            _("Needed to {purpose}. {install}", purpose=one.why, install=_install()),
        )
        for one in missing
    ]


def _install() -> str:
    return _("Apply account.yaml, rbac.yaml and admission.yaml from deploy/kubernetes to the cluster.")


def _hub_rules(api: Api) -> list[Mapping[str, Any]] | str:
    """Return the rules of ClusterRole hubportal-hub, or "missing" or "hidden"."""
    try:
        said = api.request("GET", f"{RBAC}/clusterroles/{HUB_ROLE}", doing=_("read ClusterRole {name}", name=HUB_ROLE))
    except Missing:
        return "missing"
    except RuntimeFault:
        return "hidden"
    return list(said.get("rules") or [])


def _hub_rights(api: Api, rules: list[Mapping[str, Any]] | str | None, who: str, until: float) -> list[Finding]:
    """Check the permissions that the portal grants itself in each hub's namespace, unless it has them everywhere."""
    wanted = [p for p in PERMISSIONS if p.scope == "hub"]
    name, account = _("Permissions in hubs"), who or _("Unknown account")
    as_us = Finding(_("Account"), True, f"{who}.")
    if who == ACCOUNT and isinstance(rules, list):
        return [as_us, *_rights(name, [p for p in wanted if not p.granted_by(rules)], len(wanted))]
    answers = _at_once({str(p): _may(api, p) for p in wanted}, until)
    missing = [p for p in wanted if answers[str(p)] is not True]
    if not missing:
        said = _(
            "{account}. It has far more permissions than the portal needs. {enough} is enough.",
            account=account,
            enough=ACCOUNT,
        )
        return [Finding(_("Account"), None, said), *_rights(name, [], len(wanted))]
    if who != ACCOUNT:
        said = _(
            "{account}. The portal grants permissions in hubs’ namespaces only to {ours}. "
            "Use a token of that account or of an administrator.",
            account=account,
            ours=ACCOUNT,
        )
        return [Finding(_("Account"), False, said)]
    if rules == "missing":
        said = _("There is no ClusterRole {name}. {install}", name=HUB_ROLE, install=_install())
        return [as_us, Finding(name, False, said)]
    said = _("Not known: the portal has no permission to read ClusterRole {name}.", name=HUB_ROLE)
    return [as_us, Finding(name, None, said)]


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
        return [Finding(_title("namespaces"), False, fault.message)]
    found = [Finding(_title("namespaces"), True, _("The cluster accepts the namespace of a new hub."))]
    if who == ACCOUNT and _dry_namespace(api, {}) is None:
        said = _(
            "The portal’s account is not limited to hubs’ namespaces. Apply admission.yaml from deploy/kubernetes."
        )
        found.append(Finding(_("Admission policy"), None, said))
    return found


def _offer(name: str, api: Api, cluster: Any) -> Ask:
    def ask() -> list[Finding]:
        try:
            return offers.QUESTIONS[name](api, cluster)
        except RuntimeFault as fault:
            return [Finding(offers.title(name), None, offers.not_known(fault))]

    return ask
