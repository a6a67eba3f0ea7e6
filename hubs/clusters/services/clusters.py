"""Clusters, on which hubs run. Staff manage them, and a check finds out whether they can be used."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from hubs import runtimes, wake
from hubs.audit.services import audit
from hubs.clusters import queries as operations
from hubs.clusters.rules import Finding
from hubs.database import unless_taken
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, lazy
from hubs.models import Cluster, User
from hubs.text import slugs
from hubs.text.sentences import paragraph

TAKEN = lazy("Another cluster has this address.")
# What staff may set, by type. Other columns have their own functions.
PORTS = ("port_from", "port_to")
SETTINGS = (
    "domain", "routing", "ingress_class", "gateway", "tls", "tls_issuer", "storage_classes", "node_pools",
    "enforces_network_policy", "pod_security",
)  # fmt: skip
PRICES = ("currency", "storage_price", "hours_a_month")  # hubs do not depend on them
NEEDED_BY_HUBS = ("api", "resolvers", "portal")  # of found_addresses; others take effect at the next pass of each hub


def _staff(by: User) -> None:
    if not by.is_staff:
        raise NotAllowed(_("Only staff can manage clusters."))


def _check_slug(slug: str) -> None:
    if complaint := slugs.complaint(slug):
        raise Invalid.beside("slug", complaint)
    if Cluster.objects.filter(slug=slug).exists():
        raise Invalid.beside("slug", str(TAKEN))


def problems(
    *, slug: str, kubeconfig: str | None, values: Mapping[str, Any], known: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return everything that is wrong with a new cluster, by field, except in the fields `known` to be wrong."""
    checks: dict[str, Callable[[], Any]] = {
        "slug": lambda: _check_slug(slug),
        "kubeconfig": lambda: _check_only_one_inside() if kubeconfig is None else _read(kubeconfig),
        "domain": lambda: _check_domain(values["domain"]),
        "": lambda: _check_values({"routing": "", "gateway": "", "tls": "", "tls_issuer": "", **values}),
    }
    found: dict[str, list[str]] = {}
    for name, check in checks.items():
        try:
            if name not in known:
                check()
        except Invalid as error:
            found |= {field: said for field, said in error.errors.items() if field not in known}
    return found


def _others(than: Cluster | None) -> QuerySet[Cluster]:
    return Cluster.objects.exclude(pk=than.pk) if than else Cluster.objects.all()


def _check_domain(domain: str, without: Cluster | None = None) -> None:
    """Raise Invalid for a domain of the portal, because hubs run other people's code, or of another cluster."""
    portal = (urlsplit(settings.PORTAL_URL).hostname or "").lower()
    host = domain.partition(":")[0]
    if portal == host or portal.endswith(f".{host}") or host.endswith(f".{portal}"):
        said = _(
            "This domain belongs to the portal ({portal}). Hubs run other people’s code: use another domain.",
            portal=portal,
        )
        raise Invalid.beside("domain", said)
    taken = _others(without).filter(domain=domain).first()
    if taken:
        raise Invalid.beside("domain", _("The cluster {name} uses this domain already.", name=taken.name))


def _check_values(values: Mapping[str, Any]) -> None:
    """Raise Invalid for combinations that are not valid. Single fields are validated by the form."""
    errors: dict[str, list[str]] = {}
    if values["routing"] == Cluster.Routing.GATEWAY and not values["gateway"]:
        errors["gateway"] = [_("Enter the Gateway as NAMESPACE/NAME.")]
    if values["tls"] == Cluster.Tls.ISSUER:
        if values["routing"] != Cluster.Routing.INGRESS:
            errors["tls"] = [_("A certificate for each hub needs Ingress. Choose the wildcard certificate.")]
        elif not values["tls_issuer"]:
            errors["tls_issuer"] = [_("Enter the ClusterIssuer that issues the certificates.")]
    if errors:
        raise Invalid(_("Some settings can’t be combined."), errors)


