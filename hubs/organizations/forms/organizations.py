"""Forms of an organisation and its limits. Sizes are typed in GiB and stored in MiB."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from hubs.language import _, lazy
from hubs.lists.choices import RowChoice
from hubs.models import Cluster, Organization, User
from hubs.notify.forms import zone_choices
from hubs.organizations.services import GIB, RANGES
from hubs.spec.addresses import kept


class NewOrganizationForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label=lazy("Name"),
        help_text=lazy("As the organisation’s members write it."),
        widget=forms.TextInput(attrs={"data-slug-from": "", "placeholder": "River University"}),
    )
    slug = forms.CharField(
        max_length=40,
        label=lazy("Short name"),
        help_text=lazy(
            "Used in URLs and in the API. Lower-case letters, digits and hyphens. It can’t be changed later."
        ),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "placeholder": "river", "data-slug-from": "id_name"}
        ),
    )
    cluster = RowChoice(
        queryset=Cluster.objects.none(), label=lazy("Cluster of its hubs"), empty_label=None, to_field_name="slug"
    )
    owner = forms.CharField(
        max_length=254,
        required=False,
        label=lazy("Email address of the owner"),
        help_text=lazy(
            "A person without an account is invited. Or enter a user name. Leave this empty to invite the owner later."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cluster"].queryset = Cluster.objects.offered().order_by("name")  # type: ignore[attr-defined]
        self.fields["name"].widget.attrs.pop("data-slug-from")
        self.fields["owner"].optional = True  # type: ignore[attr-defined]

    def clean_owner(self) -> User | str:
        """Return the person, or the address to invite; "" for nobody."""
        typed = self.cleaned_data["owner"].strip()
        if not typed:
            return ""
        known = Q(username__iexact=typed) | Q(email__iexact=kept(typed) or typed, email_verified=True)
        found = list(User.objects.filter(known, is_active=True, service_of=None)[:2])
        if len(found) == 1:
            return found[0]
        if not found and "@" in typed:
            return typed
        raise forms.ValidationError(_("No one with this user name has signed in yet. Enter an email address."))


class ClusterForm(forms.Form):
    """The cluster of an organisation's new hubs."""

    cluster = RowChoice(
        queryset=Cluster.objects.none(),
        label=lazy("Cluster of new hubs"),
        help_text=lazy("Existing hubs stay on their cluster."),
        empty_label=None,
        to_field_name="slug",
    )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, initial={"cluster": organization.cluster.slug})
        rows = Cluster.objects.offered() | Cluster.objects.filter(pk=organization.cluster_id)
        self.fields["cluster"].queryset = rows.order_by("name")  # type: ignore[attr-defined]


class TimeZoneForm(forms.Form):
    """The time zone in which the days of its hubs begin and end."""

    time_zone = forms.ChoiceField(
        label=lazy("Time zone"), required=False,
        help_text=lazy(
            "First and last days begin and end at midnight in this time zone. It also applies to reminders "
            "and to the calendar."
        ),
        error_messages={"invalid_choice": lazy("Choose a time zone from the list, such as Europe/Berlin.")},
        widget=forms.Select(attrs={"data-suggest-zone": ""}),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, initial={"time_zone": organization.time_zone})
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101 - ours, above
        zone.choices = zone_choices(organization.time_zone)


def _gib(label: str, help_text: str, column: str) -> forms.DecimalField:
    """Return a field for a size in GiB, in steps of 1 MiB."""
    first, last = (Decimal(bound) / GIB for bound in RANGES[column])
    field = forms.DecimalField(
        label=label, help_text=help_text, min_value=first, max_value=last, max_digits=12, decimal_places=4
    )
    field.widget.attrs["step"] = "any"
    field.unit = "GiB"  # type: ignore[attr-defined]
    return field


def _number(label: str, help_text: str, column: str, unit: str) -> forms.IntegerField:
    first, last = RANGES[column]
    field = forms.IntegerField(label=label, help_text=help_text, min_value=int(first), max_value=int(last))
    field.unit = unit  # type: ignore[attr-defined]
    return field


class LimitsForm(forms.Form):
    """Limits of an organisation. Fields are named like the columns, sizes without `_mib`."""

    hubs = _number(lazy("Hubs"), lazy("Maximum number of hubs at the same time."), "hubs", lazy("hubs"))
    total_memory = _gib(lazy("Total memory"), lazy("For all hubs together."), "total_memory_mib")
    users_per_hub = _number(lazy("People per hub"), lazy("Larger hubs need review."), "users_per_hub", lazy("people"))
    memory_per_user = _gib(
        lazy("Memory per person"), lazy("Maximum memory of one person’s server."), "memory_per_user_mib"
    )
    cpu_per_user = forms.FloatField(
        label=lazy("CPU per person"),
        help_text=lazy("Maximum CPU cores of one person’s server."),
        min_value=RANGES["cpu_per_user"][0],
        max_value=RANGES["cpu_per_user"][1],
    )
    storage_per_user = _gib(
        lazy("Storage per person"), lazy("Space for one person’s files in one hub."), "storage_per_user_mib"
    )
    auto_approve = forms.BooleanField(
        label=lazy("Approve requests within the limits automatically"),
        required=False,
        help_text=lazy("Otherwise staff review every request."),
    )
    allow_temporary_users = forms.BooleanField(
        label=lazy("Approve hubs without sign-in automatically"),
        required=False,
        help_text=lazy("Otherwise staff review them. Anyone can use a hub without sign-in."),
    )

    SIZES = ("total_memory", "memory_per_user", "storage_per_user")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cpu_per_user"].unit = lazy("cores")  # type: ignore[attr-defined]
        self.fields["cpu_per_user"].widget.attrs["step"] = "any"

    @classmethod
    def initial_of(cls, organization: Organization) -> dict[str, Any]:
        values = {}
        for name in cls.base_fields:
            if name in cls.SIZES:
                gib = Decimal(getattr(organization, f"{name}_mib")) / GIB
                values[name] = f"{gib.quantize(Decimal('0.0001')).normalize():f}"
            else:
                value = getattr(organization, name)
                values[name] = f"{value:g}" if isinstance(value, float) else value
        return values

    def values(self) -> dict[str, Any]:
        """Return cleaned values by column, in the units of the database."""
        typed = self.cleaned_data
        sizes = {f"{name}_mib": round(typed[name] * GIB) for name in self.SIZES}
        return {**{k: v for k, v in typed.items() if k not in self.SIZES}, **sizes}
