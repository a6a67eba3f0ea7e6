"""The forms of clusters, for staff."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from hubs import runtimes
from hubs.clusters.services.clusters import PORTS, problems
from hubs.language import _, lazy
from hubs.models import Cluster

from .kubernetes_names import EXACT, DomainField, GatewayField, LinesField, NameField, exact
from .node_pools import NodePoolsField

KUBECONFIG_BYTES = 256 * 1024
INSIDE, GIVEN = "inside", "kubeconfig"


def _choice(choices: Iterable[tuple[str, Any]], label: str, lines: dict[str, str], help_text: str = "") -> Any:
    named = [(value, capfirst(words)) for value, words in choices]
    field = forms.ChoiceField(choices=named, label=label, help_text=help_text, widget=forms.RadioSelect)
    field.choice_help = lines  # type: ignore[attr-defined]
    return field


def _slug() -> forms.CharField:
    about = lazy(
        "Used in the URLs of the portal’s pages. Lower-case letters, digits and hyphens. It can’t be changed later."
    )
    return forms.CharField(
        max_length=40, label=lazy("Short name"), help_text=about, widget=exact(**{"data-slug-from": "id_name"})
    )


class SettingsForm(forms.Form):
    """The settings of a Kubernetes cluster. Field names are the columns' names."""

    name = forms.CharField(
        max_length=100, label=lazy("Name"), help_text=lazy("The name that people see, for example “Teaching cluster”.")
    )
    domain = DomainField(
        max_length=253,
        label=lazy("Hub domain"),
        help_text=lazy(
            "Hubs have addresses NAME.domain. Use a different registered domain from the portal’s, such as "
            "hubs-example.org. The DNS wildcard *.domain must point to the cluster."
        ),
        error_messages={"required": lazy("Enter the hub domain.")},
        widget=exact(placeholder="hubs-example.org"),
    )
    routing = _choice(
        Cluster.Routing.choices,
        lazy("Routing"),
        {
            "ingress": lazy("An ingress controller runs in the cluster (ingress-nginx, Traefik, HAProxy, …)."),
            "gateway": lazy("The cluster has a Gateway; each hub gets an HTTPRoute."),
            "none": lazy("You forward NAME.domain to the Service proxy-public of each hub yourself."),
        },
    )
    ingress_class = NameField(
        label=lazy("Ingress class"),
        max_length=100,
        help_text=lazy("For Ingress. Leave empty for the cluster’s default class."),
    )
    gateway = GatewayField(
        label=lazy("Gateway"),
        required=False,
        max_length=200,
        help_text=lazy("For the Gateway API: NAMESPACE/NAME."),
        widget=exact(),
    )
    tls = _choice(
        Cluster.Tls.choices,
        lazy("Certificates"),
        {
            "issuer": lazy("With Ingress only."),
            "wildcard": lazy("One certificate for *.domain. No certificates are created for each hub."),
            "none": lazy("Addresses start with http://. Passwords are sent unencrypted."),
        },
    )
    tls_issuer = NameField(
        label="ClusterIssuer", help_text=lazy("The ClusterIssuer of cert-manager, if it issues the certificates.")
    )
    storage_classes = LinesField(
        required=False,
        label=lazy("Storage classes"),
        help_text=lazy("One per line; new volumes use the first one. Leave empty for the cluster’s default class."),
        widget=forms.Textarea(attrs={"rows": 3, **EXACT}),
    )
    node_pools = NodePoolsField(required=False)
    enforces_network_policy = forms.BooleanField(
        required=False,
        label=lazy("The network plugin enforces NetworkPolicies"),
        help_text=lazy(
            "Calico and Cilium do, and most managed clusters if the option is turned on. Otherwise hubs are not "
            "isolated from each other."
        ),
    )
    pod_security = forms.ChoiceField(
        choices=Cluster.PodSecurity.choices,
        label=lazy("Pod Security Standard"),
        help_text=lazy("Enforced in the namespaces of hubs. “restricted” works for all starting points."),
    )

    currency = forms.RegexField(
        "^[A-Z]{3}$",
        required=False,
        empty_value="EUR",
        label=lazy("Currency"),
        help_text=lazy("Three letters, such as EUR or USD."),
        widget=exact(),
        error_messages={"invalid": lazy("Enter three capital letters, such as EUR.")},
    )
    storage_price = forms.FloatField(
        required=False,
        min_value=0,
        max_value=1000,
        label=lazy("Storage price"),
        help_text=lazy(
            "For home directories, per GiB and month. Leave empty to show no estimate for storage. The prices of nodes "
            "are set in the node pools."
        ),
    )
    hours_a_month = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=744,
        label=lazy("Hours per person and month"),
        help_text=lazy("Average number of hours that a person’s server runs in a month."),
    )

    OPTIONAL = ("ingress_class", "storage_classes", "node_pools", "storage_price")
    GROUPS = (
        (lazy("Addresses"), ("domain", "routing", "ingress_class", "gateway", "tls", "tls_issuer")),
        (lazy("Storage and nodes"), ("storage_classes", "node_pools", "enforces_network_policy", "pod_security")),
        (lazy("Prices"), ("currency", "storage_price", "hours_a_month")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # shown only where it is needed: the service requires it there
            field.optional = name in self.OPTIONAL  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, cluster: Cluster | None = None) -> dict[str, Any]:
        """Return the row's values, or the model's defaults for a new one. Isolation is never claimed in advance."""
        row = cluster or Cluster(enforces_network_policy=False)
        return {name: getattr(row, name) for name in SettingsForm.base_fields}

    def clean_hours_a_month(self) -> int:
        return self.cleaned_data["hours_a_month"] or Cluster._meta.get_field("hours_a_month").default

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def values(self) -> dict[str, Any]:
        """Return the cleaned values by column, without the name."""
        return {name: self.cleaned_data[name] for name in SettingsForm.base_fields if name != "name"}


class CredentialsForm(forms.Form):
    """A kubeconfig, as a file or as text. What was entered is never shown again. `kept`: what was entered before."""

    kept = ""
    file = forms.FileField(
        required=False, label=lazy("Kubeconfig file"), help_text=lazy("With a ServiceAccount token.")
    )
    kubeconfig = forms.CharField(
        required=False,
        strip=False,
        label=lazy("Kubeconfig text"),
        help_text=mark_safe(  # noqa: S308 - our own sentence
            lazy("Instead of a file: the output of <code>kubectl config view --minify --flatten --raw</code>.")
        ),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", **EXACT}),
    )

    def clean_file(self) -> str:
        given = self.cleaned_data.get("file")
        if not given:
            return ""
        if given.size > KUBECONFIG_BYTES:
            raise forms.ValidationError(_("This file is too large for a kubeconfig (more than 256 KiB)."))
        try:
            return str(given.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This is not a text file.")) from None

    def text(self) -> str:
        return str(self.cleaned_data.get("file") or self.cleaned_data.get("kubeconfig") or self.kept)

    def without_secrets(self) -> "CredentialsForm":
        """Return the form with its errors but without the text: a response must not contain credentials."""
        self.data = {name: value for name, value in self.data.items() if name != self.add_prefix("kubeconfig")}
        return self


class NewClusterForm(SettingsForm, CredentialsForm):
    slug = _slug()
    where = _choice(
        (
            (GIVEN, lazy("A cluster for which I have a kubeconfig")),
            (INSIDE, lazy("The cluster that the portal itself runs on")),
        ),
        lazy("Access"),
        {
            GIVEN: lazy("The kubeconfig is stored encrypted and never shown again."),
            INSIDE: lazy("For a portal installed from deploy/kubernetes. No credentials are needed."),
        },
    )
    field_order = ("name", "slug", "where", "file", "kubeconfig")
    open = forms.BooleanField(
        required=False,
        initial=True,
        label=lazy("Open for new hubs"),
        help_text=lazy("You can change this at any time."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("where") == GIVEN and not self.text() and not self.errors.get("file"):
            self.add_error("kubeconfig", _("Choose the kubeconfig file, or paste its text."))
        known = {*self.errors, *(("kubeconfig",) if {"where", "file"} & set(self.errors) else ())}
        inside = cleaned.get("where") == INSIDE
        given = {"slug": cleaned.get("slug", ""), "kubeconfig": None if inside else self.text(), "values": cleaned}
        for name, sentences in problems(known=known, **given).items():
            self.add_error(name, list(sentences))
        return cleaned

    def given(self) -> dict[str, Any]:
        """Return the values for the service."""
        typed = {name: self.cleaned_data[name] for name in ("slug", "name", "open")}
        inside = self.cleaned_data["where"] == INSIDE
        return {**typed, "kubeconfig": None if inside else self.text(), "values": self.values()}


class PlaceForm(forms.Form):
    """A cluster that needs nothing but a name."""

    name = forms.CharField(
        max_length=100, label=lazy("Name"), help_text=lazy("The name that people see, for example “Workshop box”.")
    )

    @classmethod
    def initial_of(cls, cluster: Cluster | None = None) -> dict[str, Any]:
        row = cluster or Cluster()
        return {name: getattr(row, name) for name in ("name", *PORTS) if name in cls.base_fields}


class MachineForm(PlaceForm):
    """The machine where the worker runs: each hub uses ports of it."""

    port_from = forms.IntegerField(
        min_value=1024, max_value=65535, label=lazy("First port"), help_text=lazy("A hub uses three ports.")
    )
    port_to = forms.IntegerField(min_value=1024, max_value=65535, label=lazy("Last port"))


def form_of(row: Cluster) -> type[SettingsForm] | type[PlaceForm]:
    """Return the form with the settings of this cluster."""
    return SettingsForm if row.can.credentials else MachineForm if row.can.ports else PlaceForm


class NewMachineForm(MachineForm):
    runtime = forms.ChoiceField(label=lazy("Type"), widget=forms.RadioSelect)
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
