"""The form of a step, made from hubs.spec.FIELDS, which defines label, help, unit, limit and choices.

The form never rejects anything: it turns a request body into the texts of a draft and shows their errors. hubs.spec and
the services decide what is valid.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from hubs.days import queries as dates
from hubs.language import _, plural
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Cluster, Institution, Organization
from hubs.requests.queries.addresses import LONGEST
from hubs.spec import FIELDS, Draft, Field, HubSpec, days, to_draft
from hubs.spec.amounts import amount
from hubs.spec.answers import to_text
from hubs.spec.content import OPENS
from hubs.spec.diff import briefly
from hubs.spec.headings import grouped
from hubs.spec.honoured import answers_here, in_part
from hubs.spec.profile_outline import Warn
from hubs.spec.types import ANY

from .answer_field import Answer, form_field
from .profile_builder import ProfilesEditor, pools_attr

SLUG = "slug"


def posted(data: Mapping[str, str], step: str) -> Draft:
    """Return the texts of one step from a request body, by path. Unchecked boxes are not part of a body, so they are
    "no"; other missing fields were not on the page."""
    found: Draft = {}
    for path, field in FIELDS.items():
        if field.words.step != step:
            continue
        if field.kind == "bool":
            found[path] = "yes" if data.get(path) in ("on", "yes") else "no"
        elif path in data:
            found[path] = data[path].replace("\r\n", "\n")
    return found


class StepForm(forms.Form):
    """One step: fields named by their dotted paths, bound to a draft's texts."""

    fields: dict[str, Answer]  # type: ignore[assignment]

    use_required_attribute = False
    error_css_class = ""

    def __init__(self, step: str, draft: Draft, *, address: bool) -> None:
        self.step, self.linked = step, ""  # `linked`: the path of the field that a link leads to
        self.paths = [path for path, field in FIELDS.items() if field.words.step == step]
        on = {p: draft.get(p, "") for p in self.paths if FIELDS[p].kind != "bool" or draft.get(p) == "yes"}
        super().__init__({**on, SLUG: draft.get(SLUG, "")})
        self.fields.update({path: form_field(FIELDS[path], draft.get(path, "")) for path in self.paths})
        self.forget_questions_of_other_steps()
        if address and step == "about":
            self._add_address()
        self.notes: list[tuple[str, str]] = []  # (title, how the hub's cluster treats these fields)

    def forget_questions_of_other_steps(self) -> None:
        """If a field depends on a field of another step, only the server decides whether it is needed."""
        for path in self.paths:
            words = FIELDS[path].words
            if words.when and words.when[0] not in self.paths:
                self.fields[path].when = ""

    def _add_address(self) -> None:
        about = _("The hub’s web address. Use lower-case letters, digits and hyphens. It can’t be changed later.")
        attrs = {"data-slug-from": "id_about.title", "data-slug-draft": "", "maxlength": str(LONGEST)}
        attrs |= {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        slug = Answer(_("Address"), about, forms.TextInput(attrs=attrs))
        first, *rest = self.fields.items()
        self.fields = dict([first, (SLUG, slug), *rest])

    def note_when(self, spec: HubSpec) -> None:
        """Mark fields that the current answers make unnecessary."""
        for path in self.paths:
            self.fields[path].off = not FIELDS[path].asked(spec)

    def plain(self) -> list[forms.BoundField]:
        """Fields for everyone."""
        return [bound for bound in self if bound.name not in FIELDS or not FIELDS[bound.name].words.advanced]

    def advanced(self) -> list[forms.BoundField]:
        """Fields that most people leave unchanged; collapsed."""
        return [bound for bound in self if bound.name in FIELDS and FIELDS[bound.name].words.advanced]

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the advanced fields under their headings."""
        below = {bound.name: bound for bound in self.advanced()}
        return [(heading, [below[path] for path in paths]) for heading, paths in grouped(self.step, list(below))]

    def advanced_asked(self) -> int:
        """How many of these are needed with the current answers."""
        return sum(not self.fields[bound.name].off for bound in self.advanced())

    @property
    def advanced_open(self) -> bool:
        """Expand them if there are errors."""
        return any(bound.errors or bound.name == self.linked for bound in self.advanced())

    def show(self, errors: Mapping[str, list[str]]) -> None:
        """Show these errors next to their fields."""
        self.full_clean()
        self._errors = forms.utils.ErrorDict(renderer=self.renderer)  # only the spec validates the draft's texts
        for name in self.fields:
            if name in errors:
                self.add_error(name, list(errors[name]))

    def note_limits(self, spec: HubSpec, organization: Organization) -> None:
        """Show the organisation's limit next to each field that has one, and whether the value is above it. That is not
        an error: the request needs review."""
        over = {finding.path for finding in limits.over_limits(spec, organization, organization.cluster.can)}
        for path in self.paths:
            if allowed := limits.field_bound_text(organization, FIELDS[path]):
                names = {"organization": organization.name, "limit": allowed}
                self.fields[path].limit_note = (
                    _("above the limit of {organization} ({limit}): needs review", **names)
                    if path in over
                    else _("{organization} allows up to {limit}", **names)
                )

    def note_days(self, organization: Organization, now: datetime) -> None:
        """Limit which days can be chosen, and show the grace period and the time zone."""
        if days.ENDS not in self.fields:
            return
        today = dates.today(now, organization)
        last = days.farthest(today).isoformat()
        self.fields[days.STARTS].widget.attrs["max"] = last
        self.fields[days.ENDS].widget.attrs |= {"min": today.isoformat(), "max": last}
        self.fields[days.ENDS].help_text = plural(
            "After this day, at midnight ({zone}), no one can sign in. Files are kept, and you can extend the date for "
            "{count} day. Then the hub is retired.",
            "After this day, at midnight ({zone}), no one can sign in. Files are kept, and you can extend the date for "
            "{count} days. Then the hub is retired.",
            dates.grace().days,
            zone=dates.zone_text(organization),
        )

    def offer_institutions(self, spec: HubSpec) -> None:
        """Add a search for CILogon's institutions, if their list was loaded, and the names of the chosen ones."""
        path = "signIn.cilogon.institutions"
        if path not in self.fields:
            return
        chosen = [one.entity_id for one in spec.signIn.cilogon.institutions]
        names = dict(Institution.objects.filter(entity_id__in=chosen).values_list("entity_id", "name"))
        self.fields[path].widget.attrs["data-institution-rules"] = json.dumps(names)
        if names or Institution.objects.exists():
            self.fields[path].widget.attrs["data-institutions"] = reverse("institutions")

    def note_pools(self, cluster: Cluster) -> None:
        """Add the cluster's node pools, from which the profile builder makes sizes."""
        for path in self.paths:
            if FIELDS[path].kind == "profiles":
                self.fields[path].widget.attrs |= pools_attr(cluster.node_pools)

    def note_groups(self, request: ChangeRequest, warn: Warn) -> None:
        """Add warnings about groups, shown while the list is edited."""
        for path in self.paths:
            widget = self.fields[path].widget
            if isinstance(widget, ProfilesEditor):
                widget.warn, widget.asked = warn, f"?request={request.uid}"

    def note_before(self, before: HubSpec) -> None:
        """Show the hub's current value next to each field that the change has touched."""
        was = to_draft(before)
        for path in self.paths:
            if self.data.get(path, "") == (was[path] if FIELDS[path].kind != "bool" or was[path] == "yes" else ""):
                continue
            words = _current(FIELDS[path], FIELDS[path].read(before))
            shown = f"{words[:60]}…" if len(words) > 60 else words
            self.fields[path].was = _("current: {value}", value=shown or _("not set"))

    def offer_pools(self, cluster: Cluster) -> None:
        """Offer the node pools by name, if staff have named some, and the value that was typed before."""
        path = "singleuser.nodePool"
        names = [pool["name"] for pool in cluster.node_pools]
        if path in self.fields and names:
            typed = self.data.get(path, "")
            more = [typed] if typed and typed not in names else []
            choices = [("", _("Default ({pool})", pool=names[0])), *((name, name) for name in [*names, *more])]
            self.fields[path].widget = forms.Select(choices=choices)

    def note_place(self, cluster: Cluster, draft: Draft, *usual: HubSpec, wrong: Collection[str] = ()) -> None:
        """Remove fields that the hub's cluster does not support: see `unsupported`."""
        partly: dict[str, list[str]] = {}
        out = unsupported(cluster, draft, *usual, wrong=wrong)
        for path in [path for path in self.paths if path in self.fields]:
            field = FIELDS[path]
            answers = answers_here(field, cluster.can)
            if answers == ANY and not cluster.can.lacks(field.words.needs):
                continue
            if answers == ANY:
                partly.setdefault(in_part(field, cluster.name), []).append(field.words.label)
            elif answers:
                chosen = (*answers, self.data.get(path, ""))
                widget: Any = self.fields[path].widget
                widget.choices = [choice for choice in widget.choices if choice[0] in chosen]
            elif path in out:
                del self.fields[path]
        self.paths = [path for path in self.paths if path in self.fields]
        self.notes += [(", ".join(map(str, labels)), sentence) for sentence, labels in partly.items()]


def _current(field: Field, value: Any) -> str:
    """Return a value in words, in the unit of its field: 0.25 GiB, not 256 MiB."""
    text = to_text(field, value) if field.kind in ("memory", "storage") else ""
    return amount(float(text), field.unit) if text.replace(".", "").isdigit() else briefly(field, value)


def _given(field: Field, draft: Draft, usual: Iterable[HubSpec]) -> bool:
    """Return whether someone filled in this field. An unchecked box does not count."""
    text = draft.get(field.path, "").strip()
    if not text or (field.kind == "bool" and text != "yes"):
        return False
    return text not in {to_text(field, value) for value in (field.default, *(field.read(one) for one in usual))}


def unsupported(cluster: Cluster, draft: Draft, *usual: HubSpec, wrong: Collection[str] = ()) -> dict[str, str]:
    """Return {path: label} of the fields that a cluster does not support. Fields that someone filled in are left out,
    and so are wrong ones. `usual`: specs with default values (the starting point's, or the hub's own)."""
    return {
        path: field.words.label
        for path, field in FIELDS.items()
        if not answers_here(field, cluster.can) and path not in wrong and not _given(field, draft, usual)
    }


def step_form(
    step: str,
    draft: Draft,
    organization: Organization,
    spec: HubSpec,
    *,
    before: HubSpec | None = None,
    start: HubSpec | None = None,
    errors: Mapping[str, list[str]] | None = None,
) -> StepForm:
    """Return the form of a step with everything next to its fields. `spec` is the current draft's, `before` the hub's
    (for a change), `start` that of a new hub's starting point, `errors` the sentences to show."""
    form = StepForm(step, draft, address=before is None)
    usual = [one for one in (before, start) if one]
    form.note_place(organization.cluster, draft, *usual, wrong=errors or {})
    form.note_when(spec)
    form.note_limits(spec, organization)
    form.note_days(organization, timezone.now())
    form.offer_pools(organization.cluster)
    if OPENS in form.fields:
        form.fields[OPENS].widget.attrs["list"] = "opens-with"
    form.note_pools(organization.cluster)
    if before:
        form.note_before(before)
    form.show(errors or {})
    return form
