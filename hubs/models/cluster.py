import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from hubs import runtimes
from hubs.crypto import EncryptedTextField
from hubs.language import lazy
from hubs.models.sentence_field import BuiltInNameField, SentencesField
from hubs.spec.capabilities import Capabilities

THIS_MACHINE = lazy("This machine")  # what `make run` calls its cluster
CHECK_EVERY, CHECK_FAILING = timedelta(minutes=10), timedelta(seconds=55)


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def offered(self) -> "ClusterQuerySet":
        """Clusters where new hubs can be created: open, and not failing their check."""
        return self.filter(open=True).exclude(healthy=False)

    def that_can(self, capability: str) -> "ClusterQuerySet":
        """Clusters whose runtime declares this capability."""
        return self.filter(runtime__in=runtimes.kinds(capability))

    def check_due(self, now: datetime) -> "ClusterQuerySet":
        """Clusters to check again: a healthy one after ten minutes, a failing one after about one minute."""
        old = Q(checked_at__lt=now - CHECK_EVERY) | Q(healthy=False, checked_at__lt=now - CHECK_FAILING)
        return self.that_can("checked").filter(old | Q(checked_at=None))


def runtime_choices() -> list[tuple[str, str]]:
    """Return the choices of `runtime`. A function, so that another runtime needs no migration."""
    return runtimes.choices()


class Cluster(models.Model):
    """A cluster or machine on which hubs run."""

    class Routing(models.TextChoices):
        """How browsers reach a hub in the cluster."""

        INGRESS = "ingress", "Ingress"
        GATEWAY = "gateway", "Gateway API"
        NONE = "none", lazy("None: requests reach each hub by other means")

    class Tls(models.TextChoices):
        ISSUER = "issuer", lazy("cert-manager issues a certificate for each hub")
        WILDCARD = "wildcard", lazy("one wildcard certificate, configured in the ingress controller or gateway")
        NONE = "none", lazy("no TLS (for testing only)")

    class PodSecurity(models.TextChoices):
        """The Pod Security Standard that namespaces of hubs enforce."""

        RESTRICTED = "restricted", "restricted"
        BASELINE = "baseline", "baseline"
        PRIVILEGED = "privileged", "privileged"

    slug = models.SlugField(max_length=40, unique=True)
    name = BuiltInNameField(max_length=100, built_in=THIS_MACHINE)
    runtime = models.CharField(max_length=20, choices=runtime_choices)
    domain = models.CharField(max_length=253, blank=True, help_text="Hubs are at SLUG.DOMAIN. Empty for This machine.")
    port_from = models.PositiveIntegerField(default=18000, help_text="Local runtime: the first port that hubs can use.")
    port_to = models.PositiveIntegerField(default=19999, help_text="Local runtime: the last port that hubs can use.")
    open = models.BooleanField(default=True, help_text="New hubs can be created here.")

    # For Kubernetes clusters only. No kubeconfig: the cluster that the portal itself runs in.
    kubeconfig = EncryptedTextField(blank=True, default="")
    credentials_at = models.DateTimeField(null=True, blank=True)  # when the kubeconfig was set, and by whom
    credentials_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    routing = models.CharField(max_length=10, choices=Routing.choices, default=Routing.INGRESS)
    ingress_class = models.CharField(max_length=100, blank=True)
    gateway = models.CharField(max_length=200, blank=True, help_text="NAMESPACE/NAME of the Gateway.")
    tls = models.CharField(max_length=10, choices=Tls.choices, default=Tls.ISSUER)
    tls_issuer = models.CharField(max_length=200, blank=True, help_text="cert-manager's ClusterIssuer.")
    # Names; the first is the default. None: the cluster's default.
    storage_classes = models.JSONField(default=list, blank=True)
    # [{"name", "nodeSelector": {}, "tolerations": []}]; people's servers use the first. None: any node.
    # Of one node of the pool: "memory" (a quantity), "cpu" (cores), "pricePerHour".
    node_pools = models.JSONField(default=list, blank=True)
    enforces_network_policy = models.BooleanField(default=True)
    pod_security = models.CharField(max_length=12, choices=PodSecurity.choices, default=PodSecurity.RESTRICTED)

    # Prices, for cost estimates: hubs.requests.queries.costs.
    currency = models.CharField(max_length=3, default="EUR")
    storage_price = models.FloatField(null=True, blank=True)  # per GiB and month
    hours_a_month = models.PositiveIntegerField(default=40)  # for which a person's server runs

    # The result of the last check. Written only by clusters.services.clusters.record_check.
    healthy = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_findings = SentencesField(default=list, blank=True)  # [{"name", "ok", "message"}]
    # Private addresses that hubs' pods may connect to: {"api", "resolvers", "portal", "own": [text]}, in the format of
    # provisioning.render.place. A key is absent until its value is known.
    found_addresses = models.JSONField(default=dict, blank=True)
    fleet_checked_at = models.DateTimeField(null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(  # hubs.clusters requires a domain from each cluster with credentials
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
        """Whether this is the cluster that the portal itself runs in."""
        return self.can.credentials and not self.kubeconfig

    @property
    def can(self) -> Capabilities:
        """The capabilities of the cluster's runtime."""
        return runtimes.capabilities(self.runtime)

    @property
    def offered(self) -> bool:
        """As ClusterQuerySet.offered."""
        return self.open and self.healthy is not False

    @property
    def api_server(self) -> str:
        """The address of the API server, which is not secret; "" if the kubeconfig was not entered on a page."""
        try:
            return str(json.loads(self.kubeconfig)["clusters"][0]["cluster"]["server"])
        except (ValueError, LookupError, TypeError):
            return ""
