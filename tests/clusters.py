"""A Kubernetes cluster as staff type it, and as it is stored."""

from hubs.clusters.forms.clusters import SettingsForm
from hubs.clusters.forms.node_pools import EXAMPLE
from hubs.clusters.services import clusters as services
from hubs.models import AuditEvent, Cluster, User
from tests.kubeconfigs import text

TYPED = {
    "name": "Teaching cluster", "slug": "teaching", "where": "kubeconfig", "domain": "hubs-example.org",
    "routing": "ingress", "ingress_class": "nginx", "gateway": "", "tls": "issuer", "tls_issuer": "letsencrypt",
    "storage_classes": "fast\nslow", "node_pools": EXAMPLE, "enforces_network_policy": "on",
    "pod_security": "restricted", "open": "on",
}  # fmt: skip


def teaching_cluster(by: User) -> Cluster:
    """A cluster whose address nothing listens on."""
    form = SettingsForm(TYPED)
    assert form.is_valid(), form.errors
    return services.create(by=by, slug="teaching", name="Teaching cluster", kubeconfig=text(), values=form.values())


def verbs() -> list[str]:
    """Return the verbs of the audit log, in order."""
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))