@transaction.atomic
def create(
    *, by: User, slug: str, name: str, kubeconfig: str | None = "", values: Mapping[str, Any], open: bool = True,
    runtime: str = "",
) -> Cluster:  # fmt: skip
    """Add a cluster with credentials, of the first such runtime unless one is given. `kubeconfig` None is the cluster
    that the portal itself runs on. `values` are SETTINGS. Raise NotAllowed, Invalid by field."""
    _staff(by)
    if wrong := problems(slug=slug, kubeconfig=kubeconfig, values=values):
        raise Invalid(_("Some settings are not valid."), wrong)
    given: dict[str, Any] = {}
    if kubeconfig is not None:
        given = {"kubeconfig": _read(kubeconfig), "credentials_at": timezone.now(), "credentials_by": by}
    kind = runtime or runtimes.offered("credentials")[0]
    row = _insert(slug=slug, name=name, runtime=kind, open=open, **given, **values)
    how = _("with a kubeconfig") if given else _("the cluster that the portal runs on")
    audit.record("cluster.create", by=by, subject=name, note=how)
    return row


@transaction.atomic
def create_machine(
    *, by: User, slug: str, name: str, open: bool = True, runtime: str = "", **ports: int | None
) -> Cluster:
    """Add a cluster without credentials, of the first runtime with ports unless one is given: the machine where the
    worker runs. `ports` are PORTS, if its hubs use ports. Raise NotAllowed, Invalid by field."""
    _staff(by)
    _check_slug(slug)
    kind = runtime or runtimes.offered("ports")[0]
    given: dict[str, int] = {}
    if runtimes.capabilities(kind).ports:
        given = {name: port for name in PORTS if (port := ports.get(name)) is not None}
        _check_ports(given["port_from"], given["port_to"])
    row = _insert(slug=slug, name=name, runtime=kind, open=open, **given)
    audit.record("cluster.create", by=by, subject=name, note=str(runtimes.capabilities(kind).added))
    return row


def _insert(**columns: Any) -> Cluster:
    with unless_taken(Invalid.beside("slug", str(TAKEN))):
        return Cluster.objects.create(**columns)


def _check_ports(first: int, last: int, without: Cluster | None = None) -> None:
    if last - first < 2:
        raise Invalid.beside("port_to", _("A hub uses three ports, so the range must have at least three."))
    machines = Cluster.objects.that_can("ports")
    if without:
        machines = machines.exclude(pk=without.pk)
    other = machines.filter(port_from__lte=last, port_to__gte=first).first()
    if other:
        used = _("{name} uses ports {first} to {last}.", name=other.name, first=other.port_from, last=other.port_to)
        raise Invalid.beside("port_from", used)


def _check_only_one_inside() -> None:
    inside = next(
        (row for row in Cluster.objects.that_can("credentials") if row.in_cluster), None
    )  # encrypted, so not found by a query
    if inside:
        said = _("The cluster that the portal runs on was added already: {name}.", name=inside.name)
        raise Invalid.beside("where", said)


def _read(kubeconfig: str) -> str:
    try:
        return operations.read_kubeconfig(kubeconfig)
    except Invalid as error:
        raise Invalid.beside("kubeconfig", error.message) from None


@transaction.atomic
def change(*, cluster: Cluster, by: User, values: Mapping[str, Any]) -> Cluster:
    """Change settings, and update the cluster's hubs. Raise NotAllowed, Invalid by field."""
    _staff(by)
    Cluster.objects.filter(pk=cluster.pk).update(name=cluster.name)  # a lock: two staff at once
    cluster.refresh_from_db()
    if cluster.can.credentials:
        _check_values({name: values.get(name, getattr(cluster, name)) for name in SETTINGS})
        if values.get("domain", cluster.domain) != cluster.domain:
            _check_domain(values["domain"], cluster)
            if cluster.hubs.alive().exists():
                raise Invalid.beside("domain", _("Existing hubs use this domain, so it can’t be changed."))
    elif cluster.can.ports:
        _check_ports(values.get("port_from", cluster.port_from), values.get("port_to", cluster.port_to), cluster)
    allowed = ("name", *((*SETTINGS, *PRICES) if cluster.can.credentials else PORTS if cluster.can.ports else ()))
    if strange := set(values) - set(allowed):
        raise Invalid(_("Unknown settings: {names}.", names=", ".join(sorted(strange))))
    changes = {k: [getattr(cluster, k), v] for k, v in values.items() if getattr(cluster, k) != v}
    for name, (_before, value) in changes.items():
        setattr(cluster, name, value)
    if changes:
        cluster.save(update_fields=list(changes))
        audit.record("cluster.change", by=by, subject=cluster.name, changes=changes)
        if set(changes) & set(SETTINGS):
            _wake(cluster)
    return cluster


