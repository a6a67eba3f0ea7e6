"""Clusters, for staff only. Credentials can be written and are never returned."""

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
from hubs.language import _
from hubs.models import Cluster, Hub, Scope

LIVING = Count("hubs", filter=~Q(hubs__desired_state=Hub.Desired.RETIRED), distinct=True)
PARTNERS = Count("organizations", distinct=True)


class Settings(serializers.Serializer):
    """What staff may set. For a machine: name and ports; for a Kubernetes cluster: everything except the ports."""

    name = serializers.CharField(max_length=100)
    portFrom = serializers.IntegerField(source="port_from", help_text="A hub uses three ports")
    portTo = serializers.IntegerField(source="port_to")
    domain = serializers.CharField(max_length=253, allow_blank=True, help_text="Hubs have addresses SLUG.domain")
    routing = serializers.ChoiceField(Cluster.Routing.choices, help_text="How requests reach hubs")
    ingressClass = serializers.CharField(source="ingress_class", max_length=100, allow_blank=True)
    gateway = serializers.CharField(max_length=200, allow_blank=True, help_text="NAMESPACE/NAME")
    tls = serializers.ChoiceField(Cluster.Tls.choices, help_text="Source of certificates")
    tlsIssuer = serializers.CharField(source="tls_issuer", max_length=200, allow_blank=True)
    storageClasses = serializers.ListField(
        source="storage_classes", child=serializers.CharField(max_length=253), help_text="New volumes use the first one"
    )
    nodePools = serializers.ListField(
        source="node_pools", child=serializers.DictField(),
        help_text="name, nodeSelector, tolerations; of one node: memory, cpu, pricePerHour",
    )  # fmt: skip
    enforcesNetworkPolicy = serializers.BooleanField(source="enforces_network_policy")
    podSecurity = serializers.ChoiceField(Cluster.PodSecurity.choices, source="pod_security")
    currency = serializers.CharField(max_length=3, help_text="EUR, USD, ...")
    storagePrice = serializers.FloatField(source="storage_price", allow_null=True, help_text="Per GiB and month")
    hoursAMonth = serializers.IntegerField(
        source="hours_a_month", help_text="Average hours of use per person and month"
    )


class Changes(Settings):
    """Any of the settings; what is left out stays as it is."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class NewCluster(Changes):
    slug = serializers.CharField(max_length=40, help_text="Can’t be changed later")
    runtime = serializers.CharField()  # replaced in get_fields
    kubeconfig = serializers.CharField(
        max_length=KUBECONFIG_BYTES, trim_whitespace=False, write_only=True,
        help_text="The text of the kubeconfig; leave out for the cluster that the portal itself runs on",
    )  # fmt: skip
    open = serializers.BooleanField(default=True, help_text="New hubs can be created there")

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
    ok = serializers.BooleanField(allow_null=True, help_text="null for a note")
    message = serializers.CharField()


class ClusterShort(shapes.Shape):
    slug = serializers.SlugField()
    self = shapes.Link("api-cluster", "slug")
    name = serializers.CharField()
    runtime = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)
    open = serializers.BooleanField(help_text="New hubs can be created there")
    healthy = serializers.BooleanField(allow_null=True, help_text="Result of the last check; null before the first one")
    checkedAt = serializers.DateTimeField(source="checked_at", allow_null=True)
    hubs = serializers.IntegerField(source="living", help_text="Number of hubs on it")
    organizations = serializers.IntegerField(source="partners", help_text="Number that create new hubs there")


class ClusterWhole(ClusterShort):
    settings = serializers.SerializerMethodField()
    inCluster = serializers.BooleanField(source="in_cluster", help_text="The portal itself runs on it")
    apiServer = serializers.CharField(source="api_server", allow_blank=True)
    credentialsAt = serializers.DateTimeField(source="credentials_at", allow_null=True)
    credentialsBy = serializers.CharField(source="credentials_by.username", allow_null=True, default=None)
    findings = FindingShape(many=True, source="check_findings")

    @extend_schema_field(Changes)
    def get_settings(self, row: Cluster) -> dict[str, Any]:
        mine = form_of(row).base_fields
        return {name: getattr(row, column) for name, column in columns(Settings).items() if column in mine}


def _checked(row: Cluster, said: dict[str, Any]) -> dict[str, Any]:
    """Return all settings of this type of cluster by column: `said` over the row's values. Raise Invalid by column."""
    form = form_of(row)
    if strange := set(said) - set(form.base_fields):
        words = _("This type of cluster does not have this setting.")
        raise Invalid(_("Some settings do not apply to this type."), {name: [words] for name in sorted(strange)})
    return checked(form({**form.initial_of(row), **said}))


def _tag(row: Cluster) -> str:
    return tag_of(*(getattr(row, name) for name in form_of(row).base_fields))


def _shown(row: Cluster) -> Cluster:
    rows = Cluster.objects.select_related("credentials_by").annotate(living=LIVING, partners=PARTNERS)
    return rows.get(pk=row.pk)


class Clusters(Endpoint):
    @does(Scope.READ, pages=ClusterShort, order=("name", "pk"))
    def get(self, request: SignedIn) -> Any:
        """Staff: all clusters."""
        access.staff(request.user)
        return Cluster.objects.annotate(living=LIVING, partners=PARTNERS)

    @does(Scope.ADMINISTER, reads=NewCluster, makes=ClusterWhole, tag=_tag)
    def post(self, request: SignedIn) -> Cluster:
        """Staff: add a cluster. Run its check next, which may take fifteen seconds."""
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
        """Staff: one cluster with its settings and the findings of the last check. Credentials are never returned."""
        return _shown(access.cluster(request.user, cluster))

    @does(Scope.ADMINISTER, reads=Changes, gives=ClusterWhole, tag=_tag)
    def patch(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: change the settings; its hubs are updated. Requires If-Match."""
        row = access.cluster(request.user, cluster)
        said = self.read(Changes)
        self.check_match(_tag(row))
        with named_as(Changes):
            row = services.change(cluster=row, by=request.user, values=_checked(row, said))
        return _shown(row)

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, cluster: str) -> None:
        """Staff: remove an unused cluster from the portal. Nothing is changed in it."""
        row = access.cluster(request.user, cluster)
        services.delete(cluster=row, by=request.user, typed=row.slug)


class ReplaceCredentials(Endpoint):
    @does(Scope.ADMINISTER, reads=Credentials, gives=ClusterWhole, tag=_tag)
    def put(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: replace the kubeconfig of a cluster, and check the cluster with it. Hubs stay as they are."""
        row = access.cluster(request.user, cluster)
        if not row.can.credentials:
            raise Conflict(_("This is not a Kubernetes cluster, so it has no credentials."))
        services.replace_credentials(cluster=row, by=request.user, **self.read(Credentials))
        return _shown(services.check(cluster=row, by=request.user))


class CheckCluster(Endpoint):
    @does(Scope.ADMINISTER, lists=FindingShape)
    def post(self, request: SignedIn, cluster: str) -> Any:
        """Staff: check that the cluster has everything that the portal needs."""
        row = services.check(cluster=access.cluster(request.user, cluster), by=request.user)
        return row.check_findings


class OpenCluster(Endpoint):
    @does(Scope.ADMINISTER, reads=Opening, gives=ClusterWhole, tag=_tag)
    def put(self, request: SignedIn, cluster: str) -> Cluster:
        """Staff: open a cluster for new hubs, or close it. Existing hubs keep running."""
        row = access.cluster(request.user, cluster)
        return _shown(services.set_open(cluster=row, by=request.user, open=self.read(Opening)["open"]))
