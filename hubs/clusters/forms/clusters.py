"""A cluster, as staff type it."""

from collections.abc import Iterable
from typing import Any

from django import forms

from hubs import runtimes
from hubs.clusters.services.clusters import PORTS
from hubs.models import Cluster

from .kubernetes_names import EXACT, DomainField, GatewayField, LinesField, NameField, exact
from .node_pools import NodePoolsField

KUBECONFIG_BYTES = 256 * 1024
INSIDE, GIVEN = "inside", "kubeconfig"


def _choice(choices: Iterable[tuple[str, Any]], label: str, lines: dict[str, str], help_text: str = "") -> Any:
    named = [(value, str(words)[0].upper() + str(words)[1:]) for value, words in choices]
    field = forms.ChoiceField(choices=named, label=label, help_text=help_text, widget=forms.RadioSelect)
    field.choice_help = lines  # type: ignore[attr-defined]
    return field


def _slug() -> forms.CharField:
    about = "In the portal’s own pages. Small letters, digits and dashes. It never changes."
    return forms.CharField(
        max_length=40, label="Address", help_text=about, widget=exact(**{"data-slug-from": "id_name"})
    )


class SettingsForm(forms.Form):
    """What the portal has to know of a Kubernetes cluster. Field names are the columns' names."""

    name = forms.CharField(max_length=100, label="Name", help_text="What people read: “Teaching cluster”.")
    domain = DomainField(
        max_length=253,
        label="Domain of its hubs",
        help_text="Hubs live at NAME.domain. Its wildcard (*.domain) leads to the cluster. Not a domain of the portal.",
        widget=exact(placeholder="hubs-example.org"),
    )
    routing = _choice(
        Cluster.Routing.choices,
        "How browsers get in",
        {
            "ingress": "An ingress controller runs in the cluster (ingress-nginx, Traefik, HAProxy, …).",
            "gateway": "A Gateway is there; each hub gets an HTTPRoute.",
            "none": "You forward NAME.domain to the Service proxy-public of each hub yourself.",
        },
    )
    ingress_class = NameField(
        label="Ingress class", max_length=100, help_text="For Ingress. Empty: the cluster’s default class."
    )
    gateway = GatewayField(
        label="Gateway",
        required=False,
        max_length=200,
        help_text="For the Gateway API: NAMESPACE/NAME.",
        widget=exact(),
    )
    tls = _choice(
        Cluster.Tls.choices,
        "Certificates",
        {
            "issuer": "With Ingress only.",
            "wildcard": "For *.domain. Nothing is made for each hub.",
            "none": "Addresses begin with http://. Passwords can be read on the way.",
        },
    )
    tls_issuer = NameField(label="ClusterIssuer", help_text="cert-manager’s, when it makes the certificates.")
    storage_classes = LinesField(
        required=False,
        label="Storage classes",
        help_text="One a line; new volumes take the first. Empty: the cluster’s default class.",
        widget=forms.Textarea(attrs={"rows": 3, **EXACT}),
    )
    node_pools = NodePoolsField(required=False)
    enforces_network_policy = forms.BooleanField(
        required=False,
        label="Its network plugin enforces NetworkPolicies",
        help_text="Calico, Cilium and most managed clusters with the option turned on do. Without it hubs are not kept "
        "apart from each other.",
    )
    pod_security = forms.ChoiceField(
        choices=Cluster.PodSecurity.choices,
        label="Pod Security Standard",
        help_text="What namespaces of hubs enforce. “restricted” suits all hubs of the catalogue.",
    )

    currency = forms.RegexField(
        "^[A-Z]{3}$",
        required=False,
        empty_value="EUR",
        label="Currency",
        help_text="Three letters, such as EUR or USD.",
        widget=exact(),
        error_messages={"invalid": "Write three capital letters, such as EUR."},
    )
    storage_price = forms.FloatField(
        required=False,
        min_value=0,
        max_value=1000,
        label="Storage",
        help_text="What a GiB of homes costs a month. Empty: people see no estimate of it. What machines cost stands "
        "in the node pools.",
    )
    hours_a_month = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=744,
        label="Hours of use",
        help_text="How long one person’s server runs in a month, about.",
    )

    GROUPS = (
        ("Where hubs are found", ("domain", "routing", "ingress_class", "gateway", "tls", "tls_issuer")),
        ("Where they run", ("storage_classes", "node_pools", "enforces_network_policy", "pod_security")),
        ("What it costs", ("currency", "storage_price", "hours_a_month")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("gateway", "storage_classes", "node_pools", "storage_price"):
            self.fields[name].optional = True  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, cluster: Cluster | None = None) -> dict[str, Any]:
        """The row's values; of a new one the model's own defaults."""
        row = cluster or Cluster()
        return {name: getattr(row, name) for name in SettingsForm.base_fields}

    def clean_hours_a_month(self) -> int:
        return self.cleaned_data["hours_a_month"] or Cluster._meta.get_field("hours_a_month").default

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def values(self) -> dict[str, Any]:
        """Cleaned, by column; without the name."""
        return {name: self.cleaned_data[name] for name in SettingsForm.base_fields if name != "name"}


class CredentialsForm(forms.Form):
    """A kubeconfig, as a file or as text. Nothing that was typed is ever shown again."""

    file = forms.FileField(
        required=False, label="Kubeconfig file", help_text="A file of yours, with a ServiceAccount token."
    )
    kubeconfig = forms.CharField(
        required=False,
        strip=False,
        label="… or its text",
        help_text="From: kubectl config view --minify --flatten --raw",
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", **EXACT}),
    )

    def clean_file(self) -> str:
        given = self.cleaned_data.get("file")
        if not given:
            return ""
        if given.size > KUBECONFIG_BYTES:
            raise forms.ValidationError("This is too long for a kubeconfig (more than 256 KiB).")
        try:
            return str(given.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("This file is not text.") from None

    def text(self) -> str:
        return str(self.cleaned_data.get("file") or self.cleaned_data.get("kubeconfig") or "")

    def without_secrets(self) -> "CredentialsForm":
        """The same errors, with the text field empty: the answer of a page holds no credentials."""
        self.data = {name: value for name, value in self.data.items() if name != self.add_prefix("kubeconfig")}
        return self


class NewClusterForm(SettingsForm, CredentialsForm):
    slug = _slug()
    where = _choice(
        ((GIVEN, "A cluster that I have a kubeconfig of"), (INSIDE, "The cluster that the portal itself runs in")),
        "Which cluster?",
        {
            GIVEN: "The kubeconfig is encrypted, and never shown again.",
            INSIDE: "Installed from deploy/kubernetes; it needs no credentials.",
        },
    )
    open = forms.BooleanField(
        required=False, initial=True, label="Open for new hubs", help_text="You can close and open it at any time."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("where") == GIVEN and not self.text() and not self.errors.get("file"):
            self.add_error("kubeconfig", "Choose the kubeconfig file, or paste what is in it.")
        return cleaned

    def given(self) -> dict[str, Any]:
        """For the service."""
        typed = {name: self.cleaned_data[name] for name in ("slug", "name", "open")}
        inside = self.cleaned_data["where"] == INSIDE
        return {**typed, "kubeconfig": None if inside else self.text(), "values": self.values()}


class PlaceForm(forms.Form):
    """A place that needs nothing but a name."""

    name = forms.CharField(max_length=100, label="Name", help_text="What people read: “Workshop box”.")

    @classmethod
    def initial_of(cls, cluster: Cluster | None = None) -> dict[str, Any]:
        row = cluster or Cluster()
        return {name: getattr(row, name) for name in ("name", *PORTS) if name in cls.base_fields}


class MachineForm(PlaceForm):
    """The machine where the worker runs: each hub takes ports of it."""

    port_from = forms.IntegerField(
        min_value=1024, max_value=65535, label="First port", help_text="A hub takes three ports."
    )
    port_to = forms.IntegerField(min_value=1024, max_value=65535, label="Last port")


def form_of(row: Cluster) -> type[SettingsForm] | type[PlaceForm]:
    """What staff may set of this cluster."""
    return SettingsForm if row.can.credentials else MachineForm if row.can.ports else PlaceForm


class NewMachineForm(MachineForm):
    runtime = forms.ChoiceField(label="Kind", widget=forms.RadioSelect)
    slug = _slug()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in runtimes.offered() if not runtimes.capabilities(kind).credentials]
        if len(kinds) == 1:
            del self.fields["runtime"]
        else:
            choices = [(kind, runtimes.capabilities(kind).label) for kind in kinds]
            self.fields["runtime"].choices = choices  # type: ignore[attr-defined]
            self.initial.setdefault("runtime", kinds[0])
            for name in (
                PORTS if self.is_bound and not runtimes.capabilities(str(self["runtime"].value())).ports else ()
            ):
                self.fields[name].required = False
