import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from hubs import runtimes
from hubs.crypto import EncryptedTextField
from hubs.spec.capabilities import Capabilities

CHECK_EVERY, CHECK_FAILING = timedelta(minutes=10), timedelta(seconds=55)


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def offered(self) -> "ClusterQuerySet":
        """Where new hubs may be made: open, and not failing its check."""
        return self.filter(open=True).exclude(healthy=False)

    def that_can(self, capability: str) -> "ClusterQuerySet":
        """Those whose runtime declares this capability."""
        return self.filter(runtime__in=runtimes.kinds(capability))

    def check_due(self, now: datetime) -> "ClusterQuerySet":
        """Clusters to check again: a healthy one after ten minutes, another one after one."""
        old = Q(checked_at__lt=now - CHECK_EVERY) | Q(healthy=False, checked_at__lt=now - CHECK_FAILING)
        return self.that_can("checked").filter(old | Q(checked_at=None))


def runtime_choices() -> list[tuple[str, str]]:
    """Migrations name this, so that another runtime needs none."""
    return runtimes.choices()


class Cluster(models.Model):
    """A place where hubs can live."""

    class Routing(models.TextChoices):
        """How browsers reach a hub in the cluster."""

        INGRESS = "ingress", "Ingress"
        GATEWAY = "gateway", "Gateway API"
        NONE = "none", "None: requests reach each hub by other means"

    class Tls(models.TextChoices):
        ISSUER = "issuer", "cert-manager issues a certificate for each hub"
        WILDCARD = "wildcard", "one wildcard certificate, configured in the ingress controller or gateway"
        NONE = "none", "no TLS (for testing only)"

    class PodSecurity(models.TextChoices):
        """The Pod Security Standard that namespaces of hubs enforce."""

        RESTRICTED = "restricted", "restricted"
        BASELINE = "baseline", "baseline"
        PRIVILEGED = "privileged", "privileged"

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    runtime = models.CharField(max_length=20, choices=runtime_choices)
    domain = models.CharField(max_length=253, blank=True, help_text="Hubs are at SLUG.DOMAIN. Empty for This machine.")
    port_from = models.PositiveIntegerField(default=18000, help_text="Local runtime: the first port that hubs can use.")
    port_to = models.PositiveIntegerField(default=19999, help_text="Local runtime: the last port that hubs can use.")
    open = models.BooleanField(default=True, help_text="New hubs can be created here.")

    # The rest is of those with credentials. No kubeconfig = the cluster that the portal itself runs in.
    kubeconfig = EncryptedTextField(blank=True, default="")
    credentials_at = models.DateTimeField(null=True, blank=True)  # when the kubeconfig was given, and by whom
    credentials_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    routing = models.CharField(max_length=10, choices=Routing.choices, default=Routing.INGRESS)
    ingress_class = models.CharField(max_length=100, blank=True)
    gateway = models.CharField(max_length=200, blank=True, help_text="NAMESPACE/NAME of the Gateway.")
    tls = models.CharField(max_length=10, choices=Tls.choices, default=Tls.ISSUER)
    tls_issuer = models.CharField(max_length=200, blank=True, help_text="cert-manager's ClusterIssuer.")
    # Names; the first is the default, none = the cluster's.
    storage_classes = models.JSONField(default=list, blank=True)
    # [{"name", "nodeSelector": {}, "tolerations": []}]; people's servers use the first, none = any node.
    # Of one machine there: "memory" (a quantity), "cpu" (cores), "pricePerHour".
    node_pools = models.JSONField(default=list, blank=True)
    enforces_network_policy = models.BooleanField(default=True)
    pod_security = models.CharField(max_length=12, choices=PodSecurity.choices, default=PodSecurity.RESTRICTED)

    # What it costs, for estimates: hubs.requests.queries.costs.
    currency = models.CharField(max_length=3, default="EUR")
    storage_price = models.FloatField(null=True, blank=True)  # a GiB a month
    hours_a_month = models.PositiveIntegerField(default=40)  # that a person's server runs

    # What the last check found. Written by clusters.services.clusters.record_check and by nobody else.
    healthy = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_findings = models.JSONField(default=list, blank=True)  # [{"name", "ok", "message"}]
    # Where hubs' pods find what they may reach in private networks: {"api", "resolvers", "portal", "own": [text]};
    # provisioning.render.place says what the texts are. What was never found out is missing.
    found_addresses = models.JSONField(default=dict, blank=True)
    fleet_checked_at = models.DateTimeField(null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(  # of the database: the room clusters asks each place with credentials
                condition=~Q(runtime="kubernetes") | ~Q(domain=""), name="a_cluster_of_hubs_has_a_domain"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def uses_ingress(self) -> bool:
        return self.routing == self.Routing.INGRESS

    @property
    def uses_gateway(self) -> bool:
        return self.routing == self.Routing.GATEWAY

    @property
    def uses_issuer(self) -> bool:
        return self.tls == self.Tls.ISSUER

    @property
    def in_cluster(self) -> bool:
        """Is it the cluster that the portal itself runs in?"""
        return self.can.credentials and not self.kubeconfig

    @property
    def can(self) -> Capabilities:
        """What hubs there can do."""
        return runtimes.capabilities(self.runtime)

    @property
    def offered(self) -> bool:
        """As ClusterQuerySet.offered."""
        return self.open and self.healthy is not False

    @property
    def api_server(self) -> str:
        """Address of the API server, which is no secret; "" where the kubeconfig was not given on a page."""
        try:
            return str(json.loads(self.kubeconfig)["clusters"][0]["cluster"]["server"])
        except (ValueError, LookupError, TypeError):
            return ""
