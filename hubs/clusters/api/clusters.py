"""Where hubs live: staff’s business alone. Credentials are written and never answered."""

from typing import Any

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hubs import access, runtimes
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.api.naming import checked, columns, named_as
from hubs.clusters.forms.clusters import KUBECONFIG_BYTES, form_of
from hubs.clusters.services import clusters as services
from hubs.errors import Conflict, Invalid
from hubs.models import Cluster, Hub, Scope

LIVING = Count("hubs", filter=~Q(hubs__desired_state=Hub.Desired.RETIRED), distinct=True)
PARTNERS = Count("organizations", distinct=True)


class Settings(serializers.Serializer):
    """What staff may set. Of a machine: name and ports; of a Kubernetes cluster: all but the ports."""

    name = serializers.CharField(max_length=100)
    portFrom = serializers.IntegerField(source="port_from", help_text="A hub takes three ports")
    portTo = serializers.IntegerField(source="port_to")
    domain = serializers.CharField(max_length=253, allow_blank=True, help_text="Hubs live at SLUG.domain")
    routing = serializers.ChoiceField(Cluster.Routing.choices, help_text="How browsers get in")
    ingressClass = serializers.CharField(source="ingress_class", max_length=100, allow_blank=True)
    gateway = serializers.CharField(max_length=200, allow_blank=True, help_text="NAMESPACE/NAME")
    tls = serializers.ChoiceField(Cluster.Tls.choices, help_text="Where certificates come from")
    tlsIssuer = serializers.CharField(source="tls_issuer", max_length=200, allow_blank=True)
    storageClasses = serializers.ListField(
        source="storage_classes", child=serializers.CharField(max_length=253), help_text="New volumes take the first"
    )
    nodePools = serializers.ListField(
        source="node_pools", child=serializers.DictField(),
        help_text="name, nodeSelector, tolerations; of one machine: memory, cpu, pricePerHour",
    )  # fmt: skip
    enforcesNetworkPolicy = serializers.BooleanField(source="enforces_network_policy")
    podSecurity = serializers.ChoiceField(Cluster.PodSecurity.choices, source="pod_security")
    currency = serializers.CharField(max_length=3, help_text="EUR, USD, ...")
    storagePrice = serializers.FloatField(source="storage_price", allow_null=True, help_text="A GiB a month")
    hoursAMonth = serializers.IntegerField(source="hours_a_month", help_text="That one person’s server runs, about")