def _wake(cluster: Cluster) -> int:
    """Start a pass for every hub of the cluster now: some may have long to wait for their next retry."""
    return wake.look_again(cluster.hubs.filter(retired_at=None).values_list("pk", flat=True))


@transaction.atomic
def replace_credentials(*, cluster: Cluster, by: User, kubeconfig: str) -> int:
    """Replace the kubeconfig of a cluster. Hubs stay as they are and get a pass now, because they may be waiting for a
    retry; return how many. Raise NotAllowed, Invalid, and Conflict if it has no credentials."""
    _staff(by)
    if not cluster.can.credentials:
        raise Conflict(_("This is not a Kubernetes cluster, so it has no credentials."))
    columns = {"kubeconfig": _read(kubeconfig), "credentials_at": timezone.now(), "credentials_by": by}
    for name, value in columns.items():
        setattr(cluster, name, value)
    # Findings with the old credentials no longer count.
    cluster.healthy, cluster.checked_at, cluster.check_findings = None, None, []
    cluster.save(update_fields=[*columns, "healthy", "checked_at", "check_findings"])
    audit.record("cluster.credentials", by=by, subject=cluster.name)
    return _wake(cluster)


@transaction.atomic
def set_open(*, cluster: Cluster, by: User, open: bool) -> Cluster:
    """Open or close a cluster for new hubs. Existing hubs keep running. Raise NotAllowed."""
    _staff(by)
    if Cluster.objects.filter(pk=cluster.pk, open=not open).update(open=open):
        audit.record("cluster.open" if open else "cluster.close", by=by, subject=cluster.name)
    cluster.refresh_from_db()
    return cluster


@transaction.atomic
def delete(*, cluster: Cluster, by: User, typed: str) -> None:
    """Remove an unused cluster from the portal. `typed` is its address. Raise NotAllowed, Invalid, Conflict."""
    _staff(by)
    if typed.strip() != cluster.slug:
        raise Invalid.beside("typed", _("Type {name} to confirm.", name=cluster.slug))
    audit.record("cluster.delete", by=by, subject=cluster.name)
    try:
        with transaction.atomic():
            cluster.delete()
    except ProtectedError:
        said = _("Organisations or hubs use this cluster. To prevent new hubs, close it instead.")
        raise Conflict(said) from None


def check(*, cluster: Cluster, by: User) -> Cluster:
    """Check what hubs need of the cluster, and save the result. Takes at most fifteen seconds, outside a transaction.
    Raise NotAllowed."""
    _staff(by)
    return record_check(cluster=cluster, findings=operations.check(cluster), by=by)


@transaction.atomic
def record_check(*, cluster: Cluster, findings: Sequence[Finding], by: User | None = None) -> Cluster:
    """Save the findings of a check. A cluster is healthy if no finding failed. Nothing is saved if the credentials were
    replaced in the meantime, because the check used the old ones."""
    healthy = not any(finding.ok is False for finding in findings)
    before = cluster.found_addresses
    addresses = dict(before)
    for finding in findings:
        addresses |= finding.addresses or {}
    lines = [{"name": finding.name, "ok": finding.ok, "message": finding.message} for finding in findings]
    tried = Cluster.objects.filter(pk=cluster.pk, credentials_at=cluster.credentials_at)
    was = tried.values_list("healthy", flat=True).first()
    kept = tried.update(
        healthy=healthy, checked_at=timezone.now(), check_findings=lines, found_addresses=addresses
    )  # fmt: skip
    if kept and any(addresses.get(name) != before.get(name) for name in NEEDED_BY_HUBS):
        _wake(cluster)  # a hub that can't reach its API server can't start servers
    if kept and (by or was != healthy):
        failing = paragraph([finding.name for finding in findings if finding.ok is False][:20], ", ")
        note = _("failed: {checks}", checks=failing) if failing else _("no problems")
        audit.record("cluster.check", by=by, subject=cluster.name, note=note)
    cluster.refresh_from_db()
    return cluster