class Changes(Settings):
    """Any of them; what is not sent stays."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class NewCluster(Changes):
    slug = serializers.CharField(max_length=40, help_text="It never changes")
    runtime = serializers.CharField()  # get_fields says which there are
    kubeconfig = serializers.CharField(
        max_length=KUBECONFIG_BYTES, trim_whitespace=False, write_only=True,
        help_text="Its text; left out for the cluster that the portal itself runs in",
    )  # fmt: skip
    open = serializers.BooleanField(default=True, help_text="New hubs can be made there")

    def get_fields(self) -> dict[str, Any]:
        fields, kinds = super().get_fields(), runtimes.offered()
        fields["runtime"] = serializers.ChoiceField(kinds, default=kinds[0], help_text="local: this machine")
        for name in ("slug", "name"):
            fields[name].required = True
        return fields


class Credentials(serializers.Serializer):
    kubeconfig = serializers.CharField(max_length=KUBECONFIG_BYTES, trim_whitespace=False, write_only=True)


class Opening(serializers.Serializer):
    open = serializers.BooleanField()


class FindingShape(shapes.Shape):
    name = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True, help_text="null: good to know")
    message = serializers.CharField()


class ClusterShort(shapes.Shape):
    slug = serializers.SlugField()
    self = shapes.Link("api-cluster", "slug")
    name = serializers.CharField()
    runtime = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)
    open = serializers.BooleanField(help_text="New hubs can be made there")
    healthy = serializers.BooleanField(allow_null=True, help_text="What the last check said; null before the first one")
    checkedAt = serializers.DateTimeField(source="checked_at", allow_null=True)
    hubs = serializers.IntegerField(source="living", help_text="That live there")
    organizations = serializers.IntegerField(source="partners", help_text="Whose new hubs are made there")


class ClusterWhole(ClusterShort):
    settings = serializers.SerializerMethodField()
    inCluster = serializers.BooleanField(source="in_cluster", help_text="The one that the portal itself runs in")
    apiServer = serializers.CharField(source="api_server", allow_blank=True)
    credentialsAt = serializers.DateTimeField(source="credentials_at", allow_null=True)
    credentialsBy = serializers.CharField(source="credentials_by.username", allow_null=True, default=None)
    findings = FindingShape(many=True, source="check_findings")

    @extend_schema_field(Changes)
    def get_settings(self, row: Cluster) -> dict[str, Any]:
        mine = form_of(row).base_fields
        return {name: getattr(row, column) for name, column in columns(Settings).items() if column in mine}


def _checked(row: Cluster, said: dict[str, Any]) -> dict[str, Any]:
    """All settings of the kind by column: `said` over what the row has. Raises Invalid by column."""
    form = form_of(row)
    if strange := set(said) - set(form.base_fields):
        raise Invalid("Some of this is not for this kind.", {name: ["Not of this kind."] for name in sorted(strange)})
    return checked(form({**form.initial_of(row), **said}))


def _tag(row: Cluster) -> str:
    return tag_of(*(getattr(row, name) for name in form_of(row).base_fields))


def _shown(row: Cluster) -> Cluster:
    rows = Cluster.objects.select_related("credentials_by").annotate(living=LIVING, partners=PARTNERS)
    return rows.get(pk=row.pk)


class Clusters(Endpoint):
    @does(Scope.READ, pages=ClusterShort, order=("name", "pk"))
    def get(self, request: SignedIn) -> Any:
        """Staff: the fleet."""
        access.staff(request.user)
        return Cluster.objects.annotate(living=LIVING, partners=PARTNERS)

    @does(Scope.ADMINISTER, reads=NewCluster, makes=ClusterWhole, tag=_tag)
    def post(self, request: SignedIn) -> Cluster:
        """Staff: a place for hubs. Ask for its check next: it may take fifteen seconds."""
        access.staff(request.user)
        said = self.read(NewCluster)
        slug, kind, open = said.pop("slug"), said.pop("runtime"), said.pop("open")
        kubeconfig = said.pop("kubeconfig", None)
        with named_as(NewCluster, where="kubeconfig"):
            values = _checked(Cluster(runtime=kind), said)
            name = values.pop("name")
            given = {"by": request.user, "slug": slug, "name": name, "open": open, "runtime": kind}
            if runtimes.capabilities(kind).credentials:
                row = services.create(**given, kubeconfig=kubeconfig, values=values)
            else:
                row = services.create_machine(**given, **values)
        return _shown(row)


class OneCluster(Endpoint):
    @does(Scope.READ, gives=ClusterWhole, tag=_tag)
    def get(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: its settings, and what the last check found. Never its credentials."""
        return _shown(access.cluster(request.user, cluster))

    @does(Scope.ADMINISTER, reads=Changes, gives=ClusterWhole, tag=_tag)
    def patch(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: other settings; its hubs follow. Needs If-Match."""
        row = access.cluster(request.user, cluster)
        said = self.read(Changes)
        self.check_match(_tag(row))
        with named_as(Changes):
            row = services.change(cluster=row, by=request.user, values=_checked(row, said))
        return _shown(row)

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, cluster: str) -> None:
        """Staff: forget a cluster that nobody uses. Nothing is changed in it."""
        row = access.cluster(request.user, cluster)
        services.delete(cluster=row, by=request.user, typed=row.slug)


class ReplaceCredentials(Endpoint):
    @does(Scope.ADMINISTER, reads=Credentials, gives=ClusterWhole, tag=_tag)
    def put(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: another kubeconfig for the same cluster, and a check with it. Hubs stay as they are."""
        row = access.cluster(request.user, cluster)
        if not row.can.credentials:
            raise Conflict("This is no Kubernetes cluster: it has no credentials.")
        services.replace_credentials(cluster=row, by=request.user, **self.read(Credentials))
        return _shown(services.check(cluster=row, by=request.user))


class CheckCluster(Endpoint):
    @does(Scope.ADMINISTER, lists=FindingShape)
    def post(self, request: SignedIn, cluster: str) -> Any:
        """Staff: ask the cluster for all that the portal needs."""
        row = services.check(cluster=access.cluster(request.user, cluster), by=request.user)
        return row.check_findings


class OpenCluster(Endpoint):
    @does(Scope.ADMINISTER, reads=Opening, gives=ClusterWhole, tag=_tag)
    def put(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: open it for new hubs, or close it. Hubs that live there go on."""
        row = access.cluster(request.user, cluster)
        return _shown(services.set_open(cluster=row, by=request.user, open=self.read(Opening)["open"]))
